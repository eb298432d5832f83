use cloakroom_jwt::{ErrorKind, HmacKey, InvalidKey, InvalidKeyKind, SigningKey, VerifyingKey, jws};

use base64::Engine as _;

use super::common::{self, der};

type Constructor = fn(&[u8]) -> Result<HmacKey, InvalidKey>;

const CONSTRUCTORS: [(Constructor, usize); 3] =
    [(HmacKey::hs256, 32), (HmacKey::hs384, 48), (HmacKey::hs512, 64)];

#[track_caller]
fn check(secret: &[u8], expected: InvalidKeyKind) {
    for (constructor, shortest) in CONSTRUCTORS {
        if secret.len() >= shortest {
            let error = constructor(secret).unwrap_err();
            assert_eq!((error.kind(), error.member()), (expected, None));
        }
    }
}

#[test]
fn e4_secrets_have_the_length_of_the_hash() {
    for (constructor, shortest) in CONSTRUCTORS {
        for short in [0, 1, shortest - 1] {
            assert_eq!(
                constructor(&vec![0xa5; short]).unwrap_err().kind(),
                InvalidKeyKind::TooShort
            );
        }
        for long in [shortest, shortest + 1, 1000] {
            assert!(constructor(&vec![0xa5; long]).is_ok());
        }
    }
}

#[test]
fn e4_pem_is_no_secret() {
    for pem in [
        common::P256_SPKI,
        common::P256_PKCS8,
        common::RSA_SPKI,
        common::ED25519_SPKI,
        include_str!("pem/p256.certificate.pem"),
        include_str!("pem/rsa2048.pkcs1.pem"),
        include_str!("pem/p256.encrypted.pem"),
    ] {
        for lead in ["", " ", "\r\n\t  ", "\u{feff}", "Bag Attributes\n"] {
            check(format!("{lead}{pem}").as_bytes(), InvalidKeyKind::EncodedKey);
        }
        // Without its lines, as environment variables hold it.
        let middle: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        check(middle.as_bytes(), InvalidKeyKind::EncodedKey);
        check(
            format!(" {}", middle.trim_end_matches('=')).as_bytes(),
            InvalidKeyKind::EncodedKey,
        );
    }
    check(
        b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9Hk8Qn8l8k8V0mJ7h2Q2m5",
        InvalidKeyKind::EncodedKey,
    );
    check(
        b"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAI",
        InvalidKeyKind::EncodedKey,
    );
}

#[test]
fn e4_der_is_no_secret() {
    for pem in [
        common::P256_SPKI,
        common::P256_PKCS8,
        common::P384_SPKI,
        common::RSA_SPKI,
        common::RSA_PKCS8,
        common::ED25519_SPKI,
        common::ED25519_PKCS8,
        include_str!("pem/p256.certificate.pem"),
        include_str!("pem/rsa2048.pkcs1.pem"),
        include_str!("pem/p256.sec1.pem"),
    ] {
        for (lead, trail) in [("", ""), (" \n", ""), ("", "\n"), ("", "\r\n")] {
            let secret = [lead.as_bytes(), &der(pem), trail.as_bytes()].concat();
            check(&secret, InvalidKeyKind::EncodedKey);
        }
    }
    // Not every secret that begins like a SEQUENCE is one.
    let mut secret = [0x5a; 64];
    secret[0] = 0x30;
    assert!(HmacKey::hs512(&secret).is_ok());
    // The length fits and what is inside does not.
    secret[1] = 62;
    assert!(HmacKey::hs512(&secret).is_ok());
}

#[test]
fn e4_jwk_is_no_secret() {
    for json in [
        r#"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#,
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
        r#"[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]"#,
    ] {
        let spaced = json.replace(':', " \n: ");
        let escaped = json.replace('"', "\\\"");
        for json in [json, &spaced, &escaped] {
            for lead in ["", " ", "\n\t", "\u{feff}", "\"", "'"] {
                for trail in ["", "\n", "\0", ",", ", ", "\0\n", "\"", "';\n", ",{}"] {
                    check(
                        format!("{lead}{json}{trail}").as_bytes(),
                        InvalidKeyKind::EncodedKey,
                    );
                }
            }
        }
        check(in_base64(json.as_bytes()).as_bytes(), InvalidKeyKind::EncodedKey);
    }
}

