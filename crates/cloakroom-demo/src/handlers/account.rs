use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cloakroom_core::UnixTime;
use cloakroom_seal::Ticket;
use maud::Markup;
use serde::Deserialize;

use super::browser_logins::BrowserLogins;
use super::{Failure, unproven};
use crate::app::{App, see_other};
use crate::login_ticket::LoginTicket;
use crate::pages::{CsrfField, FormError, Notice, Welcome, welcome};
use crate::password::Password;
use crate::password_hasher::HashError;
use crate::posted::Posted;
use crate::user_name::UserName;

/// Both forms have these two fields.
#[derive(Deserialize)]
pub(crate) struct Entry {
    name: String,
    password: String,
}

pub(crate) async fn login_form(csrf: CsrfField, RawQuery(query): RawQuery) -> Response {
    form(false, csrf, Notice::of_query(query.as_deref()))
}

pub(crate) async fn register_form(csrf: CsrfField, RawQuery(query): RawQuery) -> Response {
    form(true, csrf, Notice::of_query(query.as_deref()))
}

/// Makes an account and logs it in.
pub(crate) async fn register(
    State(app): State<App>,
    browser: BrowserLogins,
    csrf: CsrfField,
    Posted(entry): Posted<Entry>,
) -> Result<Response, Failure> {
    let refuse = |status, error| Ok((status, form_again(true, csrf, &entry.name, error)).into_response());
    let name = match UserName::parse(&entry.name) {
        Ok(name) => name,
        Err(error) => {
            return refuse(
                StatusCode::UNPROCESSABLE_ENTITY,
                FormError::Rule(error.to_string()),
            );
        }
    };
    let password = match Password::parse(entry.password) {
        Ok(password) => password,
        Err(error) => {
            return refuse(
                StatusCode::UNPROCESSABLE_ENTITY,
                FormError::Rule(error.to_string()),
            );
        }
    };
    let hash = match app.hasher.hash(password).await {
        Err(HashError::Busy) => return refuse(StatusCode::SERVICE_UNAVAILABLE, FormError::Busy),
        hash => hash?,
    };
    match app.users.create(&name, &hash, app.clocks.now().wall).await? {
        Some(user) => {
            let at = browser.logins.authenticated_at(&user.id).await?;
            hand_over(&browser, &user.id, at, Notice::Registered).await
        }
        None => refuse(StatusCode::CONFLICT, FormError::NameTaken),
    }
}

/// Checks name and password, and gives a ticket for them.
pub(crate) async fn log_in(
    State(app): State<App>,
    browser: BrowserLogins,
    csrf: CsrfField,
    Posted(entry): Posted<Entry>,
) -> Result<Response, Failure> {
    match app.check_password(&entry.name, entry.password).await? {
        Ok(proven) => hand_over(&browser, &proven.subject, proven.at, Notice::LoggedIn).await,
        Err(reason) => Ok(unproven(&reason, FormError::WrongPassword, |error| {
            form_again(false, csrf, &entry.name, error)
        })),
    }
}

/// Ends what this browser is logged in by, copies of it too, and makes it forget.
pub(crate) async fn log_out(browser: BrowserLogins) -> Result<Response, Failure> {
    browser.log_out().await?;
    Ok(see_other("/", Notice::LoggedOut))
}

/// A password was proven just now: the one place where a ticket's life begins.
async fn hand_over(
    browser: &BrowserLogins,
    subject: &str,
    at: UnixTime,
    notice: Notice,
) -> Result<Response, Failure> {
    let ticket = LoginTicket(Ticket::issue(subject, at)?);
    browser.forget_family().await?;
    browser.logins.log_in_by_ticket(&ticket)?;
    Ok(see_other("/", notice))
}

fn form(register: bool, csrf: CsrfField, notice: Option<Notice>) -> Response {
    welcome(&Welcome {
        csrf,
        register,
        notice,
        ..Welcome::default()
    })
    .into_response()
}

/// The form with what went wrong above it. The password is typed again, the name is not.
fn form_again(register: bool, csrf: CsrfField, name: &str, error: FormError) -> Markup {
    welcome(&Welcome {
        csrf,
        register,
        name: name.to_owned(),
        error: Some(error),
        notice: None,
    })
}
