use axum::extract::State;
use axum::response::Response;
use cloakroom_tower::Session;
use serde::Deserialize;

use crate::app::{App, see_other};
use crate::handlers::browser_logins::BrowserLogins;
use crate::handlers::{Failure, unproven};
use crate::pages::{CsrfField, FormError, Notice, SessionForm, session_form};
use crate::posted::Posted;

/// The form to log in.
#[derive(Deserialize)]
pub(crate) struct Entry {
    name: String,
    password: String,
    /// There when the box is ticked.
    remember: Option<String>,
}

/// Checks name and password, and begins a session: a new one, whatever the browser brought.
///
/// The session bears the time at which the proof began. So when the password is changed meanwhile, or everything is ended,
/// the store refuses it: none that the old password began is left.
pub(crate) async fn log_in(
    State(app): State<App>,
    session: Session,
    browser: BrowserLogins,
    csrf: CsrfField,
    Posted(entry): Posted<Entry>,
) -> Result<Response, Failure> {
    match app.check_password(&entry.name, entry.password).await? {
        Ok(proven) => {
            browser.forget_family().await?;
            browser.logins.log_in_by_session(&proven.subject, proven.at)?;
            if entry.remember.is_some() {
                session.persistent()?;
            }
            Ok(see_other("/session", Notice::SessionIn))
        }
        Err(reason) => Ok(unproven(&reason, FormError::WrongPassword, |error| {
            session_form(&SessionForm {
                csrf,
                name: entry.name,
                remember: entry.remember.is_some(),
                error: Some(error),
                notice: None,
            })
        })),
    }
}

/// Ends the session, in the store: whoever has a copy of the cookie is logged out, too. So does whatever else this browser is
/// logged in by.
pub(crate) async fn log_out(browser: BrowserLogins) -> Result<Response, Failure> {
    browser.log_out().await?;
    Ok(see_other("/session", Notice::SessionOut))
}
