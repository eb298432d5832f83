//! Logins.

use std::sync::atomic::Ordering;

use cloakroom_tower::cloakroom_session::cloakroom_store::StoreErrorKind;
use serde_json::json;

use crate::desk::{Desk, ISSUER, Plan, T0};

#[tokio::test]
async fn a_login_removes_the_cookies_of_the_other_carriers() {
    let desk = Desk::new().await;
    let answer = desk.act(&[], "enter session u1").await;
    let cookie = answer.sets_beside(&["__Host-jwt", "__Host-ticket"]).to_owned();
    desk.me(&[&cookie]).await.is(200, "local u1 0 Session(Cookie)");

    let answer = desk.act(&[], "enter ticket u1").await;
    let cookie = answer.sets_beside(&["__Host-id", "__Host-jwt"]).to_owned();
    desk.me(&[&cookie]).await.is(200, "local u1 0 Ticket");

    let token = desk.token(&json!({}));
    let answer = desk.act(&[], &format!("enter cookie __Host-jwt {token}")).await;
    let cookie = answer.sets_beside(&["__Host-id", "__Host-ticket"]).to_owned();
    let me = format!("{ISSUER} u1 -60000 Token(Cookie)");
    desk.me(&[&cookie]).await.is(200, &me);

    let answer = desk.act(&[], "enter answer").await;
    answer.removes(&["__Host-id", "__Host-jwt", "__Host-ticket"]);
}

#[tokio::test]
async fn a_login_ends_what_the_request_was_logged_in_by() {
    let logins = [
        "enter session u2",
        "enter ticket u2",
        "enter cookie __Host-jwt new",
        "enter answer",
    ];
    for login in logins {
        let desk = Desk::new().await;
        let old = [
            desk.session("u1").await,
            desk.ticket("u1"),
            desk.token_cookie(&json!({})),
        ];
        for old in &old {
            desk.act(&[old], login).await;
            desk.learn_at(desk.now().as_millis() + 100).await;
            desk.maybe(&[old]).await.is(200, "nobody");
        }
        // Others of the same subject live on.
        desk.maybe(&[&desk.ticket("u1")])
            .await
            .is(200, &format!("local u1 {} Ticket", desk.now().as_millis() - T0));
    }
}

#[tokio::test]
async fn a_login_gives_nothing_from_400_on() {
    let desk = Desk::new().await;
    let token = desk.token(&json!({}));
    for status in [400, 401, 500] {
        for login in [
            "enter session u2",
            "enter ticket u2",
            &format!("enter cookie __Host-jwt {token}"),
            "enter answer",
        ] {
            let old = [
                desk.session("u1").await,
                desk.ticket("u1"),
                desk.token_cookie(&json!({"jti": "t9"})),
            ];
            for old in &old {
                let answer = desk.act(&[old], &format!("{login}, status {status}")).await;
                assert_eq!(answer.status.as_u16(), status);
                assert_eq!(answer.set_cookies(), [("", ""); 0], "{login}");
                desk.learn_at(desk.now().as_millis() + 10).await;
                let me = desk.maybe(&[old]).await.body;
                assert!(me.contains(" u1 "), "{me}");
            }
        }
    }
    let subject = desk.sessions.subject("u2").unwrap();
    assert_eq!(desk.sessions.end_all(&subject).await.unwrap(), 0);
}

#[tokio::test]
async fn a_login_whose_predecessor_cannot_be_ended_is_503_and_gives_nothing() {
    let desk = Desk::new().await;
    let ticket = desk.ticket("u1");
    desk.revocations.fail(true);
    for login in ["enter session u2", "enter cookie __Host-jwt new", "enter answer"] {
        let answer = desk.act(&[&ticket], login).await;
        answer.is(503, "logins could not be ended\n");
        assert_eq!(answer.header("retry-after"), "2");
    }
    // Nor is a part of it ended.
    let session = desk.session("u1").await;
    desk.act(&[&session, &ticket], "enter answer")
        .await
        .is(503, "logins could not be ended\n");
    desk.me(&[&session]).await.is(200, "local u1 0 Session(Cookie)");
    desk.learn_at(T0 + 100).await;
    desk.maybe(&[&ticket]).await.is(200, "local u1 0 Ticket");
    let subject = desk.sessions.subject("u2").unwrap();
    assert_eq!(desk.sessions.end_all(&subject).await.unwrap(), 0);
    // Who was not logged in has nothing to be ended.
    desk.act(&[], "enter answer")
        .await
        .removes(&["__Host-id", "__Host-jwt", "__Host-ticket"]);

    let desk = Desk::new().await;
    let session = desk.session("u1").await;
    desk.store.fail_at("delete", StoreErrorKind::Unavailable);
    let answer = desk.act(&[&session], "enter ticket u2").await;
    answer.is(503, "the store is unavailable\n");
}

