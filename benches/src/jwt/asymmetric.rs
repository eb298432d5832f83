//! Verifying ES256, `EdDSA` and RS256, each beside the primitive of the same backend. Every key was parsed before the
//! clock runs, wherever its library can keep a parsed one.

use std::hint::black_box;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self as aws, KeyPair as _, ParsedPublicKey, VerificationAlgorithm};
use cloakroom_jwt::{self as ours, VerifyingKey};
use jsonwebtoken::{Algorithm, DecodingKey};
use p256::ecdsa::signature::{Signer as _, Verifier as _};

use super::peers::{self, Backend};
use super::tokens::{KID, SECRET, Size, TYP, answer, taken_apart};
use super::{now, our_accessors, verifier};
use crate::workload::{Subject, Target, Workload};

const BESIDE_THE_PRIMITIVE: Target = Target::AtMost(1.05);

/// The three algorithms that keys are published for, on each backend that has them.
pub(super) fn workloads() -> Vec<Workload> {
    let (es256, eddsa, rs256) = (es256(), eddsa(), rs256());
    es256.into_iter().chain(eddsa).chain([rs256]).collect()
}

/// A token of the small one's claims, signed with `algorithm`.
fn token(algorithm: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> &'static str {
    let header = format!(r#"{{"alg":"{algorithm}","typ":"{TYP}","kid":"{KID}"}}"#);
    Size::Small.signed(&header, sign)
}

fn workload(case: &str, key: impl Into<VerifyingKey>, token: &'static str, primitive: Subject) -> Workload {
    Workload::new(
        format!("jwt verify/{case}"),
        answer(),
        our_accessors(verifier(key), token, now),
    )
    .target(BESIDE_THE_PRIMITIVE, primitive)
}

/// The primitive of AWS-LC with a key that it has parsed.
fn on_aws_lc(
    name: &'static str,
    algorithm: &'static dyn VerificationAlgorithm,
    key: &[u8],
    token: &'static str,
) -> Subject {
    let key = ParsedPublicKey::new(algorithm, key).expect("the bytes of a key that was made here");
    let (input, signature) = taken_apart(token);
    Subject::new(name, 1, move || {
        u64::from(
            black_box(&key)
                .verify_sig(black_box(input), black_box(&signature))
                .is_ok(),
        )
    })
}

fn es256() -> [Workload; 2] {
    let key = p256::ecdsa::SigningKey::from_slice(&SECRET).expect("a scalar below the order");
    let token = token("ES256", |input| {
        let signature: p256::ecdsa::Signature = key.sign(input);
        signature.to_vec()
    });
    let public = *key.verifying_key();
    let sec1 = public.to_sec1_point(false).as_bytes().to_vec();
    let (input, signature) = taken_apart(token);
    let primitive = Subject::new("p256", 1, move || {
        let signature = p256::ecdsa::Signature::from_slice(black_box(&signature));
        u64::from(
            signature.is_ok_and(|signature| black_box(&public).verify(black_box(input), &signature).is_ok()),
        )
    });
    let theirs =
        |backend| peers::jsonwebtoken(backend, Algorithm::ES256, DecodingKey::from_ec_der(&sec1), token);
    [
        workload(
            "ES256, RustCrypto",
            ours::Es256VerifyingKey::from_sec1(&sec1).expect("a point on the curve"),
            token,
            primitive,
        )
        .beside(theirs(Backend::RustCrypto)),
        workload(
            "ES256, aws-lc",
            ours::aws_lc::Es256VerifyingKey::from_sec1(&sec1).expect("a point on the curve"),
            token,
            on_aws_lc("ECDSA of aws-lc", &aws::ECDSA_P256_SHA256_FIXED, &sec1, token),
        )
        .beside(theirs(Backend::AwsLc)),
    ]
}

fn eddsa() -> [Workload; 2] {
    let key = ed25519_dalek::SigningKey::from_bytes(&SECRET);
    let token = token("EdDSA", |input| key.sign(input).to_bytes().to_vec());
    let public = key.verifying_key();
    let bytes = public.to_bytes();
    let (input, signature) = taken_apart(token);
    let primitive = Subject::new("ed25519-dalek", 1, move || {
        let signature = ed25519_dalek::Signature::from_slice(black_box(&signature));
        u64::from(
            signature.is_ok_and(|signature| black_box(&public).verify(black_box(input), &signature).is_ok()),
        )
    });
    let theirs =
        |backend| peers::jsonwebtoken(backend, Algorithm::EdDSA, DecodingKey::from_ed_der(&bytes), token);
    [
        workload(
            "EdDSA, RustCrypto",
            ours::Ed25519VerifyingKey::from_bytes(&bytes).expect("a point on the curve"),
            token,
            primitive,
        )
        .beside(theirs(Backend::RustCrypto)),
        workload(
            "EdDSA, aws-lc",
            ours::aws_lc::Ed25519VerifyingKey::from_bytes(&bytes).expect("a point on the curve"),
            token,
            on_aws_lc("Ed25519 of aws-lc", &aws::ED25519, &bytes, token),
        )
        .beside(theirs(Backend::AwsLc)),
    ]
}

/// The key is made anew each time: 2048 bits, whose value does not change what verifying costs.
fn rs256() -> Workload {
    let key = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).expect("the machine has randomness");
    let token = token("RS256", |input| {
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(
            &aws::RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            input,
            &mut signature,
        )
        .expect("the buffer has the modulus' length");
        signature
    });
    let pkcs1 = key.public_key().as_ref();
    let spki: PublicKeyX509Der<'_> = key.public_key().as_der().expect("a key that was made here");
    let theirs = DecodingKey::from_rsa_der(pkcs1);
    workload(
        "RS256, aws-lc",
        ours::aws_lc::RsaVerifyingKey::from_der(ours::Algorithm::Rs256, spki.as_ref())
            .expect("a key of 2048 bits"),
        token,
        on_aws_lc("RSA of aws-lc", &aws::RSA_PKCS1_2048_8192_SHA256, pkcs1, token),
    )
    .beside(peers::jsonwebtoken(
        Backend::AwsLc,
        Algorithm::RS256,
        theirs,
        token,
    ))
}