fn in_base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The whole file in base64, as secrets are put into the variables of a cluster.
#[test]
fn e4_base64_of_a_key_file_is_no_secret() {
    for pem in [common::P256_SPKI, common::RSA_SPKI, common::ED25519_SPKI] {
        for lead in ["", " ", "\n\t", "\u{feff}", "Bag Attributes\n"] {
            let text = in_base64(format!("{lead}{pem}").as_bytes());
            check(text.as_bytes(), InvalidKeyKind::EncodedKey);
            check(format!("\"{text}\"\n").as_bytes(), InvalidKeyKind::EncodedKey);
            let lines: Vec<_> = text
                .as_bytes()
                .chunks(64)
                .map(|line| [line, b"\n"].concat())
                .collect();
            check(&lines.concat(), InvalidKeyKind::EncodedKey);
        }
    }
    for blob in [
        "AAAAC3NzaC1lZDI1NTE5AAAAIJ9Hk8Qn8l8k8V0mJ7h2Q2m5aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ] {
        check(blob.as_bytes(), InvalidKeyKind::EncodedKey);
    }
}

#[test]
fn e4_der_with_something_around_it_is_no_secret() {
    for pem in [
        common::P256_SPKI,
        common::P256_PKCS8,
        common::RSA_SPKI,
        common::ED25519_SPKI,
        include_str!("pem/p256.certificate.pem"),
        include_str!("pem/rsa2048.pkcs1.pem"),
        include_str!("pem/p256.sec1.pem"),
        include_str!("pem/p256.encrypted.pem"),
    ] {
        let der = der(pem);
        for (lead, trail) in [
            ("\"", "\""),
            ("'", "'"),
            ("", "\0"),
            ("", "\0\0\0\0"),
            ("", ",\n"),
            ("", "and more"),
        ] {
            let secret = [lead.as_bytes(), &der, trail.as_bytes()].concat();
            check(&secret, InvalidKeyKind::EncodedKey);
        }
        let text = in_base64(&der);
        let lines: Vec<_> = (text.as_bytes().chunks(64))
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        for text in [
            lines.join("\\n"),
            lines.join("\\r\\n"),
            format!("\"{}\\n\"", lines.join("\\n")),
            format!("{}\0", lines.join("\n")),
        ] {
            check(text.as_bytes(), InvalidKeyKind::EncodedKey);
        }
    }
}

#[test]
fn ordinary_secrets_are_accepted() {
    // Every first byte, and text of many kinds.
    for first in 0..=u8::MAX {
        let mut secret = [0xa5; 64];
        secret[0] = first;
        assert!(HmacKey::hs512(&secret).is_ok(), "{first}");
    }
    for text in [
        "correct horse battery staple correct horse battery staple, again",
        "3f1c2b5d7e9a0b4c6d8e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e",
        "{correct horse battery staple correct horse battery staple, again}",
        "[correct horse battery staple correct horse battery staple, again]",
        r#"{"secret":"correct horse battery staple correct horse battery staple"}"#,
        r#"{"kty, which is no member here": "correct horse battery staple, again"}"#,
        r#"the "kty" of correct horse battery staple correct horse battery staple"#,
        "\"correct horse battery staple correct horse battery staple, again\"",
        "'correct horse battery staple correct horse battery staple, again',",
        "ssh-correct horse battery staple correct horse battery staple, again",
        "MAyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ+EstJQLr/T+1qS0gZH75aKtMN3Yj0",
    ] {
        assert!(HmacKey::hs512(text.as_bytes()).is_ok(), "{text}");
    }
}

/// RSA and EC public keys as DER and PEM, which every client knows, are refused as secrets, so a token signed with one
/// as its HMAC secret has no key to meet.
#[test]
fn e2_public_key_is_no_hmac_secret() {
    for pem in [
        common::RSA_SPKI,
        common::P256_SPKI,
        common::P384_SPKI,
        common::ED25519_SPKI,
    ] {
        check(pem.as_bytes(), InvalidKeyKind::EncodedKey);
        check(&der(pem), InvalidKeyKind::EncodedKey);
    }
}

#[test]
fn one_hash_never_verifies_another() {
    let secret = [0x5a; 64];
    let keys = CONSTRUCTORS.map(|(constructor, _)| constructor(&secret).unwrap());
    for signing in &keys {
        let token = jws::sign_bytes(b"{}", &SigningKey::from(signing)).unwrap();
        for verifying in &keys {
            let outcome = common::verify(&token, &VerifyingKey::from(verifying));
            let expected = if signing.algorithm() == verifying.algorithm() {
                Ok(b"{}".to_vec())
            } else {
                Err(ErrorKind::Algorithm)
            };
            assert_eq!(outcome, expected);
        }
    }
}
