use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cloakroom_tower::{Identity, Logins};
use serde::Deserialize;

use super::{Failure, unproven};
use crate::app::{App, see_other};
use crate::pages::{CsrfField, FormError, Notice, everywhere_page};
use crate::posted::Posted;
use crate::session_store::RECENT;

/// The form to end everything.
#[derive(Deserialize)]
pub(crate) struct Fields {
    /// There when it was asked for on the way.
    password: Option<String>,
}

/// `POST /everywhere`: ends whatever this person holds, by whichever carrier the request came. If the password was not
/// given in the last five minutes it is asked for first (ASVS 7.5.2).
pub(crate) async fn log_out_everywhere(
    State(app): State<App>,
    me: Identity,
    logins: Logins,
    csrf: CsrfField,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Failure> {
    // Whose account is gone has nothing to prove it with, and nothing to lose.
    if let Some(user) = app.users.by_id(me.subject()).await?
        && !is_recent(&app, &me)
    {
        let page = |error: Option<&FormError>| everywhere_page(&user.name, &csrf, error);
        let Some(password) = fields.password else {
            return Ok((StatusCode::FORBIDDEN, page(None)).into_response());
        };
        if let Err(reason) = app.check_password(&user.name, password).await? {
            return Ok(unproven(&reason, FormError::WrongOldPassword, |error| {
                page(Some(&error))
            }));
        }
    }
    logins.log_out_everywhere(&me).await?;
    Ok(see_other("/", Notice::Everywhere))
}

fn is_recent(app: &App, me: &Identity) -> bool {
    let now = app.clocks.now().wall;
    me.authenticated_at()
        .is_some_and(|at| now <= at.saturating_add(RECENT))
}
