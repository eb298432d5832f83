//! What a reviewer should search for: everything that weakens a check is here, by name.

use cloakroom_core::UnixTime;
use serde::de::DeserializeOwned;

use crate::claims::{Claims, Payload};
use crate::encoding::Base64Url;
use crate::header::Header;
use crate::rounded::Rounded;
use crate::token::Parts;
use crate::{Error, ErrorKind, HmacKey, InvalidKey, Policy, Scratch};

/// Looks for the audience in the claim `name`, which must be one string there, and takes tokens without `aud`. Some
/// providers put the client's id into `client_id` and give no `aud`; where there is one, it must hold the audience as well
/// (RFC 7519 section 4.1.3).
///
/// Whatever else the issuer writes that claim into passes for a token that is meant for this audience.
pub fn audience_from(mut policy: Policy, name: impl Into<alloc::string::String>) -> Policy {
    policy.audience_claim = Some(name.into());
    policy
}

/// Accepts tokens without `exp` as well. Where there is one, it counts.
///
/// A stolen token without `exp` is good until its key goes: set [`Policy::max_age`].
pub fn without_expiry(mut policy: Policy) -> Policy {
    policy.expires = false;
    policy
}

/// A key for HS256 from a secret below 32 bytes, which RFC 7518 section 3.2 forbids.
///
/// Whoever sees one token can try all short secrets against it, offline and at leisure.
///
/// # Errors
///
/// When the secret is empty, or is the encoding of another key: PEM, DER or JWK.
pub fn hs256_short_secret(secret: &[u8]) -> Result<HmacKey, InvalidKey> {
    HmacKey::hs256_of_any_length(secret)
}

/// What the payload of a token says, whoever wrote it: for a tool that shows tokens, never for a decision.
///
/// Structure, header and JSON are read as strictly as by a verifier; signature, type and time are not looked at.
///
/// # Errors
///
/// [`ErrorKind::TooLarge`] above 64 KiB, [`ErrorKind::Malformed`], [`ErrorKind::Header`], or [`ErrorKind::Claims`] when
/// the claims are not of type `T`.
pub fn claims_without_verification<T: DeserializeOwned>(token: &str) -> Result<T, Error> {
    let mut scratch = Scratch::new();
    let payload = unverified(token, &mut scratch)?;
    serde_json::from_str(payload.json).map_err(|_| ErrorKind::Claims.into())
}

/// From when on a token is valid, whoever wrote it: the later of `nbf` and `iat`, rounded up to the second, `None` without either.
/// For asking a verifier whether a token that is [not valid yet](ErrorKind::NotYetValid) will be: at that time it judges the
/// signature and all the rest.
///
/// # Errors
///
/// As [`claims_without_verification`], [`ErrorKind::Claims`] when a registered claim has the wrong type.
pub fn beginning_without_verification(token: &str) -> Result<Option<UnixTime>, Error> {
    let mut scratch = Scratch::new();
    let payload = unverified(token, &mut scratch)?;
    let mut claims = Claims::default();
    payload.read_claims(&mut claims)?;
    let begins = [claims.nbf, claims.iat];
    Ok(begins.into_iter().flatten().map(Rounded::up).max())
}

fn unverified<'s>(token: &str, scratch: &'s mut Scratch) -> Result<Payload<'s>, Error> {
    if token.len() > 64 * 1024 {
        return Err(ErrorKind::TooLarge.into());
    }
    let base64 = Base64Url::new();
    let parts = Parts::of(token.as_bytes())?;
    Header::read(parts.header, &base64, scratch)?;
    base64.decode_signature(parts.signature, &mut scratch.signature)?;
    Payload::read(parts.payload, &base64, scratch)
}
