//! JSON Web Tokens: verifying and signing HS256 beside HMAC-SHA256, verifying the asymmetric algorithms beside their
//! primitives, rejecting.

mod asymmetric;
mod peers;
mod reject;
mod tokens;

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::LazyLock;

use cloakroom_core::UnixTime;
use cloakroom_jwt::{HmacKey, Policy, Scratch, Signer, SigningKey, Typ, Verified, Verifier, VerifyingKey};
use cloakroom_revocation::Credential;
use hmac::Mac as _;
use serde::Serialize;

use self::peers::Backend;
use self::tokens::{
    CLAIMS, Claims, KID, LARGE_CLAIMS, SECRET, Size, TYP, answer, bare_mac, condense, condense_token,
    taken_apart,
};
use crate::revocation;
use crate::workload::{Subject, Target, Workload};

/// A minute after the tokens were issued. Ours is told the time, which a server has at hand; the peers look at the clock.
fn now() -> UnixTime {
    black_box(UnixTime::from_millis(1_750_000_060_123))
}

/// Verifying by accessors and into a struct, signing, at two sizes; then the other algorithms, and rejecting.
pub(crate) fn workloads() -> Vec<Workload> {
    let mut all = Vec::new();
    for size in [Size::Small, Size::Large] {
        all.extend([accessors(size), typed(size), signing(size)]);
    }
    all.push(foreign_header());
    all.push(verified_and_checked());
    all.extend(asymmetric::workloads());
    all.extend(reject::workloads());
    all
}

/// A verifier of `key`'s tokens that demands what the tokens have.
fn verifier(key: impl Into<VerifyingKey>) -> Verifier {
    let policy = Policy::new(CLAIMS.iss, CLAIMS.aud, Typ::exact(TYP)).require(["sub", "iat", "jti"]);
    Verifier::one(policy, [key.into().with_kid(KID)]).expect("one policy, one key")
}

fn hmac_key() -> HmacKey {
    HmacKey::hs256(&SECRET).expect("32 bytes of many values")
}

/// Ours by accessors: what a handler reads of a token, without a struct.
fn our_accessors(verifier: Verifier, token: &'static str, now: impl Fn() -> UnixTime) -> impl Fn() -> u64 {
    let scratch = RefCell::new(Scratch::new());
    move || {
        let mut scratch = scratch.borrow_mut();
        let outcome = black_box(&verifier).verify(black_box(token), now(), &mut scratch);
        outcome
            .ok()
            .and_then(|verified| by_accessors(&verified))
            .unwrap_or_default()
    }
}

fn by_accessors(verified: &Verified<'_>) -> Option<u64> {
    Some(condense(
        verified.issuer(),
        verified.subject()?,
        &verified.audience().next()?,
        verified.expires_at()?.as_secs().cast_unsigned(),
        verified.get("role")?.as_str()?,
    ))
}

