use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use cloakroom_core::UnixTime;
use cloakroom_token::{Grant, Issued, RefreshSettings};
use cloakroom_tower::{Cookies, CsrfToken};
use serde::Deserialize;

use crate::app::{App, see_other};
use crate::handlers::browser_logins::BrowserLogins;
use crate::handlers::{Failure, unproven};
use crate::pages::{AppForm, FormError, Notice, app_form};
use crate::password_check::Proven;
use crate::posted::Posted;
use crate::refresh::Refresh;
use crate::refresh_cookie::refresh_cookie;

/// The form to log in.
#[derive(Deserialize)]
pub(super) struct Entry {
    name: String,
    password: String,
}

/// `POST /app/login`: checks name and password, and begins a family of refresh tokens: a new one, whatever the browser
/// brought. The one that it brought ends, and so does whatever else it was logged in by.
pub(super) async fn log_in(
    State(app): State<App>,
    cookies: Cookies,
    browser: BrowserLogins,
    csrf: CsrfToken,
    Posted(entry): Posted<Entry>,
) -> Result<Response, Failure> {
    let refused = match app.check_password(&entry.name, entry.password).await? {
        Ok(proven) => {
            // First the end of the old one: once its cookie is replaced, nobody here could end it.
            browser.end_family().await?;
            let (issued, now) = begin(&app, &proven).await?;
            let ends = now.saturating_add(RefreshSettings::default().absolute);
            browser.logins.log_in_by_answer()?;
            cookies.set_on_success(refresh_cookie(&issued.token, ends, now)?)?;
            return Ok(see_other("/app", Notice::AppIn));
        }
        Err(reason) => reason,
    };
    Ok(unproven(&refused, FormError::WrongPassword, |error| {
        app_form(&AppForm {
            name: &entry.name,
            error: Some(&error),
            notice: None,
            csrf: &csrf,
        })
    }))
}

/// A new family, and when it was begun. The store refuses it when the password has been changed meanwhile: that has cut
/// off all that was proven before.
async fn begin(app: &App, proven: &Proven<UnixTime>) -> Result<(Issued, UnixTime), Failure> {
    let (tokens, now) = (app.refresh.tokens(), UnixTime::now());
    let grant = Grant {
        client: Refresh::client(),
        subject: tokens.subject(&proven.subject)?,
        authenticated_at: proven.at,
        confirmation: None,
        data: Arc::default(),
    };
    Ok((tokens.issue(&grant, now).await?, now))
}
