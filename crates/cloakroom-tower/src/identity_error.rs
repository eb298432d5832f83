use std::error;
use std::fmt;
use std::time::Duration;

use cloakroom_lineage::cloakroom_store::{StoreError, StoreErrorKind};
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};

/// Why nobody can be told who sends a request, or why somebody could not be logged in or out.
///
/// It knows the challenge that goes with a 401, and no byte of the request.
#[derive(Clone, Debug)]
pub struct IdentityError {
    kind: IdentityErrorKind,
    challenge: Option<HeaderValue>,
}

/// The reasons. Their texts are fixed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityErrorKind {
    /// The route is for those who have logged in. 401.
    #[error("a login is required")]
    Required,
    /// There is an Authorization field, and it authenticates nobody: the token did not verify, has ended, or is of no kind
    /// that is taken here. No cookie counts beside it. 401, `invalid_token`.
    #[error("the credentials in Authorization are not good")]
    Rejected,
    /// A cookie says who it is, and no [`CsrfLayer`](crate::CsrfLayer) has let the request pass, so any site may have sent it.
    /// 403. A mistake in the program: with the layer further out, it answers such requests itself.
    #[error(
        "no CsrfLayer has let this request pass, so no cookie may say who sent it: add \
         `.layer(cloakroom_tower::CsrfLayer::new(policy, &ring))` outside of IdentityLayer"
    )]
    NotPassed,
    /// Whether the login has been ended is not known, because revocations have not been heard of for too long. 503.
    #[error("whether this login has been ended is not known at present")]
    Stale {
        /// When to ask again.
        retry_after: Duration,
    },
    /// The store of revocations could not do what a login or a logout needs: 503 when it cannot be reached, does not answer
    /// in time or is full, otherwise 500.
    #[error("logins could not be ended")]
    Store(#[source] StoreError),
    /// The login ended with those before it: there were so many of them to be denied one by one that everything of the subject
    /// was cut off. Whoever logs in again is let in. 409.
    #[error("the login was overtaken by the end of all logins before it")]
    Overtaken,
    /// The layer was not given what a handler asks of it. 500: a mistake in the program.
    #[error("{0}")]
    NotConfigured(&'static str),
}

impl IdentityError {
    pub(crate) const fn new(kind: IdentityErrorKind, challenge: Option<HeaderValue>) -> Self {
        Self { kind, challenge }
    }

    /// The reason.
    pub const fn kind(&self) -> &IdentityErrorKind {
        &self.kind
    }

    /// The status of the default response.
    pub const fn status(&self) -> StatusCode {
        match &self.kind {
            IdentityErrorKind::Required | IdentityErrorKind::Rejected => StatusCode::UNAUTHORIZED,
            IdentityErrorKind::NotPassed => StatusCode::FORBIDDEN,
            IdentityErrorKind::Overtaken => StatusCode::CONFLICT,
            IdentityErrorKind::Stale { .. } => StatusCode::SERVICE_UNAVAILABLE,
            IdentityErrorKind::Store(error) => match error.kind() {
                StoreErrorKind::Unavailable | StoreErrorKind::Timeout | StoreErrorKind::Full => {
                    StatusCode::SERVICE_UNAVAILABLE
                }
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            },
            IdentityErrorKind::NotConfigured(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What the response's header says about it.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        if let Some(challenge) = &self.challenge {
            headers.insert(WWW_AUTHENTICATE, challenge.clone());
        }
        let retry_after = match &self.kind {
            IdentityErrorKind::Stale { retry_after } => *retry_after,
            IdentityErrorKind::Store(_) if self.status() == StatusCode::SERVICE_UNAVAILABLE => {
                Duration::from_secs(2)
            }
            _ => return,
        };
        let seconds = retry_after.as_millis().div_ceil(1000).max(1);
        let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.kind, f)
    }
}

impl error::Error for IdentityError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.kind.source()
    }
}

impl From<IdentityErrorKind> for IdentityError {
    fn from(kind: IdentityErrorKind) -> Self {
        Self::new(kind, None)
    }
}
