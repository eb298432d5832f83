//! Entries of revocations in stores without columns.

use cloakroom_core::UnixTime;
use cloakroom_revocation::Entry;

use crate::input::Input;

/// Laws, for any bytes and for any entry that there can be:
///
/// 1. Bytes decode exactly when a second writing of the format says so, and then encode to the same bytes.
/// 2. An entry encodes to bytes that decode to it.
/// 3. Neither an entry nor an error prints a name.
///
/// # Panics
///
/// When a law is broken.
pub fn revocation_entry(data: &[u8]) {
    let decoded = Entry::decode(data);
    assert_eq!(decoded.is_ok(), is_entry(data), "{decoded:?}");
    if let Ok(entry) = &decoded {
        assert!(entry.encode() == data, "{entry:?} was not written like this");
    }
    let entry = made(&mut Input(data));
    assert!(Entry::decode(&entry.encode()).as_ref() == Ok(&entry), "{entry:?}");
    assert!(!format!("{entry:?} {decoded:?}").contains("secret"));
}

/// `01 | kind 1 | keep_until 8 | at 8 | lp(issuer) | lp(name)`.
fn is_entry(data: &[u8]) -> bool {
    let Some((&[1, kind], rest)) = data.split_first_chunk() else {
        return false;
    };
    let Some(([keep_until, at], texts)) = rest
        .split_first_chunk::<16>()
        .map(|(times, texts)| ([&times[..8], &times[8..]], texts))
    else {
        return false;
    };
    let lp = |bytes: &[u8]| -> Option<(Vec<u8>, Vec<u8>)> {
        let (length, rest) = bytes.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        (rest.len() >= length).then(|| (rest[..length].to_vec(), rest[length..].to_vec()))
    };
    let Some((issuer, rest)) = lp(texts) else {
        return false;
    };
    let Some((name, rest)) = lp(&rest) else {
        return false;
    };
    let is_name = |text: &[u8]| {
        (1..=255).contains(&text.len()) && !text.contains(&0) && std::str::from_utf8(text).is_ok()
    };
    rest.is_empty()
        && match kind {
            1 => at == [0; 8] && is_name(&issuer) && is_name(&name),
            2 => is_name(&issuer) && is_name(&name),
            3 => keep_until == [0; 8] && issuer.is_empty() && name.is_empty(),
            _ => false,
        }
}

fn made(input: &mut Input<'_>) -> Entry {
    let kind = input.below(3);
    let [keep_until, at] = [(); 2].map(|()| UnixTime::from_millis(input.i64()));
    let [issuer, name] = [(); 2].map(|()| {
        let length = usize::from(input.byte()).max(1);
        let text = String::from_utf8_lossy(input.take(length)).replace('\0', " ");
        let mut end = text.len().min(255);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        if end == 0 {
            "secret".into()
        } else {
            Box::from(&text[..end])
        }
    });
    match kind {
        0 => Entry::Token {
            issuer,
            token_id: name,
            keep_until,
        },
        1 => Entry::Subject {
            issuer,
            subject: name,
            at,
            keep_until,
        },
        _ => Entry::All { at },
    }
}
