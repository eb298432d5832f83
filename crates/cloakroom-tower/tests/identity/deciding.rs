//! Which of the carriers counts.

use cloakroom_tower::EventKind;
use serde_json::json;

use crate::desk::{Desk, ISSUER, Plan, T0, request};

const REJECTED: &str = "the credentials in Authorization are not good\n";
const CHALLENGE: &str =
    "Bearer error=\"invalid_token\", error_description=\"the credentials in Authorization are not good\"";

#[tokio::test]
async fn each_carrier_alone_says_who_it_is() {
    let desk = Desk::new().await;
    let session = desk.session("u1").await;
    desk.me(&[&session]).await.is(200, "local u1 0 Session(Cookie)");
    desk.me(&[&desk.ticket("u1")]).await.is(200, "local u1 0 Ticket");
    let cookie = desk.token_cookie(&json!({}));
    let by_token = |by: &str| format!("{ISSUER} u1 -60000 Token({by})");
    desk.me(&[&cookie]).await.is(200, &by_token("Cookie"));
    let bearer = format!("Bearer {}", desk.token(&json!({})));
    let answer = desk.bear("/me", &[&bearer], &[], "").await;
    answer.is(200, &by_token("Authorization"));
    let bearer = format!("Bearer {}", session.split_once('=').unwrap().1);
    let answer = desk.bear("/me", &[&bearer], &[], "").await;
    desk.heard();
    answer.is(200, "local u1 0 Session(Authorization)");
    let answer = desk.bear("/me", &[&bearer], &[], "").await;
    answer.is(200, "local u1 0 Session(Authorization)");
    assert_eq!(desk.heard(), [], "a session's token is not taken for a JWT");
}