/// Ours into a struct, whose texts are the token's own.
fn our_typed(verifier: Verifier, token: &'static str) -> impl Fn() -> u64 {
    let scratch = RefCell::new(Scratch::new());
    move || {
        let mut scratch = scratch.borrow_mut();
        let outcome = black_box(&verifier).verify(black_box(token), now(), &mut scratch);
        let claims = outcome.and_then(|verified| verified.claims::<Claims<'_>>());
        black_box(claims).map_or(0, |claims| {
            condense(claims.iss, claims.sub, claims.aud, claims.exp, claims.role)
        })
    }
}

fn accessors(size: Size) -> Workload {
    let token = size.token();
    let workload = Workload::new(
        format!("jwt verify/{} accessors", size.case()),
        answer(),
        our_accessors(verifier(hmac_key()), token, now),
    );
    held(workload, token, [2.0, 4.0, 3.5]).beside(Subject::new(
        "ours, reading the clock",
        answer(),
        our_accessors(verifier(hmac_key()), token, UnixTime::now),
    ))
}

fn typed(size: Size) -> Workload {
    let token = size.token();
    let workload = Workload::new(
        format!("jwt verify/{} typed", size.case()),
        answer(),
        our_typed(verifier(hmac_key()), token),
    );
    held(workload, token, [3.0, 3.0, 2.3])
}

/// Verifying `token` held against the primitive, `jsonwebtoken` and the other peers, in the order of `targets`.
fn held(workload: Workload, token: &'static str, targets: [f64; 3]) -> Workload {
    let [mac, jsonwebtoken, next] = targets;
    let [rust_crypto, aws_lc, simple, compact] = peers::verifying(token);
    workload
        .target(Target::AtMost(mac), bare_verify(token))
        .target(Target::TimesFaster(jsonwebtoken), rust_crypto)
        .target(Target::TimesFaster(jsonwebtoken), aws_lc)
        .target(Target::TimesFaster(next), simple)
        .target(Target::TimesFaster(next), compact)
}

/// The primitive: HMAC-SHA256 over the signing input, compared with the decoded signature.
fn bare_verify(token: &'static str) -> Subject {
    let mac = bare_mac();
    let (input, tag) = taken_apart(token);
    Subject::new("HMAC-SHA256", 1, move || {
        let mut mac = black_box(&mac).clone();
        mac.update(black_box(input));
        u64::from(mac.verify_slice(black_box(&tag)).is_ok())
    })
}

/// A token whose header has one member more, as some providers write it: it is none of the headers that we know by heart,
/// and is read. No target was set for that.
fn foreign_header() -> Workload {
    let header =
        format!(r#"{{"typ":"{TYP}","alg":"HS256","x5t":"a3QN0BZS7s4nN-BdrjbF0Y_LdMM","kid":"{KID}"}}"#);
    let token = Size::Small.token_under(&header);
    let [rust_crypto, aws_lc, ..] = peers::verifying(token);
    Workload::new(
        "jwt verify/foreign header",
        answer(),
        our_accessors(verifier(hmac_key()), token, now),
    )
    .beside(bare_verify(token))
    .beside(rust_crypto)
    .beside(aws_lc)
}

/// Verifying and the check for revocation, in a snapshot of 1,000,000 entries, against peers that verify alone.
fn verified_and_checked() -> Workload {
    let text = Size::Small.token();
    let (scratch, verifier) = (RefCell::new(Scratch::new()), verifier(hmac_key()));
    // Filled by the first call alone.
    let check = LazyLock::new(|| revocation::check_of(&revocation::filled(1_000_000)));
    let [rust_crypto, aws_lc, ..] = peers::verifying(text);
    Workload::new("revocation/HS256 verify and check", answer(), move || {
        let mut scratch = scratch.borrow_mut();
        let Ok(token) = black_box(&verifier).verify(black_box(text), now(), &mut scratch) else {
            return 0;
        };
        let credential = Credential {
            issuer: token.issuer(),
            subject: token.subject(),
            issued_at: token.issued_at(),
            token_id: token.token_id(),
        };
        if !revocation::passes(&check, &credential) {
            return 0;
        }
        by_accessors(&token).unwrap_or_default()
    })
    .target(Target::TimesFaster(3.0), rust_crypto)
    .target(Target::TimesFaster(3.0), aws_lc)
}

fn signing(size: Size) -> Workload {
    let key = SigningKey::from(hmac_key()).with_kid(KID);
    let signer = Signer::new(key, TYP).expect("a short type");
    let name = format!("jwt sign/{}", size.case());
    let ours = match size {
        Size::Small => our_sign(name, size, signer, CLAIMS),
        Size::Large => our_sign(name, size, signer, LARGE_CLAIMS),
    };
    let mac = bare_mac();
    let (input, tag) = taken_apart(size.token());
    let tail = |tag: &[u8]| tag.last_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk));
    ours.target(
        Target::AtMost(1.9),
        Subject::new("HMAC-SHA256", tail(&tag), move || {
            let mut mac = black_box(&mac).clone();
            mac.update(black_box(input));
            tail(&mac.finalize().into_bytes())
        }),
    )
    .target(
        Target::TimesFaster(2.0),
        peers::jsonwebtoken_signing(Backend::RustCrypto, size),
    )
    .target(
        Target::TimesFaster(2.0),
        peers::jsonwebtoken_signing(Backend::AwsLc, size),
    )
    .beside(peers::jwt_simple_signing(size))
    .beside(peers::jwt_compact_signing(size))
}

fn our_sign(name: String, size: Size, signer: Signer, claims: impl Serialize + 'static) -> Workload {
    let token = signer.sign(&claims).expect("claims are an object");
    size.check(&token);
    Workload::new(name, condense_token(&token), move || {
        let token = black_box(&signer).sign(black_box(&claims));
        black_box(token).map_or(0, |token| condense_token(&token))
    })
    .allocating(1)
}
