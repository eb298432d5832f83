//! The peers: told to apply the policy that we apply, as far as they can.

use std::collections::HashSet;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use jsonwebtoken::crypto::{CryptoProvider, KeyUtils, aws_lc, rust_crypto};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use jwt_compact::alg::{Hs256, Hs256Key};
use jwt_compact::{AlgorithmExt as _, TimeOptions, UntrustedToken};
use jwt_simple::prelude::{
    Duration, HS256Key, HeaderOptions, JWTClaims, MACLike as _, UnixTimeStamp, VerificationOptions,
};
use serde::{Deserialize, Serialize};

use super::tokens::{
    CLAIMS, KID, LARGE_CLAIMS, PROFILE, Profile, SECRET, Size, TYP, answer, condense, condense_token,
};
use crate::workload::Subject;

/// Every peer that verifies HS256.
pub(super) fn verifying(token: &'static str) -> [Subject; 4] {
    let key = || DecodingKey::from_secret(&SECRET);
    [
        jsonwebtoken(Backend::RustCrypto, Algorithm::HS256, key(), token),
        jsonwebtoken(Backend::AwsLc, Algorithm::HS256, key(), token),
        jwt_simple(token),
        jwt_compact(token),
    ]
}

/// Which of its two backends `jsonwebtoken` is to use. It knows one provider a process, so ours hands each call on to
/// one of its own: a load and a jump.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Backend {
    RustCrypto,
    AwsLc,
}

static ON_AWS_LC: AtomicBool = AtomicBool::new(false);

static EITHER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| (Backend::chosen().signer_factory)(algorithm, key),
    verifier_factory: |algorithm, key| (Backend::chosen().verifier_factory)(algorithm, key),
    // Nobody here reads a JWK with it.
    key_utils: KeyUtils::new_unimplemented(),
};

impl Backend {
    fn chosen() -> &'static CryptoProvider {
        if ON_AWS_LC.load(Relaxed) {
            &aws_lc::DEFAULT_PROVIDER
        } else {
            &rust_crypto::DEFAULT_PROVIDER
        }
    }

    fn choose(self) {
        ON_AWS_LC.store(self == Self::AwsLc, Relaxed);
    }

    fn name(self) -> &'static str {
        match self {
            Self::RustCrypto => "jsonwebtoken, RustCrypto",
            Self::AwsLc => "jsonwebtoken, aws-lc",
        }
    }

    fn install() {
        // A second time is refused, and changes nothing.
        let _ = EITHER.install_default();
    }
}

/// What those who cannot borrow read the claims into.
#[derive(Deserialize)]
struct OwnedClaims {
    iss: String,
    sub: String,
    aud: String,
    exp: u64,
    iat: u64,
    jti: String,
    role: String,
}

