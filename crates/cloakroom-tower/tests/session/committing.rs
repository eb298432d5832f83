//! What a handler's end does to what it changed: success, failure, panic, and nobody waiting for it.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::any;
use axum::{BoxError, Router};
use cloakroom_tower::cloakroom_session::EventKind::Reused;
use cloakroom_tower::cloakroom_session::SessionError;
use cloakroom_tower::cloakroom_session::cloakroom_store::Stored;
use cloakroom_tower::{CookieLayer, Error, Session, SessionLayer};
use http::StatusCode;
use http::header::LOCATION;
use tokio::sync::oneshot;
use tower::{ServiceBuilder, ServiceExt};

use crate::desk::{Desk, REMOVED, SECOND, T0, request, selector_of, settings};

/// How a handler ends that does not succeed.
#[derive(Clone, Copy, PartialEq, Debug)]
enum End {
    Status(u16),
    Panic,
    /// Nobody waits for the response any more.
    Cancelled,
}

const ENDS: [End; 7] = [
    End::Status(400),
    End::Status(401),
    End::Status(404),
    End::Status(500),
    End::Status(503),
    End::Panic,
    End::Cancelled,
];

/// Lets a handler do `steps` and then end like this. The Set-Cookie lines, where there is an answer.
async fn end_with(desk: &Desk, cookies: &[&str], steps: &str, end: End) -> Vec<String> {
    match end {
        End::Status(status) => {
            let answer = desk.ask(cookies, &format!("{steps}, status {status}")).await;
            assert_eq!(answer.status.as_u16(), status);
            answer.set_cookies().into_iter().map(str::to_owned).collect()
        }
        End::Panic => {
            let request = request(cookies, &format!("{steps}, panic"));
            let panicked = tokio::spawn(desk.app.clone().oneshot(request)).await;
            assert!(panicked.unwrap_err().is_panic());
            Vec::new()
        }
        End::Cancelled => {
            let request = request(cookies, &format!("{steps}, wait"));
            let task = tokio::spawn(desk.app.clone().oneshot(request));
            desk.gate.reached().await;
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
            Vec::new()
        }
    }
}

/// Everything that was spawned has run as far as it can: the tasks of a current-thread runtime take turns.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn d19_a_login_that_does_not_succeed_gives_nothing() {
    for end in ENDS {
        let desk = Desk::new();
        let visitor = desk.visitor("a", "1").await;
        let before = desk.stored(&visitor).await;
        for cookies in [&[][..], &[&*visitor]] {
            for steps in ["login u1", "login u1, persistent", "who, login u1"] {
                assert_eq!(end_with(&desk, cookies, steps, end).await, [""; 0], "{end:?}");
                settle().await;
                assert_eq!(desk.listed("u1").await, [], "{end:?}");
            }
        }
        assert_eq!(desk.stored(&visitor).await, before);
        desk.forget();
        desk.ask(&[&visitor], "who, get a")
            .await
            .is_quiet(200, "nobody 1", &["load"]);
        // Of one who is logged in: the session stays what it was, and does not become another's.
        let u2 = desk.cookie("u2").await;
        let before = desk.stored(&u2).await;
        for steps in ["login u1", "login u2"] {
            assert_eq!(end_with(&desk, &[&u2], steps, end).await, [""; 0], "{end:?}");
            settle().await;
            assert_eq!(desk.listed("u1").await, [], "{end:?}");
            assert_eq!(desk.stored(&u2).await, before);
        }
        desk.forget();
        desk.ask(&[&u2], "who").await.is_quiet(200, "u2", &["load"]);
    }
}

#[tokio::test]
async fn d19_a_logout_happens_however_the_handler_ends() {
    for end in ENDS {
        for steps in ["logout", "who, logout", "insert a 1, logout"] {
            let desk = Desk::new();
            let (one, other) = (desk.cookie("u1").await, desk.cookie("u1").await);
            let lines = end_with(&desk, &[&one], steps, end).await;
            match end {
                End::Status(_) => assert_eq!(lines, [REMOVED]),
                End::Panic | End::Cancelled => assert_eq!(lines, [""; 0]),
            }
            desk.until(async || desk.stored(&one).await.is_none()).await;
            desk.forget();
            desk.ask(&[&one], "who").await.is_quiet(200, "nobody", &["load"]);
            desk.ask(&[&other], "who").await.is_quiet(200, "u1", &["load"]);
        }
    }
}

