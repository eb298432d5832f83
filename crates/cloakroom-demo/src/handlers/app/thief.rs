use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::Selector;
use cloakroom_token::{RefreshError, Refusal};
use cloakroom_tower::Cookies;
use serde_json::{Value, json};

use super::Fields;
use super::held::Held;
use super::no_token::NoToken;
use super::refresh::no_answer;
use crate::app::App;
use crate::posted::Posted;
use crate::refresh::Refresh;

/// How far the thief goes ahead: so far that no token which an honest browser may still hold is within grace.
const AHEAD: usize = 3;
/// How often it tries, while tabs go on with the same family.
const TRIES: usize = 8;

/// `POST /app/thief`: plays a thief that has a copy of the browser's refresh token. Only a demonstration does that.
///
/// The answer sets no cookie: the browser goes on with what it has, and is caught in place of the thief, for nobody can tell
/// the two apart. So both are out.
pub(super) async fn steal(
    State(app): State<App>,
    cookies: Cookies,
    Posted(fields): Posted<Fields>,
) -> Response {
    match go_ahead(&app, &cookies).await {
        Ok(answer) => Json(answer).into_response(),
        Err(no_token) => no_answer(&app, &cookies, no_token, fields.access_token.as_deref()).await,
    }
}

async fn go_ahead(app: &App, cookies: &Cookies) -> Result<Value, NoToken> {
    let held = Held::of(app, cookies)?;
    let (mut newest, mut generations) = (held.rotate().await?, Vec::new());
    for _ in 0..TRIES {
        // What a tab has got as well is no step ahead of it.
        if !newest.retried {
            generations.push(newest.family.generation);
        }
        if generations.len() == AHEAD {
            let generation = newest.family.generation;
            app.loot
                .keep(newest.family.id, newest.token, generation, app.tick());
            return Ok(json!({ "generations": generations }));
        }
        let (tokens, now) = (held.tokens(), UnixTime::now());
        newest = tokens
            .rotate(&newest.token, &Refresh::client(), None, now)
            .await?;
    }
    Err(NoToken::Late)
}

/// Lets the thief of a family that has ended show the newest token, and tells its generation if that is refused.
pub(super) async fn catch(app: &App, family: &Selector) -> Option<u64> {
    let stolen = app.loot.take(family, app.tick())?;
    let tokens = app.refresh.tokens();
    let shown = tokens
        .rotate(&stolen.token, &Refresh::client(), None, UnixTime::now())
        .await;
    matches!(shown, Err(RefreshError::Refused(Refusal::Gone))).then_some(stolen.generation)
}
