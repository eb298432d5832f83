//! How tokens travel: in the cookie, and in Authorization.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use cloakroom_tower::cloakroom_cookie::parse::SetCookieLine;
use cloakroom_tower::cloakroom_cookie::{SameSite, SetCookie, Transport};
use cloakroom_tower::cloakroom_session::SessionError;
use cloakroom_tower::testing::{Recorder, in_session, in_session_by_bearer, set_cookies};
use cloakroom_tower::{
    CookieLayer, Error, EventKind, InvalidSessionCookie, Reach, Session, SessionCookie, SessionLayer,
};
use http::StatusCode;
use http::header::{AUTHORIZATION, CACHE_CONTROL, LOCATION, SET_COOKIE, WWW_AUTHENTICATE};
use tower::ServiceExt;

use crate::desk::{ATTRIBUTES, Desk, REMOVED, SECOND, T0, request, routes, settings};

#[tokio::test]
async fn a_login_and_a_logout_by_cookie() {
    let desk = Desk::new();
    let answer = desk.ask(&[], "login u1").await;
    assert_eq!(answer.calls, ["create"]);
    let (cookie, attributes) = answer.set_cookie();
    assert_eq!(attributes, ATTRIBUTES);
    assert_eq!(cookie.len(), "__Host-id=".len() + 64);
    desk.ask(&[cookie], "who").await.is_quiet(200, "u1", &["load"]);
    let gone = desk.ask(&[cookie], "logout").await;
    assert_eq!(gone.set_cookies(), [REMOVED]);
    assert_eq!(gone.headers[CACHE_CONTROL], "no-store");
    desk.ask(&[cookie], "who")
        .await
        .is_quiet(200, "nobody", &["load"]);
    // There is nothing to log out of, and nothing is taken from a browser whose cookie may be another's.
    desk.ask(&[cookie], "logout").await.is_quiet(200, "", &["load"]);
    desk.ask(&[], "logout").await.is_quiet(200, "", &[]);
}

#[tokio::test]
async fn a_persistent_session_has_the_max_age_that_is_left() {
    let day = 24 * 3600;
    let settings = settings()
        .persistent_idle_timeout(Duration::from_secs(7 * day))
        .persistent_absolute_timeout(Duration::from_secs(30 * day));
    let desk = Desk::with(settings, |layer| layer);
    let answer = desk.ask(&[], "login u1, persistent").await;
    let (cookie, attributes) = answer.set_cookie();
    let max_age = attributes
        .split("; ")
        .find_map(|part| part.strip_prefix("Max-Age="));
    let max_age: u64 = max_age.unwrap().parse().unwrap();
    assert!(7 * day <= max_age && max_age <= 30 * day, "{max_age}");
    assert_eq!(
        attributes,
        format!("Path=/; Max-Age={max_age}; Secure; HttpOnly; SameSite=Lax")
    );
    desk.at(T0 + 6 * 86_400 * SECOND);
    assert_eq!(desk.ask(&[cookie], "who").await.body, "u1");
}

/// Each Set-Cookie that a login, a re-authentication and a logout cause.
async fn lines(desk: &Desk) -> Vec<String> {
    let mut lines = Vec::new();
    let mut held = String::new();
    for steps in ["login u1", "login u1", "persistent, login u1", "logout"] {
        let answer = desk.ask(&[&held], steps).await;
        let (cookie, _) = answer.set_cookie();
        cookie.clone_into(&mut held);
        lines.push(answer.set_cookies()[0].to_owned());
    }
    lines
}

#[tokio::test]
async fn d15_asvs_3_3_1_the_cookie_is_secure_and_its_name_has_a_prefix() {
    for line in lines(&Desk::new()).await {
        assert!(
            line.starts_with("__Host-id=") && line.contains("; Secure"),
            "{line}"
        );
    }
    let shared = SetCookie::secure_prefix("id", "")
        .domain("example.com")
        .finish()
        .unwrap();
    let shared = SessionCookie::with_reach(&shared, Reach::SharedWithSubdomains).unwrap();
    for line in lines(&Desk::layered(|layer| layer.cookie(shared))).await {
        assert!(
            line.starts_with("__Secure-id=") && line.contains("; Secure"),
            "{line}"
        );
    }
    let unprefixed = SetCookie::new("id", "").finish().unwrap();
    let insecure = SetCookie::new("id", "").insecure().finish().unwrap();
    for (cookie, reach, expected) in [
        (&unprefixed, Reach::Host, "NotHostBound"),
        (&unprefixed, Reach::SharedWithSubdomains, "NotPrefixed"),
        (&insecure, Reach::SharedWithSubdomains, "NotPrefixed"),
    ] {
        let refused = SessionCookie::with_reach(cookie, reach).unwrap_err();
        assert!(format!("{refused:?}").starts_with(expected), "{refused:?}");
    }
}

