//! The log-in that the server remembers: what each form of its page does.

mod counter;
mod devices;
mod login;
mod overview;
mod password;

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use cloakroom_session::SessionError;
use cloakroom_tower::Session;
use maud::Markup;

use super::Failure;
use crate::app::App;
use crate::pages::FormError;
use crate::password_check::Unproven;
use crate::users::User;

pub(crate) use counter::{count, race};
pub(crate) use devices::{confirm, end};
pub(crate) use login::{log_in, log_out};
pub(crate) use overview::show;
pub(crate) use password::change_password;

/// The account of whoever is logged in. Should it be gone, its sessions go as well.
async fn account(app: &App, session: &Session) -> Result<User, Failure> {
    let subject = session.subject().await?.ok_or(SessionError::LoginRequired)?;
    if let Some(user) = app.users.by_id(&subject).await? {
        return Ok(user);
    }
    session.logout_everywhere()?;
    Err(SessionError::LoginRequired.into())
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
