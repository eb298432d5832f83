//! The index secret: what it refuses, and the tags that it makes.

#![allow(
    clippy::unwrap_used,
    reason = "these are tests, and clippy sees that in their functions alone"
)]

use cloakroom_id::{IndexSecret, SubjectTag};

/// The bytes 80..9f in base64; this and the tags were computed with Python's base64 and hmac.
const SECRET: &str = "gIGCg4SFhoeIiYqLjI2Oj5CRkpOUlZaXmJmam5ydnp8=";

#[test]
fn known_tags_are_those_that_python_computes() {
    let secret = IndexSecret::from_base64(SECRET).unwrap();
    let long = [b'a'; 255];
    for (subject, tag) in [
        (&b"u1"[..], [0x19, 0x3b]),
        (b"", [0x93, 0xc3]),
        ("zo\u{eb}@example.org".as_bytes(), [0x1a, 0xc8]),
        (&long, [0x11, 0x9c]),
    ] {
        assert_eq!(secret.tag(subject), SubjectTag::from_bytes(tag), "{subject:?}");
    }
}

#[test]
fn what_is_exported_is_read() {
    let secret = IndexSecret::from_base64(SECRET).unwrap();
    assert_eq!(*secret.export(), SECRET);
    let (one, two) = (IndexSecret::generate().unwrap(), IndexSecret::generate().unwrap());
    assert_ne!(*one.export(), *two.export());
    let read = IndexSecret::from_base64(&one.export()).unwrap();
    assert_eq!(*read.export(), *one.export());
    assert_eq!(read.tag(b"u1"), one.tag(b"u1"));
}

#[test]
fn placeholders_and_text_are_refused() {
    let bytes: Vec<u8> = (0x80..0xa0).collect();
    let few: Vec<u8> = (0..32).map(|n| n % 7).collect();
    let enough: Vec<u8> = (0..32).map(|n| n % 8).collect();
    for (secret, problem) in [
        (&b""[..], Some("32 bytes")),
        (&bytes[1..], Some("32 bytes")),
        (&[&bytes[..], b"x"].concat(), Some("32 bytes")),
        (&[0; 32], Some("placeholder")),
        (&[0xff; 32], Some("placeholder")),
        (&few, Some("placeholder")),
        (b"correct horse battery staple, ok", Some("not text")),
        (b"0123456789abcdef0123456789abcdef", Some("not text")),
        (b"abcdefghijklmnopqrstuvwxyz\r\n\t 12", Some("not text")),
        (b"abcdefghijklmnopqrstuvwxyz\r\n\t \x7f2", None),
        (&enough, None),
        (&bytes, None),
    ] {
        let refused = IndexSecret::from_bytes(secret)
            .err()
            .map(|error| error.to_string());
        match problem {
            Some(problem) => assert!(refused.unwrap().contains(problem), "{secret:?}"),
            None => assert_eq!(refused, None, "{secret:?}"),
        }
    }
}

#[test]
fn base64_is_standard_padded_and_canonical() {
    for text in [
        "",
        &SECRET[..43],
        &format!("{SECRET}\n"),
        &format!(" {}", &SECRET[1..]),
        &format!("{}==", &SECRET[..42]),
        &SECRET.replace("p8=", "p9="),
        &SECRET.replace('4', "-"),
        &SECRET.replace("gI", "\u{e9}"),
        &"A".repeat(44),
        &"====".repeat(11),
    ] {
        let error = IndexSecret::from_base64(text).unwrap_err();
        assert_eq!(
            error.to_string(),
            "an index secret is 44 characters of standard base64, padded and canonical",
            "{text}"
        );
    }
    let zeros = format!("{}=", "A".repeat(43));
    assert!(
        IndexSecret::from_base64(&zeros)
            .unwrap_err()
            .to_string()
            .contains("placeholder")
    );
}

#[test]
fn nothing_prints_of_it() {
    let secret = IndexSecret::from_base64(SECRET).unwrap();
    assert_eq!(format!("{secret:?}"), "IndexSecret(..)");
    assert_eq!(format!("{:?}", secret.tag(b"u1")), "SubjectTag([25, 59])");
}
