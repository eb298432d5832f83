//! The Cookie header.

use std::borrow::Cow;

use cloakroom_cookie::{CookiePair, CookieValue, Cookies, InvalidPair, LimitExceeded, Limits, pairs};

/// The name and the value of a pair, or `None` for an invalid one.
type Entry<'a> = Option<(&'a [u8], &'a [u8])>;

/// What a reader of RFC 6265bis would write in ten lines.
fn reference(header: &[u8]) -> Vec<Entry<'_>> {
    let segments = header
        .split(|&byte| byte == b';')
        .map(trim)
        .filter(|segment| !segment.is_empty());
    segments
        .map(|segment| {
            let equals = segment.iter().position(|&byte| byte == b'=')?;
            let (name, value) = (trim(&segment[..equals]), trim(&segment[equals + 1..]));
            let control = segment
                .iter()
                .any(|&byte| byte.is_ascii_control() && byte != b'\t');
            (!name.is_empty() && !control).then_some((name, value))
        })
        .collect()
}

fn trim(text: &[u8]) -> &[u8] {
    let space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = text.iter().take_while(|byte| space(byte)).count();
    let end = text.iter().rev().take_while(|byte| space(byte)).count();
    text.get(start..text.len() - end).unwrap_or_default()
}

/// Laws, for any bytes:
///
/// 1. `pairs` agrees with the reference, and each error's position is where the fault lies.
/// 2. `Cookies` refuses a header that is over a limit and no other, and `first`, `all`, `unique`, `get_many` and
///    `invalid_count` answer what the list of pairs says.
/// 3. Cutting the header in two at a `;` changes nothing, and nor does cutting it at every one.
/// 4. A value reads as UTF-8 and percent-decodes as the standard library and a naive decoder say.
///
/// # Panics
///
/// When a law is broken.
pub fn cookie_header(data: &[u8]) {
    let expected = reference(data);
    assert_eq!(list(pairs(data)), expected, "pairs and the reference disagree");
    for error in pairs(data).filter_map(Result::err) {
        assert!(
            is_at_fault(data, error.position()),
            "the position is not where the fault lies"
        );
    }

    limits_count_what_is_there(data, expected.len());
    let Ok(cookies) = Cookies::new(data) else { return };
    questions_agree(&cookies, &expected);
    crumbs_are_one_list(data, &expected);
    for value in cookies.iter().flatten().map(|pair| pair.value()).take(16) {
        value_reads(value);
    }
}

fn list<'a>(pairs: impl Iterator<Item = Result<CookiePair<'a>, InvalidPair>>) -> Vec<Entry<'a>> {
    pairs
        .map(|pair| pair.ok().map(|pair| (pair.name(), pair.value().as_bytes())))
        .collect()
}

/// A control, a `=` with no name before it, or the start of a segment without `=`.
fn is_at_fault(header: &[u8], position: usize) -> bool {
    let before = header[..position]
        .rsplit(|&byte| byte == b';')
        .next()
        .unwrap_or_default();
    let after = header[position..]
        .split(|&byte| byte == b';')
        .next()
        .unwrap_or_default();
    match header[position] {
        b'=' => trim(before).is_empty(),
        byte if byte.is_ascii_control() && byte != b'\t' => true,
        _ => trim(before).is_empty() && !trim(after).is_empty() && !after.contains(&b'='),
    }
}

/// Small limits, so that small inputs reach them.
fn limits_count_what_is_there(data: &[u8], count: usize) {
    const LIMITS: Limits = Limits::DEFAULT.with_bytes(256).with_pairs(20);
    match Cookies::new_with(data, LIMITS).err() {
        Some(LimitExceeded::Bytes { found, limit, .. }) => {
            assert!(found == data.len() && limit == LIMITS.bytes() && found > limit);
        }
        Some(LimitExceeded::Pairs { found, limit, .. }) => {
            assert!(found == count && limit == LIMITS.pairs() && found > limit);
        }
        Some(other) => panic!("a limit without a law: {other}"),
        None => assert!(
            data.len() <= LIMITS.bytes() && count <= LIMITS.pairs(),
            "over a limit and taken"
        ),
    }
    // At its own size a header passes; one less and it does not.
    let exact = LIMITS.with_bytes(data.len()).with_pairs(count);
    assert!(Cookies::new_with(data, exact).is_ok(), "at the limit and refused");
    if let Some(less) = count.checked_sub(1) {
        assert!(
            Cookies::new_with(data, exact.with_pairs(less)).is_err(),
            "one pair over the limit and taken"
        );
    }
    if let Some(less) = data.len().checked_sub(1) {
        assert!(
            Cookies::new_with(data, exact.with_bytes(less)).is_err(),
            "one byte over the limit and taken"
        );
    }
}

fn questions_agree(cookies: &Cookies<'_>, expected: &[Entry<'_>]) {
    let known = expected.iter().flatten();
    assert_eq!(cookies.invalid_count(), expected.len() - known.clone().count());
    let of = |name: &[u8]| -> Vec<&[u8]> {
        known
            .clone()
            .filter(|(found, _)| *found == name)
            .map(|(_, value)| *value)
            .collect()
    };
    let names = known
        .clone()
        .map(|(name, _)| *name)
        .take(8)
        .chain([&b"absent"[..], b"sid", b"__Host-sid"]);
    for name in names.clone() {
        let values = of(name);
        assert_eq!(
            cookies.first(name).map(CookieValue::as_bytes),
            values.first().copied()
        );
        let all: Vec<&[u8]> = cookies.all(name).map(CookieValue::as_bytes).collect();
        assert_eq!(all, values);
        match cookies.unique(name) {
            Ok(value) => {
                assert!(values.len() <= 1 && value.map(CookieValue::as_bytes) == values.first().copied());
            }
            Err(_) => assert!(values.len() > 1, "a single cookie was called a duplicate"),
        }
    }
    let names: Vec<&[u8]> = names.collect();
    // The first name twice: a pass over the list must serve each place that asks for it.
    let asked = [names[0], names[names.len() - 1], names[names.len() / 2], names[0]];
    let found = cookies
        .get_many(asked)
        .map(|value| value.map(CookieValue::as_bytes));
    assert_eq!(found, asked.map(|name| of(name).first().copied()));
}

fn crumbs_are_one_list(data: &[u8], expected: &[Entry<'_>]) {
    let read = |crumbs: &[&[u8]]| {
        let cookies =
            Cookies::from_values(crumbs).expect("crumbs are no longer than the header they came from");
        assert_eq!(list(cookies.iter()), expected, "crumbs changed the list");
    };
    for (at, _) in data.iter().enumerate().filter(|(_, byte)| **byte == b';').take(4) {
        read(&[&data[..at], &data[at + 1..]]);
    }
    read(&data.split(|&byte| byte == b';').collect::<Vec<_>>());
}

fn value_reads(value: CookieValue<'_>) {
    let bytes = value.as_bytes();
    assert_eq!(value.as_str().ok(), std::str::from_utf8(bytes).ok());
    assert_eq!(
        value.percent_decoded().ok().map(Cow::into_owned),
        percent_decode(bytes)
    );
}

/// `None` when a `%` has no two hex digits after it.
fn percent_decode(text: &[u8]) -> Option<Vec<u8>> {
    let (mut decoded, mut rest) = (Vec::new(), text);
    while let [first, after @ ..] = rest {
        (rest, ()) = match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                let byte = digit(high)? * 16 + digit(low)?;
                (after, decoded.push(u8::try_from(byte).expect("two hex digits")))
            }
            (b'%', _) => return None,
            _ => (after, decoded.push(*first)),
        };
    }
    Some(decoded)
}
