use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use cloakroom_core::UnixTime;
use cloakroom_lineage::Stamp;
use cloakroom_revocation::Refused;
use cloakroom_tower::{Cookies, CsrfToken};
use serde_json::{Value, json};

use super::held::Held;
use super::no_token::NoToken;
use super::thief::catch;
use super::{Fields, deny};
use crate::app::{App, report};
use crate::handlers::Failure;
use crate::posted::Posted;
use crate::refresh_cookie::refresh_cookie;
use crate::tokens::TokenGrant;

/// `POST /app/refresh`: an access token, and the refresh token's successor in the cookie.
///
/// Two tabs that come at once get the same successor, so neither of them needs to know of the other.
pub(super) async fn refresh(
    State(app): State<App>,
    cookies: Cookies,
    csrf: CsrfToken,
    Posted(fields): Posted<Fields>,
) -> Response {
    match rotate(&app, &cookies, &csrf).await {
        Ok(answer) => Json(answer).into_response(),
        Err(no_token) => no_answer(&app, &cookies, no_token, fields.access_token.as_deref()).await,
    }
}

async fn rotate(app: &App, cookies: &Cookies, csrf: &CsrfToken) -> Result<Value, NoToken> {
    let held = Held::of(app, cookies)?;
    // Whose it is has to be known first: the stamp is taken before the rotation that the access token rests on. A "log out
    // everywhere" that falls in between lies after the stamp, and what is minted here ends with it. One whose cut-off is
    // there, and that is about to delete the family, gives no stamp.
    let family = held.family().await?.ok_or(NoToken::Ended)?;
    let subject = family.subject;
    let stamp = app
        .lineages
        .renewal_stamp(subject.as_str(), family.authenticated_at)
        .await?
        .ok_or(NoToken::Ended)?;
    let user = app.users.by_id(subject.as_str()).await.map_err(Failure::from)?;
    let Some(user) = user else {
        held.revoke().await?;
        return Err(NoToken::AccountGone);
    };
    let refreshed = held.rotate().await?;
    let (family, now) = (refreshed.family, UnixTime::now());
    let cookie = refresh_cookie(&refreshed.token, family.absolute_deadline, now).map_err(Failure::from)?;
    // Whatever else fails, the browser needs the successor.
    cookies.set(cookie).map_err(Failure::from)?;
    let issued = app.tokens.issue(&TokenGrant {
        subject: subject.as_str(),
        name: &user.name,
        with_keys: false,
        stamp,
        authenticated_at: family.authenticated_at,
    });
    Ok(json!({
        "access_token": issued.map_err(Failure::from)?.token,
        "token_type": "Bearer",
        "expires_in": expires_in(app, stamp, now),
        "generation": family.generation,
        "retried": refreshed.retried,
        // That of the page lives for twelve hours, and a page may be open for longer.
        "csrf_token": csrf.as_str(),
    }))
}

/// The whole seconds that an access token of this stamp is good for: it may have been issued in the second before, or in
/// one to come.
fn expires_in(app: &App, stamp: Stamp, now: UnixTime) -> u64 {
    let life = app.tokens.life();
    let end = stamp.issued_at().saturating_add(life);
    end.checked_duration_since(now)
        .unwrap_or_default()
        .min(life)
        .as_secs()
}

/// Says why there is no token. When a family is over, so is the access token that its browser has.
pub(super) async fn no_answer(
    app: &App,
    cookies: &Cookies,
    no_token: NoToken,
    access_token: Option<&str>,
) -> Response {
    let claims = access_token.and_then(|token| app.tokens.held(token, UnixTime::now()));
    let no_token = match (no_token, &claims) {
        (NoToken::Ended, Some(claims)) => match app.gate.check(&claims.credential()).await {
            Err(Refused::CutOff) => NoToken::Revoked,
            Err(Refused::Denied) => NoToken::LoggedOut,
            _ => NoToken::Ended,
        },
        (other, _) => other,
    };
    let thief = match &no_token {
        NoToken::Reused(family) => {
            if let Some(claims) = claims
                && let Err(failure) = deny(app, &claims).await
            {
                report(&failure);
            }
            catch(app, &family.id).await
        }
        _ => None,
    };
    no_token.answer(cookies, thief)
}