#[tokio::test]
async fn d19_logging_out_elsewhere_happens_however_the_handler_ends() {
    for end in ENDS {
        let desk = Desk::new();
        let (one, other) = (desk.cookie("u1").await, desk.cookie("u1").await);
        end_with(&desk, &[&one], "logout_others", end).await;
        desk.until(async || desk.stored(&other).await.is_none()).await;
        desk.forget();
        desk.ask(&[&one], "who").await.is_quiet(200, "u1", &["load"]);

        // A login at the time of the cut-off would be overtaken by it.
        desk.at(T0 + SECOND);
        let third = desk.cookie("u1").await;
        let end_third = format!("end {}", selector_of(&third).to_text());
        end_with(&desk, &[&one], &end_third, end).await;
        desk.until(async || desk.stored(&third).await.is_none()).await;

        let fourth = desk.cookie("u1").await;
        end_with(&desk, &[&one], "logout_everywhere", end).await;
        desk.until(async || desk.listed("u1").await.is_empty()).await;
        desk.forget();
        desk.ask(&[&fourth], "who")
            .await
            .is_quiet(200, "nobody", &["load"]);
    }
}

#[tokio::test]
async fn d16_who_goes_away_during_the_commit_leaves_the_old_state_or_the_new_one() {
    for (operation, steps) in [
        ("create", "login u2"),
        ("create", "who, login u2, status 200"),
        ("update", "insert a 1"),
        ("rotate", "login u1"),
    ] {
        let desk = Desk::new();
        let cookie = desk.cookie("u1").await;
        let before = desk.stored(&cookie).await;
        desk.store.hold(operation, &desk.gate);
        let task = tokio::spawn(desk.app.clone().oneshot(request(&[&cookie], steps)));
        desk.gate.reached().await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        desk.gate.open();
        settle().await;
        assert_eq!(desk.stored(&cookie).await, before, "{operation}");
        assert_eq!(desk.listed("u2").await, []);
    }
    // What takes privilege away goes on all the same.
    for (operation, steps) in [("delete", "logout"), ("delete_by_subject", "logout_everywhere")] {
        let desk = Desk::new();
        let cookie = desk.cookie("u1").await;
        desk.store.hold(operation, &desk.gate);
        let task = tokio::spawn(desk.app.clone().oneshot(request(&[&cookie], steps)));
        desk.gate.reached().await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        desk.gate.open();
        desk.until(async || desk.stored(&cookie).await.is_none()).await;
        assert_eq!(desk.listed("u1").await, []);
    }
}

#[tokio::test]
async fn d19_a_failure_that_an_inner_layer_hides_is_a_failure() {
    let desk = Desk::new();
    let visitor = desk.visitor("a", "1").await;
    // On a level further in, and by the layer's own `on_error`.
    let to_start = |_: &Error, _: Response| Redirect::to("/").into_response();
    let login = any(async |session: Session| {
        session.login("u1")?;
        Err::<(), Error>(Error::ResponseSent)
    });
    let inner = Router::new()
        .route("/", login.clone())
        .layer(CookieLayer::new().on_error(to_start))
        .layer(SessionLayer::new(desk.sessions.clone()));
    let own = Router::new()
        .route("/", login)
        .layer(SessionLayer::new(desk.sessions.clone()).on_error(to_start));
    for app in [inner, own] {
        let response = app.oneshot(request(&[&visitor], "")).await.unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()[LOCATION], "/");
        assert!(!response.headers().contains_key("set-cookie"));
        assert_eq!(desk.listed("u1").await, []);
    }
}

#[tokio::test]
async fn d19_a_service_that_fails_commits_a_logout() {
    let desk = Desk::new();
    let cookie = desk.cookie("u1").await;
    let service = ServiceBuilder::new()
        .layer(SessionLayer::new(desk.sessions.clone()))
        .service_fn(async |request: http::Request<Body>| {
            let session = Session::read(request.headers(), request.extensions()).unwrap();
            session.logout().unwrap();
            Err::<Response, BoxError>("the service fails".into())
        });
    assert!(service.oneshot(request(&[&cookie], "")).await.is_err());
    desk.until(async || desk.stored(&cookie).await.is_none()).await;
}

#[tokio::test]
async fn d1_a_late_write_does_not_bring_a_session_back() {
    for steps in ["who, insert a 1", "bump a", "who, login u1", "who, login u2"] {
        for end in ["logout", "logout_everywhere"] {
            let desk = Desk::new();
            let cookie = desk.cookie("u1").await;
            let late = tokio::spawn(
                desk.app
                    .clone()
                    .oneshot(request(&[&cookie], &format!("{steps}, wait"))),
            );
            desk.gate.reached().await;
            assert_eq!(desk.ask(&[&cookie], end).await.set_cookies(), [REMOVED]);
            desk.gate.open();
            let response = late.await.unwrap().unwrap();
            if steps == "who, login u2" {
                // It is a login of its own, and takes the place of nothing.
                assert_eq!(desk.listed("u1").await, []);
                continue;
            }
            assert_eq!(response.status(), StatusCode::CONFLICT, "{steps} {end}");
            assert!(!response.headers().contains_key("set-cookie"));
            assert!(matches!(
                response.extensions().get(),
                Some(Error::Session(SessionError::Superseded))
            ));
            assert_eq!(desk.listed("u1").await, []);
            desk.forget();
            desk.ask(&[&cookie], "who")
                .await
                .is_quiet(200, "nobody", &["load"]);
        }
    }
}

