use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cloakroom_lineage::Ended;
use cloakroom_session::SessionError;
use cloakroom_store::cloakroom_id::{Selector, Subject};
use cloakroom_tower::Session;
use serde::Deserialize;
use tokio::runtime::Handle;

use super::account;
use super::overview::look;
use crate::app::{App, report, say, see_other};
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

/// Sets another password, gives this session a new token and ends all else (ASVS 7.4.3). A browser that does not wait for
/// that token has to log in again.
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
    let changing = change(app.clone(), subject, this, proven.hash, hash);
    // In a task of its own: nobody who hangs up leaves a new password and the old logins.
    let (ended, unkept) = match tokio::spawn(changing).await? {
        Changed::No => return wrong(&app, &session, csrf, user, &Unproven::Wrong).await,
        Changed::OthersEnded(ended, unkept) => (ended, unkept),
        Changed::AllEnded(answer) => return Ok(answer),
    };
    match keep_this_one(&app, &session, &user, &ended).await {
        Ok(()) => {
            unkept.keep();
            Ok(see_other("/session", Notice::PasswordChanged))
        }
        Err(error) => Ok(all_ended(unkept, &error).await),
    }
}

/// What came of a change.
enum Changed {
    /// Nothing: the password was another one meanwhile.
    No,
    /// It was made, and this session alone is left.
    OthersEnded(Ended, Unkept),
    /// It was made, or may have been, and no session is left, as far as the answer says.
    AllEnded(Response),
}

/// Sets the password, if `proven` is the hash of the old one, and ends whatever else the account is logged in by.
async fn change(app: App, subject: Subject, this: Selector, proven: String, hash: String) -> Changed {
    let unkept = Unkept::new(app.clone(), subject.clone());
    // First the password, then the cut-off: a log-in that proved the old one has a time before that, and is refused. Of two
    // who change it at once, one has proven a password that is not the one any more.
    match app.users.set_password(subject.as_str(), &proven, &hash).await {
        Ok(true) => {}
        Ok(false) => {
            unkept.keep();
            return Changed::No;
        }
        Err(error) => {
            // It may have been written all the same.
            let problem = if unkept.end_all(&error).await {
                Problem::PasswordUnsure
            } else {
                Problem::SessionStore
            };
            return Changed::AllEnded(problem.into_response());
        }
    }
    match app.lineages.end_others(&subject, &this).await {
        Ok(ended) => Changed::OthersEnded(ended, unkept),
        Err(error) => Changed::AllEnded(all_ended(unkept, &error).await),
    }
}

/// An account whose password is another one, or may be, and which is still logged in by what may be a thief's. Dropped like
/// this, because whoever changed it has hung up or a task has panicked, it is logged out everywhere.
struct Unkept {
    app: App,
    subject: Subject,
    is_kept: bool,
}

impl Unkept {
    const fn new(app: App, subject: Subject) -> Self {
        Self {
            app,
            subject,
            is_kept: false,
        }
    }

    /// One session is left, under a new token, or the password is the old one.
    fn keep(mut self) {
        self.is_kept = true;
    }

    /// Ends all, and tells the reason to the operator. `false`: something may live on.
    async fn end_all(mut self, reason: &(dyn std::error::Error + Send + Sync)) -> bool {
        self.is_kept = true;
        report(reason);
        end_all(&self.app, &self.subject).await
    }
}

impl Drop for Unkept {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        // There is none when the server stops.
        if let Ok(runtime) = Handle::try_current() {
            let (app, subject) = (self.app.clone(), self.subject.clone());
            say("whoever changed a password is gone, so all that the account was logged in by ends");
            runtime.spawn(async move { end_all(&app, &subject).await });
        }
    }
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
async fn all_ended(unkept: Unkept, reason: &(dyn std::error::Error + Send + Sync)) -> Response {
    if unkept.end_all(reason).await {
        see_other("/session", Notice::EndedAll)
    } else {
        Problem::OthersRemain.into_response()
    }
}

/// Ends whatever the account is logged in by, as far as its stores answer.
async fn end_all(app: &App, subject: &Subject) -> bool {
    let ended = app.lineages.end_all(subject).await;
    ended.inspect_err(|error| report(error)).is_ok()
}