#[tokio::test]
async fn d15_asvs_3_3_2_the_cookie_has_a_same_site_attribute() {
    for line in lines(&Desk::new()).await {
        assert!(line.ends_with("; SameSite=Lax"), "{line}");
    }
    let strict = SetCookie::host("id", "")
        .same_site(SameSite::Strict)
        .finish()
        .unwrap();
    let strict = SessionCookie::new(&strict).unwrap();
    for line in lines(&Desk::layered(|layer| layer.cookie(strict))).await {
        assert!(line.ends_with("; SameSite=Strict"), "{line}");
    }
    let unset = SetCookie::host("id", "").without_same_site().finish().unwrap();
    assert!(matches!(
        SessionCookie::new(&unset),
        Err(InvalidSessionCookie::NoSameSite { .. })
    ));
}

#[tokio::test]
async fn d15_asvs_3_3_3_the_cookie_is_of_one_host_unless_it_is_meant_to_be_shared() {
    for line in lines(&Desk::new()).await {
        assert!(
            line.starts_with("__Host-") && line.contains("; Path=/;"),
            "{line}"
        );
        assert!(!line.contains("Domain"), "{line}");
    }
    for prefix in [
        SetCookie::secure_prefix("id", "").finish(),
        SetCookie::http("id", "").finish(),
    ] {
        let cookie = prefix.unwrap();
        assert!(matches!(
            SessionCookie::new(&cookie),
            Err(InvalidSessionCookie::NotHostBound { .. })
        ));
        assert!(SessionCookie::with_reach(&cookie, Reach::SharedWithSubdomains).is_ok());
    }
    assert!(SessionCookie::new(&SetCookie::host_http("id", "").finish().unwrap()).is_ok());
}

#[tokio::test]
async fn d15_asvs_3_3_4_no_script_reads_the_cookie_and_the_token_is_in_no_other_place() {
    for line in lines(&Desk::new()).await {
        assert!(line.contains("; HttpOnly"), "{line}");
    }
    let desk = Desk::new();
    let answer = desk.ask(&[], "login u1").await;
    let (cookie, _) = answer.set_cookie();
    let token = &cookie["__Host-id=".len()..];
    assert!(!answer.body.contains(token));
    let others = answer.headers.iter().filter(|(name, _)| *name != "set-cookie");
    for (_, value) in others {
        assert!(!value.to_str().unwrap().contains(token));
    }
    let readable = SetCookie::host("id", "").script_readable().finish().unwrap();
    assert!(matches!(
        SessionCookie::new(&readable),
        Err(InvalidSessionCookie::ScriptReadable { .. })
    ));
}

#[tokio::test]
async fn d15_asvs_3_3_5_name_and_value_are_4096_bytes_at_most() {
    for line in lines(&Desk::new()).await {
        let pair = line.split(';').next().unwrap();
        assert!(pair.len() - 1 <= 10 + 64, "{line}");
    }
    for (len, fits) in [(4096 - 64, true), (4096 - 63, false)] {
        let name = "n".repeat(len - "__Host-".len());
        let cookie = SetCookie::host(name, "").finish().unwrap();
        assert_eq!(SessionCookie::new(&cookie).is_ok(), fits);
    }
}

#[test]
fn a_cookie_that_contradicts_the_session_is_refused() {
    let hour = Duration::from_secs(3600);
    let lasting = SetCookie::host("id", "").persistent(hour).finish().unwrap();
    let pathless = SetCookie::secure_prefix("id", "")
        .without_path()
        .finish()
        .unwrap();
    assert!(matches!(
        SessionCookie::new(&lasting),
        Err(InvalidSessionCookie::MaxAge { .. })
    ));
    assert!(matches!(
        SessionCookie::with_reach(&pathless, Reach::SharedWithSubdomains),
        Err(InvalidSessionCookie::NoPath { .. })
    ));
}

