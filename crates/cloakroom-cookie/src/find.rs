use memchr::memchr;

use crate::pairs::{is_ows, trim_ows};
use crate::{CookieValue, pairs};

/// The value of the first cookie-pair of `header` called `name`.
#[inline(never)]
pub(crate) fn find_first<'a>(header: &'a [u8], name: &[u8]) -> Option<CookieValue<'a>> {
    find(header, name).map(|(value, _)| value)
}

/// The value of the first cookie-pair of `header` called `name`, and what of the header comes after it.
///
/// Answers as [`pairs`] does, but reads less: of the other pairs their beginning and their end.
#[inline]
pub(crate) fn find<'a>(header: &'a [u8], name: &[u8]) -> Option<(CookieValue<'a>, &'a [u8])> {
    // No name of a pair ends with OWS, and none begins with it, which no text does below.
    if name.last().is_none_or(|&byte| is_ows(byte)) {
        return None;
    }
    let mut text = header;
    loop {
        // Empty segments go with the OWS.
        while let [b' ' | b'\t' | b';', rest @ ..] = text {
            text = rest;
        }
        // The byte behind the name tells most other names apart at less cost than the name.
        if let Some(b'=' | b' ' | b'\t') = text.get(name.len())
            && begins_with(text, name)
            && let Some((value, end)) = value_of(text, name)
        {
            return Some((value, text.get(end + 1..).unwrap_or_default()));
        }
        text = &text[memchr(b';', text)? + 1..];
    }
}

/// The value of the pair that `text` begins with when it is called `name`, as its first bytes are; and its end.
#[inline]
fn value_of<'a>(text: &'a [u8], name: &[u8]) -> Option<(CookieValue<'a>, usize)> {
    let (equals, end) = pairs(text).first_segment()?;
    if equals != name.len() && trim_ows(&text[..equals]) != name {
        return None;
    }
    Some((CookieValue::new(trim_ows(&text[equals + 1..end])), end))
}

/// Whether `text` begins with `name`. Names of 2 to 16 bytes, which most are, are compared by two words that may
/// overlap, since calling `memcmp` takes longer than that.
#[inline]
fn begins_with(text: &[u8], name: &[u8]) -> bool {
    let Some(text) = text.get(..name.len()) else {
        return false;
    };
    match name.len() {
        2..4 => text.first_chunk::<2>() == name.first_chunk() && text.last_chunk::<2>() == name.last_chunk(),
        4..8 => text.first_chunk::<4>() == name.first_chunk() && text.last_chunk::<4>() == name.last_chunk(),
        8..=16 => {
            text.first_chunk::<8>() == name.first_chunk() && text.last_chunk::<8>() == name.last_chunk()
        }
        _ => text == name,
    }
}

#[cfg(test)]
mod tests {
    use super::begins_with;

    #[test]
    fn a_name_of_any_length_is_compared_in_each_of_its_bytes() {
        let text = *b"abcdefghijklmnopqrstuvwxyz";
        for length in 0..=text.len() {
            assert!(begins_with(&text, &text[..length]), "{length} bytes");
            assert!(
                !begins_with(&text[1..], &text[..length]) || length == 0,
                "{length} bytes"
            );
            for at in 0..length {
                let mut other = text;
                other[at] ^= 1;
                assert!(!begins_with(&text, &other[..length]), "byte {at} of {length}");
            }
        }
        assert!(!begins_with(b"abc", b"abcd"));
    }
}