/// `jsonwebtoken` verifying `token`.
pub(super) fn jsonwebtoken(
    backend: Backend,
    algorithm: Algorithm,
    key: DecodingKey,
    token: &'static str,
) -> Subject {
    Backend::install();
    let mut validation = Validation::new(algorithm);
    validation.leeway = 0;
    validation.validate_nbf = true;
    validation.set_issuer(&[CLAIMS.iss]);
    validation.set_audience(&[CLAIMS.aud]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    Subject::new(backend.name(), answer(), move || {
        backend.choose();
        let decoded =
            jsonwebtoken::decode::<OwnedClaims>(black_box(token), black_box(&key), black_box(&validation));
        black_box(decoded).map_or(0, |token| {
            let claims = token.claims;
            black_box((&claims.jti, claims.iat));
            condense(&claims.iss, &claims.sub, &claims.aud, claims.exp, &claims.role)
        })
    })
}

/// `jsonwebtoken` signing the token of `size`.
pub(super) fn jsonwebtoken_signing(backend: Backend, size: Size) -> Subject {
    Backend::install();
    let mut header = Header::new(Algorithm::HS256);
    header.typ = Some(TYP.to_owned());
    header.kid = Some(KID.to_owned());
    let key = EncodingKey::from_secret(&SECRET);
    signing(backend.name(), size, move || {
        backend.choose();
        match size {
            Size::Small => jsonwebtoken::encode(black_box(&header), black_box(&CLAIMS), black_box(&key)),
            Size::Large => {
                jsonwebtoken::encode(black_box(&header), black_box(&LARGE_CLAIMS), black_box(&key))
            }
        }
        .unwrap_or_default()
    })
}

/// A peer that signs the token of `size`, one of which is checked.
fn signing(name: &'static str, size: Size, sign: impl Fn() -> String + 'static) -> Subject {
    let token = sign();
    size.check(&token);
    Subject::new(name, condense_token(&token), move || {
        condense_token(&black_box(sign()))
    })
}

#[derive(Clone, Serialize, Deserialize)]
struct Role<T> {
    role: T,
}

/// `jwt-simple` verifying `token`. It takes its options by value: what a program keeps is cloned for each token.
fn jwt_simple(token: &'static str) -> Subject {
    let key = HS256Key::from_bytes(&SECRET).with_key_id(KID);
    let options = VerificationOptions {
        required_key_id: Some(KID.to_owned()),
        required_signature_type: Some(TYP.to_owned()),
        allowed_issuers: Some(HashSet::from([CLAIMS.iss.to_owned()])),
        allowed_audiences: Some(HashSet::from([CLAIMS.aud.to_owned()])),
        time_tolerance: Some(Duration::from_secs(0)),
        ..VerificationOptions::default()
    };
    Subject::new("jwt-simple", answer(), move || {
        let options = black_box(&options).clone();
        let verified = black_box(&key).verify_token::<Role<String>>(black_box(token), Some(options));
        black_box(verified)
            .ok()
            .and_then(|claims| {
                Some(condense(
                    claims.issuer.as_deref()?,
                    claims.subject.as_deref()?,
                    &claims.audiences?.into_string().ok()?,
                    claims.expires_at?.as_secs(),
                    &claims.custom.role,
                ))
            })
            .unwrap_or_default()
    })
}

/// `jwt-simple` signing the token of `size`. It takes the claims by value, with texts that are its own.
pub(super) fn jwt_simple_signing(size: Size) -> Subject {
    let key = HS256Key::from_bytes(&SECRET).with_key_id(KID);
    let header = HeaderOptions {
        signature_type: Some(TYP.to_owned()),
        ..HeaderOptions::default()
    };
    let small = simple_claims(Role { role: CLAIMS.role });
    let large = simple_claims(PROFILE);
    signing("jwt-simple", size, move || {
        let key = black_box(&key);
        match size {
            Size::Small => key.authenticate_with_options(black_box(&small).clone(), &header),
            Size::Large => key.authenticate_with_options(black_box(&large).clone(), &header),
        }
        .unwrap_or_default()
    })
}

fn simple_claims<T>(custom: T) -> JWTClaims<T> {
    JWTClaims {
        issued_at: Some(UnixTimeStamp::from_secs(CLAIMS.iat)),
        expires_at: Some(UnixTimeStamp::from_secs(CLAIMS.exp)),
        invalid_before: None,
        issuer: Some(CLAIMS.iss.to_owned()),
        subject: Some(CLAIMS.sub.to_owned()),
        audiences: Some(CLAIMS.aud.into()),
        jwt_id: Some(CLAIMS.jti.to_owned()),
        nonce: None,
        custom,
    }
}

/// The claims that `jwt-compact` leaves to the program: all but the times.
#[derive(Serialize, Deserialize)]
struct CustomClaims<T> {
    iss: T,
    sub: T,
    aud: T,
    jti: T,
    role: T,
}

/// The same with all the others.
#[derive(Serialize)]
struct LargeCustomClaims {
    iss: &'static str,
    sub: &'static str,
    aud: &'static str,
    jti: &'static str,
    #[serde(flatten)]
    profile: Profile,
}

/// `jwt-compact` verifying `token`; issuer, audience and type are compared by hand, as its users must.
fn jwt_compact(token: &'static str) -> Subject {
    let key = Hs256Key::new(SECRET);
    let times = TimeOptions::from_leeway(chrono::TimeDelta::zero());
    let verify = move || {
        let token = UntrustedToken::new(black_box(token)).ok()?;
        let verified = Hs256
            .validator::<CustomClaims<String>>(black_box(&key))
            .validate(&token)
            .ok()?;
        let (header, claims) = verified.into_parts();
        claims.validate_expiration(black_box(&times)).ok()?;
        let CustomClaims {
            iss,
            sub,
            aud,
            jti,
            role,
        } = black_box(&claims.custom);
        black_box(jti);
        if iss != CLAIMS.iss || aud != CLAIMS.aud || header.token_type.as_deref() != Some(TYP) {
            return None;
        }
        let exp = u64::try_from(claims.expiration?.timestamp()).ok()?;
        Some(condense(iss, sub, aud, exp, role))
    };
    Subject::new("jwt-compact", answer(), move || verify().unwrap_or_default())
}

/// `jwt-compact` signing the token of `size`.
pub(super) fn jwt_compact_signing(size: Size) -> Subject {
    let key = Hs256Key::new(SECRET);
    let header = jwt_compact::Header::empty().with_key_id(KID).with_token_type(TYP);
    let small = compact_claims(CustomClaims {
        iss: CLAIMS.iss,
        sub: CLAIMS.sub,
        aud: CLAIMS.aud,
        jti: CLAIMS.jti,
        role: CLAIMS.role,
    });
    let large = compact_claims(LargeCustomClaims {
        iss: CLAIMS.iss,
        sub: CLAIMS.sub,
        aud: CLAIMS.aud,
        jti: CLAIMS.jti,
        profile: PROFILE,
    });
    signing("jwt-compact", size, move || {
        let (header, key) = (black_box(&header), black_box(&key));
        match size {
            Size::Small => Hs256.token(header, black_box(&small), key),
            Size::Large => Hs256.token(header, black_box(&large), key),
        }
        .unwrap_or_default()
    })
}

fn compact_claims<T>(custom: T) -> jwt_compact::Claims<T> {
    let time = |secs: u64| chrono::DateTime::from_timestamp(secs.cast_signed(), 0);
    let mut claims = jwt_compact::Claims::new(custom);
    claims.expiration = time(CLAIMS.exp);
    claims.issued_at = time(CLAIMS.iat);
    claims
}
