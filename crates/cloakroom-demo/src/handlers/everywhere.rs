use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cloakroom_core::UnixTime;
use cloakroom_tower::Identity;
use serde::Deserialize;

use super::browser_logins::BrowserLogins;
use super::{Failure, unproven};
use crate::app::{App, see_other};
use crate::pages::{CsrfField, FormError, Notice, everywhere_page};
use crate::posted::Posted;
use crate::session_store::RECENT;

/// The form to end everything.
#[derive(Deserialize)]
pub(crate) struct Fields {
    /// There when it was asked for on the way.
    pub(super) password: Option<String>,
}

/// `POST /everywhere`: ends whatever this person holds, by whichever carrier the request came. If the password was not
/// given in the last five minutes it is asked for first (ASVS 7.5.2).
pub(crate) async fn log_out_everywhere(
    State(app): State<App>,
    me: Identity,
    browser: BrowserLogins,
    csrf: CsrfField,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Failure> {
    let ask = Ask {
        action: "/everywhere",
        subject: me.subject(),
        authenticated_at: me.authenticated_at(),
        password: fields.password,
        csrf: &csrf,
    };
    if let Some(page) = ask.for_password(&app).await? {
        return Ok(page);
    }
    browser.logins.log_out_everywhere(&me).await?;
    // Ended with the rest if it was theirs; another person's ends in this browser.
    browser.forget_family().await?;
    Ok(see_other("/", Notice::Everywhere))
}

/// Who wants to end everything, and on what proof.
pub(super) struct Ask<'a> {
    /// Where the form goes that asks for the password.
    pub(super) action: &'static str,
    pub(super) subject: &'a str,
    pub(super) authenticated_at: Option<UnixTime>,
    pub(super) password: Option<String>,
    pub(super) csrf: &'a CsrfField,
}

impl Ask<'_> {
    /// The page that asks for the password; `None` when one was given, now or in the last five minutes. Whose account is
    /// gone has nothing to prove it with, and nothing to lose.
    pub(super) async fn for_password(self, app: &App) -> Result<Option<Response>, Failure> {
        let now = app.clocks.now().wall;
        if self
            .authenticated_at
            .is_some_and(|at| now <= at.saturating_add(RECENT))
        {
            return Ok(None);
        }
        let Some(user) = app.users.by_id(self.subject).await? else {
            return Ok(None);
        };
        let page = |error: Option<&FormError>| everywhere_page(self.action, &user.name, self.csrf, error);
        let Some(password) = self.password else {
            return Ok(Some((StatusCode::FORBIDDEN, page(None)).into_response()));
        };
        Ok(match app.check_password(&user.name, password).await? {
            Ok(_) => None,
            Err(reason) => Some(unproven(&reason, FormError::WrongOldPassword, |error| {
                page(Some(&error))
            })),
        })
    }
}
