//! The log-in that the server remembers: what each form of its page does.

mod counter;
mod devices;
mod login;
mod overview;
mod password;

use cloakroom_session::SessionError;
use cloakroom_tower::Session;

use super::Failure;
use crate::app::App;
use crate::users::User;

pub(crate) use counter::{count, race};
pub(crate) use devices::{confirm, end};
pub(crate) use login::{log_in, log_out};
pub(crate) use overview::show;
pub(crate) use password::change_password;

/// The account of whoever is logged in. Should it be gone, its sessions go as well.
async fn account(app: &App, session: &Session) -> Result<User, Failure> {
    let subject = session.subject().await?.ok_or(SessionError::LoginRequired)?;
    if let Some(user) = app.users.by_id(&subject).await? {
        return Ok(user);
    }
    session.logout_everywhere()?;
    Err(SessionError::LoginRequired.into())
}
