//! What a handler sets and removes.

use cloakroom_tower::EventKind::{Expired, Opened, Removed, Set, Withheld};
use cloakroom_tower::cloakroom_cookie::{CookieName, SetCookieBuilder};
use cloakroom_tower::cloakroom_core::UnixTime;
use cloakroom_tower::cloakroom_keyring::KeyRing;
use cloakroom_tower::{Error, Reach, SealedCookie, Sealer};
use http::StatusCode;
use http::header::CACHE_CONTROL;
use serde::{Deserialize, Serialize};

use crate::desk::{ATTRIBUTES, Desk, HOUR, REMOVED, T0, login};

#[tokio::test]
async fn set_replace_and_remove() {
    let desk = Desk::new();
    let answer = desk.ask(&[], "set u1").await;
    assert_eq!(answer.events, [Set]);
    let (cookie, attributes) = answer.set_cookie();
    assert_eq!(attributes, ATTRIBUTES);
    desk.ask(&[cookie], "").await.is_quiet("u1", &[Opened]);

    let answer = desk.at(T0 + 1000).ask(&[cookie], "set u2, remember u3").await;
    assert_eq!(answer.events, [Opened, Set]);
    let (cookie, attributes) = answer.set_cookie();
    assert_eq!(attributes, "Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Lax");
    desk.at(T0 + 1000 + HOUR - 1)
        .ask(&[cookie], "")
        .await
        .is_quiet("u3", &[Opened]);

    for cookies in [&[cookie][..], &[], &["__Host-id=junk"]] {
        let answer = desk.ask(cookies, "set u4, remove").await;
        assert_eq!(answer.set_cookies(), [REMOVED]);
        assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
        assert_eq!(answer.events.last(), Some(&Removed));
    }

    let answer = desk.at(T0).ask(&[], "ttl 7200999 u5").await;
    let (cookie, attributes) = answer.set_cookie();
    assert_eq!(attributes, "Path=/; Max-Age=7200; Secure; HttpOnly; SameSite=Lax");
    desk.at(T0 + 2 * HOUR - 1)
        .ask(&[cookie], "")
        .await
        .is_quiet("u5", &[Opened]);
    desk.at(T0 + 2 * HOUR)
        .ask(&[cookie], "")
        .await
        .is_quiet("nobody", &[Expired]);
}

#[tokio::test]
async fn what_gives_privilege_goes_out_below_400_alone_and_what_takes_it_always() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    for (steps, sent, event) in [
        ("set u2, status 303", true, &[Opened, Set][..]),
        ("set u2, status 400", false, &[Opened, Withheld]),
        ("set u2, status 500", false, &[Opened, Withheld]),
    ] {
        let answer = desk.ask(&[&cookie], steps).await;
        assert_eq!(answer.set_cookies().len(), usize::from(sent), "{steps}");
        assert_eq!(answer.events, event, "{steps}");
    }
    for steps in ["remove", "remove, status 400", "set u2, remove, status 500"] {
        let answer = desk.ask(&[&cookie], steps).await;
        assert_eq!(answer.set_cookies(), [REMOVED], "{steps}");
        assert_eq!(answer.events, [Opened, Removed], "{steps}");
    }
    let answer = desk.ask(&[&cookie], "remove, set u2, status 500").await;
    assert_eq!(answer.set_cookies(), [REMOVED]);
    assert_eq!(answer.events, [Opened, Withheld, Removed]);
}

#[tokio::test]
async fn a_write_is_seen_by_later_extractors_of_the_request() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    for (steps, body, events) in [
        ("look", "u1 u1 u1", &[Opened, Opened][..]),
        ("set u2, look", "u1 u2 u2", &[Opened, Set]),
        ("remove, look", "u1 nobody nobody", &[Opened, Removed]),
        ("remove, set u2, look", "u1 u2 u2", &[Opened, Set]),
        ("set u2, remove, look", "u1 nobody nobody", &[Opened, Removed]),
    ] {
        let answer = desk.ask(&[&cookie], steps).await;
        assert_eq!(
            (answer.body.as_str(), answer.events.as_slice()),
            (body, events),
            "{steps}"
        );
    }
}

#[tokio::test]
async fn a_value_that_cannot_be_sealed_is_an_error_and_changes_nothing() {
    let desk = Desk::new();
    for (steps, source) in [
        ("ttl 999 u", "seal"),
        ("ttl 0 u", "seal"),
        ("ttl 7201000 u", "seal"),
    ] {
        let answer = desk.ask(&[], steps).await;
        assert_eq!(
            answer.status,
            StatusCode::INTERNAL_SERVER_ERROR,
            "{steps} {source}"
        );
        assert_eq!(
            answer.body, "the cookie __Host-id could not be sealed\n",
            "{steps}"
        );
        assert_eq!(answer.set_cookies(), [""; 0]);
        assert_eq!(answer.events, []);
    }
    let huge = desk
        .sealer
        .seal(&login(&"x".repeat(3100)), UnixTime::from_millis(T0));
    let Err(Error::Seal { cookie, source }) = huge else {
        panic!("{huge:?}");
    };
    assert_eq!(cookie.as_str(), "__Host-id");
    assert!(!source.to_string().contains("xxx"), "{source}");
}

#[tokio::test]
async fn attributes_follow_the_type_also_in_the_removal() {
    #[derive(Serialize, Deserialize)]
    struct Flash;
    impl SealedCookie for Flash {
        const NAME: CookieName = CookieName::from_static("__Secure-flash");
        const PURPOSE: &'static str = "flash";
        const REACH: Reach = Reach::SharedWithSubdomains;

        fn attributes(cookie: SetCookieBuilder) -> SetCookieBuilder {
            cookie
                .domain("example.com")
                .path("/shop")
                .script_readable()
                .partitioned()
        }
    }
    let sealer = Sealer::<Flash>::signed(&KeyRing::generate().unwrap()).unwrap();
    let cookie = sealer.seal(&Flash, UnixTime::from_millis(T0)).unwrap();
    let expected = "; Path=/shop; Domain=example.com; Secure; SameSite=Lax; Partitioned";
    assert!(cookie.to_header_string().ends_with(expected), "{cookie:?}");
    assert_eq!(
        sealer.removal().unwrap().to_header_string(),
        "__Secure-flash=; Path=/shop; Domain=example.com; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; \
         SameSite=Lax; Partitioned"
    );
}
