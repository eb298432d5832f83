use axum::extract::State;
use axum::response::Response;
use cloakroom_core::UnixTime;
use cloakroom_tower::Cookies;

use super::held::Held;
use super::{Fields, deny};
use crate::app::{App, see_other};
use crate::handlers::browser_logins::BrowserLogins;
use crate::handlers::{Failure, everywhere};
use crate::pages::{CsrfField, Notice};
use crate::posted::Posted;

/// `POST /app/logout`: ends the family, for every copy of its tokens, the access token that the script has, and whatever else
/// this browser is logged in by.
pub(super) async fn log_out(
    State(app): State<App>,
    browser: BrowserLogins,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Failure> {
    let left = browser.log_out().await;
    let claims = fields
        .access_token
        .and_then(|token| app.tokens.held(&token, UnixTime::now()));
    if let Some(claims) = claims {
        deny(&app, &claims).await?;
    }
    left?;
    Ok(see_other("/app", Notice::AppOut))
}

/// `POST /app/everywhere`: ends all that the person holds, whatever carries it.
pub(super) async fn log_out_everywhere(
    State(app): State<App>,
    cookies: Cookies,
    browser: BrowserLogins,
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
    browser.log_out().await?;
    Ok(see_other("/app", Notice::AppEverywhere))
}