#[tokio::test]
async fn all_attributes_are_kept_and_the_removal_has_them_too() {
    let cookie = SetCookie::secure_prefix("id", "ignored")
        .domain("example.com")
        .path("/app")
        .same_site(SameSite::None)
        .partitioned();
    let cookie = SessionCookie::with_reach(&cookie.finish().unwrap(), Reach::SharedWithSubdomains).unwrap();
    let lines = lines(&Desk::layered(|layer| layer.cookie(cookie))).await;
    let attributes = "; Secure; HttpOnly; SameSite=None; Partitioned";
    for line in &lines {
        assert!(
            line.ends_with(attributes) && line.contains("; Path=/app; Domain=example.com"),
            "{line}"
        );
    }
    assert!(lines[3].starts_with("__Secure-id=; Path=/app; Domain=example.com; Max-Age=0; Expires="));
}

#[tokio::test]
async fn plain_http_on_a_developers_machine_has_its_own_name() {
    let transport = Transport::plain_http_for_development().unwrap();
    let desk = Desk::layered(|layer| layer.cookie(SessionCookie::default().over(transport)));
    let answer = desk.ask(&[], "login u1").await;
    let (cookie, attributes) = answer.set_cookie();
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax");
    assert!(cookie.starts_with("--Host-id="), "{cookie}");
    desk.ask(&[cookie], "who").await.is_quiet(200, "u1", &["load"]);
    let secure = format!("__{}", &cookie[2..]);
    desk.ask(&[&secure], "who").await.is_quiet(200, "nobody", &[]);
    assert!(
        desk.ask(&[cookie], "logout").await.set_cookies()[0].starts_with("--Host-id=; Path=/; Max-Age=0")
    );
}

#[tokio::test]
async fn d23_a_session_in_authorization_never_causes_a_cookie() {
    for desk in [
        Desk::layered(SessionLayer::bearer),
        Desk::layered(SessionLayer::cookie_or_bearer),
    ] {
        let old = desk.token("u1").await;
        let field = format!("Bearer {}", *old.to_text());
        desk.bear(&field, "who, source")
            .await
            .is_quiet(200, "u1 Authorization", &["load"]);
        desk.bear(&field, "insert a 1")
            .await
            .is_quiet(200, "", &["load", "update"]);
        // The new token of a re-authentication is handed over once.
        let answer = desk.bear(&field, "login u1, take, commit, take, take").await;
        assert!(
            answer.body.starts_with("no token ") && answer.body.ends_with(" no token"),
            "{answer:?}"
        );
        answer.is_quiet(200, &answer.body, &["load", "rotate"]);
        let new = answer.body.replace("no token", "").trim().to_owned();
        assert_eq!(new.len(), 64);
        desk.bear(&field, "who").await.is_quiet(200, "nobody", &["load"]);
        let field = format!("Bearer {new}");
        desk.bear(&field, "who, get a")
            .await
            .is_quiet(200, "u1 1", &["load"]);
        // Nor does the end of it.
        let answer = desk.bear(&field, "logout").await;
        answer.is_quiet(200, "", &answer.calls);
        desk.bear(&field, "who").await.is_quiet(200, "nobody", &["load"]);
    }
}

#[tokio::test]
async fn d23_a_periodic_renewal_is_handed_over_once_or_does_not_happen() {
    let settings = settings().renew_every(Duration::from_secs(60));
    let desk = Desk::with(settings, SessionLayer::bearer);
    let old = desk.token("u1").await;
    let field = format!("Bearer {}", *old.to_text());
    // Nobody asks for the token: the client could not know it, so the old one must stay good.
    desk.at(T0 + 61 * SECOND);
    let answer = desk.bear(&field, "who").await;
    answer.is_quiet(200, "u1", &answer.calls);
    desk.at(T0 + 200 * SECOND);
    assert_eq!(desk.bear(&field, "who").await.body, "u1");
    let answer = desk.bear(&field, "commit, take, take").await;
    answer.is_quiet(200, &answer.body, &answer.calls);
    let new = answer.body.replace("no token", "").trim().to_owned();
    assert_eq!(new.len(), 64, "{answer:?}");
    assert_eq!(desk.bear(&format!("Bearer {new}"), "who").await.body, "u1");
}

#[tokio::test]
async fn a_login_over_authorization_hands_its_token_to_the_handler() {
    let desk = Desk::layered(SessionLayer::bearer);
    let answer = desk.ask(&[], "login u1, commit, take").await;
    answer.is_quiet(200, &answer.body, &["create"]);
    let field = format!("bEARER   {}", answer.body);
    desk.bear(&field, "who, source")
        .await
        .is_quiet(200, "u1 Authorization", &["load"]);
}

