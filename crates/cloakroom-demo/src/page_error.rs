use std::fmt;

use axum::response::{IntoResponse, Response};
use cloakroom_session::SessionError;
use cloakroom_store::{StoreError, StoreErrorKind};
use cloakroom_tower::cloakroom_csrf::Reason;
use cloakroom_tower::{Error, IdentityErrorKind};

use crate::app::{report, see_other};
use crate::pages::{Notice, Problem};

/// What goes wrong with log-ins, cookies and forms, also when they are committed, as pages of this server.
pub(crate) fn page_error(error: &Error, default: Response) -> Response {
    match error {
        Error::Session(error) => session_error(error),
        Error::Identity(error) => match error.kind() {
            IdentityErrorKind::Required => see_other("/login", Notice::LoginNeeded),
            // A program's, which reads the status and the challenge.
            IdentityErrorKind::Rejected => default,
            IdentityErrorKind::Stale { .. } => Problem::Revocations.into_response(),
            IdentityErrorKind::Overtaken => Problem::SessionOvertaken.into_response(),
            IdentityErrorKind::Store(failed) => store_error(failed),
            _ => internal(error),
        },
        Error::Csrf {
            reason: Reason::TokenMissing | Reason::TokenRejected | Reason::TokenExpired,
            ..
        } => Problem::FormToken.into_response(),
        Error::Csrf { .. } => Problem::CrossSite.into_response(),
        Error::FormTooLarge => Problem::FormTooLarge.into_response(),
        Error::FormUnreadable => Problem::BadForm.into_response(),
        Error::Limit(_) => Problem::CookiesTooLarge.into_response(),
        other => internal(other),
    }
}

fn session_error(error: &SessionError) -> Response {
    match error {
        SessionError::LoginRequired => see_other("/session", Notice::SessionNeeded),
        SessionError::Superseded
        | SessionError::Contended
        | SessionError::Refused
        | SessionError::Ambiguous => Problem::SessionOvertaken.into_response(),
        SessionError::Store(failed) => store_error(failed),
        _ => internal(error),
    }
}

/// The page about a store that failed; its operator reads why.
pub(crate) fn store_error(failed: &StoreError) -> Response {
    report(&StoreFailed(failed));
    match failed.kind() {
        StoreErrorKind::Unavailable | StoreErrorKind::Timeout | StoreErrorKind::Full => {
            Problem::SessionStore.into_response()
        }
        _ => Problem::Internal.into_response(),
    }
}

fn internal(error: &dyn std::error::Error) -> Response {
    report(error);
    Problem::Internal.into_response()
}

/// A failure of the store and what lies under it, in one line.
#[derive(Debug)]
struct StoreFailed<'a>(&'a StoreError);

impl fmt::Display for StoreFailed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        match std::error::Error::source(self.0) {
            Some(source) => write!(f, ": {}", source.to_string().replace(['\n', '\r'], " ")),
            None => Ok(()),
        }
    }
}

impl std::error::Error for StoreFailed<'_> {}
