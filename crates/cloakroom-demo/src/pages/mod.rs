//! What a person sees. `maud` escapes every text that is put into a page; no page but the app's holds a script.

mod access_token;
mod app;
mod csrf_field;
mod everywhere;
mod home;
mod key_table;
mod layout;
mod notice;
mod problem;
mod session;
mod time;
mod welcome;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

pub(crate) use access_token::{Change, PATHS, Resigned, Trial, TrialOutcome, token_form, token_page};
pub(crate) use app::{AppForm, AppPage, app_form, app_page, app_script};
pub(crate) use csrf_field::{CSRF_FIELD, CsrfField};
pub(crate) use everywhere::everywhere_page;
pub(crate) use home::{HeldCookie, Home, home};
pub(crate) use notice::Notice;
pub(crate) use problem::{Problem, problem};
pub(crate) use session::{
    Act, SessionForm, SessionPage, clock_style, confirm_page, session_form, session_page,
};
pub(crate) use welcome::{FormError, Welcome, welcome};

/// `/style.css`: part of the program, so it is asked for again each time.
pub(crate) async fn style() -> impl IntoResponse {
    (
        [
            (CONTENT_TYPE, "text/css; charset=utf-8"),
            (CACHE_CONTROL, "no-cache"),
        ],
        include_str!("style.css"),
    )
}

/// `/favicon.svg`: a coat hook.
pub(crate) async fn favicon() -> impl IntoResponse {
    (
        [(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "max-age=86400")],
        include_str!("favicon.svg"),
    )
}
