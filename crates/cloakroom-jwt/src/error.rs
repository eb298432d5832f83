use core::fmt;

/// Why a token was rejected. It carries no byte of the token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Error(ErrorKind);

impl Error {
    /// The reason.
    pub const fn kind(self) -> ErrorKind {
        self.0
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(kind)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.text())
    }
}

impl core::error::Error for Error {}

/// The reasons to reject a token, in the order in which they are looked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Longer than the policy allows, or a header of more than 1 KiB.
    TooLarge,
    /// Not three parts of canonical base64url, or a header that is no strict JSON object (RFC 7515 section 5.2).
    Malformed,
    /// The header asks for something that is not supported: no `alg` or an unknown one, `crit`, `b64`, `zip`, `enc`, a nested
    /// token, a parameter of the wrong type, more than 32 parameters.
    Header,
    /// No key of the verifier has the header's algorithm.
    Algorithm,
    /// No key of the header's algorithm has the header's `kid`; or the header has none, and no policy has just one key of
    /// that algorithm that answers for it.
    UnknownKey,
    /// `typ` is not the policy's (RFC 8725 section 3.11), or the claim that stands in for it.
    Type,
    /// The signature does not verify.
    Signature,
    /// The payload is no strict JSON object, or a registered claim has the wrong type (RFC 7519 section 4).
    Claims,
    /// `iss` is not the policy's.
    Issuer,
    /// `sub` is not the policy's.
    Subject,
    /// `aud` does not hold the policy's audience.
    Audience,
    /// A required claim is absent or null.
    MissingClaim,
    /// At or past `exp`.
    Expired,
    /// Before `nbf`, or issued in the future.
    NotYetValid,
    /// Issued longer ago than the policy's greatest age.
    TooOld,
}

impl ErrorKind {
    /// A short name for logs and metrics: `too_large`, `unknown_key`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::Header => "header",
            Self::Algorithm => "algorithm",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Type => "type",
            Self::Issuer => "issuer",
            Self::Subject => "subject",
            Self::Audience => "audience",
            Self::MissingClaim => "missing_claim",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::TooOld => "too_old",
        }
    }

    /// The error code of RFC 6750 section 3.1 for `WWW-Authenticate: Bearer error="..."`, with status 401: `invalid_token` for
    /// every kind, since each is about the token itself. [`ErrorKind::text`] may be its `error_description`.
    pub const fn bearer_error(self) -> &'static str {
        "invalid_token"
    }

    /// One line for people, fixed for each kind, of characters that may stand in `error_description`.
    pub const fn text(self) -> &'static str {
        match self {
            Self::TooLarge => "the token is longer than the policy allows",
            Self::Malformed => "the token is not a well-formed JWS compact serialization",
            Self::Header => "the token's header asks for something that is not supported",
            Self::Algorithm => "no key has the token's algorithm",
            Self::UnknownKey => "no key has the token's key id",
            Self::Signature => "the token's signature does not verify",
            Self::Claims => "the token's claims are not well-formed, or not of the type that was asked for",
            Self::Type => "the token is of another type",
            Self::Issuer => "the token is from another issuer",
            Self::Subject => "the token is for another subject",
            Self::Audience => "the token is for another audience",
            Self::MissingClaim => "the token lacks a required claim",
            Self::Expired => "the token has expired",
            Self::NotYetValid => "the token is not valid yet",
            Self::TooOld => "the token was issued too long ago",
        }
    }
}
