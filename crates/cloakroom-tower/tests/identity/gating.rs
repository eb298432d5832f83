//! Logins that have been ended, and those that nobody can judge.

use std::time::Duration;

use cloakroom_tower::cloakroom_cookie::CookieName;
use cloakroom_tower::cloakroom_jwks::{JwksVerifier, danger};
use cloakroom_tower::cloakroom_lineage::cloakroom_revocation::{LOCAL, RevocationStore as _};
use cloakroom_tower::cloakroom_session::cloakroom_store::StoreErrorKind;
use cloakroom_tower::{BearerVerifier, EventKind};
use serde_json::json;

use crate::desk::{Claims, Desk, HOUR, ISSUER, Plan, T0, policy, request};

const REJECTED: &str = "the credentials in Authorization are not good\n";
const STALE: &str = "whether this login has been ended is not known at present\n";

#[tokio::test]
async fn a_subject_that_was_cut_off_is_nobody_by_cookie_and_401_by_authorization() {
    let desk = Desk::new().await;
    let (ticket, cookie) = (desk.ticket("u1"), desk.token_cookie(&json!({})));
    let bearer = format!("Bearer {}", desk.token(&json!({})));
    let store = &desk.revocations.inner;
    let _ = store.cut_off(LOCAL, "u1", desk.now()).await.unwrap();
    desk.learn_at(T0 + 500).await;
    desk.maybe(&[&ticket]).await.is(200, "nobody");
    assert_eq!(
        desk.heard(),
        [EventKind::Opened, EventKind::CredentialRefused],
        "the ticket opens, and the gate is shut"
    );
    // The other issuer's u1 is somebody else.
    let me = format!("{ISSUER} u1 -60000 Token(Cookie)");
    desk.maybe(&[&cookie]).await.is(200, &me);
    let _ = store.cut_off(ISSUER, "u1", desk.now()).await.unwrap();
    desk.learn_at(T0 + 900).await;
    desk.maybe(&[&cookie]).await.is(200, "nobody");
    desk.me(&[&cookie]).await.is(401, "a login is required\n");
    for path in ["/me", "/maybe"] {
        desk.bear(path, &[&bearer], &[], "").await.is(401, REJECTED);
    }
}

