use std::time::Duration;

use cloakroom_jwt::{InvalidKey, InvalidVerifier};
use thiserror::Error;

/// Why a token was not accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The token is bad: 401 over HTTP.
    #[error(transparent)]
    Rejected(#[from] cloakroom_jwt::Error),
    /// The keys of the issuer that the token names are not at hand, or are too old: it can be neither accepted nor
    /// rejected. 503 over HTTP, with this in `Retry-After`.
    #[error("the keys of the token's issuer are not available")]
    Unavailable {
        /// When it is worth trying again: whole seconds, one at least.
        retry_after: Duration,
    },
}

/// Why a [`Builder`](crate::Builder) did not start. `issuer` counts from 0, in the order of the calls.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InvalidConfig {
    /// There is no issuer.
    #[error("no issuer is configured")]
    NoIssuer,
    /// A policy is wrong.
    #[error("the policy of issuer {issuer} is wrong")]
    Policy {
        /// Whose.
        issuer: usize,
        /// What is wrong with it.
        #[source]
        problem: InvalidVerifier,
    },
    /// A URL cannot be read, has no host, or holds a user or a password.
    #[error("the key set URL of issuer {issuer} is not an https URL with a host and without a user")]
    Url {
        /// Whose.
        issuer: usize,
    },
    /// A URL is not `https`. See [`danger::loopback_http`](crate::danger::loopback_http) for tests.
    #[error("the key set URL of issuer {issuer} is not https")]
    NotHttps {
        /// Whose.
        issuer: usize,
    },
    /// A root certificate is no certificate.
    #[error("a root certificate cannot be read")]
    Certificate(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// There is no root certificate: the system has none, or was not to be asked, and none was given.
    #[error("there is no root certificate")]
    NoRoots,
    /// TLS cannot be configured.
    #[error("TLS cannot be configured")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// [`Builder::start`](crate::Builder::start) was called outside of a tokio runtime.
    #[error("there is no tokio runtime")]
    NoRuntime,
}

/// Why a key set was not fetched. Told to the [`Observer`](crate::Observer).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The host was not found, refused the connection or is not the one that its certificate names.
    #[error("no connection")]
    Connect(#[source] std::io::Error),
    /// Plain http led to an address that is not loopback.
    #[error("the address is not loopback")]
    NotLoopback,
    /// Connecting, or the whole, took too long.
    #[error("the time limit has passed")]
    TimedOut,
    /// The exchange broke off, or was no HTTP.
    #[error("the HTTP exchange failed")]
    Http(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The status is not 200. Redirects are not followed: whoever can cause one would choose the keys.
    #[error("the status is {0}")]
    Status(u16),
    /// The body is compressed, which was not asked for.
    #[error("the body has a content coding")]
    Encoded,
    /// The body is longer than 256 KiB.
    #[error("the body is longer than 262144 bytes")]
    TooLarge,
    /// The body is no JWK set.
    #[error("the body is not a JWK set")]
    Set(#[source] InvalidKey),
    /// The set holds no key that can be used here.
    #[error("the set holds no usable key")]
    NoUsableKey,
    /// The keys cannot stand beside each other: two of one algorithm and key id, for instance.
    #[error("the keys of the set do not make a verifier")]
    Keys(#[source] InvalidVerifier),
    /// The keys cannot stand beside those of the other issuers, see
    /// [`Verifier::many`](cloakroom_jwt::Verifier::many): five issuers have a key of one algorithm, id and type, for
    /// instance. The issuer keeps its old keys for as long as they may be used; it fits when another has let go.
    #[error("the keys do not go together with those of the other issuers")]
    Unfit(#[source] InvalidVerifier),
}
