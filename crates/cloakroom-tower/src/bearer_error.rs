use std::sync::Arc;
use std::time::Duration;

use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::bearer_verifier::Carriers;

/// Why a request is refused for its bearer token, or for the lack of one.
///
/// It knows the challenge that RFC 6750 section 3 asks for, and no byte of the request.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{kind}")]
pub struct BearerError {
    kind: BearerErrorKind,
    carriers: Arc<Carriers>,
}

/// The reasons to refuse a request for its bearer token. Their texts are fixed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BearerErrorKind {
    /// There is no token where the verifier looks for one. 401 without an error code.
    #[error("this needs a bearer token")]
    Required,
    /// The Authorization field is there twice, or is not a scheme, a space or more and a `b64token`. 400, `invalid_request`.
    #[error("the Authorization field is not one scheme and one token")]
    Malformed,
    /// The token did not verify. 401, `invalid_token`.
    #[error("{0}")]
    Rejected(cloakroom_jwt::Error),
    /// The token verified, and its claims are not of the type that the route asks for. 401, `invalid_token`.
    #[error("the token's claims are not those that this needs")]
    Unreadable,
    /// Two cookies of the name hold tokens that verify and differ, so neither was taken. 401, `invalid_token`.
    #[error("two cookies hold different tokens")]
    Conflict,
    /// The token's `scope` lacks one that the route asks for. 403, `insufficient_scope`.
    #[error("the token does not have the scope that this needs")]
    InsufficientScope {
        /// The scope that is needed.
        scope: String,
    },
    /// The keys of the issuer could not be fetched for too long: nobody can say whether the token is good. 503.
    #[error("the keys that tokens are verified with are not available")]
    KeysUnavailable {
        /// When to ask again.
        retry_after: Duration,
    },
}

impl BearerError {
    pub(crate) fn new(kind: BearerErrorKind, carriers: &Arc<Carriers>) -> Self {
        Self {
            kind,
            carriers: Arc::clone(carriers),
        }
    }

    /// The reason.
    pub const fn kind(&self) -> &BearerErrorKind {
        &self.kind
    }

    /// The status of the default response.
    pub const fn status(&self) -> StatusCode {
        self.kind.status()
    }

    /// The value of `WWW-Authenticate`: a `Bearer` challenge where a token may come in Authorization; where it may come
    /// in a cookie alone, the `Cookie` challenge of [`Error::Required`](crate::Error::Required). None with a 503.
    pub fn challenge(&self) -> Option<HeaderValue> {
        if matches!(self.kind, BearerErrorKind::KeysUnavailable { .. }) {
            return None;
        }
        let Carriers {
            authorization,
            cookie,
            realm,
        } = &*self.carriers;
        let text = match cookie {
            Some(cookie) if !authorization => format!("Cookie cookie-name=\"{cookie}\""),
            _ => {
                let scope = match &self.kind {
                    BearerErrorKind::InsufficientScope { scope } if is_scope_token(scope) => Some(&**scope),
                    _ => None,
                };
                let description = self.kind.code().map(|_| self.kind.to_string());
                let parameters = [
                    ("realm", realm.as_deref()),
                    ("error", self.kind.code()),
                    ("error_description", description.as_deref()),
                    ("scope", scope),
                ];
                let parameters = parameters
                    .into_iter()
                    .filter_map(|(name, value)| Some(format!("{name}=\"{}\"", value?)));
                let parameters: Vec<_> = parameters.collect();
                format!("Bearer {}", parameters.join(", ")).trim_end().to_owned()
            }
        };
        // All of it is printable US-ASCII without quotes and backslashes: our own texts, and what was checked.
        HeaderValue::try_from(text).ok()
    }

    /// What the response's header says about it.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        if let Some(challenge) = self.challenge() {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if let BearerErrorKind::KeysUnavailable { retry_after } = self.kind {
            let seconds = retry_after.as_millis().div_ceil(1000).max(1);
            let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
}

impl BearerErrorKind {
    /// The error code of RFC 6750 section 3.1; none where the request brought no credentials, as the section asks, and
    /// where the fault is not the request's.
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Required | Self::KeysUnavailable { .. } => None,
            Self::Malformed => Some("invalid_request"),
            Self::Rejected(_) | Self::Unreadable | Self::Conflict => Some("invalid_token"),
            Self::InsufficientScope { .. } => Some("insufficient_scope"),
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Required | Self::Rejected(_) | Self::Unreadable | Self::Conflict => {
                StatusCode::UNAUTHORIZED
            }
            Self::InsufficientScope { .. } => StatusCode::FORBIDDEN,
            Self::KeysUnavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// Whether `text` is a `scope-token` (RFC 6749 section 3.3).
pub(crate) fn is_scope_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}
