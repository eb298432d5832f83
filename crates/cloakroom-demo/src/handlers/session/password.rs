use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cloakroom_tower::Session;
use serde::Deserialize;

use super::overview::look;
use super::{account, unproven};
use crate::app::{App, report, see_other};
use crate::handlers::Failure;
use crate::pages::{FormError, Notice, Problem, session_page};
use crate::password::Password;
use crate::password_check::Unproven;
use crate::posted::Posted;
use crate::users::User;

/// The form to change the password.
#[derive(Deserialize)]
pub(crate) struct Fields {
    old: String,
    new: String,
}

/// Sets another password, gives this session a new token and ends the others (ASVS 7.4.3).
pub(crate) async fn change_password(
    State(app): State<App>,
    session: Session,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Failure> {
    let user = account(&app, &session).await?;
    let proven = match app.check_password(&user.name, fields.old).await? {
        Ok(proven) => proven,
        Err(reason) => return wrong(&app, &session, user, &reason).await,
    };
    let password = match Password::parse(fields.new) {
        Ok(password) => password,
        Err(error) => {
            let mut page = look(&app, &session, user).await?;
            page.password_error = Some(FormError::Rule(error.to_string()));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, session_page(&page)).into_response());
        }
    };
    let hash = app.hasher.hash(password).await?;
    // First the password: who logs in with the old one until then is among those whose sessions end. Of two who change
    // it at once, one has proven a password that is not the one any more.
    if !app.users.set_password(&user.id, &proven.hash, &hash).await? {
        return wrong(&app, &session, user, &Unproven::Wrong).await;
    }
    session.login(&user.id)?;
    session.logout_others()?;
    match session.commit().await {
        Ok(()) => Ok(see_other("/session", Notice::PasswordChanged)),
        Err(error) => {
            report(&error);
            Ok(end_all(&app, &user).await)
        }
    }
}

/// The page with what was wrong with the old password.
async fn wrong(app: &App, session: &Session, user: User, reason: &Unproven) -> Result<Response, Failure> {
    let mut page = look(app, session, user).await?;
    Ok(unproven(reason, FormError::WrongOldPassword, |error| {
        page.password_error = Some(error);
        session_page(&page)
    }))
}

/// This session could not be kept, so all go: one of them may be a thief's.
async fn end_all(app: &App, user: &User) -> Response {
    let ended = match app.sessions.subject(&user.id) {
        Ok(subject) => app.sessions.end_all(&subject).await,
        Err(error) => Err(error.into()),
    };
    match ended {
        Ok(_) => see_other("/session", Notice::EndedAll),
        Err(error) => {
            report(&error);
            Problem::OthersRemain.into_response()
        }
    }
}
