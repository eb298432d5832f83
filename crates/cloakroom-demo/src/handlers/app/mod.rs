//! The program in the page that logs in with refresh tokens: its pages, and the addresses that its script asks.

mod held;
mod leave;
mod login;
mod no_token;
mod refresh;
mod show;
mod thief;

use axum::Router;
use axum::routing::{get, post};
use serde::Deserialize;

pub(super) use held::{Held, NotHeld};
pub(super) use no_token::remove;

use super::Failure;
use crate::app::App;
use crate::tokens::AccessClaims;

/// The page, and what its forms and its script ask for.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/app", get(show::show))
        .route("/app/login", post(login::log_in))
        .route("/app/refresh", post(refresh::refresh))
        .route("/app/thief", post(thief::steal))
        .route("/app/logout", post(leave::log_out))
        .route("/app/everywhere", post(leave::log_out_everywhere))
}

/// What the script sends along: the access token that it has, if it has one.
#[derive(Deserialize)]
struct Fields {
    access_token: Option<String>,
}

/// Ends an access token before its time.
async fn deny(app: &App, claims: &AccessClaims) -> Result<(), Failure> {
    // Too many denials of one person become a cut-off; either ends this one.
    let _ = app.lineages.deny(&claims.denial()?).await?;
    Ok(())
}
