use axum::body::{Body, to_bytes};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HOST, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Request, StatusCode};
use cloakroom_tower::{BearerErrorKind, Error, IdentityErrorKind};
use tower::ServiceExt as _;

use crate::app::App;

/// The fields of an answer that the page shows.
const SHOWN: [HeaderName; 3] = [WWW_AUTHENTICATE, CONTENT_TYPE, CACHE_CONTROL];
/// Far above any answer of the API.
const BODY_LIMIT: usize = 64 * 1024;

/// What the API answered to a call from the page.
#[derive(Debug)]
pub(crate) struct ApiAnswer {
    pub(crate) status: StatusCode,
    /// Names and values.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: String,
    /// What the API itself knows about its refusal; no more of it goes over the wire than stands above.
    pub(crate) refused: Option<Refusal>,
}

/// Why the API refused a token.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It is not good.
    Token(BearerErrorKind),
    /// It is good, and was ended early.
    Ended,
    /// Whether it was ended is not known at present.
    Unjudged,
}

/// The text cannot stand in a header field, so no client could send it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("it has a line break or another control character, which no header field can hold")]
pub(crate) struct NotSendable;

impl App {
    /// Calls this very server's API with a token: the same router and layers that a program's request passes, without
    /// the network.
    pub(crate) async fn call_api(&self, path: &'static str, token: &str) -> Result<ApiAnswer, NotSendable> {
        let authorization = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| NotSendable)?;
        let request = Request::get(path)
            .header(HOST, "127.0.0.1")
            .header(AUTHORIZATION, authorization)
            .body(Body::empty())
            .map_err(|_| NotSendable)?;
        let Ok(response) = self.clone().router().oneshot(request).await;
        let (parts, body) = response.into_parts();
        let fields = SHOWN.iter().flat_map(|name| {
            let values = parts.headers.get_all(name).iter();
            values.map(move |value| {
                (
                    name.to_string(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
        });
        Ok(ApiAnswer {
            status: parts.status,
            fields: fields.collect(),
            refused: match parts.extensions.get::<Error>() {
                Some(Error::Bearer(error)) => Some(Refusal::Token(error.kind().clone())),
                Some(Error::Identity(error)) => match error.kind() {
                    IdentityErrorKind::Rejected => Some(Refusal::Ended),
                    IdentityErrorKind::Stale { .. } => Some(Refusal::Unjudged),
                    _ => None,
                },
                _ => None,
            },
            body: match to_bytes(body, BODY_LIMIT).await {
                Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Err(_) => String::new(),
            },
        })
    }
}