/// A desk whose sessions are renewed every minute, and its session of `u1` at T0.
async fn renewing() -> (Desk, String) {
    let minute = std::time::Duration::from_secs(60);
    let desk = Desk::with(settings().renew_every(minute), |layer| layer);
    let cookie = desk.cookie("u1").await;
    (desk, cookie)
}

#[tokio::test]
async fn d2_the_tab_with_the_old_token_keeps_going_inside_grace_and_gets_no_cookie() {
    let (desk, old) = renewing().await;
    let answer = desk.at(T0 + 61 * SECOND).ask(&[&old], "who").await;
    assert_eq!(answer.body, "u1");
    let new = answer.set_cookie().0.to_owned();
    assert_ne!(new, old);
    assert_eq!(selector_of(&new), selector_of(&old));
    // Two tabs: the late one has the old token.
    for millis in [0, 1, 30 * SECOND - 1] {
        desk.at(T0 + 61 * SECOND + millis);
        desk.ask(&[&old], "who").await.is_quiet(200, "u1", &["load"]);
    }
    desk.at(T0 + 61 * SECOND + 31 * SECOND);
    let answer = desk.ask(&[&old], "who").await;
    assert_eq!(answer.events, [Reused]);
    answer.is_quiet(200, "nobody", &["load"]);
    desk.ask(&[&new], "who").await.is_quiet(200, "u1", &["load"]);
}

#[tokio::test]
async fn d2_after_a_re_authentication_the_old_token_opens_nothing() {
    let desk = Desk::new();
    let old = desk.cookie("u1").await;
    let answer = desk.ask(&[&old], "login u1").await;
    let new = answer.set_cookie().0.to_owned();
    assert_eq!(selector_of(&new), selector_of(&old));
    let answer = desk.ask(&[&old], "who").await;
    assert_eq!(answer.events, [Reused]);
    answer.is_quiet(200, "nobody", &["load"]);
    for (steps, status) in [
        ("who, insert a 1", 409),
        ("logout", 200),
        ("logout_others", 200),
        ("logout_everywhere", 200),
    ] {
        let answer = desk.ask(&[&old], steps).await;
        assert_eq!(answer.events, [Reused]);
        answer.is_quiet(status, &answer.body, &["load"]);
    }
    desk.ask(&[&new], "who, get a")
        .await
        .is_quiet(200, "u1 nothing", &["load"]);
}

#[tokio::test]
async fn d3_a_renewal_that_nobody_hears_of_leaves_the_old_or_the_new_session() {
    for end in ENDS {
        let (desk, old) = renewing().await;
        desk.at(T0 + 61 * SECOND);
        let lines = end_with(&desk, &[&old], "who", end).await;
        settle().await;
        desk.forget();
        // The browser has the new token, or the old one, which is served.
        let held = lines
            .first()
            .map_or(&*old, |line| line.split(';').next().unwrap());
        assert_eq!(desk.ask(&[held], "who").await.body, "u1", "{end:?}");
        let listed: Vec<Stored> = desk.listed("u1").await;
        assert_eq!(listed.len(), 1);
    }
}

#[tokio::test]
async fn a_body_that_goes_on_after_the_commit_reads_and_changes_nothing() {
    let desk = Desk::new();
    let cookie = desk.cookie("u1").await;
    let (give, take) = oneshot::channel();
    let give = Arc::new(Mutex::new(Some(give)));
    let keeping = any(move |session: Session| {
        give.lock().unwrap().take().unwrap().send(session).unwrap();
        async { "kept" }
    });
    let app = Router::new().route("/", keeping);
    let app = app.layer(SessionLayer::new(desk.sessions.clone()));
    let response = app.oneshot(request(&[&cookie], "")).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let session = take.await.unwrap();
    let committed = |result: Result<(), SessionError>| matches!(result, Err(SessionError::Committed));
    assert!(committed(session.insert("a", &1)));
    assert!(committed(session.remove("a")));
    assert!(committed(session.login("u2")));
    assert!(committed(session.logout()));
    assert!(committed(session.logout_everywhere()));
    assert!(committed(session.persistent()));
    desk.forget();
    desk.ask(&[&cookie], "who, get a")
        .await
        .is_quiet(200, "u1 nothing", &["load"]);
}

#[tokio::test]
async fn a_session_that_nobody_had_asked_for_does_not_begin_after_the_response() {
    let desk = Desk::new();
    let (give, take) = oneshot::channel();
    let give = Arc::new(Mutex::new(Some(give)));
    let service = ServiceBuilder::new()
        .layer(SessionLayer::new(desk.sessions.clone()))
        .service_fn(move |request: http::Request<Body>| {
            let _ = give.lock().unwrap().take().unwrap().send(request);
            async { Ok::<_, BoxError>(Response::new(Body::empty())) }
        });
    service.oneshot(request(&[], "")).await.unwrap();
    let request = take.await.unwrap();
    assert!(matches!(
        Session::read(request.headers(), request.extensions()),
        Err(Error::ResponseSent)
    ));
}
