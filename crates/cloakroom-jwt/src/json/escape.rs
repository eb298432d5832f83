/// The character of the escape whose octets after the backslash `bytes` begins with, and how many octets it takes (RFC 8259
/// section 7). `None` for what is no escape, and for half of a surrogate pair.
pub(super) fn unescape(bytes: &[u8]) -> Option<(char, usize)> {
    Some(match bytes.first()? {
        b'"' => ('"', 1),
        b'\\' => ('\\', 1),
        b'/' => ('/', 1),
        b'b' => ('\u{8}', 1),
        b'f' => ('\u{c}', 1),
        b'n' => ('\n', 1),
        b'r' => ('\r', 1),
        b't' => ('\t', 1),
        b'u' => {
            let unit = hex(bytes.get(1..5)?)?;
            if !(0xd800..0xe000).contains(&unit) {
                return Some((char::from_u32(unit)?, 5));
            }
            let (b"\\u", low) = bytes.get(5..11)?.split_at(2) else {
                return None;
            };
            let low = hex(low)?;
            if unit >= 0xdc00 || !(0xdc00..0xe000).contains(&low) {
                return None;
            }
            (
                char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00))?,
                11,
            )
        }
        _ => return None,
    })
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, &digit| {
        Some(number << 4 | char::from(digit).to_digit(16)?)
    })
}
