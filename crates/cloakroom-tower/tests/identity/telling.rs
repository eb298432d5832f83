//! What observers hear, what `on_error` may change, and the helpers for tests of applications.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::response::{IntoResponse, Redirect, Response};
use cloakroom_tower::cloakroom_lineage::cloakroom_revocation::Refused;
use cloakroom_tower::testing::{Recorder, bearing, bearing_in_cookie, in_session, same_origin, with_ticket};
use cloakroom_tower::{Error, Event, EventKind, IdentityErrorKind, SessionLayer};
use http::Request;
use serde_json::json;

use crate::desk::{Desk, ISSUER, Plan, T0, signer};

#[tokio::test]
async fn an_observer_of_its_own_hears_of_identities_alone() {
    let heard = Recorder::new();
    let own = heard.clone();
    let desk = Desk::built(Plan::default(), |layer| layer.observer(own)).await;
    let (session, ticket) = (desk.session("u1").await, desk.ticket("u2"));
    desk.maybe(&[&session, &ticket]).await.is(200, "nobody");
    assert_eq!(heard.take(), [(EventKind::IdentityConflict, None)]);
    assert_eq!(desk.heard(), [EventKind::Opened]);
    desk.at(T0 + 2000);
    assert_eq!(desk.maybe(&[&ticket]).await.status, 503);
    let cookie = Some("__Host-ticket".to_owned());
    assert_eq!(heard.take(), [(EventKind::CredentialUnjudged, cookie)]);
    desk.learn_at(T0 + 2000).await;
    desk.act(&[&ticket], "leave").await;
    desk.learn_at(T0 + 2100).await;
    let bearer = format!("Bearer {}", desk.token(&json!({"jti": null})));
    desk.maybe(&[&ticket]).await.is(200, "nobody");
    let _ = desk.bear("/maybe", &[&bearer], &[], "").await;
    let cookie = Some("__Host-ticket".to_owned());
    assert_eq!(heard.take(), [(EventKind::CredentialRefused, cookie)]);
}

#[tokio::test]
async fn an_event_says_why_a_credential_was_refused() {
    let reasons = Arc::<Mutex<Vec<_>>>::default();
    let list = Arc::clone(&reasons);
    let desk = Desk::built(Plan::default(), |layer| {
        layer.observer(move |event: &Event<'_>| list.lock().unwrap().push((event.kind(), event.refused())))
    })
    .await;
    let (ticket, other) = (desk.ticket("u1"), desk.ticket("u2"));
    desk.act(&[&ticket], "leave").await;
    desk.act(&[&other], "leave everywhere").await;
    desk.learn_at(T0 + 100).await;
    desk.maybe(&[&ticket]).await.is(200, "nobody");
    desk.maybe(&[&other]).await.is(200, "nobody");
    let refused = |why| (EventKind::CredentialRefused, Some(why));
    let expected = [refused(Refused::Denied), refused(Refused::CutOff)];
    assert_eq!(*reasons.lock().unwrap(), expected);
    let names = [
        EventKind::IdentityConflict,
        EventKind::CsrfMissing,
        EventKind::CredentialRefused,
        EventKind::CredentialUnjudged,
    ];
    assert_eq!(
        names.map(EventKind::as_str),
        [
            "identity_conflict",
            "csrf_missing",
            "credential_refused",
            "credential_unjudged"
        ]
    );
}

#[tokio::test]
async fn on_error_may_change_the_response_and_a_failed_login_stays_one() {
    let desk = Desk::built(Plan::default(), |layer| {
        layer.on_error(|error: &Error, response: Response| match error {
            Error::Identity(error) if matches!(error.kind(), IdentityErrorKind::Required) => {
                Redirect::to("/login").into_response()
            }
            _ => response,
        })
    })
    .await;
    let answer = desk.me(&[]).await;
    answer.is(303, "");
    assert_eq!(answer.header("location"), "/login");
    let answer = desk.act(&[], "enter ticket u1, who").await;
    answer.is(303, "");
    let answer = desk.act(&[], "leave, who").await;
    assert_eq!(answer.status, 303);
    answer.removes(&["__Host-id", "__Host-jwt", "__Host-ticket"]);
}

#[tokio::test]
async fn a_cookie_under_a_retiring_key_is_sealed_anew_when_it_counts_and_never_in_a_conflict() {
    let desk = Desk::new().await;
    let (ticket, session) = (desk.ticket("u1"), desk.session("u2").await);
    desk.rotate();
    let answer = desk.me(&[&ticket]).await;
    let sealed = answer.sets_beside(&[]).to_owned();
    assert!(sealed.starts_with("__Host-ticket=") && sealed != ticket);
    desk.me(&[&sealed]).await.is(200, "local u1 0 Ticket");
    desk.maybe(&[&ticket, &session]).await.is(200, "nobody");
    let bearer = format!("Bearer {}", desk.token(&json!({})));
    let answer = desk.bear("/me", &[&bearer], &[&ticket], "").await;
    answer.is(200, &format!("{ISSUER} u1 -60000 Token(Authorization)"));
    // A copy of a ticket that was ended is not sealed anew, and the one that was is the same ticket.
    desk.act(&[&ticket], "leave").await;
    desk.learn_at(T0 + 100).await;
    desk.maybe(&[&ticket]).await.is(200, "nobody");
    desk.maybe(&[&sealed]).await.is(200, "nobody");
    // A snapshot that is too old says nothing, so nothing is sent.
    desk.at(T0 + 9000);
    let answer = desk.maybe(&[&ticket]).await;
    assert_eq!((answer.status.as_u16(), answer.set_cookies()), (503, vec![]));
}

#[tokio::test]
async fn helpers_log_a_request_in_by_each_carrier() {
    let desk = Desk::new().await;
    let bare = || Request::post("/me").body(Body::empty()).unwrap();
    let by_ticket = with_ticket(bare(), &desk.sealer, "u1", desk.now()).unwrap();
    assert_eq!(desk.call(by_ticket).await.status, 403, "no page has sent it");
    let by_ticket = with_ticket(bare(), &desk.sealer, "u1", desk.now()).unwrap();
    let answer = desk.call(same_origin(by_ticket)).await;
    answer.is(200, "local u1 0 Ticket");
    let sessions = SessionLayer::new(desk.sessions.clone());
    let by_session = in_session(bare(), &sessions, "u1").await.unwrap();
    let answer = desk.call(same_origin(by_session)).await;
    answer.is(200, "local u1 0 Session(Cookie)");
    let claims = desk.claims(&json!({}));
    let by_cookie = bearing_in_cookie(bare(), &desk.verifier, &signer(), &claims).unwrap();
    let answer = desk.call(same_origin(by_cookie)).await;
    answer.is(200, &format!("{ISSUER} u1 -60000 Token(Cookie)"));
    let by_authorization = bearing(bare(), &signer(), &claims).unwrap();
    let answer = desk.call(by_authorization).await;
    answer.is(200, &format!("{ISSUER} u1 -60000 Token(Authorization)"));
}