#[tokio::test]
async fn what_could_not_be_ended_is_refused() {
    let desk = Desk::with(Plan {
        gate: false,
        lineages: false,
        policy: |policy| policy,
        ..Plan::default()
    })
    .await;
    // Without a gate a verifier may take what it likes, but nobody is nobody.
    let no_subject = desk.token(&json!({"sub": null, "jti": null}));
    let no_id = desk.token(&json!({"jti": null}));
    let bearer = |token: &str| format!("Bearer {token}");
    let answer = desk.bear("/maybe", &[&bearer(&no_subject)], &[], "").await;
    answer.is(401, REJECTED);
    let answer = desk.bear("/maybe", &[&bearer(&no_id)], &[], "").await;
    answer.is(200, &format!("{ISSUER} u1 -60000 Token(Authorization)"));

    let desk = Desk::new().await;
    for changes in [
        json!({"jti": null}),
        json!({"sub": null}),
        json!({"iat": null}),
        json!({"iat": T0 / 1000 + 6}),
        json!({"iat": T0 / 1000 - 12 * 3600 - 61}),
    ] {
        let token = desk.token(&changes);
        let answer = desk.bear("/maybe", &[&bearer(&token)], &[], "").await;
        answer.is(401, REJECTED);
        desk.maybe(&[&format!("__Host-jwt={token}")])
            .await
            .is(200, "nobody");
    }
    let latest = desk.token(&json!({"iat": T0 / 1000 + 5}));
    let answer = desk.bear("/maybe", &[&bearer(&latest)], &[], "").await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn f19_a_stale_snapshot_is_503_and_never_401_or_anonymous() {
    let desk = Desk::new().await;
    let (session, ticket) = (desk.session("u1").await, desk.ticket("u1"));
    let cookie = desk.token_cookie(&json!({}));
    let bearer = format!("Bearer {}", desk.token(&json!({})));
    desk.at(T0 + 1000);
    desk.me(&[&ticket]).await.is(200, "local u1 0 Ticket");
    desk.at(T0 + 1001);
    for path in ["/me", "/maybe"] {
        for cookies in [&[&*ticket][..], &[&cookie], &[&session, &ticket]] {
            desk.heard();
            let answer = desk.call(request("GET", path, cookies, "")).await;
            answer.is(503, STALE);
            assert_eq!(answer.header("retry-after"), "1");
            assert!(!answer.headers.contains_key("www-authenticate"));
            assert_eq!(desk.heard().last(), Some(&EventKind::CredentialUnjudged));
        }
        let answer = desk.bear(path, &[&bearer], &[], "").await;
        answer.is(503, STALE);
        assert_eq!(answer.header("retry-after"), "1");
        // What is not good at all is not worth a judgement, and sessions have a store of their own.
        desk.bear(path, &["Bearer a.b.c"], &[], "")
            .await
            .is(401, REJECTED);
        let answer = desk.call(request("GET", path, &[&session], "")).await;
        answer.is(200, "local u1 0 Session(Cookie)");
    }
    desk.maybe(&["__Host-ticket=junk"]).await.is(200, "nobody");
    desk.learn_at(T0 + 1002).await;
    desk.me(&[&ticket]).await.is(200, "local u1 0 Ticket");
}

#[tokio::test]
async fn f19_a_revoked_login_is_503_too_while_the_snapshot_is_stale() {
    let desk = Desk::new().await;
    let ticket = desk.ticket("u1");
    let _ = desk
        .revocations
        .inner
        .cut_off(LOCAL, "u1", desk.now())
        .await
        .unwrap();
    desk.learn_at(T0 + 100).await;
    desk.maybe(&[&ticket]).await.is(200, "nobody");
    desk.at(T0 + 1101);
    desk.maybe(&[&ticket]).await.is(503, STALE);
}

#[tokio::test]
async fn a_store_of_sessions_that_is_away_is_503() {
    let desk = Desk::new().await;
    let session = desk.session("u1").await;
    desk.store.fail(StoreErrorKind::Unavailable);
    for path in ["/me", "/maybe"] {
        for cookies in [&[&*session][..], &[&session, &desk.ticket("u1")]] {
            let answer = desk.call(request("GET", path, cookies, "")).await;
            answer.is(503, "the store is unavailable\n");
            assert_eq!(answer.header("retry-after"), "2");
        }
    }
    // Who has no session does not need it.
    desk.maybe(&[&desk.ticket("u1")])
        .await
        .is(200, "local u1 0 Ticket");
    desk.store.mend();
    desk.me(&[&session]).await.is(200, "local u1 0 Session(Cookie)");
}

#[tokio::test]
async fn keys_of_an_issuer_that_are_away_are_503() {
    let desk = Desk::with(Plan {
        carriers: |builder, carriers| {
            let policy = policy().revocable(12 * HOUR, Duration::from_secs(2));
            // Nobody listens there.
            let keys = JwksVerifier::builder().issuer(policy, "http://127.0.0.1:1/keys");
            let keys = danger::loopback_http(keys).start().unwrap();
            let verifier = BearerVerifier::<Claims>::from_authorization(keys);
            let verifier = verifier.or_cookie(CookieName::from_static("__Host-jwt"));
            builder.session(&carriers.sessions).token(&verifier.unwrap())
        },
        ..Plan::default()
    })
    .await;
    let text = "the keys that tokens are verified with are not available\n";
    let (session, cookie) = (desk.session("u1").await, desk.token_cookie(&json!({})));
    let bearer = format!("Bearer {}", desk.token(&json!({})));
    for path in ["/me", "/maybe"] {
        for cookies in [&[&*cookie][..], &[&session, &cookie]] {
            let answer = desk.call(request("GET", path, cookies, "")).await;
            answer.is(503, text);
            assert!(answer.headers.contains_key("retry-after"));
        }
        desk.bear(path, &[&bearer], &[], "").await.is(503, text);
    }
    // Nobody knows which token to deny; all else is done.
    let answer = desk.act(&[&session, &cookie], "leave").await;
    assert_eq!((answer.status.as_u16(), &*answer.body), (503, text));
    answer.removes(&["__Host-id", "__Host-jwt"]);
    desk.maybe(&[&session]).await.is(200, "nobody");
}
