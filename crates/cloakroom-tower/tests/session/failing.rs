//! A store that fails: never an anonymous answer, never half a login.

use axum::response::{IntoResponse, Redirect, Response};
use cloakroom_tower::cloakroom_session::EventKind::{StoreFailed, TouchFailed};
use cloakroom_tower::cloakroom_session::SessionError;
use cloakroom_tower::cloakroom_session::cloakroom_store::StoreErrorKind::{
    self, Corrupt, Full, Other, Timeout, TooLarge, Unavailable, Unsupported,
};
use cloakroom_tower::{CookieLayer, Error, SessionLayer};
use http::StatusCode;
use http::header::{LOCATION, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE};
use tower::ServiceExt;

use crate::desk::{Answer, Desk, SECOND, T0, request, routes, settings};

/// Each kind, and the status that it becomes.
const KINDS: [(StoreErrorKind, u16, &str); 7] = [
    (Unavailable, 503, "the store is unavailable\n"),
    (Timeout, 503, "the store did not answer in time\n"),
    (Full, 503, "the store is full\n"),
    (Corrupt, 500, "the store holds a record that cannot be read\n"),
    (TooLarge, 500, "the record is larger than its store takes\n"),
    (Unsupported, 500, "the store cannot do that\n"),
    (Other, 500, "the store failed\n"),
];

#[track_caller]
fn fails(answer: &Answer, kind: StoreErrorKind, status: u16, body: &str) {
    assert_eq!(answer.status.as_u16(), status, "{answer:?}");
    assert_eq!(answer.body, body);
    assert_eq!(answer.set_cookies(), [""; 0], "{answer:?}");
    assert!(!answer.headers.contains_key(WWW_AUTHENTICATE));
    assert_eq!(answer.headers.contains_key(RETRY_AFTER), status == 503);
    assert!(answer.events.contains(&StoreFailed(kind)), "{answer:?}");
}

#[tokio::test]
async fn d11_a_store_that_fails_makes_nobody_anonymous() {
    for (kind, status, body) in KINDS {
        let desk = Desk::new();
        let cookie = desk.cookie("u1").await;
        desk.store.fail(kind);
        for steps in [
            "who",
            "get a",
            "recent 60",
            "insert a 1",
            "who, insert a 1",
            "bump a",
            "login u1",
            "login u2",
        ] {
            let answer = desk.ask(&[&cookie], steps).await;
            fails(&answer, kind, status, body);
        }
        for steps in ["logout", "logout_others", "logout_everywhere"] {
            let answer = desk.ask(&[&cookie], steps).await;
            fails(&answer, kind, status, body);
        }
        // Nothing was done, and who does not ask for the session is not bothered.
        desk.ask(&[&cookie], "").await.is_quiet(200, "", &[]);
        desk.store.mend();
        desk.ask(&[&cookie], "who, get a")
            .await
            .is_quiet(200, "u1 nothing", &["load"]);
        assert_eq!(desk.listed("u1").await.len(), 1);
        assert_eq!(desk.listed("u2").await, []);
    }
}

#[tokio::test]
async fn d11_a_commit_that_fails_takes_the_handlers_answer_and_its_cookies_back() {
    for (kind, status, body) in KINDS {
        let desk = Desk::new();
        for (operation, held, steps) in [
            ("create", false, "insert a 1, jar"),
            ("create", false, "login u1, jar"),
            ("create", true, "who, login u2, jar"),
            ("update", true, "insert a 1, jar"),
            ("rotate", true, "login u1, jar"),
        ] {
            let cookie = desk.cookie("u1").await;
            desk.store.fail_at(operation, kind);
            let cookies: &[&str] = if held { &[&cookie] } else { &[] };
            let answer = desk.ask(cookies, steps).await;
            fails(&answer, kind, status, body);
            desk.store.mend();
            desk.ask(&[&cookie], "who, get a")
                .await
                .is_quiet(200, "u1 nothing", &["load"]);
            assert_eq!(desk.listed("u2").await, []);
        }
    }
}

#[tokio::test]
async fn d11_a_logout_that_the_store_does_not_take_is_no_logout() {
    for (operation, steps) in [
        ("delete", "logout"),
        ("delete", "who, logout, status 400"),
        ("delete_by_subject", "logout_others"),
        ("delete_by_subject", "logout_everywhere"),
        ("delete_by_subject", "logout_everywhere, status 500"),
    ] {
        let desk = Desk::new();
        let cookie = desk.cookie("u1").await;
        desk.store.fail_at(operation, Unavailable);
        let answer = desk.ask(&[&cookie], steps).await;
        assert!(answer.calls.contains(&operation), "{answer:?}");
        // Whatever the handler's own status: it is not true that the session is gone.
        fails(&answer, Unavailable, 503, "the store is unavailable\n");
    }
}

