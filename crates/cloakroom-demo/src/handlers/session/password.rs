use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cloakroom_lineage::Ended;
use cloakroom_session::SessionError;
use cloakroom_store::cloakroom_id::{Selector, Subject};
use cloakroom_tower::Session;
use serde::Deserialize;

use super::account;
use super::overview::look;
use crate::app::{App, report, see_other};
use crate::handlers::{Failure, unproven};
use crate::pages::{CsrfField, FormError, Notice, Problem, session_page};
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

/// Sets another password, gives this session a new token and ends all else (ASVS 7.4.3).
pub(crate) async fn change_password(
    State(app): State<App>,
    session: Session,
    csrf: CsrfField,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Failure> {
    let user = account(&app, &session).await?;
    let proven = match app.check_password(&user.name, fields.old).await? {
        Ok(proven) => proven,
        Err(reason) => return wrong(&app, &session, csrf, user, &reason).await,
    };
    let password = match Password::parse(fields.new) {
        Ok(password) => password,
        Err(error) => {
            let mut page = look(&app, &session, csrf, user).await?;
            page.password_error = Some(FormError::Rule(error.to_string()));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, session_page(&page)).into_response());
        }
    };
    let hash = app.hasher.hash(password).await?;
    let this = session.info().await?.ok_or(SessionError::LoginRequired)?.selector;
    let subject = app.sessions.subject(&user.id).map_err(SessionError::from)?;
    let changing = change(app.clone(), subject.clone(), this, proven.hash, hash);
    // In a task of its own: nobody who hangs up leaves a new password and the old logins.
    let ended = match tokio::spawn(changing).await?? {
        Changed::No => return wrong(&app, &session, csrf, user, &Unproven::Wrong).await,
        Changed::OthersEnded(ended) => ended,
        Changed::AllEnded(answer) => return Ok(answer),
    };
    match keep_this_one(&app, &session, &user, &ended).await {
        Ok(()) => Ok(see_other("/session", Notice::PasswordChanged)),
        Err(error) => Ok(end_all(&app, &subject, &error).await),
    }
}

/// What came of a change.
enum Changed {
    /// Nothing: the password was another one meanwhile.
    No,
    /// It was made, and this session alone is left.
    OthersEnded(Ended),
    /// It was made, and no session is left, as far as the answer says.
    AllEnded(Response),
}

/// Sets the password, if `proven` is the hash of the old one, and ends whatever else the account is logged in by.
async fn change(
    app: App,
    subject: Subject,
    this: Selector,
    proven: String,
    hash: String,
) -> Result<Changed, Failure> {
    // First the password, then the cut-off: a log-in that proved the old one has a time before that, and is refused. Of two
    // who change it at once, one has proven a password that is not the one any more.
    if !app.users.set_password(subject.as_str(), &proven, &hash).await? {
        return Ok(Changed::No);
    }
    Ok(match app.lineages.end_others(&subject, &this).await {
        Ok(ended) => Changed::OthersEnded(ended),
        Err(error) => Changed::AllEnded(end_all(&app, &subject, &error).await),
    })
}

/// Gives this session a new token, at a time after the end of the others, unless it was ended itself since.
async fn keep_this_one(app: &App, session: &Session, user: &User, ended: &Ended) -> Result<(), Failure> {
    let at = app.lineages.kept_at(&user.id, ended).await?;
    session.login_at(&user.id, at.ok_or(SessionError::LoginRequired)?)?;
    Ok(session.commit().await?)
}

/// The page with what was wrong with the old password.
async fn wrong(
    app: &App,
    session: &Session,
    csrf: CsrfField,
    user: User,
    reason: &Unproven,
) -> Result<Response, Failure> {
    let mut page = look(app, session, csrf, user).await?;
    Ok(unproven(reason, FormError::WrongOldPassword, |error| {
        page.password_error = Some(error);
        session_page(&page)
    }))
}

/// This session could not be kept, so all goes: part of it may be a thief's.
async fn end_all(app: &App, subject: &Subject, reason: &(dyn std::error::Error + Send + Sync)) -> Response {
    report(reason);
    match app.lineages.end_all(subject).await {
        Ok(_) => see_other("/session", Notice::EndedAll),
        Err(error) => {
            report(&error);
            Problem::OthersRemain.into_response()
        }
    }
}
