//! What a request brings, and that reading it leaves no trace.

use axum::body::Body;
use cloakroom_tower::cloakroom_cookie::Limits;
use cloakroom_tower::cloakroom_session::EventKind::{Unknown, WrongVerifier};
use http::header::COOKIE;
use http::{Method, Request, StatusCode};

use crate::desk::{Desk, SECOND, T0, cookie_of, request, wrong_verifier};

/// The text of a token that no store has.
fn unknown() -> String {
    let token =
        cloakroom_tower::cloakroom_session::cloakroom_store::cloakroom_id::SessionToken::generate(None);
    cookie_of(&token.unwrap())
}

#[tokio::test]
async fn d13_what_opens_nothing_is_anonymous_and_causes_no_cookie() {
    let desk = Desk::new();
    let good = desk.cookie("u1").await;
    let token = &good["__Host-id=".len()..];
    for (cookies, calls) in [
        (&[][..], &[][..]),
        (&[""], &[]),
        (&["__Host-id="], &[]),
        (&["__Host-id"], &[]),
        (&["__Host-id=junk"], &[]),
        (&[&format!("__Host-id=\"{token}\"")], &[]),
        (&[&format!("__Host-id={token}=")], &[]),
        (&[&format!("__Host-id={token}A")], &[]),
        (&[&format!("__Host-id={}", &token[1..])], &[]),
        (&[&format!("__Host-id={}", "A".repeat(4096))], &[]),
        (&[&format!("__Host-id={}", "A".repeat(20_000))], &[]),
        (&["__Host-id=\u{e4}"], &[]),
        // Another name is another cookie.
        (&[&format!("id={token}")], &[]),
        (&[&format!("__host-id={token}")], &[]),
        (&[&format!("%5F%5FHost-id={token}")], &[]),
        (&[&format!("__Host-id2={token}")], &[]),
        (&[&*unknown()], &["load"]),
        (&[&*wrong_verifier(&good)], &["load"]),
    ] {
        desk.ask(cookies, "who, get a")
            .await
            .is_quiet(200, "nobody nothing", calls);
    }
    // An unknown one keeps nobody from a new session, whose selector is not taken from it. Beside a live session that
    // its holder cannot open, what is written is refused: its cookie could take the place of a good one.
    let unknown = unknown();
    let answer = desk.ask(&[&unknown], "insert a b").await;
    assert_ne!(answer.set_cookie().0[..32], unknown[..32]);
    let answer = desk.ask(&[&wrong_verifier(&good)], "insert a b").await;
    assert_eq!(
        answer.body,
        "the session was ended or authenticated anew while the request was under way\n"
    );
    answer.is_quiet(409, &answer.body, &["load"]);
    assert_eq!(desk.listed("u1").await.len(), 1);
    desk.ask(&[&good], "who").await.is_quiet(200, "u1", &["load"]);
}

#[tokio::test]
async fn d13_the_value_is_one_of_many_cookies_in_one_field_or_several() {
    let desk = Desk::new();
    let good = desk.cookie("u1").await;
    for cookies in [
        &[&*good][..],
        &[&format!("a=1; {good}; b=2")],
        &["a=1", &good, "b=2"],
        &[&format!("a; ;=; {good};")],
    ] {
        desk.ask(cookies, "who").await.is_quiet(200, "u1", &["load"]);
    }
    // A query string is never looked at.
    let mut request = request(&[], "who");
    *request.uri_mut() = format!("/?{good}&token={0}&access_token={0}", &good["__Host-id=".len()..])
        .parse()
        .unwrap();
    desk.call(request).await.is_quiet(200, "nobody", &[]);
}

#[tokio::test]
async fn a6_of_several_cookies_at_most_four_are_tried() {
    let desk = Desk::new();
    let good = desk.cookie("u1").await;
    let junk = "__Host-id=junk";
    for (cookies, body) in [
        (&[&*good, &good][..], "u1"),
        (&[&good, junk], "u1"),
        (&[junk, &good], "u1"),
        (&[junk, junk, junk, &good], "u1"),
        (&[&unknown(), &wrong_verifier(&good), &good], "u1"),
        (&[&unknown(), &unknown(), &unknown(), &good], "u1"),
        (&[junk, junk, junk, junk, &good], "nobody"),
        (&[&unknown(), &unknown(), &unknown(), &unknown(), &good], "nobody"),
    ] {
        let answer = desk.ask(cookies, "who").await;
        assert!(answer.calls.len() <= 4, "{answer:?}");
        answer.is_quiet(200, body, &answer.calls);
    }
}

#[tokio::test]
async fn a6_two_cookies_that_open_different_sessions_are_a_conflict() {
    let desk = Desk::new();
    let (one, two) = (desk.cookie("u1").await, desk.cookie("u2").await);
    for cookies in [[&*one, &two], [&two, &one]] {
        desk.ask(&cookies, "who")
            .await
            .is_quiet(200, "nobody", &["load", "load"]);
    }
    for cookie in [&*one, &two] {
        assert!(desk.stored(cookie).await.is_some());
    }
}