#[tokio::test]
async fn d3_a_new_token_goes_out_beside_the_error_of_what_failed_after_it() {
    let desk = Desk::new();
    let cookie = desk.cookie("u1").await;
    desk.store.fail_at("delete_by_subject", Unavailable);
    let answer = desk.ask(&[&cookie], "login u1, logout_others, jar").await;
    assert_eq!(answer.status.as_u16(), 503, "{answer:?}");
    let next = answer.set_cookie().0.to_owned();
    desk.store.mend();
    desk.forget();
    desk.ask(&[&next], "who").await.is_quiet(200, "u1", &["load"]);
    desk.ask(&[&cookie], "who")
        .await
        .is_quiet(200, "nobody", &["load"]);
    // Of a login that is a new session nothing is left.
    desk.store.fail_at("delete_by_subject", Unavailable);
    let answer = desk.ask(&[], "login u2, logout_others").await;
    fails(&answer, Unavailable, 503, "the store is unavailable\n");
    assert_eq!(desk.listed("u2").await, []);
}

#[tokio::test]
async fn d11_another_subjects_record_is_gone_before_the_cookie_is_sent() {
    let desk = Desk::new();
    let cookie = desk.cookie("u1").await;
    desk.store.fail_at("delete", Unavailable);
    let answer = desk.ask(&[&cookie], "login u2").await;
    assert!(answer.calls.contains(&"delete"), "{answer:?}");
    fails(&answer, Unavailable, 503, "the store is unavailable\n");
}

#[tokio::test]
async fn a_failed_commit_withholds_what_waits_for_success_however_it_is_shown() {
    let desk = Desk::new();
    let to_status = |_: &Error, _: Response| Redirect::to("/away").into_response();
    let sessions = || SessionLayer::new(desk.sessions.clone());
    let own = routes(&desk.gate).layer(sessions().on_error(to_status));
    let inner = routes(&desk.gate)
        .layer(sessions().on_error(to_status))
        .layer(CookieLayer::new());
    let outer = routes(&desk.gate)
        .layer(sessions())
        .layer(CookieLayer::new().on_error(to_status));
    desk.store.fail_at("create", Unavailable);
    for app in [own, inner, outer] {
        let response = app.oneshot(request(&[], "login u1, jar")).await.unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()[LOCATION], "/away");
        assert!(!response.headers().contains_key(SET_COOKIE));
    }
    assert_eq!(desk.listed("u1").await, []);
}

#[test]
fn each_error_of_a_session_has_its_status() {
    let invalid = Desk::new().sessions.subject("").unwrap_err();
    for (error, status) in [
        (SessionError::LoginRequired, 401),
        (SessionError::ReauthenticationRequired, 403),
        (SessionError::Superseded, 409),
        (SessionError::Contended, 409),
        (SessionError::Refused, 409),
        (SessionError::Ambiguous, 409),
        (SessionError::Committed, 500),
        (SessionError::TokenNotTaken, 500),
        (SessionError::TooLarge, 500),
        (SessionError::InvalidSubject(invalid), 500),
    ] {
        let text = format!("{error}\n");
        let error = Error::from(error);
        assert_eq!(error.status().as_u16(), status, "{error:?}");
        let response = error.into_response::<String>();
        assert_eq!((response.status().as_u16(), response.body()), (status, &text));
        assert_eq!(response.headers().contains_key(WWW_AUTHENTICATE), status == 401);
        assert!(!response.headers().contains_key(RETRY_AFTER));
        assert!(matches!(response.extensions().get(), Some(Error::Session(_))));
    }
}

#[tokio::test]
async fn a_touch_that_fails_is_told_and_disturbs_nobody() {
    let desk = Desk::new();
    let cookie = desk.cookie("u1").await;
    desk.at(T0 + 61 * SECOND).store.fail_at("touch", Unavailable);
    let answer = desk.ask(&[&cookie], "who").await;
    answer.is_quiet(200, "u1", &["load", "touch"]);
    assert_eq!(answer.events, [StoreFailed(Unavailable), TouchFailed]);
}

#[tokio::test]
async fn more_than_a_session_may_hold_is_an_error_of_the_program() {
    let desk = Desk::with(settings().max_payload(1024), |layer| layer);
    let cookie = desk.cookie("u1").await;
    let long = format!("insert a {}", "x".repeat(2000));
    let answer = desk.ask(&[&cookie], &long).await;
    assert_eq!(answer.status.as_u16(), 500, "{answer:?}");
    assert_eq!(answer.set_cookies(), [""; 0]);
    desk.ask(&[&cookie], "get a")
        .await
        .is_quiet(200, "nothing", &["load"]);
}
