use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use cloakroom_keyring::KeyId;
use cloakroom_tower::{Identity, Logins};
use serde::Deserialize;
use tokio::task::spawn_blocking;

use super::Failure;
use crate::app::{App, report, see_other};
use crate::keys::{KeysError, Step};
use crate::pages::{Notice, Problem};
use crate::posted::Posted;

/// Which key a step is about; none for a step that makes one.
#[derive(Deserialize)]
pub(crate) struct Fields {
    id: Option<String>,
}

/// Changes the key ring. Whoever is logged in may, for this is a demonstration; elsewhere it is the operator's work.
pub(crate) async fn take_step(
    State(app): State<App>,
    Path(step): Path<String>,
    me: Identity,
    logins: Logins,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Failure> {
    let id = fields.id.map(|id| id.parse::<KeyId>());
    let (step, done) = match (&*step, id) {
        ("announce", None) => (Step::Announce, Notice::Announced),
        ("activate", Some(Ok(id))) => (Step::Activate(id), Notice::Activated),
        ("retire", Some(Ok(id))) => (Step::Retire(id), Notice::Retired),
        ("remove", Some(Ok(id))) => (Step::Remove(id), Notice::Removed),
        ("revoke", Some(Ok(id))) => (Step::Revoke(id), Notice::Revoked),
        ("announce" | "activate" | "retire" | "remove" | "revoke", _) => {
            return Ok(Problem::BadForm.into_response());
        }
        _ => return Ok(Problem::NotFound.into_response()),
    };
    // A log-in outlives its account, so what changes something asks whether there still is one.
    if app.users.by_id(me.subject()).await?.is_none() {
        logins.log_out().await?;
        return Ok(see_other("/", Notice::AccountGone));
    }
    // A task of its own runs to its end even if the browser hangs up; the file is then as whole as ever.
    let taken = spawn_blocking(move || app.take_step(step)).await?;
    Ok(match taken {
        Ok(()) => see_other("/", done),
        Err(KeysError::Step(_) | KeysError::ChangedElsewhere) => Problem::KeyStep.into_response(),
        Err(error) => {
            report(&error);
            Problem::KeyFile.into_response()
        }
    })
}
