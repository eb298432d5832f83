//! What each address does.

pub(crate) mod access_token;
pub(crate) mod account;
pub(crate) mod api;
pub(crate) mod app;
mod browser_logins;
pub(crate) mod everywhere;
pub(crate) mod key_ring;
pub(crate) mod overview;
pub(crate) mod session;

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use cloakroom_cookie::InvalidSetCookie;
use cloakroom_keyring::RandomError;
use cloakroom_revocation::InvalidDenial;
use cloakroom_session::SessionError;
use cloakroom_store::StoreError;
use cloakroom_store::cloakroom_id::InvalidSubject;
use cloakroom_token::{RefreshError, Refusal};
use cloakroom_tower::Error as CookieError;
use maud::Markup;

use crate::app::report;
use crate::pages::{FormError, Problem};
use crate::password_check::Unproven;
use crate::password_hasher::HashError;
use crate::tokens::TokensError;
use crate::users::Unavailable;

/// What stops a handler: told to the operator, and in general words to the person.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Users(#[from] Unavailable),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Cookie(#[from] CookieError),
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error(transparent)]
    Tokens(#[from] TokensError),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Refresh(#[from] RefreshError),
    #[error(transparent)]
    RefreshCookie(#[from] InvalidSetCookie),
    #[error(transparent)]
    Subject(#[from] InvalidSubject),
    #[error(transparent)]
    Denial(#[from] InvalidDenial),
    #[error("the refresh token to be ended names a key that this server does not have")]
    UnknownKey,
    #[error("a task ended early: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        // The layer reports what is worth it of a session's errors.
        if !matches!(self, Self::Session(_)) {
            report(&self);
        }
        match self {
            Self::Users(_) => Problem::Unavailable.into_response(),
            Self::UnknownKey => Problem::AppRemains.into_response(),
            // Carries the error to the layer, which answers for it.
            Self::Cookie(error) => error.into_response(),
            Self::Refresh(RefreshError::Refused(Refusal::CutOff)) => {
                Problem::SessionOvertaken.into_response()
            }
            Self::Store(_) | Self::Refresh(RefreshError::Store(_)) => Problem::SessionStore.into_response(),
            Self::Session(error) => CookieError::from(error).into_response(),
            Self::Hash(_)
            | Self::Random(_)
            | Self::Tokens(_)
            | Self::Refresh(_)
            | Self::RefreshCookie(_)
            | Self::Subject(_)
            | Self::Denial(_)
            | Self::Task(_) => Problem::Internal.into_response(),
        }
    }
}

/// What a form comes back with that asked for a password; `wrong` says that it was another one.
pub(super) fn unproven(
    reason: &Unproven,
    wrong: FormError,
    page: impl FnOnce(FormError) -> Markup,
) -> Response {
    let (status, error, wait) = match reason {
        Unproven::Wrong => (StatusCode::FORBIDDEN, wrong, None),
        Unproven::TooMany(seconds) => {
            let error = FormError::TooMany(seconds.div_ceil(60));
            (StatusCode::TOO_MANY_REQUESTS, error, Some(*seconds))
        }
        Unproven::Busy => (StatusCode::SERVICE_UNAVAILABLE, FormError::Busy, Some(2)),
    };
    let mut response = (status, page(error)).into_response();
    if let Some(seconds) = wait {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
