use cloakroom_jwt::{Algorithm, Ed25519SigningKey, ErrorKind, Signer, SigningKey, VerifyingKey, aws_lc, jws};

use super::common::{self, CLAIMS, RSA, rsa_token, signing_keys, verify};

/// Every key type of every backend lives in this one binary; each verifies what its twin has signed, and nothing else.
#[test]
fn every_backend_verifies_every_other() {
    for (signing_backend, signing) in signing_keys() {
        let token = Signer::new(&signing, "JWT").unwrap().sign(&CLAIMS).unwrap();
        for (verifying_backend, verifying) in signing_keys() {
            let outcome = verify(&token, &verifying.verifying_key());
            let expected = if signing.algorithm() == verifying.algorithm() {
                Ok(br#"{"sub":"alice"}"#.to_vec())
            } else {
                Err(ErrorKind::Algorithm)
            };
            assert_eq!(
                outcome, expected,
                "{signing_backend} {signing:?}, {verifying_backend} {verifying:?}"
            );
        }
    }
}

#[test]
fn e2_key_of_one_algorithm_never_verifies_another() {
    let mut keys: Vec<VerifyingKey> = signing_keys()
        .iter()
        .map(|(_, key)| key.verifying_key())
        .collect();
    keys.extend(RSA.map(|algorithm| {
        aws_lc::RsaVerifyingKey::from_pem(algorithm, common::RSA_SPKI)
            .unwrap()
            .into()
    }));
    for (_, signing) in signing_keys() {
        let token = jws::sign_bytes(b"{}", &signing).unwrap();
        for key in &keys {
            // The header is made to name the key's algorithm: then it is the signature that fails.
            if key.algorithm() != signing.algorithm() {
                assert_eq!(verify(&token, key).unwrap_err(), ErrorKind::Algorithm);
                let header = format!(r#"{{"alg":"{}"}}"#, key.algorithm().name());
                let forged = common::token(&header, &common::signature_of(&token));
                assert_eq!(verify(&forged, key).unwrap_err(), ErrorKind::Signature);
            }
        }
    }
    for algorithm in RSA {
        let token = rsa_token(algorithm);
        for key in &keys {
            let outcome = verify(&token, key);
            if key.algorithm() == algorithm {
                assert_eq!(outcome, Ok(br#"{"sub":"alice"}"#.to_vec()));
            } else {
                assert_eq!(outcome, Err(ErrorKind::Algorithm));
            }
        }
    }
}

/// Keys carry their algorithm, and there is no value of `Algorithm` that means none.
#[test]
fn e3_none_cannot_be_configured() {
    for name in ["none", "None", "NONE", "NoNe", ""] {
        assert_eq!(Algorithm::from_name(name.as_bytes()), None);
    }
    let names = [
        "HS256", "HS384", "HS512", "ES256", "ES384", "EdDSA", "RS256", "RS384", "RS512", "PS256", "PS384",
        "PS512",
    ];
    for name in names {
        assert_eq!(Algorithm::from_name(name.as_bytes()).unwrap().name(), name);
        assert_eq!(Algorithm::from_name(name.to_ascii_lowercase().as_bytes()), None);
        assert_eq!(Algorithm::from_name(format!("{name} ").as_bytes()), None);
        assert_eq!(Algorithm::from_name(format!("{name}\0").as_bytes()), None);
    }
}

#[test]
fn e17_both_names_of_ed25519() {
    let rust = Ed25519SigningKey::from_pkcs8_pem(common::ED25519_PKCS8).unwrap();
    let aws = aws_lc::Ed25519SigningKey::from_pkcs8_pem(common::ED25519_PKCS8).unwrap();
    let verifying: [VerifyingKey; 2] = [rust.verifying_key().into(), aws.verifying_key().into()];
    let plain: [SigningKey; 2] = [(&rust).into(), (&aws).into()];
    let named: [SigningKey; 2] = [rust.ed25519_name().into(), aws.ed25519_name().into()];
    for (keys, header) in [
        (plain, &br#"{"typ":"JWT","alg":"EdDSA"}"#[..]),
        (named, br#"{"typ":"JWT","alg":"Ed25519"}"#),
    ] {
        for key in keys {
            assert_eq!(key.algorithm(), Algorithm::EdDsa);
            let token = Signer::new(&key, "JWT").unwrap().sign(&CLAIMS).unwrap();
            assert_eq!(common::header_of(&token), header);
            for key in &verifying {
                assert_eq!(verify(&token, key).unwrap(), br#"{"sub":"alice"}"#);
            }
        }
    }
}

#[test]
fn e25_rust_crypto_ecdsa_signatures_repeat() {
    for (backend, key) in signing_keys() {
        let token = || jws::sign_bytes(b"the same message", &key).unwrap();
        let is_random = backend == "aws-lc" && matches!(key.algorithm(), Algorithm::Es256 | Algorithm::Es384);
        assert_eq!(token() != token(), is_random, "{backend} {key:?}");
    }
}
