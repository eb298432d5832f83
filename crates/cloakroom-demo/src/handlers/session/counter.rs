use axum::body::Body;
use axum::extract::State;
use axum::http::header::{COOKIE, HOST};
use axum::http::{HeaderMap, HeaderName, Request};
use axum::response::Response;
use cloakroom_session::SessionError;
use cloakroom_tower::{CsrfToken, Session};
use tower::ServiceExt as _;

use super::account;
use crate::app::{App, see_other};
use crate::handlers::Failure;
use crate::pages::Notice;

/// The key under which the session keeps the count.
pub(super) const COUNT: &str = "count";

/// Adds one to a number in the session. Requests that do so at once lose none of them.
pub(crate) async fn count(State(app): State<App>, session: Session) -> Result<Response, Failure> {
    account(&app, &session).await?;
    session
        .update(COUNT, |count: Option<u64>| {
            Some(count.unwrap_or(0).saturating_add(1))
        })
        .await?;
    Ok(see_other("/session", Notice::Counted))
}

/// Sends four requests of the kind above at once, as four tabs would: through the router and the layers that a
/// browser's pass, without the network.
///
/// With four there is none that could lose more often than a commit tries again.
pub(crate) async fn race(
    State(app): State<App>,
    token: CsrfToken,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let tabs: Vec<_> = (0..4)
        .map(|_| {
            let mut request = Request::post("/session/count")
                .header(HOST, "127.0.0.1")
                .header(HeaderName::from_static("sec-fetch-site"), "same-origin")
                .header(HeaderName::from_static("x-csrf-token"), token.as_str());
            for cookies in headers.get_all(COOKIE) {
                request = request.header(COOKIE, cookies);
            }
            let router = app.clone().router();
            tokio::spawn(async move {
                match request.body(Body::empty()) {
                    Ok(request) => {
                        let Ok(response) = router.oneshot(request).await;
                        Some(response)
                    }
                    Err(_) => None,
                }
            })
        })
        .collect();
    let counted = see_other("/session", Notice::Counted);
    for tab in tabs {
        let response = tab.await?.ok_or(SessionError::Contended)?;
        // What went wrong with one of them is the answer to all.
        if response.headers().get("location") != counted.headers().get("location") {
            return Ok(response);
        }
    }
    Ok(see_other("/session", Notice::Raced))
}
