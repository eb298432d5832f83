//! Tokens made by hand, so that what is wrong with them is exactly what a test says.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_jwt::cloakroom_core::UnixTime;
use cloakroom_jwt::{ErrorKind, HmacKey, Policy, Scratch, Typ, Untyped, Verifier};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub(crate) const SECRET: &[u8; 32] = b"a secret of thirty-two octets...";
pub(crate) const ISSUER: &str = "https://login.example.com";
pub(crate) const AUDIENCE: &str = "https://api.example.com";
pub(crate) const HEADER: &str = r#"{"typ":"at+jwt","alg":"HS256"}"#;
/// The `iat` of most tokens here, in seconds. Their `exp` is 600 later.
pub(crate) const ISSUED: i64 = 1_763_737_200;

/// So many milliseconds after [`ISSUED`].
pub(crate) fn at(millis: i64) -> UnixTime {
    UnixTime::from_millis(ISSUED * 1000 + millis)
}

pub(crate) fn encode(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

pub(crate) fn mac(secret: &[u8], message: &str) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// A token of these encoded parts with a good HS256 signature.
pub(crate) fn sign_encoded(secret: &[u8], header: &str, payload: &str) -> String {
    let input = format!("{header}.{payload}");
    let signature = encode(mac(secret, &input));
    format!("{input}.{signature}")
}

pub(crate) fn sign(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    sign_encoded(SECRET, &encode(header), &encode(payload))
}

/// The claims of a good token, with `more` members behind them.
pub(crate) fn claims(more: &str) -> String {
    let comma = if more.is_empty() { "" } else { "," };
    format!(
        r#"{{"iss":"{ISSUER}","sub":"anna","aud":"{AUDIENCE}","iat":{ISSUED},"exp":{}{comma}{more}}}"#,
        ISSUED + 600
    )
}

/// The claims of a good token, where one of them has another value; it is left out when that is empty.
pub(crate) fn claims_with(name: &str, value: &str) -> String {
    let members = [
        ("iss", format!("{ISSUER:?}")),
        ("sub", "\"anna\"".into()),
        ("aud", format!("{AUDIENCE:?}")),
        ("client_id", "\"app\"".into()),
        ("iat", ISSUED.to_string()),
        ("jti", "\"1\"".into()),
        ("exp", (ISSUED + 600).to_string()),
        (name, value.to_owned()),
    ];
    let mut seen = Vec::new();
    for (member, of) in members.into_iter().rev() {
        if seen.iter().any(|(other, _)| *other == member) {
            continue;
        }
        seen.push((member, of));
    }
    let members: Vec<_> = (seen.iter().rev())
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name:?}:{value}"))
        .collect();
    format!("{{{}}}", members.join(","))
}

pub(crate) fn good() -> String {
    sign(HEADER, claims(""))
}

pub(crate) fn policy() -> Policy {
    Policy::new(ISSUER, AUDIENCE, Typ::exact("at+jwt"))
}

/// A policy for tokens that have no type.
pub(crate) fn untyped() -> Policy {
    Policy::new(ISSUER, AUDIENCE, Typ::untyped(Untyped::OwnKeys))
}

pub(crate) fn verifier(policy: Policy) -> Verifier {
    let key = HmacKey::hs256(SECRET).expect("the secret has 32 octets");
    Verifier::one(policy, [key]).expect("the tests' policies are well-formed")
}

/// The reason why `verifier` rejects `token`, when it does.
pub(crate) fn reason(verifier: &Verifier, token: &str, now: UnixTime) -> Option<ErrorKind> {
    verifier
        .verify(token, now, &mut Scratch::new())
        .err()
        .map(cloakroom_jwt::Error::kind)
}

/// Asserts what becomes of a token one second after it was issued.
#[track_caller]
pub(crate) fn check(policy: Policy, token: &str, expected: Option<ErrorKind>) {
    assert_eq!(reason(&verifier(policy), token, at(1000)), expected, "{token}");
}

/// Asserts what becomes of a token of the usual policy with these claims.
#[track_caller]
pub(crate) fn check_claims(payload: &str, expected: Option<ErrorKind>) {
    assert_eq!(
        reason(&verifier(policy()), &sign(HEADER, payload), at(1000)),
        expected,
        "{payload}"
    );
}

/// Asserts what becomes of a token with this header, under a policy that takes any of the usual types.
#[track_caller]
pub(crate) fn check_header(header: &str, expected: Option<ErrorKind>) {
    assert_eq!(
        reason(&verifier(untyped()), &sign(header, claims("")), at(1000)),
        expected,
        "{header}"
    );
}
