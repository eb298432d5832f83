use axum::extract::State;
use axum::response::Response;
use cloakroom_core::UnixTime;
use cloakroom_tower::Cookies;

use super::held::Held;
use super::no_token::remove;
use super::{Fields, deny};
use crate::app::{App, see_other};
use crate::handlers::{Failure, everywhere};
use crate::pages::{CsrfField, Notice};
use crate::posted::Posted;

/// `POST /app/logout`: ends the family, for every copy of its tokens, and the access token that the script has.
pub(super) async fn log_out(
    State(app): State<App>,
    cookies: Cookies,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Failure> {
    if let Ok(held) = Held::of(&app, &cookies) {
        held.revoke().await?;
    }
    let claims = fields
        .access_token
        .and_then(|token| app.tokens.held(&token, UnixTime::now()));
    if let Some(claims) = claims {
        deny(&app, &claims).await?;
    }
    remove(&cookies)?;
    Ok(see_other("/app", Notice::AppOut))
}

/// `POST /app/everywhere`: ends all that the person holds, whatever carries it.
pub(super) async fn log_out_everywhere(
    State(app): State<App>,
    cookies: Cookies,
    csrf: CsrfField,
    Posted(fields): Posted<everywhere::Fields>,
) -> Result<Response, Failure> {
    let family = match Held::of(&app, &cookies) {
        Ok(held) => held.family().await?,
        Err(_) => None,
    };
    let Some(family) = family else {
        return Ok(see_other("/app", Notice::AppEnded));
    };
    let ask = everywhere::Ask {
        action: "/app/everywhere",
        subject: family.subject.as_str(),
        authenticated_at: Some(family.authenticated_at),
        password: fields.password,
        csrf: &csrf,
    };
    if let Some(page) = ask.for_password(&app).await? {
        return Ok(page);
    }
    app.lineages.end_all(&family.subject).await?;
    remove(&cookies)?;
    Ok(see_other("/app", Notice::AppEverywhere))
}
