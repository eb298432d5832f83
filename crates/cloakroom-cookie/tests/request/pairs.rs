//! One header value, pair by pair.

use cloakroom_cookie::{Cookies, pairs};

use crate::check::{absent, all, check, first};

// A1 --------------------------------------------------------------------------------------------------------

#[test]
fn a1_names_are_never_decoded() {
    let header = b"%5F%5FHost-sid=x; %73ession=y; __%48ost-sid=z";
    absent(header, b"__Host-sid");
    absent(header, b"session");
    check(
        header,
        &["|%5F%5FHost-sid|x|", "|%73ession|y|", "|__%48ost-sid|z|"],
    );
}

// A2 --------------------------------------------------------------------------------------------------------

#[test]
fn a2_unicode_spaces_stay_part_of_the_name() {
    for space in ["\u{2000}", "\u{A0}", "\u{85}", "\u{3000}", "\u{FEFF}"] {
        for name in [
            format!("{space}__Host-sid"),
            format!("__Host-sid{space}"),
            format!("sid{space}"),
        ] {
            let header = format!("{name}=x; a=1");
            absent(header.as_bytes(), b"__Host-sid");
            absent(header.as_bytes(), b"sid");
            let line = format!("|{}|x|", name.as_bytes().escape_ascii());
            check(header.as_bytes(), &[&line, "|a|1|"]);
        }
    }
}

#[test]
fn a2_other_ascii_white_space_is_a_control_character() {
    for space in [0x0A, 0x0B, 0x0C, 0x0D] {
        let before = [
            b"a=1; \0sid=x; b=2".as_slice(),
            b"a=1; sid\0=x; b=2",
            b"a=1; sid=\0x; b=2",
        ];
        for (header, place) in before.into_iter().zip([5, 8, 9]) {
            let header: Vec<u8> = header
                .iter()
                .map(|&byte| if byte == 0 { space } else { byte })
                .collect();
            absent(&header, b"sid");
            let line = format!("cookie-pair has a control character at byte {place}");
            check(&header, &["|a|1|", &line, "|b|2|"]);
        }
    }
}

#[test]
fn a2_space_and_tab_are_trimmed_around_names_and_values() {
    check(b" \t sid \t = \t x \t ; \ta\t=\tb\t", &["|sid|x|", "|a|b|"]);
    check(b"a=\t;b= ;c=", &["|a||", "|b||", "|c||"]);
}

// A3 --------------------------------------------------------------------------------------------------------

#[test]
fn a3_bytes_above_ascii_are_kept_and_hide_nothing() {
    let header = b"a=1; latin=\xFF; utf8=\xC3\xA9; \xE9=n; b=2";
    check(
        header,
        &[
            "|a|1|",
            "|latin|\\xff|",
            "|utf8|\\xc3\\xa9|",
            "|\\xe9|n|",
            "|b|2|",
        ],
    );
    let cookies = Cookies::new(header).unwrap();
    assert!(cookies.first("latin").unwrap().as_str().is_err());
    assert_eq!(cookies.first("utf8").unwrap().as_str(), Ok("é"));
    assert_eq!(cookies.first("b").unwrap().as_str(), Ok("2"));
}

#[test]
fn a3_each_control_character_spoils_its_pair_alone() {
    for byte in 0..=u8::MAX {
        let header = [b"a=1; bad=x", &[byte][..], b"y; b=2"].concat();
        match byte {
            b';' => check(
                &header,
                &["|a|1|", "|bad|x|", "cookie-pair has no \"=\" at byte 11", "|b|2|"],
            ),
            0x00..=0x08 | 0x0A..=0x1F | 0x7F => {
                absent(&header, b"bad");
                check(
                    &header,
                    &["|a|1|", "cookie-pair has a control character at byte 10", "|b|2|"],
                );
            }
            _ => {
                let line = format!("|bad|{}|", [b'x', byte, b'y'].escape_ascii());
                check(&header, &["|a|1|", &line, "|b|2|"]);
            }
        }
    }
}

#[test]
fn a3_a_control_character_is_told_before_any_other_fault() {
    check(b"no equals\0", &["cookie-pair has a control character at byte 9"]);
    check(
        b"=empty\x7F\0; a=1",
        &["cookie-pair has a control character at byte 6", "|a|1|"],
    );
    check(b"\0=\x01", &["cookie-pair has a control character at byte 0"]);
    check(b" \x01 ", &["cookie-pair has a control character at byte 1"]);
}

#[test]
fn a3_a_tab_inside_is_no_fault() {
    check(b"a\tb=c\td", &["|a\\tb|c\\td|"]);
    check(b"a\tb", &["cookie-pair has no \"=\" at byte 0"]);
}

#[test]
fn a3_no_header_length_hides_a_fault_or_a_pair() {
    for before in 0..200 {
        for after in [0, 1, 7, 8, 31, 32, 63, 64, 65] {
            let (before, after) = ("b".repeat(before), "a".repeat(after));
            let header = format!("x={before}; bad=\u{1}{after}; y={after}");
            let lines = [
                format!("|x|{before}|"),
                format!("cookie-pair has a control character at byte {}", before.len() + 8),
                format!("|y|{after}|"),
            ];
            check(header.as_bytes(), &lines.each_ref().map(String::as_str));
        }
    }
}

