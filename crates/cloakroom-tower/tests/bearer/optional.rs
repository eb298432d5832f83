//! `Option<Bearer<C>>`: routes that serve strangers too.

use cloakroom_tower::EventKind::{Conflict, CredentialsMalformed, TokenRejected, Verified};
use serde_json::json;

use crate::desk::{Desk, good, tampered, token};

#[tokio::test]
async fn who_brings_no_token_is_nobody() {
    for desk in [Desk::by_authorization(), Desk::by_cookie(), Desk::by_both()] {
        desk.ask("/maybe", &[], &[]).await.is("nobody", &[]);
        desk.ask("/maybe", &[b"Basic dTE6cA=="], &["a=1"])
            .await
            .is("nobody", &[]);
    }
    // Somebody, but not by what decides.
    let cookie = format!("__Host-jwt={}", good());
    let desk = Desk::by_both();
    desk.ask("/maybe", &[b"Basic dTE6cA=="], &[&cookie])
        .await
        .is("nobody", &[]);
}

#[tokio::test]
async fn a_good_token_is_somebody() {
    let desk = Desk::by_both();
    let (field, cookie) = (format!("Bearer {}", good()), format!("__Host-jwt={}", good()));
    let answer = desk.ask("/maybe", &[field.as_bytes()], &[]).await;
    answer.is("u1 editor by authorization", &[Verified]);
    let answer = desk.ask("/maybe", &[], &[&cookie]).await;
    answer.is("u1 editor by cookie", &[Verified]);
}

#[tokio::test]
async fn a_bad_token_in_authorization_is_refused_here_too() {
    let desk = Desk::by_both();
    let cookie = format!("__Host-jwt={}", good());
    let field = format!("Bearer {}", tampered());
    for cookies in [&[][..], &[&*cookie]] {
        let answer = desk.ask("/maybe", &[field.as_bytes()], cookies).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.events),
            (401, &[TokenRejected][..])
        );
        let answer = desk.ask("/maybe", &[b"Bearer"], cookies).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.events),
            (400, &[CredentialsMalformed][..])
        );
    }
}

/// Whoever can plant a cookie must not be able to keep a browser from the page.
#[tokio::test]
async fn cookies_that_do_not_count_are_as_good_as_none() {
    let one = format!("__Host-jwt={}", good());
    let two = format!("__Host-jwt={}", token(&json!({ "role": "admin" })));
    for desk in [Desk::by_cookie(), Desk::by_both()] {
        for (cookies, event) in [
            (&["__Host-jwt=junk"][..], TokenRejected),
            (&[&*one, &*two], Conflict),
        ] {
            desk.ask("/maybe", &[], cookies).await.is("nobody", &[event]);
        }
    }
}
