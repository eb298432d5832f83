use core::fmt;

/// Why a token was not made. It carries no byte of the claims.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignError(SignErrorKind);

impl SignError {
    /// The reason.
    pub const fn kind(self) -> SignErrorKind {
        self.0
    }
}

impl From<SignErrorKind> for SignError {
    fn from(kind: SignErrorKind) -> Self {
        Self(kind)
    }
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            SignErrorKind::Kid => "the key id is empty or longer than 256 bytes",
            SignErrorKind::Typ => "`typ` is not 1 to 127 characters of a media type",
            SignErrorKind::Claims => {
                "the claims are not strict JSON, or are deeper than the 16 levels that a verifier reads"
            }
            SignErrorKind::NotAnObject => "the claims are not a JSON object",
            SignErrorKind::Duplicate => "the claims have a member twice",
            SignErrorKind::SignatureLength => "the signature has another length than its algorithm's",
            SignErrorKind::Backend => "the cryptographic library failed",
        })
    }
}

impl core::error::Error for SignError {}

/// The reasons not to make a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum SignErrorKind {
    /// The key id is empty or longer than 256 bytes.
    Kid,
    /// `typ` is not 1 to 127 characters of a media type (RFC 7515 section 4.1.9).
    Typ,
    /// The claims cannot be written as JSON, or not as a strict verifier reads it: arrays and objects nest deeper than 16
    /// levels, or there is half of a surrogate pair in a text that is JSON already.
    Claims,
    /// The claims are no JSON object (RFC 7519 section 3).
    NotAnObject,
    /// The claims have a member twice, which every strict verifier rejects.
    Duplicate,
    /// An attached signature has another length than its algorithm's.
    SignatureLength,
    /// The cryptographic library failed: for want of memory or randomness.
    Backend,
}
