use std::fmt;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use cloakroom_tower::{CsrfToken, Error};
use maud::{Markup, Render, html};

/// The name of the field.
pub(crate) const CSRF_FIELD: &str = "csrf";

/// The field that each form brings along, to show that it is of a page of ours, and of the same log-in.
#[derive(Default)]
pub(crate) struct CsrfField(String);

impl Render for CsrfField {
    fn render(&self) -> Markup {
        html! { input type="hidden" name=(CSRF_FIELD) value=(self.0); }
    }
}

impl<S: Sync> FromRequestParts<S> for CsrfField {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        CsrfToken::read(&parts.headers, &parts.extensions).map(|token| Self(token.to_string()))
    }
}

/// Prints nothing of the token.
impl fmt::Debug for CsrfField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CsrfField(..)")
    }
}
