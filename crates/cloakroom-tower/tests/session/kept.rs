//! Handles that outlive the response, in front of the store in memory, which answers at once.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use cloakroom_tower::cloakroom_cookie::SetCookie;
use cloakroom_tower::cloakroom_session::cloakroom_store::MemoryStore;
use cloakroom_tower::cloakroom_session::{SessionError, Sessions};
use cloakroom_tower::testing::session_token;
use cloakroom_tower::{Cookies, Error, Session, SessionLayer};
use http::header::SET_COOKIE;
use tower::ServiceExt;

use crate::desk::{cookie_of, request, settings};

/// What a handler leaves for whatever it started.
type Kept = Arc<Mutex<Option<(Session, Cookies)>>>;

fn theme(value: &str) -> SetCookie {
    SetCookie::new("theme", value).finish().unwrap()
}

async fn read(session: Session, cookies: Cookies) -> String {
    cookies.set(theme("dark")).unwrap();
    session.subject().await.unwrap().unwrap()
}

async fn keep(State(kept): State<Kept>, session: Session, cookies: Cookies) -> String {
    *kept.lock().unwrap() = Some((session.clone(), cookies.clone()));
    read(session, cookies).await
}

/// The layer closes what nobody else holds in another way than what somebody does; both ways answer the same.
#[tokio::test]
async fn handles_that_are_kept_change_no_answer_and_are_told_that_it_is_sent() {
    let sessions = Sessions::new(Arc::new(MemoryStore::new()), settings()).unwrap();
    let kept = Kept::default();
    let app = Router::new()
        .route("/read", get(read))
        .route("/keep", get(keep))
        .with_state(Arc::clone(&kept))
        .layer(SessionLayer::new(sessions.clone()));
    let cookie = cookie_of(&session_token(&sessions, "u1").await.unwrap());
    for path in ["/read", "/keep", "/read"] {
        let mut request = request(&[&cookie], "");
        *request.uri_mut() = path.parse().unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        let lines: Vec<_> = response.headers().get_all(SET_COOKIE).iter().collect();
        assert_eq!(lines, ["theme=dark; Path=/; Secure; HttpOnly; SameSite=Lax"]);
        let body = axum::body::to_bytes(response.into_body(), 100).await;
        assert_eq!(body.unwrap(), "u1", "{path}");
    }
    let (session, cookies) = kept.lock().unwrap().take().unwrap();
    assert!(matches!(cookies.set(theme("light")), Err(Error::ResponseSent)));
    assert!(matches!(session.insert("n", &1), Err(SessionError::Committed)));
    // What was read stays.
    assert_eq!(session.subject().await.unwrap().as_deref(), Some("u1"));
}
