use cloakroom_jwt::InvalidKeyKind::{Conflict, Duplicate, Json, Kid, Malformed, Missing, Unsupported, Value};
use cloakroom_jwt::{Algorithm, Backend, InvalidKeyKind, Jwk};

use super::common::{ED25519, ED25519_PRIVATE, OCT, P256, P256_PRIVATE, RSA, refused, with};

const BACKENDS: [Backend; 2] = [Backend::RustCrypto, Backend::AwsLc];

fn parse(json: &str) -> Result<Jwk, cloakroom_jwt::InvalidKey> {
    Jwk::parse(json.as_bytes())
}

#[test]
fn good_keys_are_read() {
    for (json, algorithm, is_private) in [
        (ED25519, Some(Algorithm::EdDsa), false),
        (ED25519_PRIVATE, Some(Algorithm::EdDsa), true),
        (P256, Some(Algorithm::Es256), false),
        (P256_PRIVATE, Some(Algorithm::Es256), true),
        (RSA, None, false),
        (OCT, Some(Algorithm::Hs256), true),
    ] {
        let jwk = parse(&with(json, r#""kid":"k1","x5c":["MII"],"other":{"a":[1,null]}"#)).unwrap();
        assert_eq!(
            (jwk.algorithm(), jwk.is_private(), jwk.kid()),
            (algorithm, is_private, Some("k1"))
        );
        for backend in BACKENDS {
            let key = jwk.verifying_key(backend, Some(Algorithm::Ps384));
            if json == RSA && backend == Backend::RustCrypto {
                refused(key, Unsupported, "kty");
                continue;
            }
            let key = key.unwrap();
            assert_eq!(
                (key.kid(), key.algorithm()),
                (Some("k1"), algorithm.unwrap_or(Algorithm::Ps384))
            );
            if is_private {
                let signing = jwk.signing_key(backend).unwrap();
                assert_eq!(
                    (signing.kid(), signing.algorithm()),
                    (Some("k1"), algorithm.unwrap())
                );
                assert_eq!(signing.verifying_key().to_jwk(), key.to_jwk());
            }
        }
    }
}

#[test]
fn text_is_one_strict_object() {
    for json in [
        "",
        " ",
        "null",
        "1",
        "\"kty\"",
        "[]",
        "[{}]",
        "true",
        "1.5e3",
        "\u{feff}{}",
        "{",
        "{}{}",
        "{} x",
        "{\"kty\":}",
        "{'kty':1}",
    ] {
        refused(parse(json), Json, None);
    }
    refused(Jwk::parse(b"{\"kty\":\"\xff\"}"), Json, None);
    refused(
        Jwk::parse(&[&b"{\"a\":"[..], &[b'['; 200], &[b']'; 200], b"}"].concat()),
        Json,
        None,
    );
    refused(parse("{}"), Missing, "kty");
}

#[test]
fn no_member_twice() {
    refused(parse(&with(P256, r#""crv":"P-256""#)), Duplicate, "crv");
    refused(parse(&with(P256, r#""c\u0072v":"P-256""#)), Duplicate, "crv");
    refused(parse(&with(P256, r#""a":1,"a":1"#)), Duplicate, None);
    refused(parse(&with(P256, r#""a":{"b":1,"b":1}"#)), Duplicate, None);
    refused(
        parse(&with(P256, r#""a":[[{"b":1,"\u0062":1}]]"#)),
        Duplicate,
        None,
    );
    refused(
        parse(&with(P256, r#""key_ops":["verify","verify"]"#)),
        Duplicate,
        "key_ops",
    );
    refused(parse(&with(P256_PRIVATE, r#""d":"x""#)), Duplicate, "d");
    assert!(parse(&with(P256, r#""a":{"b":1},"b":{"b":1},"c":[{"b":1},{"b":1}]"#)).is_ok());
}

#[test]
fn members_have_their_types() {
    for name in ["kty", "use", "alg", "kid", "crv", "x", "y", "n", "e", "d", "k"] {
        for value in ["null", "1", "true", "[]", "[\"a\"]", "{}"] {
            let name: &'static str = name;
            refused(parse(&format!(r#"{{"{name}":{value}}}"#)), Malformed, name);
        }
    }
    for value in [
        "null",
        "1",
        "true",
        "\"verify\"",
        "[1]",
        "[\"verify\",null]",
        "{}",
    ] {
        refused(
            parse(&with(P256, &format!(r#""key_ops":{value}"#))),
            Malformed,
            "key_ops",
        );
    }
}

#[test]
fn kid_has_1_to_256_bytes() {
    for (length, good) in [(0, false), (1, true), (256, true), (257, false), (65_536, false)] {
        let outcome = parse(&with(P256, &format!(r#""kid":"{}""#, "k".repeat(length))));
        if good {
            assert_eq!(outcome.unwrap().kid().unwrap().len(), length);
        } else {
            refused(outcome, Kid, "kid");
        }
    }
}

#[test]
fn types_and_curves_that_are_not_here() {
    for kty in ["AKP", "ec", "oKP", "OCT", "", "EC "] {
        refused(parse(&format!(r#"{{"kty":"{kty}"}}"#)), Unsupported, "kty");
    }
    for crv in ["P-521", "secp256k1", "p-256", "Ed25519", ""] {
        refused(parse(&P256.replace("P-256", crv)), Unsupported, "crv");
    }
    for crv in ["Ed448", "X25519", "ed25519", "P-256"] {
        refused(parse(&ED25519.replace("Ed25519", crv)), Unsupported, "crv");
    }
}

#[test]
fn required_members_are_there() {
    refused(parse(r#"{"kty":"EC"}"#), Missing, "crv");
    refused(parse(r#"{"kty":"EC","crv":"P-256"}"#), Missing, "x");
    refused(parse(&P256.replace("\"y\"", "\"z\"")), Missing, "y");
    refused(parse(r#"{"kty":"OKP"}"#), Missing, "crv");
    refused(parse(r#"{"kty":"OKP","crv":"Ed25519"}"#), Missing, "x");
    refused(parse(r#"{"kty":"RSA"}"#), Missing, "n");
    refused(parse(&RSA.replace("\"e\"", "\"f\"")), Missing, "e");
    refused(parse(r#"{"kty":"oct"}"#), Missing, "k");
    refused(
        parse(P256).unwrap().signing_key(Backend::RustCrypto),
        Missing,
        "d",
    );
    refused(
        parse(RSA).unwrap().verifying_key(Backend::AwsLc, None),
        Missing,
        "alg",
    );
    let secret = parse(&OCT.replace(r#""alg":"HS256","#, "")).unwrap();
    for rsa in [None, Some(Algorithm::Rs256)] {
        refused(secret.verifying_key(Backend::RustCrypto, rsa), Missing, "alg");
    }
}

/// E21 at the key: RSA without `alg` takes what the caller names, when it is one of RSA.
#[test]
fn e21_rsa_jwk_without_alg_takes_the_callers_algorithm() {
    let bare = parse(RSA).unwrap();
    let named = parse(&with(RSA, r#""alg":"RS256""#)).unwrap();
    for algorithm in [Algorithm::Rs256, Algorithm::Rs512, Algorithm::Ps256] {
        let key = bare.verifying_key(Backend::AwsLc, Some(algorithm)).unwrap();
        assert_eq!(key.algorithm(), algorithm);
        let key = named.verifying_key(Backend::AwsLc, Some(algorithm)).unwrap();
        assert_eq!(key.algorithm(), Algorithm::Rs256);
    }
}

/// The caller names algorithms for RSA alone: a secret without `alg` never becomes an HMAC key that way.
#[test]
fn e21_callers_algorithm_is_one_of_rsa() {
    let secret = OCT.replace(r#""alg":"HS256","#, "");
    for json in [RSA, P256, ED25519, OCT, &secret] {
        let jwk = parse(json).unwrap();
        for backend in BACKENDS {
            for algorithm in [
                Algorithm::Hs256,
                Algorithm::Hs512,
                Algorithm::Es256,
                Algorithm::EdDsa,
            ] {
                refused(
                    jwk.verifying_key(backend, Some(algorithm)),
                    InvalidKeyKind::OtherType,
                    None,
                );
            }
        }
    }
}

#[test]
fn alg_fits_the_key() {
    let check = |jwk: &str, fitting: &[&str]| {
        for alg in [
            "HS256", "HS384", "HS512", "ES256", "ES384", "EdDSA", "Ed25519", "RS256", "RS384", "RS512",
            "PS256", "PS384", "PS512",
        ] {
            let outcome = parse(&with(jwk, &format!(r#""alg":"{alg}""#)));
            if fitting.contains(&alg) {
                assert_eq!(outcome.unwrap().algorithm(), Algorithm::from_name(alg.as_bytes()));
            } else {
                refused(outcome, Conflict, "alg");
            }
        }
        for alg in [
            "none", "ES512", "ES256K", "RSA-OAEP", "ECDH-ES", "A128GCM", "es256", "",
        ] {
            refused(
                parse(&with(jwk, &format!(r#""alg":"{alg}""#))),
                Unsupported,
                "alg",
            );
        }
    };
    check(P256, &["ES256"]);
    check(ED25519, &["EdDSA", "Ed25519"]);
    check(RSA, &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]);
    check(
        &OCT.replace(r#""alg":"HS256","#, ""),
        &["HS256", "HS384", "HS512"],
    );
}

#[test]
fn numbers_are_canonical_and_of_their_length() {
    for (good, bad, member) in [
        // Padding, the other alphabet, white space, spare bits, too short, too long.
        ("VEU\"", "VEU=\"", "x"),
        (
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVE+",
            "x",
        ),
        (
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU ",
            "x",
        ),
        (
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEV",
            "x",
        ),
        (
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVA",
            "x",
        ),
        (
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "AH_NzidwdsRdQYPL7m_bS3tYBzM1e-nvE7rPbjx70VRF",
            "x",
        ),
        ("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", "", "y"),
        (
            "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a",
            "y",
        ),
        (
            "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
            "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9A",
            "d",
        ),
        ("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI", "*", "d"),
    ] {
        let json = P256_PRIVATE.replacen(good, bad, 1);
        assert_ne!(json, P256_PRIVATE);
        refused(parse(&json), Malformed, member);
    }
    refused(parse(&RSA.replace("AQAB", "AAEAAQ")), Malformed, "e");
    refused(parse(&RSA.replace("AQAB", "")), Malformed, "e");
    refused(parse(&RSA.replace("AQAB", "AQAB=")), Malformed, "e");
    refused(parse(&RSA.replace("\"n\":\"o", "\"n\":\"AA")), Malformed, "n");
    refused(parse(&OCT.replace("YWE\"", "YWF\"")), Malformed, "k");
}

#[test]
fn numbers_are_keys() {
    let off_the_curve = parse(&P256.replace("x_FE", "x_FF")).unwrap();
    for backend in BACKENDS {
        refused(off_the_curve.verifying_key(backend, None), Value, "x");
        let zero =
            parse(&ED25519.replace("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", &"A".repeat(43))).unwrap();
        refused(zero.verifying_key(backend, None), Value, "x");
        // Another key's `d`, 0, the greatest.
        for (d, kind) in [
            ("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A".to_owned(), Conflict),
            ("A".repeat(43), Value),
            (format!("{}8", "_".repeat(42)), Value),
        ] {
            let json = P256_PRIVATE.replace("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI", &d);
            refused(parse(&json).unwrap().signing_key(backend), kind, "d");
            refused(parse(&json).unwrap().verifying_key(backend, None), kind, "d");
        }
        let other = ED25519_PRIVATE.replace("nWGx", "nWGy");
        refused(parse(&other).unwrap().signing_key(backend), Conflict, "d");
        refused(parse(&other).unwrap().verifying_key(backend, None), Conflict, "d");
        // Short secrets, and the encoding of a key as a secret.
        let short =
            parse(r#"{"kty":"oct","alg":"HS256","k":"YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYQ"}"#).unwrap();
        refused(short.verifying_key(backend, None), InvalidKeyKind::TooShort, "k");
        refused(short.signing_key(backend), InvalidKeyKind::TooShort, "k");
        let pem = r#"{"kty":"oct","alg":"HS256","k":"LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0KTUZrd0V3"}"#;
        refused(
            parse(pem).unwrap().verifying_key(backend, None),
            InvalidKeyKind::EncodedKey,
            "k",
        );
    }
    let aws = |json: &str| {
        parse(json)
            .unwrap()
            .verifying_key(Backend::AwsLc, Some(Algorithm::Rs256))
    };
    refused(aws(&RSA.replace("AQAB", "AQ")), InvalidKeyKind::RsaExponent, "e");
    refused(aws(&RSA.replace("AQAB", "Ag")), InvalidKeyKind::RsaExponent, "e");
    // 2^33 + 1.
    refused(
        aws(&RSA.replace("AQAB", "AgAAAAE")),
        InvalidKeyKind::RsaExponent,
        "e",
    );
    refused(
        aws(r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbj","e":"AQAB"}"#),
        InvalidKeyKind::RsaSize,
        "n",
    );
    let private_rsa = parse(&with(RSA, r#""d":"AQAB""#)).unwrap();
    refused(private_rsa.signing_key(Backend::AwsLc), Missing, "alg");
    let private_rsa = parse(&with(RSA, r#""d":"AQAB","alg":"RS256""#)).unwrap();
    refused(private_rsa.signing_key(Backend::AwsLc), Unsupported, "kty");
    assert!(private_rsa.is_private() && private_rsa.verifying_key(Backend::AwsLc, None).is_ok());
}
