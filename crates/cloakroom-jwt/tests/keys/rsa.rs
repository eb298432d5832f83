use cloakroom_jwt::aws_lc::RsaVerifyingKey;
use cloakroom_jwt::cloakroom_core::UnixTime;
use cloakroom_jwt::{
    Algorithm, Backend, Error, ErrorKind, HmacKey, InvalidKeyKind, Jwk, SigningKey, VerifyingKey, jws,
};
use cloakroom_jwt::{Policy, Scratch, Typ, Untyped, Verifier};

use super::common::{self, RSA, rsa_signature, signature_of, verify};

/// An odd modulus of so many bits. Its factors do not matter to a verifier.
fn modulus(bits: usize) -> Vec<u8> {
    let mut n = vec![0xff; bits.div_ceil(8)];
    n[0] = 0xff >> (n.len() * 8 - bits);
    n
}

#[track_caller]
fn refused(n: &[u8], e: &[u8], expected: InvalidKeyKind) {
    for algorithm in RSA {
        assert_eq!(
            RsaVerifyingKey::from_components(algorithm, n, e)
                .unwrap_err()
                .kind(),
            expected
        );
    }
}

#[test]
fn e15_rsa_keys_have_2048_bits_and_a_sound_exponent() {
    for bits in [1, 8, 512, 1024, 1536, 2040, 2046, 2047] {
        refused(&modulus(bits), &[1, 0, 1], InvalidKeyKind::RsaSize);
    }
    for e in [&[1][..], &[2], &[4], &[1, 0], &[1, 0, 0]] {
        refused(&modulus(2048), e, InvalidKeyKind::RsaExponent);
    }
    for e in [&[3][..], &[17], &[1, 0, 1]] {
        for bits in [2048, 2049, 3072, 4096] {
            for algorithm in RSA {
                assert!(RsaVerifyingKey::from_components(algorithm, &modulus(bits), e).is_ok());
            }
        }
    }
    // Not as few bytes as there can be, none, even.
    let n = modulus(2048);
    for (n, e) in [
        (&[&[0], &n[..]].concat()[..], &[1, 0, 1][..]),
        (&n, &[0, 1, 0, 1]),
        (&[], &[1, 0, 1]),
        (&n, &[]),
        (&[&n[..255], &[0xfe]].concat(), &[1, 0, 1]),
    ] {
        refused(n, e, InvalidKeyKind::Value);
    }
    let small = include_str!("pem/rsa1024.spki.pem");
    assert_eq!(
        RsaVerifyingKey::from_pem(Algorithm::Rs256, small)
            .unwrap_err()
            .kind(),
        InvalidKeyKind::RsaSize
    );
}

/// An exponent that AWS-LC loads and then verifies nothing with is refused; the greatest that it verifies with is not.
#[test]
fn e15_rsa_exponents_have_at_most_33_bits() {
    let n = modulus(2048);
    for e in [
        &[2, 0, 0, 0, 1][..],
        &[0xff; 5],
        &[1, 0, 0, 0, 0, 1],
        &[0xff; 32],
        &n,
    ] {
        refused(&n, e, InvalidKeyKind::RsaExponent);
    }
    // Signed with the inverse of this exponent.
    let named: VerifyingKey = RsaVerifyingKey::from_pem(Algorithm::Rs256, common::RSA_SPKI)
        .unwrap()
        .into();
    let n = modulus_of(&named.to_jwk().unwrap());
    let key = RsaVerifyingKey::from_components(Algorithm::Rs256, &n, &GREATEST).unwrap();
    assert_eq!(verify(SIGNED_WITH_GREATEST, &key.into()).unwrap(), b"{}");
}

const GREATEST: [u8; 5] = [0x01, 0xff, 0xff, 0xff, 0xff];

const SIGNED_WITH_GREATEST: &str = "eyJhbGciOiJSUzI1NiJ9.e30.qO06189GGi25G5S4oyugumpdGphpxEBZfDcNX8kl2UR-i5lokxHzgWcGTaB8aTIKDjVwBEQtQjFm8BIsgIYQ178zuMzxRLFj3EgLC8VBPLJehd2fmiCUw_dAp5IZ8LONEQK8ea8awGFs-4HQ-PozTXla9ZWKWOGiJZCXpby9HlDOdVEMjy1BRaliVeTUTBiDeZ-0M3-evv4c0wKnlZ__jVxlNG6b4hNRdR4j79y5I9ybvuj-U2TNAv_Tii599wadLieAbvdX2bsNiwhCxIbFaSD10KNOp-6JdoXQg3ogrVrKjLpGGsoU09ElIWuhuMAvwWLPrWi-AXPrtusaPXmACg";

