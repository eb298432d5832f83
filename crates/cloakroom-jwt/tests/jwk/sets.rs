use cloakroom_jwt::InvalidKeyKind::{
    Conflict, Duplicate, Json, Kid, Malformed, Missing, Private, RsaSize, TooLarge, Unsupported, Use, Value,
};
use cloakroom_jwt::{Algorithm, Backend, InvalidKeyKind, JwkSet, VerifyingKey};

use super::common::{ED25519, ED25519_PRIVATE, OCT, P256, P256_PRIVATE, RSA, refused, with};

fn set(keys: &[&str]) -> String {
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

#[test]
fn set_is_an_object_with_keys() {
    for json in [
        "",
        "[]",
        "null",
        r#"{"keys":{}}"#,
        r#"{"keys":null}"#,
        r#"{"keys":"a"}"#,
        r#"{"keys":[]"#,
        r#"{"keys":[]}x"#,
        "\u{feff}{\"keys\":[]}",
    ] {
        refused(JwkSet::parse(json.as_bytes()), Json, None);
    }
    refused(JwkSet::parse(b"{}"), Missing, "keys");
    refused(JwkSet::parse(br#"{"keys":[],"keys":[]}"#), Duplicate, "keys");
    refused(JwkSet::parse(br#"{"keys":[],"k\u0065ys":[]}"#), Duplicate, "keys");
    refused(JwkSet::parse(br#"{"a":1,"keys":[],"a":1}"#), Duplicate, None);
    refused(
        JwkSet::parse(br#"{"a":{"b":1,"b":1},"keys":[]}"#),
        Duplicate,
        None,
    );
    assert_eq!(
        JwkSet::parse(br#" {"a":[{}],"keys":[]} "#)
            .unwrap()
            .iter()
            .count(),
        0
    );
}

#[test]
fn set_has_at_most_256_kib_and_100_keys() {
    let hundred = set(&[ED25519; 100]);
    assert_eq!(JwkSet::parse(hundred.as_bytes()).unwrap().iter().count(), 100);
    for count in [101, 102, 1000] {
        refused(
            JwkSet::parse(set(&vec![ED25519; count]).as_bytes()),
            TooLarge,
            "keys",
        );
    }
    let mut long = set(&[ED25519]).into_bytes();
    long.resize(256 * 1024, b' ');
    assert!(JwkSet::parse(&long).is_ok());
    long.push(b' ');
    refused(JwkSet::parse(&long), TooLarge, None);
    refused(JwkSet::fetched(&long, Backend::AwsLc, None), TooLarge, None);
}

#[test]
fn e22_static_set_names_its_first_bad_key() {
    let json = set(&[P256, &with(OCT, r#""kid":"s""#), &with(RSA, r#""alg":"PS256""#)]);
    let parsed = JwkSet::parse(json.as_bytes()).unwrap();
    let keys = parsed.keys(Backend::AwsLc, None).unwrap();
    let algorithms: Vec<_> = keys.iter().map(VerifyingKey::algorithm).collect();
    assert_eq!(algorithms, [Algorithm::Es256, Algorithm::Hs256, Algorithm::Ps256]);
    let error = parsed.keys(Backend::RustCrypto, None).unwrap_err();
    assert_eq!(
        (error.index(), error.member(), error.kind()),
        (Some(2), Some("kty"), Unsupported)
    );

    for (bad, kind, member) in [
        (r#"{"kty":"AKP"}"#.to_owned(), Unsupported, Some("kty")),
        (with(P256, r#""use":"enc""#), Use, Some("use")),
        (P256.replace("x_FE", "x_FF"), Value, Some("x")),
        (RSA.to_owned(), Missing, Some("alg")),
        ("null".to_owned(), Json, None),
    ] {
        let json = set(&[P256, &bad, "{}"]);
        let error = JwkSet::parse(json.as_bytes())
            .unwrap()
            .keys(Backend::AwsLc, None)
            .unwrap_err();
        assert_eq!(
            (error.index(), error.member(), error.kind()),
            (Some(1), member, kind)
        );
    }
}

/// `None` for a key that is taken, or why it is not and which member is to blame.
type Outcome = Option<(InvalidKeyKind, Option<&'static str>)>;

#[test]
fn e22_fetched_set_yields_its_good_keys() {
    let named = |jwk: &str, kid: &str| with(jwk, &format!(r#""kid":"{kid}""#));
    let cases: Vec<(String, Outcome)> = vec![
        (named(P256, "a"), None),
        (
            r#"{"kty":"AKP","alg":"ML-DSA-44","pub":"AAAA","kid":"b"}"#.into(),
            Some((Unsupported, Some("kty"))),
        ),
        (with(P256, r#""use":"enc","kid":"c""#), Some((Use, Some("use")))),
        (
            with(P256, r#""key_ops":["deriveKey"]"#),
            Some((Use, Some("key_ops"))),
        ),
        (P256.replace("f83O", "f83="), Some((Malformed, Some("x")))),
        (P256.replace("x_FE", "x_FF"), Some((Value, Some("x")))),
        (named(OCT, "d"), Some((Private, Some("k")))),
        (named(P256_PRIVATE, "e"), Some((Private, Some("d")))),
        (named(ED25519_PRIVATE, "f"), Some((Private, Some("d")))),
        (with(RSA, r#""p":"AQAB""#), Some((Private, Some("p")))),
        (with(RSA, r#""qi":"AQAB""#), Some((Private, Some("qi")))),
        (named(ED25519, "g"), None),
        ("null".into(), Some((Json, None))),
        ("[{\"kty\":\"EC\"}]".into(), Some((Json, None))),
        ("\"EC\"".into(), Some((Json, None))),
        ("{}".into(), Some((Missing, Some("kty")))),
        (
            with(P256, r#""kid":"h","kid":"h""#),
            Some((Duplicate, Some("kid"))),
        ),
        (
            with(P256, &format!(r#""kid":"{}""#, "k".repeat(257))),
            Some((Kid, Some("kid"))),
        ),
        (with(P256, r#""alg":"ES384""#), Some((Conflict, Some("alg")))),
        (with(P256, r#""alg":"ECDH-ES""#), Some((Unsupported, Some("alg")))),
        (named(P256, "a"), Some((Duplicate, Some("kid")))),
        // JSON that nobody can read is a bad key like any other.
        (with(P256, r#""kid":"\ud800""#), Some((Json, None))),
        // Numbers mean nothing here, so that none is too big.
        (RSA.replace("\"AQAB\"", "1e999"), Some((Malformed, Some("e")))),
        (with(P256, r#""a":-1e999,"kid":"i""#), None),
        (
            with(P256, &format!(r#""a":{}{}"#, "[".repeat(130), "]".repeat(130))),
            Some((Json, None)),
        ),
        ("1e999".into(), Some((Json, None))),
        (
            format!("{}{}", "[".repeat(130), "]".repeat(130)),
            Some((Json, None)),
        ),
        (r#""\udc00""#.into(), Some((Json, None))),
        (named(RSA, "a"), None),
        (
            r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wW","e":"AQAB"}"#.into(),
            Some((RsaSize, Some("n"))),
        ),
        // Without a key id a key is the only one of its algorithm, or none.
        (P256.into(), Some((Missing, Some("kid")))),
        (ED25519.into(), Some((Missing, Some("kid")))),
        (ED25519.into(), Some((Missing, Some("kid")))),
    ];
    let json = set(&cases.iter().map(|(json, _)| json.as_str()).collect::<Vec<_>>());
    let fetched = JwkSet::fetched(json.as_bytes(), Backend::AwsLc, Some(Algorithm::Rs256)).unwrap();
    let keys: Vec<_> = fetched
        .keys
        .iter()
        .map(|key| (key.kid(), key.algorithm()))
        .collect();
    assert_eq!(
        keys,
        [
            (Some("a"), Algorithm::Es256),
            (Some("g"), Algorithm::EdDsa),
            (Some("i"), Algorithm::Es256),
            (Some("a"), Algorithm::Rs256),
        ]
    );
    let skipped: Vec<_> = fetched
        .skipped
        .iter()
        .map(|skipped| (skipped.index, skipped.kind, skipped.member))
        .collect();
    let expected: Vec<_> = (cases.iter().enumerate())
        .filter_map(|(index, (_, bad))| bad.map(|(kind, member)| (index, kind, member)))
        .collect();
    assert_eq!(skipped, expected);
    assert_eq!(
        fetched.skipped[0].to_string(),
        "key 1 of the set: member `kty`: not supported by this backend with the features of this build"
    );
    let alone = JwkSet::fetched(set(&[P256, ED25519]).as_bytes(), Backend::AwsLc, None).unwrap();
    assert_eq!((alone.keys.len(), alone.skipped.len()), (2, 0));
    assert_eq!(
        JwkSet::fetched(&set(&[]).into_bytes(), Backend::AwsLc, None)
            .unwrap()
            .keys
            .len(),
        0
    );
}

/// What the set says besides its keys is not for us, as long as it is JSON and says it once.
#[test]
fn e22_other_members_of_a_set_are_ignored() {
    let deep = format!("{}{}", "[".repeat(130), "]".repeat(130));
    for other in ["1e999", r#""\ud800""#, &deep, r#"[{"kty":"EC"}]"#] {
        let json = format!(r#"{{"a":{other},"keys":[{P256}],"b":{other}}}"#);
        assert_eq!(
            JwkSet::fetched(json.as_bytes(), Backend::AwsLc, None)
                .unwrap()
                .keys
                .len(),
            1
        );
    }
    for broken in [
        "01",
        "\"\n\"",
        r#""\x""#,
        "[1,]",
        "{\"a\"}",
        "nul",
        "[[",
        "\"\\ud8\"",
    ] {
        let in_a_key = with(P256, &format!(r#""a":{broken}"#));
        for json in [
            set(&[P256, &in_a_key]),
            set(&[P256, broken]),
            format!(r#"{{"a":{broken},"keys":[]}}"#),
        ] {
            refused(JwkSet::parse(json.as_bytes()), Json, None);
        }
    }
    refused(JwkSet::parse(b"{\"keys\":[\"\xff\"]}"), Json, None);
}

/// What RustCrypto has no types for is passed over like every other key that cannot be used.
#[test]
fn fetched_set_without_the_backend() {
    let json = set(&[RSA, P256]);
    let fetched = JwkSet::fetched(json.as_bytes(), Backend::RustCrypto, Some(Algorithm::Rs256)).unwrap();
    assert_eq!(fetched.keys.len(), 1);
    assert_eq!(
        (fetched.skipped[0].index, fetched.skipped[0].kind),
        (0, Unsupported)
    );
}