#[tokio::test]
async fn nobody_is_none_or_401() {
    let desk = Desk::new().await;
    let junk = ["__Host-id=junk", "__Host-ticket=junk", "__Host-jwt=a.b.c"];
    for cookies in [&[][..], &junk] {
        desk.maybe(cookies).await.is(200, "nobody");
        let answer = desk.me(cookies).await;
        answer.is(401, "a login is required\n");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}

#[tokio::test]
async fn without_a_carrier_in_authorization_the_challenge_names_a_cookie() {
    let desk = Desk::with(Plan {
        carriers: |builder, carriers| builder.ticket(&carriers.sealer),
        ..Plan::default()
    })
    .await;
    let answer = desk.me(&[]).await;
    answer.is(401, "a login is required\n");
    let challenge = "Cookie cookie-name=\"__Host-ticket\"";
    assert_eq!(answer.header("www-authenticate"), challenge);
    // No carrier looks there, and the field decides all the same.
    let answer = desk
        .bear("/maybe", &["Bearer a.b.c"], &[&desk.ticket("u1")], "")
        .await;
    answer.is(401, REJECTED);
    assert_eq!(answer.header("www-authenticate"), challenge);
}

#[tokio::test]
async fn g8_authorization_decides_alone() {
    let desk = Desk::new().await;
    let (session, ticket) = (desk.session("u1").await, desk.ticket("u1"));
    let cookie = desk.token_cookie(&json!({}));
    let good = desk.token(&json!({"sub": "u2"}));
    let old = desk.token(&json!({"exp": T0 / 1000 - 1}));
    let ended = desk.session("u3").await;
    let ended = ended.split_once('=').unwrap().1.to_owned();
    let everything: [&str; 3] = [&session, &ticket, &cookie];
    desk.sessions
        .end_all(&desk.sessions.subject("u3").unwrap())
        .await
        .unwrap();
    for bad in [
        &["Bearer junk"][..],
        &["Bearer a.b.c"],
        &[&format!("Bearer {old}")],
        &[&format!("Bearer {ended}")],
        &["Bearer"],
        &["Bearer "],
        &[""],
        &["Basic dTpw"],
        &["DPoP a.b.c"],
        &["Negotiate"],
        &["Basic dTpw", &format!("Bearer {good}")],
        &[&format!("Bearer {good}"), &format!("Bearer {good}")],
    ] {
        for path in ["/me", "/maybe"] {
            let answer = desk.bear(path, bad, &everything, "").await;
            answer.is(401, REJECTED);
            assert_eq!(answer.header("www-authenticate"), CHALLENGE, "{bad:?}");
        }
    }
    let answer = desk
        .bear("/maybe", &[&format!("Bearer {good}")], &everything, "")
        .await;
    answer.is(200, &format!("{ISSUER} u2 -60000 Token(Authorization)"));
    let kinds = desk.heard();
    assert!(
        !kinds.contains(&EventKind::Opened),
        "no cookie was looked at: {kinds:?}"
    );
    assert!(!kinds.contains(&EventKind::IdentityConflict));
}

#[tokio::test]
async fn g8_the_query_string_carries_nothing() {
    let desk = Desk::new().await;
    let token = desk.token(&json!({}));
    let path = format!("/maybe?access_token={token}&token={token}");
    let request = request("GET", &path, &[], "");
    desk.call(request).await.is(200, "nobody");
}

#[tokio::test]
async fn g8_two_subjects_in_two_cookies_are_nobody() {
    let desk = Desk::new().await;
    let (one, other) = (desk.session("u1").await, desk.session("u2").await);
    let token = |changes| desk.token_cookie(&changes);
    let mine = json!({"iss": ISSUER, "sub": "u1"});
    for (cookies, name) in [
        (vec![one.clone(), desk.ticket("u2")], "session and ticket"),
        (vec![desk.ticket("u2"), one.clone()], "in any order"),
        (vec![one.clone(), token(mine.clone())], "one name at two issuers"),
        (vec![desk.ticket("u1"), token(mine.clone())], "ticket and token"),
        (vec![one.clone(), desk.ticket("u1"), token(mine)], "two agree"),
        (vec![desk.ticket("u1"), desk.ticket("u2")], "two tickets"),
        (
            vec![desk.ticket("u1"), desk.ticket("u1")],
            "two tickets of one subject",
        ),
        (
            vec![one.clone(), other, desk.ticket("u1")],
            "two sessions beside a ticket",
        ),
        (
            vec![token(json!({})), token(json!({"sub": "u2"})), one.clone()],
            "two tokens beside a session",
        ),
    ] {
        let cookies: Vec<_> = cookies.iter().map(String::as_str).collect();
        desk.heard();
        desk.maybe(&cookies).await.is(200, "nobody");
        let kinds = desk.heard();
        let conflicts = kinds.iter().filter(|kind| **kind == EventKind::IdentityConflict);
        assert_eq!(conflicts.count(), 1, "{name}: {kinds:?}");
        let answer = desk.me(&cookies).await;
        answer.is(401, "a login is required\n");
    }
}

#[tokio::test]
async fn of_cookies_of_one_subject_the_first_as_configured_counts_whole() {
    let desk = Desk::new().await;
    let session = desk.session("u1").await;
    desk.at(T0 + 1000);
    let ticket = desk.ticket("u1");
    for cookies in [[&*session, &*ticket], [&*ticket, &*session]] {
        desk.me(&cookies).await.is(200, "local u1 0 Session(Cookie)");
    }
    let desk = Desk::with(Plan {
        carriers: |builder, carriers| builder.ticket(&carriers.sealer).session(&carriers.sessions),
        ..Plan::default()
    })
    .await;
    let session = desk.session("u1").await;
    desk.at(T0 + 700).learn_at(T0 + 700).await;
    let ticket = desk.ticket("u1");
    desk.me(&[&session, &ticket]).await.is(200, "local u1 700 Ticket");
}

#[tokio::test]
async fn cookies_that_do_not_count_take_nothing_from_one_that_does() {
    let desk = Desk::new().await;
    let ended = desk.session("u2").await;
    desk.sessions
        .end_all(&desk.sessions.subject("u2").unwrap())
        .await
        .unwrap();
    let ticket = desk.ticket("u1");
    let cookies = [&*ended, &ticket, "__Host-jwt=a.b.c", "__Host-ticket=junk"];
    desk.me(&cookies).await.is(200, "local u1 0 Ticket");
    // A visitor's session says nothing about who it is.
    let visitor = {
        let (session, commit) = desk
            .sessions
            .begin(None, cloakroom_tower::cloakroom_session::Client::default());
        session.insert("cart", &1).unwrap();
        match commit
            .finish(cloakroom_tower::cloakroom_session::Answer::Succeeded)
            .await
        {
            Ok(cloakroom_tower::cloakroom_session::Carried::Set { token, .. }) => {
                format!("__Host-id={}", *token.to_text())
            }
            other => panic!("{other:?}"),
        }
    };
    desk.me(&[&visitor, &ticket]).await.is(200, "local u1 0 Ticket");
}

#[tokio::test]
async fn nothing_is_read_before_it_is_asked_for_and_then_once() {
    let desk = Desk::new().await;
    let (session, ticket) = (desk.session("u1").await, desk.ticket("u1"));
    let answer = desk.act(&[&session, &ticket], "").await;
    answer.is(200, "");
    assert_eq!(desk.store.take(), [""; 0]);
    assert_eq!(desk.heard(), []);
    let said = "local u1 0 Session(Cookie)";
    let answer = desk.act(&[&session, &ticket], "who, maybe, who").await;
    answer.is(200, &[said; 3].join(", "));
    assert_eq!(desk.store.take(), ["load"]);
    assert_eq!(desk.heard(), [EventKind::Opened]);
}

#[tokio::test]
async fn g8_a_refreshed_jwt_keeps_auth_time() {
    let desk = Desk::new().await;
    let login = T0 / 1000 - 600;
    let first = desk.token_cookie(&json!({"iat": login, "auth_time": login}));
    let at = |body: &str| format!("{ISSUER} u1 {body} Token(Cookie)");
    desk.me(&[&first]).await.is(200, &at("-600000"));
    // Minted anew from a refresh token: a new iat and a new jti, and the old proof.
    let refreshed = desk.token_cookie(&json!({"jti": "t2", "auth_time": login}));
    desk.me(&[&refreshed]).await.is(200, &at("-600000"));
    // Without auth_time nobody knows, and iat is no answer.
    let silent = desk.token_cookie(&json!({"auth_time": null}));
    desk.me(&[&silent]).await.is(200, &at("-"));
}
