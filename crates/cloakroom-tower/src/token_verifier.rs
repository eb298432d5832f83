#[cfg(feature = "jwks")]
use std::time::Duration;

use cloakroom_core::UnixTime;
#[cfg(feature = "jwks")]
use cloakroom_jwks::{JwksVerifier, VerifyError};
use cloakroom_jwt::{Scratch, Verified, Verifier};

use crate::BearerErrorKind;

/// What judges the tokens of a [`BearerVerifier`](crate::BearerVerifier): a [`Verifier`] with keys that the application
/// has, or, with the feature `jwks`, a `JwksVerifier`, which fetches those of an issuer.
#[derive(Clone, Debug)]
pub struct TokenVerifier(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Local(Verifier),
    #[cfg(feature = "jwks")]
    Remote(JwksVerifier),
}

/// The keys as they are at one moment, for all tokens of one request.
#[derive(Debug)]
pub(crate) enum Snapshot {
    Local(Verifier),
    #[cfg(feature = "jwks")]
    Remote(cloakroom_jwks::Snapshot),
}

impl From<Verifier> for TokenVerifier {
    fn from(verifier: Verifier) -> Self {
        Self(Kind::Local(verifier))
    }
}

/// It never waits for the network, so no request does. While the keys of an issuer are not at hand, or are too old,
/// its tokens are answered with 503 and never with 401. One whose key id is not among them is 401, and `Logins` take it for
/// one that may be good soon.
#[cfg(feature = "jwks")]
impl From<JwksVerifier> for TokenVerifier {
    fn from(verifier: JwksVerifier) -> Self {
        Self(Kind::Remote(verifier))
    }
}

impl TokenVerifier {
    pub(crate) fn snapshot(&self) -> Snapshot {
        match &self.0 {
            Kind::Local(verifier) => Snapshot::Local(verifier.clone()),
            #[cfg(feature = "jwks")]
            Kind::Remote(verifier) => Snapshot::Remote(verifier.snapshot()),
        }
    }
}

#[cfg(feature = "identity")]
impl TokenVerifier {
    /// Whether each policy is as `rule` says, also that of an issuer whose keys are still to be fetched.
    pub(crate) fn all_policies(&self, rule: impl Fn(&cloakroom_jwt::Policy) -> bool) -> bool {
        match &self.0 {
            Kind::Local(verifier) => verifier.policies().iter().all(rule),
            #[cfg(feature = "jwks")]
            Kind::Remote(verifier) => verifier.policies().all(rule),
        }
    }
}

/// Why a token was refused.
pub(crate) struct Refusal {
    pub(crate) kind: BearerErrorKind,
    /// Why it may be good all the same: under a key that is still to be fetched.
    pub(crate) doubt: Option<BearerErrorKind>,
}

impl From<BearerErrorKind> for Refusal {
    fn from(kind: BearerErrorKind) -> Self {
        Self { kind, doubt: None }
    }
}

impl Snapshot {
    pub(crate) fn verify<'s>(
        &'s self,
        token: &str,
        now: UnixTime,
        scratch: &'s mut Scratch,
    ) -> Result<Verified<'s>, Refusal> {
        match self {
            Self::Local(verifier) => verifier
                .verify(token, now, scratch)
                .map_err(|error| BearerErrorKind::Rejected(error).into()),
            #[cfg(feature = "jwks")]
            Self::Remote(snapshot) => snapshot.verify(token, now, scratch).map_err(|error| match error {
                VerifyError::Rejected(error) => Refusal {
                    kind: BearerErrorKind::Rejected(error),
                    doubt: snapshot
                        .missing_key(token, error, now)
                        .map(|retry_after| BearerErrorKind::KeysUnavailable { retry_after }),
                },
                VerifyError::Unavailable { retry_after } => {
                    BearerErrorKind::KeysUnavailable { retry_after }.into()
                }
                // Nothing that is said of the token itself, so it is not its fault.
                _ => BearerErrorKind::KeysUnavailable {
                    retry_after: Duration::from_secs(1),
                }
                .into(),
            }),
        }
    }
}
