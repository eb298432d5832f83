//! The pages about the program that logs in with refresh tokens, and the program itself.

mod form;
mod page;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

pub(crate) use form::{AppForm, app_form};
pub(crate) use page::{AppPage, app_page};

/// `/app.js`: part of this program, so it is asked for again each time.
pub(crate) async fn app_script() -> impl IntoResponse {
    (
        [
            (CONTENT_TYPE, "text/javascript; charset=utf-8"),
            (CACHE_CONTROL, "no-cache"),
        ],
        include_str!("app.js"),
    )
}
