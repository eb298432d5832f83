use axum::extract::{RawQuery, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use cloakroom_core::UnixTime;
use cloakroom_seal::Ticket;
use cloakroom_tower::Sealed;
use serde::Deserialize;

use super::Failure;
use crate::app::{App, see_other};
use crate::login_ticket::LoginTicket;
use crate::pages::{FormError, Notice, Welcome, welcome};
use crate::password::Password;
use crate::password_check::Unproven;
use crate::password_hasher::HashError;
use crate::posted::Posted;
use crate::user_name::UserName;

/// Both forms have these two fields.
#[derive(Deserialize)]
pub(crate) struct Entry {
    name: String,
    password: String,
}

pub(crate) async fn login_form(RawQuery(query): RawQuery) -> Response {
    form(false, Notice::of_query(query.as_deref()))
}

pub(crate) async fn register_form(RawQuery(query): RawQuery) -> Response {
    form(true, Notice::of_query(query.as_deref()))
}

/// Makes an account and logs it in.
pub(crate) async fn register(
    State(app): State<App>,
    ticket: Sealed<LoginTicket>,
    Posted(entry): Posted<Entry>,
) -> Result<Response, Failure> {
    let refuse = |status, error| Ok(form_again(true, &entry.name, status, error));
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
    let now = UnixTime::now();
    match app.users.create(&name, &hash, now).await? {
        Some(user) => hand_over(ticket, &user.id, now, Notice::Registered),
        None => refuse(StatusCode::CONFLICT, FormError::NameTaken),
    }
}

/// Checks name and password, and gives a ticket for them.
pub(crate) async fn log_in(
    State(app): State<App>,
    ticket: Sealed<LoginTicket>,
    Posted(entry): Posted<Entry>,
) -> Result<Response, Failure> {
    let (status, error, wait) = match app.check_password(&entry.name, entry.password).await? {
        Ok(proven) => {
            return hand_over(
                ticket,
                &proven.subject,
                proven.stamp.authenticated_at(),
                Notice::LoggedIn,
            );
        }
        Err(Unproven::Wrong) => (StatusCode::FORBIDDEN, FormError::WrongPassword, None),
        Err(Unproven::TooMany(seconds)) => {
            let error = FormError::TooMany(seconds.div_ceil(60));
            (StatusCode::TOO_MANY_REQUESTS, error, Some(seconds))
        }
        Err(Unproven::Busy) => (StatusCode::SERVICE_UNAVAILABLE, FormError::Busy, None),
    };
    let mut response = form_again(false, &entry.name, status, error);
    if let Some(seconds) = wait {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}

/// Makes this browser forget its ticket. The ticket itself stays good: nothing here could strike it out.
pub(crate) async fn log_out(mut ticket: Sealed<LoginTicket>) -> Result<Response, Failure> {
    ticket.remove()?;
    Ok(see_other("/", Notice::LoggedOut))
}

/// A password was proven just now: the one place where a ticket's life begins.
fn hand_over(
    mut ticket: Sealed<LoginTicket>,
    subject: &str,
    now: UnixTime,
    notice: Notice,
) -> Result<Response, Failure> {
    ticket.set(LoginTicket(Ticket::issue(subject, now)?))?;
    Ok(see_other("/", notice))
}

fn form(register: bool, notice: Option<Notice>) -> Response {
    welcome(&Welcome {
        register,
        notice,
        ..Welcome::default()
    })
    .into_response()
}

/// The form with what went wrong above it. The password is typed again, the name is not.
fn form_again(register: bool, name: &str, status: StatusCode, error: FormError) -> Response {
    let page = welcome(&Welcome {
        register,
        name: name.to_owned(),
        error: Some(error),
        notice: None,
    });
    (status, page).into_response()
}
