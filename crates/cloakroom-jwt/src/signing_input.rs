use alloc::string::String;
use core::fmt;

use serde::Serialize;

use crate::claims_json::ClaimsJson;
use crate::sign_error::{SignError, SignErrorKind};
use crate::signer::{put_signature, signing_input};
use crate::{Algorithm, jose_header};

/// The part of a token that is signed (RFC 7515 section 5.1), for a signature from elsewhere: a key management service, a
/// hardware module, another task.
///
/// ```
/// # use cloakroom_jwt::{Algorithm, SigningInput};
/// # #[derive(serde::Serialize)]
/// # struct Claims { sub: &'static str }
/// # fn remote(_: &[u8]) -> Vec<u8> { vec![7; 256] }
/// let input = SigningInput::new(Algorithm::Rs256, Some("k1"), "at+jwt", &Claims { sub: "alice" })?;
/// let signature = remote(input.as_bytes());
/// let token = input.attach(&signature)?;
/// # assert_eq!(token.split('.').count(), 3);
/// # Ok::<(), cloakroom_jwt::SignError>(())
/// ```
#[derive(Clone)]
pub struct SigningInput {
    algorithm: Algorithm,
    text: String,
}

impl SigningInput {
    /// The signing input of a token whose key is not here.
    ///
    /// # Errors
    ///
    /// When `kid` or `typ` has not the length or the characters that a header may have, and about the claims as
    /// [`Signer::sign`](crate::Signer::sign) has them.
    pub fn new<T: Serialize + ?Sized>(
        algorithm: Algorithm,
        kid: Option<&str>,
        typ: &str,
        claims: &T,
    ) -> Result<Self, SignError> {
        let prefix = jose_header::prefix(algorithm.name(), Some(typ), kid)?;
        let mut json = ClaimsJson::new();
        json.write(claims)?;
        Ok(Self::of(algorithm, signing_input(&prefix, &json)))
    }

    pub(crate) fn of(algorithm: Algorithm, text: String) -> Self {
        Self { algorithm, text }
    }

    /// The algorithm that the header names.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The bytes to sign.
    pub fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The token with this signature, given as raw bytes: r | s for ECDSA, not DER.
    ///
    /// # Errors
    ///
    /// [`SignErrorKind::SignatureLength`] when it has another length than the algorithm's. Whether it is a right signature
    /// is not checked.
    pub fn attach(mut self, signature: &[u8]) -> Result<String, SignError> {
        if !has_right_length(self.algorithm, signature) {
            return Err(SignErrorKind::SignatureLength.into());
        }
        put_signature(&mut self.text, signature);
        Ok(self.text)
    }
}

fn has_right_length(algorithm: Algorithm, signature: &[u8]) -> bool {
    let length = signature.len();
    match algorithm {
        Algorithm::Hs256 => length == 32,
        Algorithm::Hs384 => length == 48,
        Algorithm::Hs512 | Algorithm::Es256 | Algorithm::EdDsa => length == 64,
        Algorithm::Es384 => length == 96,
        // As long as the modulus, which has 2048 to 8192 bits.
        rsa => rsa.is_rsa() && (256..=1024).contains(&length),
    }
}

impl fmt::Debug for SigningInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningInput")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