#[tokio::test]
async fn a_login_whose_predecessors_were_too_many_to_deny_is_told_to_come_again() {
    let desk = Desk::new().await;
    let mut ticket = desk.ticket("u1");
    for _ in 0..64 {
        let answer = desk.act(&[&ticket], "enter ticket u1").await;
        answer
            .sets_beside(&["__Host-id", "__Host-jwt"])
            .clone_into(&mut ticket);
    }
    // The denial of the next becomes a cut-off, which the new ticket would lie before.
    let answer = desk.act(&[&ticket], "enter ticket u1").await;
    answer.is(
        409,
        "the login was overtaken by the end of all logins before it\n",
    );
    // When that is known here, the old ticket has ended, and nothing is denied any more.
    desk.learn_at(T0 + 3000).await;
    let answer = desk.act(&[&ticket], "enter ticket u1").await;
    let new = answer.sets_beside(&["__Host-id", "__Host-jwt"]).to_owned();
    desk.learn_at(T0 + 3100).await;
    desk.me(&[&new]).await.is(200, "local u1 3000 Ticket");
    desk.maybe(&[&ticket]).await.is(200, "nobody");
}

#[tokio::test]
async fn of_several_logins_the_last_counts() {
    let desk = Desk::new().await;
    let answer = desk.act(&[], "enter session u1, enter ticket u2").await;
    let cookie = answer.sets_beside(&["__Host-id", "__Host-jwt"]).to_owned();
    desk.me(&[&cookie]).await.is(200, "local u2 0 Ticket");
    let answer = desk.act(&[], "enter ticket u2, enter session u1").await;
    let cookie = answer.sets_beside(&["__Host-jwt", "__Host-ticket"]).to_owned();
    desk.me(&[&cookie]).await.is(200, "local u1 0 Session(Cookie)");
    let old = desk.ticket("u1");
    let answer = desk.act(&[&old], "enter ticket u2, leave").await;
    answer.removes(&["__Host-id", "__Host-jwt", "__Host-ticket"]);
    let writes = desk.revocations.writes.load(Ordering::Relaxed);
    assert_eq!(writes, 1, "the login that was taken back ends nothing more");
    let answer = desk.act(&[&cookie], "leave, enter ticket u2").await;
    let ticket = answer.sets_beside(&["__Host-id", "__Host-jwt"]).to_owned();
    desk.me(&[&ticket]).await.is(200, "local u2 0 Ticket");
    desk.maybe(&[&cookie]).await.is(200, "nobody");
}

#[tokio::test]
async fn a_login_right_after_the_end_of_everything_counts() {
    let desk = Desk::new().await;
    let old = desk.ticket("u1");
    let answer = desk.act(&[&old], "leave everywhere").await;
    assert_eq!(answer.status, 200);
    // The stamp lies behind the cut-off, which lies ahead by the fleet's skew.
    desk.learn_at(T0 + 10).await;
    let answer = desk.act(&[], "enter ticket u1").await;
    let cookie = answer.sets_beside(&["__Host-id", "__Host-jwt"]).to_owned();
    desk.me(&[&cookie]).await.is(200, "local u1 2001 Ticket");
    let answer = desk.act(&[], "enter session u1").await;
    let cookie = answer.sets_beside(&["__Host-jwt", "__Host-ticket"]).to_owned();
    desk.me(&[&cookie]).await.is(200, "local u1 2001 Session(Cookie)");
}

#[tokio::test]
async fn a_request_with_authorization_keeps_its_cookies_but_for_a_login_that_sets_one() {
    let desk = Desk::new().await;
    let session = desk.session("u1").await;
    let bearer = format!("Bearer {}", desk.token(&json!({"sub": "u2"})));
    let answer = desk.bear("/", &[&bearer], &[&session], "enter answer").await;
    answer.is(200, "");
    desk.learn_at(T0 + 100).await;
    desk.bear("/maybe", &[&bearer], &[], "")
        .await
        .is(401, "the credentials in Authorization are not good\n");
    desk.maybe(&[&session])
        .await
        .is(200, "local u1 0 Session(Cookie)");
    let other = format!("Bearer {}", desk.token(&json!({"sub": "u2", "jti": "t2"})));
    let answer = desk.bear("/", &[&other], &[], "enter ticket u2").await;
    answer.sets_beside(&["__Host-id", "__Host-jwt"]);
}

#[tokio::test]
async fn what_the_layer_was_not_given_is_a_mistake() {
    let desk = Desk::with(Plan {
        gate: false,
        lineages: false,
        carriers: |builder, carriers| builder.token(&carriers.verifier),
        ..Plan::default()
    })
    .await;
    for (steps, text) in [
        (
            "enter session u1",
            "this needs `with_lineages` of the IdentityLayer's builder\n",
        ),
        (
            "enter ticket u1",
            "this needs `with_lineages` of the IdentityLayer's builder\n",
        ),
        (
            "enter cookie other 1",
            "no verifier here reads a cookie of this name\n",
        ),
        (
            "enter cookie __Host-id 1",
            "no verifier here reads a cookie of this name\n",
        ),
    ] {
        desk.act(&[], steps).await.is(500, text);
    }
    let desk = Desk::with(Plan {
        carriers: |builder, carriers| builder.token(&carriers.verifier),
        ..Plan::default()
    })
    .await;
    for (steps, text) in [
        (
            "enter ticket u1",
            "this sealed cookie carries no identities here\n",
        ),
        ("enter session u1", "sessions carry no identities here\n"),
    ] {
        desk.act(&[], steps).await.is(500, text);
    }
}
