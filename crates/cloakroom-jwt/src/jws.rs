//! Signed messages that are no JWTs: any payload, no claims (RFC 7515).
//!
//! Do not verify JWTs with this: nothing here looks at issuer, audience, type or time.

use alloc::string::String;
use alloc::vec::Vec;

use crate::encoding::{self, Base64Url};
use crate::header::Header;
use crate::key::VerifyingKey;
use crate::sign_error::SignError;
use crate::signer::sign_input;
use crate::token::Parts;
use crate::{Error, ErrorKind, Scratch, SigningKey, jose_header};

/// How many keys are tried for one message at most, as in a verifier.
const MAX_CANDIDATES: usize = 4;

/// The JWS compact serialization of `payload`. Its header has `alg`, and the key's `kid`.
///
/// Nothing in it says that it is no JWT. A payload that is a JSON object is a token to every policy that has this key and
/// takes tokens without a type ([`Typ::untyped`](crate::Typ::untyped)): whoever may choose the payload chooses its claims.
/// Sign messages with keys of their own (RFC 8725 section 3.12).
///
/// # Errors
///
/// [`SignErrorKind::Kid`](crate::SignErrorKind::Kid) and [`Backend`](crate::SignErrorKind::Backend), about the key.
pub fn sign_bytes(payload: &[u8], key: &SigningKey) -> Result<String, SignError> {
    let mut text = jose_header::prefix(key.algorithm_name(), None, key.kid())?;
    encoding::append(payload, &mut text);
    sign_input(text, key)
}

/// The payload of a message that one of `keys` has signed.
///
/// The header is read as strictly as that of a JWT: one without `alg`, or with `crit`, `b64`, `zip` or `enc`, is refused.
/// Candidates are the keys whose algorithm and kid equal the header's; without a kid there it is the only key of that
/// algorithm.
///
/// A message may be of any length, and all of it is hashed: whoever reads one from a network limits it there.
///
/// # Errors
///
/// [`ErrorKind::TooLarge`] for a header above 1 KiB, [`Malformed`](ErrorKind::Malformed), [`Header`](ErrorKind::Header),
/// [`Algorithm`](ErrorKind::Algorithm), [`UnknownKey`](ErrorKind::UnknownKey) and [`Signature`](ErrorKind::Signature).
pub fn verify_bytes<'k>(
    token: &str,
    keys: impl IntoIterator<Item = &'k VerifyingKey>,
) -> Result<Vec<u8>, Error> {
    let base64 = Base64Url::new();
    let mut scratch = Scratch::new();
    let parts = Parts::of(token.as_bytes())?;
    let header = Header::read(parts.header, &base64, &mut scratch)?;
    let of_algorithm: Vec<_> = (keys.into_iter())
        .filter(|key| key.algorithm() == header.algorithm)
        .collect();
    if of_algorithm.is_empty() {
        return Err(ErrorKind::Algorithm.into());
    }
    let mut candidates: Vec<_> = match header.kid {
        Some(kid) => (of_algorithm.into_iter())
            .filter(|key| key.kid() == Some(kid))
            .collect(),
        None if of_algorithm.len() == 1 => of_algorithm,
        None => Vec::new(),
    };
    candidates.truncate(MAX_CANDIDATES);
    if candidates.is_empty() {
        return Err(ErrorKind::UnknownKey.into());
    }
    let signature = encoding::decode(parts.signature)?;
    if (candidates.iter()).any(|key| key.is_valid(parts.signing_input, &signature)) {
        encoding::decode(parts.payload)
    } else {
        Err(ErrorKind::Signature.into())
    }
}