#[tokio::test]
async fn d21_a_thousand_wrong_verifiers_leave_the_session_as_it_is() {
    let desk = Desk::new();
    let good = desk.cookie("u1").await;
    let before = desk.stored(&good).await;
    let mut events = Vec::new();
    for nth in 0..1000 {
        desk.at(T0 + nth % 50 * SECOND);
        let answer = desk.ask(&[&wrong_verifier(&good)], "who, logout").await;
        answer.is_quiet(200, "nobody", &["load"]);
        events.extend(answer.events);
    }
    assert_eq!(events, [WrongVerifier; 1000]);
    assert_eq!(desk.stored(&good).await, before);
    desk.at(T0)
        .ask(&[&good], "who")
        .await
        .is_quiet(200, "u1", &["load"]);
}

#[tokio::test]
async fn d13_an_unknown_token_is_told_and_nothing_else() {
    let desk = Desk::new();
    let answer = desk.ask(&[&unknown()], "who").await;
    assert_eq!(answer.events, [Unknown]);
    answer.is_quiet(200, "nobody", &["load"]);
}

#[tokio::test]
async fn round_trips_are_one_for_a_read_two_for_a_change_and_none_otherwise() {
    let desk = Desk::new();
    let good = desk.cookie("u1").await;
    for (path, body) in [("/untouched", "untouched"), ("/asked", "asked")] {
        let request = Request::get(path)
            .header(COOKIE, &good)
            .body(Body::empty())
            .unwrap();
        desk.call(request).await.is_quiet(200, body, &[]);
    }
    desk.ask(&[&good], "").await.is_quiet(200, "", &[]);
    desk.ask(&[&good], "who").await.is_quiet(200, "u1", &["load"]);
    desk.ask(&[&good], "who, get a, who, get b, recent 10")
        .await
        .is_quiet(200, "u1 nothing u1 nothing", &["load"]);
    desk.ask(&[&good], "insert a 1")
        .await
        .is_quiet(200, "", &["load", "update"]);
    desk.ask(&[&good], "get a, insert b 2, remove a, get b")
        .await
        .is_quiet(200, "1 2", &["load", "update"]);
    // A first visit that writes something, and one that does not.
    let answer = desk.ask(&[], "insert a 1").await;
    assert_eq!(answer.calls, ["create"]);
    desk.ask(&[], "who, get a")
        .await
        .is_quiet(200, "nobody nothing", &[]);
    // Time passes: one write for each window, beside the load.
    desk.at(T0 + 61 * SECOND);
    desk.ask(&[&good], "who")
        .await
        .is_quiet(200, "u1", &["load", "touch"]);
    desk.ask(&[&good], "who").await.is_quiet(200, "u1", &["load"]);
}

#[tokio::test]
async fn d13_a_header_over_the_limits_is_refused_where_the_session_is_asked_for() {
    let desk = Desk::new();
    let good = desk.cookie("u1").await;
    let long = format!("{good}; a={}", "a".repeat(40_000));
    let many = format!("{good}; {}", "a=;".repeat(3_001));
    for cookie in [&*long, &many] {
        let answer = desk.ask(&[cookie], "who").await;
        let body = "the Cookie header is too large to be read\n";
        answer.is_quiet(431, body, &[]);
        let request = Request::get("/untouched")
            .header(COOKIE, cookie)
            .body(Body::empty())
            .unwrap();
        desk.call(request).await.is_quiet(200, "untouched", &[]);
    }
    let narrow = Desk::layered(|layer| layer.limits(Limits::DEFAULT.with_pairs(1)));
    let good = narrow.cookie("u1").await;
    narrow.ask(&[&good], "who").await.is_quiet(200, "u1", &["load"]);
    let answer = narrow.ask(&[&good, "a=1"], "who").await;
    assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
}

#[tokio::test]
async fn d13_head_and_answers_without_a_body_are_like_all_others() {
    let desk = Desk::new();
    let good = desk.cookie("u1").await;
    for status in [101, 200, 204, 205, 206, 301, 304, 399] {
        for method in [Method::GET, Method::HEAD] {
            let ask = async |steps: &str| {
                let mut request = request(&[&good], &format!("{steps}, status {status}"));
                *request.method_mut() = method.clone();
                desk.call(request).await
            };
            ask("who")
                .await
                .is_quiet(status, if method == Method::HEAD { "" } else { "u1" }, &["load"]);
            ask(&format!("insert a {status}{method}"))
                .await
                .is_quiet(status, "", &["load", "update"]);
            // A new session of a visitor is set with each of them.
            let mut request = request(&[], &format!("insert a 1, status {status}"));
            *request.method_mut() = method.clone();
            let answer = desk.call(request).await;
            assert_eq!(answer.status.as_u16(), status);
            let cookie = answer.set_cookie().0;
            desk.ask(&[cookie], "get a").await.is_quiet(200, "1", &["load"]);
        }
    }
}