// A4 --------------------------------------------------------------------------------------------------------

#[test]
fn a4_broken_segments_hide_nothing_after_them() {
    for (header, expected) in [
        ("", &[][..]),
        (";", &[]),
        ("; \t;;", &[]),
        ("a=1;", &["|a|1|"]),
        (";;a=1;;;b=2;", &["|a|1|", "|b|2|"]),
        ("=", &["cookie-name is empty at byte 0"]),
        ("=x", &["cookie-name is empty at byte 0"]),
        (
            "a=1; =x; b=2",
            &["|a|1|", "cookie-name is empty at byte 5", "|b|2|"],
        ),
        (
            "a=1; \t=x; b=2",
            &["|a|1|", "cookie-name is empty at byte 6", "|b|2|"],
        ),
        ("==; b=2", &["cookie-name is empty at byte 0", "|b|2|"]),
        ("alone", &["cookie-pair has no \"=\" at byte 0"]),
        (
            "a=1;  alone ; b=2",
            &["|a|1|", "cookie-pair has no \"=\" at byte 6", "|b|2|"],
        ),
        (
            "alone; =; ; b=2",
            &[
                "cookie-pair has no \"=\" at byte 0",
                "cookie-name is empty at byte 7",
                "|b|2|",
            ],
        ),
        ("a=", &["|a||"]),
    ] {
        check(header.as_bytes(), expected);
    }
}

#[test]
fn a4_an_empty_name_is_never_found() {
    absent(b"=x; a=1", b"");
    absent(b"=x; a=1", b" ");
}

// A5 --------------------------------------------------------------------------------------------------------

#[test]
fn a5_the_wire_name_is_the_name() {
    let header = b"__Host-sid=good; sid=evil; SID=other; __host-sid=fake";
    check(
        header,
        &[
            "|__Host-sid|good|",
            "|sid|evil|",
            "|SID|other|",
            "|__host-sid|fake|",
        ],
    );
    let cookies = Cookies::new(header).unwrap();
    for (name, value) in [
        ("__Host-sid", "good"),
        ("sid", "evil"),
        ("SID", "other"),
        ("__host-sid", "fake"),
    ] {
        assert_eq!(all(cookies, name.as_bytes()), [value.as_bytes()]);
    }
    for name in [
        "Sid",
        "Host-sid",
        "__Host-",
        "__Host-sid=",
        "__Host-sid=good",
        "si",
        "sidx",
        " sid",
        "sid ",
    ] {
        absent(header, name.as_bytes());
    }
    absent(b"a=1; b=2", b"1; b");
}

// A7 --------------------------------------------------------------------------------------------------------

#[test]
fn a7_there_is_no_legacy_mode() {
    check(
        b"$Version=1; a=\"x; b=c\"; $Path=\"/\"",
        &["|$Version|1|", "|a|\\\"x|", "|b|c\\\"|", "|$Path|\\\"/\\\"|"],
    );
    check(
        b"$Version=\"1\"; a=1, b=2",
        &["|$Version|\\\"1\\\"|", "|a|1, b=2|"],
    );
}

// A8 --------------------------------------------------------------------------------------------------------

#[test]
fn a8_the_first_equals_sign_splits_and_nothing_is_unescaped() {
    check(b"a = b", &["|a|b|"]);
    check(b"a=b=c; d==; e=f==", &["|a|b=c|", "|d|=|", "|e|f==|"]);
    check(b"a=\"b\"; c=\" d \"", &["|a|\\\"b\\\"|", "|c|\\\" d \\\"|"]);
    check(b"a=\\073; b=%3B; c=x+y", &["|a|\\\\073|", "|b|%3B|", "|c|x+y|"]);
}

// A11 -------------------------------------------------------------------------------------------------------

#[test]
fn a11_a_name_need_not_be_a_token() {
    check(
        b"a[0]=1; a b=1; {x}@y/z=2; \"q\"=3; a,b=4; n\xC3\xA9=5",
        &[
            "|a[0]|1|",
            "|a b|1|",
            "|{x}@y/z|2|",
            "|\\\"q\\\"|3|",
            "|a,b|4|",
            "|n\\xc3\\xa9|5|",
        ],
    );
    let cookies = Cookies::new(b"a[0]=1; a b=2").unwrap();
    assert_eq!(first(cookies, b"a[0]"), Some(&b"1"[..]));
    assert_eq!(first(cookies, b"a b"), Some(&b"2"[..]));
    assert!(all(cookies, b"a").is_empty());
}

#[test]
fn a11_nothing_is_nothing_and_the_rest_is_counted_as_invalid() {
    let cookies = Cookies::new(b";;a; =x;; b=1;").unwrap();
    assert_eq!(cookies.invalid_count(), 2);
    assert_eq!(cookies.iter().count(), 3);
    assert_eq!(first(cookies, b"b"), Some(&b"1"[..]));
    assert_eq!(Cookies::new(b";; ;").unwrap().invalid_count(), 0);
}

#[test]
fn iterators_stay_at_their_end() {
    for length in [0, 1, 62, 63, 64, 65, 128] {
        let header = "a=".to_owned() + &"x".repeat(length);
        let mut iter = pairs(header.as_bytes());
        assert!(iter.next().unwrap().is_ok());
        assert!((0..200).all(|_| iter.next().is_none()));
    }
}
