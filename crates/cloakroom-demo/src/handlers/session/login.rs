use axum::extract::State;
use axum::response::Response;
use cloakroom_session::SessionError;
use cloakroom_store::cloakroom_id::SessionToken;
use cloakroom_tower::Session;
use serde::Deserialize;

use super::unproven;
use crate::app::{App, see_other};
use crate::handlers::Failure;
use crate::pages::{FormError, Notice, SessionForm, session_form};
use crate::password_check::{Proven, Unproven};
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
    let refused = match app.check_password(&entry.name, entry.password).await? {
        Ok(proven) => {
            session.login(&proven.subject)?;
            if entry.remember.is_some() {
                session.persistent()?;
            }
            session.commit().await?;
            // A change of the password sets it first and ends the sessions then. So either it is seen here, or it ends
            // this session, too: none that the old password began is left.
            match app.is_still_proven(&proven).await {
                Ok(true) => return Ok(see_other("/session", Notice::SessionIn)),
                outcome => {
                    take_back(&app, &session, &proven).await?;
                    outcome?;
                    Unproven::Wrong
                }
            }
        }
        Err(reason) => reason,
    };
    Ok(unproven(&refused, FormError::WrongPassword, |error| {
        session_form(&SessionForm {
            name: entry.name,
            remember: entry.remember.is_some(),
            error: Some(error),
            notice: None,
        })
    }))
}

/// Ends the session that was just made, before anybody has its token.
async fn take_back(app: &App, session: &Session, proven: &Proven) -> Result<(), Failure> {
    let token = session.take_renewed();
    if let Some(Ok(token)) = token.map(|text| SessionToken::parse(text.as_bytes())) {
        let subject = app
            .sessions
            .subject(&proven.subject)
            .map_err(SessionError::from)?;
        app.sessions.end(&subject, &token.selector()).await?;
    }
    Ok(())
}

/// Ends the session, in the store: whoever has a copy of the cookie is logged out, too.
pub(crate) async fn log_out(session: Session) -> Result<Response, Failure> {
    session.logout()?;
    Ok(see_other("/session", Notice::SessionOut))
}
