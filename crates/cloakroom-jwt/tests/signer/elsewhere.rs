use cloakroom_jwt::{
    Algorithm, Error, ErrorKind, HmacKey, SignErrorKind, Signer, SigningInput, SigningKey, VerifyingKey, jws,
};
use serde::Serialize;

#[derive(Serialize)]
struct Claims {
    sub: &'static str,
}

const CLAIMS: Claims = Claims { sub: "alice" };

#[test]
fn attached_signature_makes_the_same_token() {
    let key = HmacKey::hs256(&[0x5a; 32]).unwrap();
    let signer = Signer::new(SigningKey::from(&key).with_kid("k1"), "at+jwt").unwrap();
    let token = signer.sign(&CLAIMS).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let raw = {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(signature)
            .unwrap()
    };
    let here = signer.signing_input(&CLAIMS).unwrap();
    let there = SigningInput::new(Algorithm::Hs256, Some("k1"), "at+jwt", &CLAIMS).unwrap();
    for input in [here, there] {
        assert_eq!(input.algorithm(), Algorithm::Hs256);
        assert_eq!(input.as_bytes(), message.as_bytes());
        assert_eq!(input.attach(&raw).unwrap(), token);
    }
}

#[test]
fn attached_signature_has_its_algorithms_length() {
    for (algorithm, lengths) in [
        (Algorithm::Hs256, &[32][..]),
        (Algorithm::Hs384, &[48]),
        (Algorithm::Hs512, &[64]),
        (Algorithm::Es256, &[64]),
        (Algorithm::Es384, &[96]),
        (Algorithm::EdDsa, &[64]),
        (Algorithm::Rs256, &[256, 384, 512, 1024]),
        (Algorithm::Ps512, &[256, 384, 512, 1024]),
    ] {
        let input = SigningInput::new(algorithm, None, "JWT", &CLAIMS).unwrap();
        for length in [
            0, 31, 32, 33, 48, 63, 64, 65, 70, 71, 72, 96, 128, 255, 256, 384, 512, 1024, 1025,
        ] {
            let outcome = input.clone().attach(&vec![7; length]);
            if lengths.contains(&length) {
                assert_eq!(outcome.unwrap().split('.').count(), 3);
            } else {
                assert_eq!(
                    outcome.unwrap_err().kind(),
                    SignErrorKind::SignatureLength,
                    "{algorithm} {length}"
                );
            }
        }
    }
    let refused = |kid, typ| {
        SigningInput::new(Algorithm::Es256, kid, typ, &CLAIMS)
            .unwrap_err()
            .kind()
    };
    assert_eq!(refused(Some(""), "JWT"), SignErrorKind::Kid);
    assert_eq!(refused(None, ""), SignErrorKind::Typ);
    let refused = SigningInput::new(Algorithm::Es256, None, "JWT", &[1][..]).unwrap_err();
    assert_eq!(refused.kind(), SignErrorKind::NotAnObject);
}

fn named(byte: u8, kid: Option<&str>) -> SigningKey {
    let key = SigningKey::from(HmacKey::hs256(&[byte; 32]).unwrap());
    match kid {
        Some(kid) => key.with_kid(kid),
        None => key,
    }
}

#[test]
fn jws_of_any_payload() {
    let key = named(1, Some("k1"));
    for payload in [&b""[..], b"\0", b"\xff\xfe", b"[1,2]", &[7; 10_000]] {
        let token = jws::sign_bytes(payload, &key).unwrap();
        assert_eq!(
            jws::verify_bytes(&token, [&key.verifying_key()]).unwrap(),
            payload
        );
    }
}

#[test]
fn jws_keys_are_chosen_by_algorithm_and_kid() {
    let check = |token: &str, keys: &[&SigningKey], expected: Result<(), ErrorKind>| {
        let keys: Vec<VerifyingKey> = keys.iter().map(|key| key.verifying_key()).collect();
        let outcome = jws::verify_bytes(token, &keys);
        assert_eq!(outcome.map(|_| ()).map_err(Error::kind), expected);
    };
    let (bare, other) = (named(1, None), named(2, None));
    let (one, two, imposter) = (named(1, Some("1")), named(2, Some("2")), named(3, Some("1")));
    let hs512 = SigningKey::from(HmacKey::hs512(&[1; 64]).unwrap());
    let token = jws::sign_bytes(b"{}", &bare).unwrap();
    check(&token, &[&bare], Ok(()));
    check(&token, &[&hs512, &bare], Ok(()));
    check(&token, &[&one], Ok(()));
    check(&token, &[&other], Err(ErrorKind::Signature));
    check(&token, &[&one, &two], Err(ErrorKind::UnknownKey));
    check(&token, &[&hs512], Err(ErrorKind::Algorithm));
    check(&token, &[], Err(ErrorKind::Algorithm));
    let token = jws::sign_bytes(b"{}", &one).unwrap();
    check(&token, &[&two, &one], Ok(()));
    check(&token, &[&imposter, &one], Ok(()));
    check(&token, &[&imposter], Err(ErrorKind::Signature));
    check(&token, &[&bare, &two], Err(ErrorKind::UnknownKey));
}

#[test]
fn jws_header_is_read_strictly() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let key = named(1, None).verifying_key();
    let check = |header: &str, expected: ErrorKind| {
        let token = format!(
            "{}.e30.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode([7; 32])
        );
        assert_eq!(
            jws::verify_bytes(&token, [&key]).unwrap_err().kind(),
            expected,
            "{header}"
        );
    };
    check(r#"{"alg":"HS256"}"#, ErrorKind::Signature);
    for header in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"hs256"}"#,
        r#"{"alg":null}"#,
        "{}",
        r#"{"alg":"HS256","crit":["b64"],"b64":false}"#,
        r#"{"alg":"HS256","crit":[]}"#,
        r#"{"alg":"HS256","b64":false}"#,
        r#"{"alg":"HS256","b64":true}"#,
        r#"{"alg":"HS256","zip":"DEF"}"#,
        r#"{"alg":"HS256","enc":"A256GCM"}"#,
        r#"{"alg":"ES512"}"#,
    ] {
        check(header, ErrorKind::Header);
    }
    for header in [
        r#"{"alg":"HS256","alg":"HS256"}"#,
        "[]",
        "\"HS256\"",
        "null",
        "",
        r#"{"alg":"HS256"} x"#,
    ] {
        check(header, ErrorKind::Malformed);
    }
    for token in [
        "",
        ".",
        "..",
        "eyJhbGciOiJIUzI1NiJ9.e30",
        "eyJhbGciOiJIUzI1NiJ9.e30.e30.e30",
        "e30=.e30.e30",
        "eyJhbGciOiJIUzI1NiJ9.e30.e3+",
    ] {
        assert_eq!(
            jws::verify_bytes(token, [&key]).unwrap_err().kind(),
            ErrorKind::Malformed,
            "{token}"
        );
    }
}
