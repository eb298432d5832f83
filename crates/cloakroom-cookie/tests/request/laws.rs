//! The scanner against a reader of a few lines that looks at one byte after the other.

use cloakroom_cookie::{CookieValue, Cookies, Limits, pairs};
use proptest::prelude::*;

type Line = Result<(Vec<u8>, Vec<u8>), ()>;

fn naive(header: &[u8]) -> Vec<Line> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let trim = |text: &[u8]| {
        let start = text.iter().take_while(|byte| blank(byte)).count();
        let end = text[start..].iter().rev().take_while(|byte| blank(byte)).count();
        text[start..text.len() - end].to_vec()
    };
    let control = |&byte: &u8| (byte < 0x20 && byte != b'\t') || byte == 0x7F;
    let segments = header
        .split(|&byte| byte == b';')
        .filter(|segment| !segment.iter().all(blank));
    segments
        .map(|segment| {
            let equals = segment.iter().position(|&byte| byte == b'=').ok_or(())?;
            let (name, value) = (trim(&segment[..equals]), trim(&segment[equals + 1..]));
            if name.is_empty() || segment.iter().any(control) {
                Err(())
            } else {
                Ok((name, value))
            }
        })
        .collect()
}

fn read(header: &[u8]) -> Vec<Line> {
    pairs(header)
        .map(|pair| {
            pair.map(|pair| (pair.name().to_vec(), pair.value().as_bytes().to_vec()))
                .map_err(|_| ())
        })
        .collect()
}

/// Headers of the bytes that matter most, mixed with any; long and short runs, so that all block sizes are met.
fn header() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(b"; ".to_vec()),
        2 => Just(b"=".to_vec()),
        4 => prop::sample::select(&b"ab;= \t\x00\x0B\x1F\x7F\x80\x85\xA0\xFF\"%$:<>!"[..]).prop_map(|byte| vec![byte]),
        4 => "[ab]{1,3}=[!-:<-~]{0,70}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..70),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn reads_what_the_naive_reader_reads(header in header()) {
        prop_assert_eq!(read(&header), naive(&header));
    }

    #[test]
    fn where_the_header_lies_in_memory_does_not_matter(header in header(), before in 0_usize..80) {
        let moved = [vec![b';'; before], header.clone()].concat();
        prop_assert_eq!(read(&moved[before..]), naive(&header));
        prop_assert_eq!(read(&moved), naive(&header));
    }

    #[test]
    fn finds_what_the_list_holds(values in prop::collection::vec(header(), 0..4), name in "[ab]{0,2}|[ -~]{1,2}") {
        let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        let cookies = Cookies::from_values(&values).unwrap();
        let lines: Vec<Line> = values.iter().flat_map(|value| naive(value)).collect();
        let expected: Vec<&[u8]> = lines.iter().flatten()
            .filter(|(other, _)| other == name.as_bytes()).map(|(_, value)| value.as_slice()).collect();
        let found: Vec<&[u8]> = cookies.all(&name).map(CookieValue::as_bytes).collect();
        prop_assert_eq!(&found, &expected);
        prop_assert_eq!(cookies.first(&name).map(CookieValue::as_bytes), expected.first().copied());
        prop_assert_eq!(cookies.get_many([name.as_bytes()])[0].map(CookieValue::as_bytes), expected.first().copied());
        prop_assert_eq!(cookies.unique(&name).is_err(), expected.len() > 1);
        prop_assert_eq!(cookies.invalid_count(), lines.iter().filter(|line| line.is_err()).count());
    }

    #[test]
    fn the_limit_on_pairs_is_exact(values in prop::collection::vec(header(), 0..4)) {
        let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        let count = values.iter().flat_map(|value| naive(value)).count();
        let limits = Limits::DEFAULT.with_pairs(count);
        prop_assert!(Cookies::from_values_with(&values, limits).is_ok());
        if let Some(fewer) = count.checked_sub(1) {
            prop_assert!(Cookies::from_values_with(&values, limits.with_pairs(fewer)).is_err());
        }
    }

    #[test]
    fn positions_point_at_the_fault(header in header()) {
        for error in pairs(&header).filter_map(Result::err) {
            let (position, text) = (error.position(), error.to_string());
            let byte = header[position];
            match text.rsplit_once(" at byte ").unwrap().0 {
                "cookie-pair has a control character" => prop_assert!(byte.is_ascii_control() && byte != b'\t'),
                "cookie-pair has no \"=\"" => prop_assert!(!b" \t;=".contains(&byte)),
                "cookie-name is empty" => prop_assert_eq!(byte, b'='),
                other => prop_assert!(false, "{}", other),
            }
        }
    }
}
