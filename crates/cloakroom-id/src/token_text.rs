//! The text of a session token: base64url of 48 bytes (RFC 4648 section 5).

use zeroize::Zeroizing;

/// One in each byte.
const ONES: u64 = 0x0101_0101_0101_0101;
/// The high bit of each byte.
const HIGH: u64 = 0x80 * ONES;

/// The bytes of a text, if each of its characters is one of base64url.
///
/// Eight characters are read at a time, without a table and without a branch: how long it takes, and which memory it
/// touches, depends on nothing that the text says.
pub(crate) fn read(text: &[u8; 64]) -> Option<Zeroizing<[u8; 48]>> {
    let mut bytes = Zeroizing::new([0; 48]);
    let mut known = HIGH;
    let (eights, _) = text.as_chunks();
    let (places, _) = bytes.as_chunks_mut();
    for (eight, place) in eights.iter().zip(places) {
        let characters = u64::from_be_bytes(*eight);
        let (values, are_known) = values(characters);
        known &= are_known;
        let [_, _, six @ ..] = joined(values).to_be_bytes();
        *place = six;
    }
    (known == HIGH).then_some(bytes)
}

/// What eight characters stand for, six bits in each byte; and the high bit of each byte whose character stands for
/// something.
const fn values(characters: u64) -> (u64, u64) {
    let (upper, lower) = (within(characters, b'A', 26), within(characters, b'a', 26));
    let digit = within(characters, b'0', 10);
    let (minus, underscore) = (within(characters, b'-', 1), within(characters, b'_', 1));
    let values = whole(upper) & above(characters, b'A')
        | whole(lower) & above(characters, b'a' - 26)
        // No sum leaves its byte: both are below 128.
        | whole(digit) & ((characters & !HIGH) + ONES * (52 - b'0') as u64)
        | whole(minus) & (62 * ONES)
        | whole(underscore) & (63 * ONES);
    let known = upper | lower | digit | minus | underscore;
    (values, known & !characters)
}

/// How far each byte lies above `least`, under a high bit that says that it does. High bits of the bytes themselves count
/// for nothing.
const fn above(characters: u64, least: u8) -> u64 {
    (characters | HIGH) - ONES * least as u64
}

/// The high bit of each byte that is one of `count` from `least` on.
const fn within(characters: u64, least: u8, count: u8) -> u64 {
    above(characters, least) & !above(characters, least + count) & HIGH
}

/// The seven low bits of each byte whose high bit is set.
const fn whole(bits: u64) -> u64 {
    bits - (bits >> 7)
}

/// Eight times six bits, put together.
const fn joined(values: u64) -> u64 {
    let twelve = (values & 0x3f00_3f00_3f00_3f00) >> 2 | values & 0x003f_003f_003f_003f;
    let two_dozen = (twelve & 0x0fff_0000_0fff_0000) >> 4 | twelve & 0x0000_0fff_0000_0fff;
    (two_dozen & 0x00ff_ffff_0000_0000) >> 8 | two_dozen & 0x00ff_ffff
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::read;

    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    #[test]
    fn each_byte_in_each_place_reads_as_another_library_reads_it() {
        for place in 0..64 {
            for byte in 0..=u8::MAX {
                let mut text = *ALPHABET;
                text.rotate_left(usize::from(byte) % 64);
                text[place] = byte;
                let wanted = URL_SAFE_NO_PAD.decode(text).ok();
                let bytes = read(&text).map(|bytes| bytes.to_vec());
                assert_eq!(bytes, wanted, "{byte} at {place}");
            }
        }
    }

    #[test]
    fn several_wrong_characters_do_not_make_up_for_one_another() {
        for (a, b) in [
            (0, 0),
            (0xff, 0xff),
            (b'=', b'='),
            (b'+', b'/'),
            (0x80 | b'A', b'a'),
            (b'A', b'Z' + 1),
        ] {
            let text = core::array::from_fn(|place| if place < 32 { a } else { b });
            assert!(read(&text).is_none(), "{a} and {b}");
        }
    }
}