#[tokio::test]
async fn a_login_over_authorization_whose_token_nobody_could_be_given_is_a_mistake() {
    let desk = Desk::layered(SessionLayer::bearer);
    for steps in ["login u1", "insert a 1"] {
        let answer = desk.ask(&[], steps).await;
        assert_eq!(answer.calls, [""; 0]);
        let body = format!("{}\n", SessionError::TokenNotTaken);
        assert_eq!((answer.status.as_u16(), answer.body), (500, body));
        assert!(!answer.headers.contains_key(SET_COOKIE));
    }
    assert_eq!(desk.listed("u1").await, []);
}

#[tokio::test]
async fn what_a_handler_committed_itself_stands_and_its_cookie_goes_out() {
    let desk = Desk::new();
    let answer = desk.ask(&[], "login u1, commit, status 418").await;
    assert_eq!(answer.status, StatusCode::IM_A_TEAPOT);
    let (cookie, _) = answer.set_cookie();
    desk.ask(&[cookie], "who").await.is_quiet(200, "u1", &["load"]);
    // A token that the handler took goes out one way only.
    let answer = desk.ask(&[], "login u1, commit, take").await;
    assert_eq!(answer.set_cookies(), [""; 0]);
    let cookie = format!("__Host-id={}", answer.body);
    desk.ask(&[&cookie], "who").await.is_quiet(200, "u1", &["load"]);
}

#[tokio::test]
async fn authorization_alone_decides_where_it_is_present() {
    let desk = Desk::layered(SessionLayer::cookie_or_bearer);
    let (u1, u2) = (desk.token("u1").await, desk.token("u2").await);
    let (bearer, cookie) = (u1.to_text(), format!("__Host-id={}", *u2.to_text()));
    let good = format!("Bearer {}", *bearer);
    for (fields, cookies, body, calls) in [
        (&[][..], &[][..], "nobody Cookie", &[][..]),
        (&[], &[&*cookie], "u2 Cookie", &["load"]),
        (&[&*good], &[], "u1 Authorization", &["load"]),
        (&[&good], &[&cookie], "u1 Authorization", &["load"]),
        (&["Bearer junk"], &[&cookie], "nobody Authorization", &[]),
        (&["Bearer "], &[&cookie], "nobody Authorization", &[]),
        (&["Basic dTE6cA=="], &[&cookie], "nobody Authorization", &[]),
        (&[""], &[&cookie], "nobody Authorization", &[]),
        (&[&good, &good], &[&cookie], "nobody Authorization", &[]),
    ] {
        let mut request = request(cookies, "who, source");
        for field in fields {
            request
                .headers_mut()
                .append(AUTHORIZATION, field.parse().unwrap());
        }
        desk.call(request).await.is_quiet(200, body, calls);
    }
    // By one carrier alone the other is not looked at.
    let desk = Desk::new();
    let good = format!("Bearer {}", *desk.token("u1").await.to_text());
    desk.bear(&good, "who, source")
        .await
        .is_quiet(200, "nobody Cookie", &[]);
    let desk = Desk::layered(SessionLayer::bearer);
    let cookie = desk.cookie("u1").await;
    desk.ask(&[&cookie], "who, source")
        .await
        .is_quiet(200, "nobody Authorization", &[]);
    // Not even where it is over the limits.
    let long = format!("a={}", "a".repeat(40_000));
    desk.ask(&[&long], "who").await.is_quiet(200, "nobody", &[]);
}

#[tokio::test]
async fn a_route_that_needs_a_login_says_how() {
    let cookie = "Cookie cookie-name=\"__Host-id\"";
    for (desk, challenge) in [
        (Desk::new(), cookie),
        (Desk::layered(SessionLayer::bearer), "Bearer"),
        (Desk::layered(SessionLayer::cookie_or_bearer), "Bearer"),
    ] {
        let answer = desk.ask(&[], "recent 60").await;
        assert_eq!(answer.headers[WWW_AUTHENTICATE], challenge);
        answer.is_quiet(401, "a login is required\n", &[]);
    }
    let desk = Desk::new();
    let held = desk.cookie("u1").await;
    desk.at(T0 + 60 * SECOND)
        .ask(&[&held], "recent 60")
        .await
        .is_quiet(200, "", &["load", "touch"]);
    let answer = desk.at(T0 + 61 * SECOND).ask(&[&held], "recent 60").await;
    assert!(!answer.headers.contains_key(WWW_AUTHENTICATE));
    answer.is_quiet(403, "a recent authentication is required\n", &["load"]);
}

#[tokio::test]
async fn on_error_may_send_people_to_the_login() {
    let desk = Desk::new();
    let layer = SessionLayer::new(desk.sessions.clone()).on_error(|error, response: Response| match error {
        Error::Session(SessionError::LoginRequired) => Redirect::to("/login").into_response(),
        _ => response,
    });
    let app = routes(&desk.gate).layer(layer);
    let response = app.oneshot(request(&[], "recent 60")).await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[LOCATION], "/login");
}

