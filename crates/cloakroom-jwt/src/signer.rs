use alloc::string::String;
use core::fmt;

use serde::Serialize;

use crate::claims_json::ClaimsJson;
use crate::encoding::{append, encoded_len};
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
}

impl Signer {
    /// A signer of tokens of type `typ`: `at+jwt` for access tokens (RFC 9068), `JWT` for those of no particular type.
    ///
    /// # Errors
    ///
    /// When `typ` or the key's id has not the length or the characters that a header may have.
    pub fn new(key: impl Into<SigningKey>, typ: &str) -> Result<Self, SignError> {
        let key = key.into();
        let prefix = jose_header::prefix(key.algorithm_name(), Some(typ), key.kid())?;
        Ok(Self { key, prefix })
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
        sign_input(signing_input(&self.prefix, &json), &self.key)
    }

    /// What [`sign`](Signer::sign) signs, for a signature that is made elsewhere or later.
    ///
    /// # Errors
    ///
    /// About the claims, as [`sign`](Signer::sign) has them.
    pub fn signing_input<T: Serialize + ?Sized>(&self, claims: &T) -> Result<SigningInput, SignError> {
        let mut json = ClaimsJson::new();
        json.write(claims)?;
        Ok(SigningInput::of(
            self.key.algorithm(),
            signing_input(&self.prefix, &json),
        ))
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

/// Header, dot, claims, with room for a signature.
#[inline]
pub(crate) fn signing_input(prefix: &str, claims: &ClaimsJson) -> String {
    let claims = claims.bytes();
    let mut text = String::with_capacity(prefix.len() + encoded_len(claims.len()) + SIGNATURE_ROOM);
    text.push_str(prefix);
    append(claims, &mut text);
    text
}

/// The token of a signing input.
pub(crate) fn sign_input(mut text: String, key: &SigningKey) -> Result<String, SignError> {
    let signature = key.sign(text.as_bytes()).ok_or(SignErrorKind::Backend)?;
    put_signature(&mut text, signature.as_ref());
    Ok(text)
}

/// Ends the text with a signature.
#[inline]
pub(crate) fn put_signature(text: &mut String, signature: &[u8]) {
    text.push('.');
    append(signature, text);
}