#[test]
fn e25_rsa_above_8192_bits_is_refused() {
    for algorithm in RSA {
        assert!(RsaVerifyingKey::from_components(algorithm, &modulus(8192), &[1, 0, 1]).is_ok());
    }
    for bits in [8193, 8200, 16384, 65536] {
        refused(&modulus(bits), &[1, 0, 1], InvalidKeyKind::RsaSize);
    }
}

#[test]
fn only_algorithms_of_rsa() {
    for algorithm in [Algorithm::Hs256, Algorithm::Es256, Algorithm::EdDsa] {
        let error = RsaVerifyingKey::from_pem(algorithm, common::RSA_SPKI).unwrap_err();
        assert_eq!(error.kind(), InvalidKeyKind::OtherType);
    }
}

#[test]
fn rsa_signatures_have_the_length_of_the_modulus() {
    for algorithm in RSA {
        let key: VerifyingKey = RsaVerifyingKey::from_pem(algorithm, common::RSA_SPKI)
            .unwrap()
            .into();
        let header = format!(r#"{{"alg":"{algorithm}"}}"#);
        let good = rsa_signature(algorithm, common::input(&header).as_bytes());
        assert_eq!(verify(&common::token(&header, &good), &key).unwrap(), b"{}");
        for bad in [
            &[][..],
            &good[1..],
            &good[..255],
            &[&[0], &good[..]].concat(),
            &[&good[..], &[0]].concat(),
            &[0; 256],
            &[0xff; 256],
        ] {
            let outcome = verify(&common::token(&header, bad), &key);
            assert_eq!(outcome, Err(ErrorKind::Signature));
        }
    }
}

#[test]
fn signatures_of_one_padding_never_pass_for_another() {
    for signing in RSA {
        let token = common::rsa_token(signing);
        let signature = signature_of(&token);
        for verifying in RSA {
            let key: VerifyingKey = RsaVerifyingKey::from_pem(verifying, common::RSA_SPKI)
                .unwrap()
                .into();
            let header = format!(r#"{{"alg":"{verifying}"}}"#);
            let forged = common::token(&header, &signature);
            assert_eq!(verify(&forged, &key).unwrap_err(), ErrorKind::Signature);
        }
    }
}

/// A JWK that names no algorithm has the one that the policy names, and a token's header changes nothing about it.
#[test]
fn e21_rsa_jwk_without_alg_verifies_the_policys_algorithm_alone() {
    let named: VerifyingKey = RsaVerifyingKey::from_pem(Algorithm::Rs256, common::RSA_SPKI)
        .unwrap()
        .into();
    let bare = named.to_jwk().unwrap().replace(r#","alg":"RS256""#, "");
    assert!(!bare.contains("alg"));
    for configured in RSA {
        let policy =
            Policy::new("issuer", "audience", Typ::untyped(Untyped::OwnKeys)).rsa_algorithm(configured);
        let jwk = Jwk::parse(bare.as_bytes()).unwrap();
        let key = jwk
            .verifying_key(Backend::AwsLc, policy.default_rsa_algorithm())
            .unwrap();
        let verifier = Verifier::one(policy, [&key]).unwrap();
        let outcome = |token: &str| {
            let judged = verifier
                .verify(token, UnixTime::from_millis(0), &mut Scratch::new())
                .map(|_| ());
            (judged.map_err(Error::kind), verify(token, &key).map(|_| ()))
        };
        for signing in RSA {
            let expected = if signing == configured {
                // The signature is right; these claims have no issuer.
                (Err(ErrorKind::MissingClaim), Ok(()))
            } else {
                (Err(ErrorKind::Algorithm), Err(ErrorKind::Algorithm))
            };
            assert_eq!(
                outcome(&common::rsa_token(signing)),
                expected,
                "{signing} for {configured}"
            );
        }
        // HS256 with the modulus as its secret, which everybody knows.
        let secret = SigningKey::from(HmacKey::hs256(&modulus_of(&bare)).unwrap());
        let token = jws::sign_bytes(b"{}", &secret).unwrap();
        assert_eq!(
            outcome(&token),
            (Err(ErrorKind::Algorithm), Err(ErrorKind::Algorithm))
        );
    }
}

fn modulus_of(jwk: &str) -> Vec<u8> {
    use base64::Engine as _;
    let start = jwk.find(r#""n":""#).unwrap() + 5;
    let text = jwk[start..].split('"').next().unwrap();
    base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(text)
        .unwrap()
}
