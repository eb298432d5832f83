use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cloakroom_session::SessionError;
use cloakroom_store::cloakroom_id::Selector;
use cloakroom_tower::Session;
use serde::Deserialize;

use super::account;
use crate::app::{App, see_other};
use crate::handlers::{Failure, unproven};
use crate::pages::{Act, CsrfField, FormError, Notice, confirm_page};
use crate::posted::Posted;
use crate::session_store::RECENT;

/// Which sessions are to end.
#[derive(Deserialize)]
pub(crate) struct Fields {
    act: Act,
    selector: Option<String>,
}

/// The same with the password that was asked for on the way.
#[derive(Deserialize)]
pub(crate) struct Confirmation {
    password: String,
    act: Act,
    selector: Option<String>,
}

/// Ends one session of this account, all others or all, if the password was given not long ago. Otherwise it is asked
/// for first (ASVS 7.5.2).
pub(crate) async fn end(
    State(app): State<App>,
    session: Session,
    csrf: CsrfField,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Failure> {
    let user = account(&app, &session).await?;
    let Fields { act, selector } = fields;
    match session.require_recent_auth(RECENT).await {
        Ok(()) => carry_out(&session, act, selector.as_deref()).await,
        Err(SessionError::ReauthenticationRequired) => {
            let page = confirm_page(&csrf, &user.name, act, selector.as_deref(), None);
            Ok((StatusCode::FORBIDDEN, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// Takes the password, and then does what it was asked for.
pub(crate) async fn confirm(
    State(app): State<App>,
    session: Session,
    csrf: CsrfField,
    Posted(fields): Posted<Confirmation>,
) -> Result<Response, Failure> {
    let user = account(&app, &session).await?;
    let Confirmation {
        password,
        act,
        selector,
    } = fields;
    match app.check_password(&user.name, password).await? {
        Ok(proven) => {
            // The same session under a new token: whoever has the old one is out.
            session.login_at(&proven.subject, proven.at)?;
            carry_out(&session, act, selector.as_deref()).await
        }
        Err(reason) => Ok(unproven(&reason, FormError::WrongOldPassword, |error| {
            confirm_page(&csrf, &user.name, act, selector.as_deref(), Some(&error))
        })),
    }
}

/// A selector that is unknown, another's or nonsense gets the answer that one's own gets.
async fn carry_out(session: &Session, act: Act, selector: Option<&str>) -> Result<Response, Failure> {
    let notice = match act {
        Act::EndOthers => {
            session.logout_others()?;
            Notice::EndedOthers
        }
        Act::EndAll => {
            session.logout_everywhere()?;
            Notice::EndedAll
        }
        Act::End => {
            let Ok(selector) = Selector::parse(selector.unwrap_or_default()) else {
                return Ok(see_other("/session", Notice::Ended));
            };
            let this = session.info().await?.map(|info| info.selector);
            if this == Some(selector) {
                session.logout()?;
                Notice::SessionOut
            } else {
                session.end(&selector)?;
                Notice::Ended
            }
        }
    };
    Ok(see_other("/session", notice))
}