#[tokio::test]
async fn a_cookie_layer_further_out_owns_the_jar() {
    let desk = Desk::new();
    let recorder = Recorder::new();
    let app = routes(&desk.gate)
        .layer(
            SessionLayer::new(desk.sessions.clone())
                .observer(|_: &cloakroom_tower::Event<'_>| unreachable!()),
        )
        .layer(CookieLayer::new().observer(recorder.clone()));
    let response = app.oneshot(request(&[], "login u1, jar")).await.unwrap();
    let set = set_cookies(&response).unwrap();
    let names: Vec<_> = set.iter().map(SetCookieLine::name).collect();
    assert_eq!(names, [&b"given"[..], b"__Host-id"]);
    assert_eq!(recorder.take_kinds(), [EventKind::Set; 2]);

    let layer = SessionLayer::new(desk.sessions.clone()).observer(recorder.clone());
    let app = routes(&desk.gate).layer(layer);
    let response = app.oneshot(request(&[], "login u1, jar")).await.unwrap();
    assert_eq!(set_cookies(&response).unwrap().len(), 2);
    let expected = [
        (EventKind::Set, Some("given".to_owned())),
        (EventKind::Set, Some("__Host-id".to_owned())),
    ];
    assert_eq!(recorder.take(), expected);
}

#[tokio::test]
async fn a_layer_that_is_there_twice_is_one_layer() {
    let desk = Desk::new();
    let cookie = desk.cookie("u1").await;
    let layer = || SessionLayer::new(desk.sessions.clone());
    // A middleware between the two, and a handler inside of both.
    let between = async |session: Session, request: Request, next: Next| {
        let who = session.subject().await.unwrap();
        session.insert("between", "1").unwrap();
        let mut response = next.run(request).await;
        response.extensions_mut().insert(who);
        response
    };
    let app = routes(&desk.gate)
        .layer(layer())
        .layer(from_fn(between))
        .layer(layer());
    let ask = async |steps: &str| {
        let response = app.clone().oneshot(request(&[&cookie], steps)).await.unwrap();
        assert_eq!(response.extensions().get(), Some(&Some("u1".to_owned())));
        (response.status(), desk.store.take())
    };
    assert_eq!(
        ask("who, insert a 1").await,
        (StatusCode::OK, vec!["load", "update"])
    );
    assert_eq!(ask("who, login u1, status 400").await.0, StatusCode::BAD_REQUEST);
    desk.ask(&[&cookie], "who, get a, get between")
        .await
        .is_quiet(200, "u1 1 1", &["load"]);
    // Of another cookie it is another session.
    let other = SessionCookie::new(&SetCookie::host("other", "").finish().unwrap()).unwrap();
    let app = routes(&desk.gate).layer(layer().cookie(other)).layer(layer());
    let response = app.oneshot(request(&[&cookie], "who, login u2")).await.unwrap();
    let set = set_cookies(&response).unwrap();
    assert_eq!((set.len(), set[0].name()), (1, &b"__Host-other"[..]));
    desk.ask(&[&cookie], "who").await;
    assert_eq!(desk.listed("u1").await.len(), 1);
}

#[tokio::test]
async fn without_the_layer_there_is_no_session() {
    let desk = Desk::new();
    let app = routes(&desk.gate).layer(CookieLayer::new());
    let response = app.oneshot(request(&[], "who")).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(matches!(
        response.extensions().get(),
        Some(Error::MissingSessionLayer)
    ));
}

#[tokio::test]
async fn tests_are_logged_in_by_one_call() {
    let desk = Desk::new();
    let layer = SessionLayer::new(desk.sessions.clone()).cookie_or_bearer();
    let app = routes(&desk.gate).layer(layer.clone());
    for request in [
        in_session(request(&[], "who"), &layer, "u1").await.unwrap(),
        in_session_by_bearer(request(&[], "who"), &layer, "u1")
            .await
            .unwrap(),
    ] {
        let response = app.clone().oneshot(request).await.unwrap();
        let body = axum::body::to_bytes(response.into_body(), 100).await.unwrap();
        assert_eq!(body, "u1");
    }
    assert_eq!(desk.listed("u1").await.len(), 2);
    assert!(matches!(
        in_session(request(&[], "who"), &layer, "").await,
        Err(SessionError::InvalidSubject(_))
    ));
}
