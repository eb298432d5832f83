use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use cloakroom_core::UnixTime;
use cloakroom_store::StoreError;
use cloakroom_token::{Family, RefreshError, Refusal};
use cloakroom_tower::Cookies;
use serde_json::json;

use super::held::NotHeld;
use crate::app::report;
use crate::handlers::Failure;
use crate::refresh_cookie::refresh_cookie;

/// Why the script gets no access token.
#[derive(Debug)]
pub(super) enum NoToken {
    NotHeld(NotHeld),
    /// An old token was used, so the family, as it was, has just been ended.
    Reused(Box<Family>),
    /// There is no such live family.
    Ended,
    /// The same, and the access token that came along was cut off: the person has logged out everywhere.
    Revoked,
    /// The same, and that access token was denied: the person has logged out in this browser.
    LoggedOut,
    AccountGone,
    /// Other tabs have gone on twice in the last seconds. Nothing has ended.
    Late,
    /// A store does not answer, or another server has the key that this takes.
    Unavailable,
    Internal,
}

impl NoToken {
    /// The name that the script knows, and the status.
    fn name(&self) -> (&'static str, StatusCode) {
        match self {
            Self::NotHeld(NotHeld::Absent) => ("absent", StatusCode::BAD_REQUEST),
            Self::NotHeld(NotHeld::Unknown) => ("unknown", StatusCode::BAD_REQUEST),
            Self::Reused(_) => ("reused", StatusCode::BAD_REQUEST),
            Self::Ended => ("ended", StatusCode::BAD_REQUEST),
            Self::Revoked => ("revoked", StatusCode::BAD_REQUEST),
            Self::LoggedOut => ("logged_out", StatusCode::BAD_REQUEST),
            Self::AccountGone => ("account_gone", StatusCode::BAD_REQUEST),
            Self::Late => ("late", StatusCode::CONFLICT),
            Self::Unavailable | Self::NotHeld(NotHeld::UnknownKey) => {
                ("unavailable", StatusCode::SERVICE_UNAVAILABLE)
            }
            Self::Internal => ("internal", StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// Whether the family is over, so that the browser may forget its token.
    fn is_over(&self) -> bool {
        matches!(
            self,
            Self::Reused(_) | Self::Ended | Self::Revoked | Self::LoggedOut | Self::AccountGone
        )
    }

    /// The answer to the script, with what became of the thief's own token where there is a thief.
    pub(super) fn answer(&self, cookies: &Cookies, thief: Option<u64>) -> Response {
        let (name, status) = self.name();
        if self.is_over()
            && let Err(error) = remove(cookies)
        {
            return error.into_response();
        }
        let mut body = json!({ "error": name });
        if let Some(generation) = thief {
            body["thief"] = json!({ "generation": generation, "refused": true });
        }
        let mut response = (status, Json(body)).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}

/// Makes the browser forget its refresh token.
pub(in crate::handlers) fn remove(cookies: &Cookies) -> Result<(), Failure> {
    let now = UnixTime::now();
    Ok(cookies.remove(&refresh_cookie("", now, now)?)?)
}

impl From<NotHeld> for NoToken {
    fn from(not_held: NotHeld) -> Self {
        Self::NotHeld(not_held)
    }
}

impl From<StoreError> for NoToken {
    fn from(error: StoreError) -> Self {
        report(&error);
        Self::Unavailable
    }
}

impl From<RefreshError> for NoToken {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Store(error) => error.into(),
            RefreshError::Refused(Refusal::Reused(family)) => Self::Reused(family),
            RefreshError::Refused(Refusal::Gone | Refusal::Exhausted(_) | Refusal::CutOff) => Self::Ended,
            RefreshError::Refused(Refusal::Late) => Self::Late,
            RefreshError::Refused(Refusal::UnknownKey) => Self::Unavailable,
            RefreshError::Rejected => Self::NotHeld(NotHeld::Unknown),
            // An alarm is the operator's to hear; whoever raised it learns nothing.
            RefreshError::Refused(refusal) => {
                report(&refusal);
                Self::NotHeld(NotHeld::Unknown)
            }
            error => {
                report(&error);
                Self::Internal
            }
        }
    }
}

impl From<Failure> for NoToken {
    fn from(failure: Failure) -> Self {
        report(&failure);
        match failure {
            Failure::Users(_) | Failure::Store(_) => Self::Unavailable,
            _ => Self::Internal,
        }
    }
}
