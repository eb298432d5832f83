use axum::extract::State;
use axum::response::{IntoResponse, Response};
use cloakroom_tower::Session;
use serde::Deserialize;

use super::unproven;
use crate::app::{App, see_other};
use crate::handlers::Failure;
use crate::pages::{FormError, Notice, SessionForm, session_form};
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
pub(crate) async fn log_in(
    State(app): State<App>,
    session: Session,
    Posted(entry): Posted<Entry>,
) -> Result<Response, Failure> {
    match app.check_password(&entry.name, entry.password).await? {
        Ok(proven) => {
            session.login(&proven.subject)?;
            if entry.remember.is_some() {
                session.persistent()?;
            }
            Ok(see_other("/session", Notice::SessionIn))
        }
        Err(reason) => {
            let form = |error| {
                session_form(&SessionForm {
                    name: entry.name,
                    remember: entry.remember.is_some(),
                    error: Some(error),
                    notice: None,
                })
            };
            Ok(unproven(&reason, FormError::WrongPassword, form).into_response())
        }
    }
}

/// Ends the session, in the store: whoever has a copy of the cookie is logged out, too.
pub(crate) async fn log_out(session: Session) -> Result<Response, Failure> {
    session.logout()?;
    Ok(see_other("/session", Notice::SessionOut))
}
