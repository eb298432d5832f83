use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;

use crate::claims_json::ClaimsJson;
use crate::encoding::{Base64Url, encoded_len};
use crate::sign_error::{SignError, SignErrorKind};
use crate::{SigningInput, SigningKey, jose_header};

/// Signs tokens of one type with one key. Its header is encoded once.
///
/// ```
/// use cloakroom_jwt::{HmacKey, Signer};
///
/// # #[derive(serde::Serialize)]
/// # struct Claims { iss: &'static str, sub: &'static str, aud: &'static str, exp: u64 }
/// let signer = Signer::new(HmacKey::hs256(&[0x5a; 32])?, "at+jwt")?;
/// let token = signer.sign(&Claims {
///     iss: "https://issuer.example",
///     sub: "alice",
///     aud: "https://api.example",
///     exp: 1_750_000_000,
/// })?;
/// # assert!(token.starts_with("ey"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Signer {
    key: SigningKey,
    prefix: String,
    base64: Base64Url,
}

impl Signer {
    /// A signer of tokens of type `typ`: `at+jwt` for access tokens (RFC 9068), `JWT` for those of no particular type.
    ///
    /// # Errors
    ///
    /// When `typ` or the key's id has not the length or the characters that a header may have.
    pub fn new(key: impl Into<SigningKey>, typ: &str) -> Result<Self, SignError> {
        let (key, base64) = (key.into(), Base64Url::new());
        let prefix = jose_header::prefix(key.algorithm_name(), Some(typ), key.kid(), &base64)?;
        Ok(Self { key, prefix, base64 })
    }

    /// The token of `claims`, which serialize as a JSON object: a struct or a map, but no variant of an enum.
    ///
    /// The claims are written as `serde_json` writes them, each value serialized once, and a token is made only of what
    /// every strict verifier reads: no name is twice in an object, and arrays and objects nest at most 16 deep.
    ///
    /// With the feature `std` it takes one allocation, the token's, and those of the claims' own [`Serialize`], when the
    /// claims have at most 1.5 KiB of JSON. A few more it takes with more than 32 members, with long names that differ in
    /// the middle alone, and with a `RawValue` or the like in the claims: then they are read before they are signed.
    ///
    /// # Errors
    ///
    /// [`SignErrorKind::Claims`], [`NotAnObject`](SignErrorKind::NotAnObject) and [`Duplicate`](SignErrorKind::Duplicate)
    /// about the claims, [`Backend`](SignErrorKind::Backend) about the key.
    pub fn sign<T: Serialize + ?Sized>(&self, claims: &T) -> Result<String, SignError> {
        let mut json = ClaimsJson::new();
        json.write(claims)?;
        let (text, length) = unsigned(&self.prefix, &json, &self.base64);
        sign_input(text, length, &self.key, &self.base64)
    }

    /// What [`sign`](Signer::sign) signs, for a signature that is made elsewhere or later.
    ///
    /// # Errors
    ///
    /// About the claims, as [`sign`](Signer::sign) has them.
    pub fn signing_input<T: Serialize + ?Sized>(&self, claims: &T) -> Result<SigningInput, SignError> {
        let mut json = ClaimsJson::new();
        json.write(claims)?;
        let input = signing_input(&self.prefix, &json, &self.base64);
        Ok(SigningInput::of(self.key.algorithm(), input))
    }

    /// The key.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Room for the dot and the signature. That of an RSA key of 8192 bits has more, and is made elsewhere.
const SIGNATURE_ROOM: usize = 1 + encoded_len(96);

/// The engine's vector code wants so many bytes at least, takes 24 in a step and reads 32.
const LEAST: usize = 128;

/// Header, dot, claims, with room for a signature.
pub(crate) fn signing_input(prefix: &str, claims: &ClaimsJson, base64: &Base64Url) -> Vec<u8> {
    let (mut text, length) = unsigned(prefix, claims, base64);
    text.truncate(length);
    text
}

/// Header, dot, claims, and how long they are; behind them is more, in the place of the dot and the signature.
///
/// More is encoded than asked for, zeros, so that the vector code does it all; the characters that count are those of the
/// claims, because every one depends on its own three bytes alone.
#[inline]
fn unsigned(prefix: &str, claims: &ClaimsJson, base64: &Base64Url) -> (Vec<u8>, usize) {
    let length = claims.bytes().len();
    let wanted = (length.next_multiple_of(24) + 8).max(LEAST);
    let octets = claims.padded(wanted).unwrap_or(claims.bytes());
    let filled = prefix.len() + encoded_len(octets.len()) + SIGNATURE_ROOM;
    let mut text = Vec::with_capacity(filled);
    text.extend_from_slice(prefix.as_bytes());
    text.resize(filled, 0);
    base64.encode_into(octets, &mut text[prefix.len()..]);
    (text, prefix.len() + encoded_len(length))
}

/// The token of a signing input, which is the first `length` bytes of `text`.
pub(crate) fn sign_input(
    mut text: Vec<u8>,
    length: usize,
    key: &SigningKey,
    base64: &Base64Url,
) -> Result<String, SignError> {
    let signature = key.sign(&text[..length]).ok_or(SignErrorKind::Backend)?;
    put_signature(&mut text, length, signature.as_ref(), base64);
    // Only base64url and dots were written.
    String::from_utf8(text).map_err(|_| SignErrorKind::Claims.into())
}

/// Ends the text with a signature, behind the first `length` bytes.
#[inline]
pub(crate) fn put_signature(text: &mut Vec<u8>, length: usize, signature: &[u8], base64: &Base64Url) {
    text.resize(length + 1 + encoded_len(signature.len()), 0);
    text[length] = b'.';
    base64.encode_into(signature, &mut text[length + 1..]);
}
