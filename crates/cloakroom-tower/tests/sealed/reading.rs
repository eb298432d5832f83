//! What a request brings.

use axum::body::Body;
use cloakroom_tower::EventKind::{Conflict, Expired, NotYetValid, Opened, Rejected, Unreadable};
use cloakroom_tower::cloakroom_cookie::CookieName;
use cloakroom_tower::cloakroom_core::UnixTime;
use cloakroom_tower::cloakroom_keyring::KeyRing;
use cloakroom_tower::testing::cookie_header;
use cloakroom_tower::{SealedCookie, Sealer};
use http::header::COOKIE;
use http::{Method, Request, StatusCode};
use serde::{Deserialize, Serialize};

use crate::desk::{ATTRIBUTES, Desk, HOUR, Login, T0, login};

#[tokio::test]
async fn an_untouched_read_sends_nothing() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    desk.ask(&[&cookie], "").await.is_quiet("u1", &[Opened]);
    desk.ask(&["theme=dark", &format!("x=1; {cookie}; y=2")], "")
        .await
        .is_quiet("u1", &[Opened]);
    desk.ask(&[], "").await.is_quiet("nobody", &[]);
    desk.ask(&["theme=dark"], "").await.is_quiet("nobody", &[]);
    // A response without an error in its extensions is the handler's, 4xx or not.
    let answer = desk.ask(&[&cookie], "status 404").await;
    assert_eq!((answer.status.as_u16(), answer.set_cookies().len()), (404, 0));
}

#[tokio::test]
async fn a_head_request_reads_and_reseals_like_a_get() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    desk.rotate();
    let request = Request::builder()
        .method(Method::HEAD)
        .uri("/twice")
        .header(COOKIE, cookie);
    let answer = desk.call(request.body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""));
    assert_eq!(answer.set_cookie().1, ATTRIBUTES);
}

#[tokio::test]
async fn a_tampered_cookie_is_as_good_as_none() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    let start = "__Host-id=".len();
    for place in start..cookie.len() {
        let mut tampered = cookie.clone().into_bytes();
        tampered[place] = if tampered[place] == b'A' { b'B' } else { b'A' };
        let tampered = String::from_utf8(tampered).unwrap();
        desk.ask(&[&tampered], "").await.is_quiet("nobody", &[Rejected]);
    }
    for other in [
        &cookie[..cookie.len() - 1],
        &format!("{cookie}A"),
        "__Host-id=",
        "__Host-id=\"\"",
    ] {
        desk.ask(&[other], "").await.is_quiet("nobody", &[Rejected]);
    }
}

#[tokio::test]
async fn c3_expiry_and_clock_skew_to_the_millisecond() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    for (now, body, event) in [
        (T0 - 5001, "nobody", NotYetValid),
        (T0 - 5000, "u1", Opened),
        (T0, "u1", Opened),
        (T0 + HOUR - 1, "u1", Opened),
        (T0 + HOUR, "nobody", Expired),
        (T0 + HOUR + 1, "nobody", Expired),
        (i64::MAX, "nobody", Expired),
        (i64::MIN, "nobody", NotYetValid),
    ] {
        desk.at(now).ask(&[&cookie], "").await.is_quiet(body, &[event]);
    }
}

#[tokio::test]
async fn another_name_is_another_cookie() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    let value = cookie.strip_prefix("__Host-id=").unwrap();
    for name in ["id", "__host-id", "__Host-ID", "%5F%5FHost-id", "__Host-id2"] {
        desk.ask(&[&format!("{name}={value}")], "")
            .await
            .is_quiet("nobody", &[]);
    }
}

#[tokio::test]
async fn a6_at_most_four_duplicates_are_tried_and_differing_ones_conflict() {
    let desk = Desk::new();
    let (one, two) = (desk.cookie(&login("u1")), desk.cookie(&login("u2")));
    let junk = "__Host-id=junk";
    for (cookies, body, event) in [
        (vec![junk, &one], "u1", Opened),
        (vec![&one, junk], "u1", Opened),
        (vec![junk, junk, junk, &one], "u1", Opened),
        (vec![junk, junk, junk, junk, &one], "nobody", Rejected),
        (vec![&one, &one], "u1", Opened),
        (vec![&one, &two], "nobody", Conflict),
        (vec![junk, &one, junk, &two], "nobody", Conflict),
        (vec![&one, junk, junk, junk, &two], "u1", Opened),
    ] {
        // In one header and in one header each.
        desk.ask(&[&cookies.join("; ")], "")
            .await
            .is_quiet(body, &[event]);
        desk.ask(&cookies, "").await.is_quiet(body, &[event]);
    }
}

#[tokio::test]
async fn a_payload_of_another_shape_is_as_good_as_none() {
    /// The same cookie before the application was changed.
    #[derive(Serialize, Deserialize)]
    struct Old {
        user: u64,
    }
    impl SealedCookie for Old {
        const NAME: CookieName = Login::NAME;
        const PURPOSE: &'static str = Login::PURPOSE;
    }
    let desk = Desk::new();
    let old = Sealer::<Old>::encrypted(&desk.ring).unwrap();
    let cookie = cookie_header(&old, &Old { user: 1 }, UnixTime::from_millis(T0)).unwrap();
    desk.ask(&[cookie.to_str().unwrap()], "")
        .await
        .is_quiet("nobody", &[Unreadable]);
}

#[tokio::test]
async fn c2_another_purpose_mode_or_ring_is_rejected() {
    #[derive(Serialize)]
    struct Other(Login);
    impl<'de> Deserialize<'de> for Other {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Login::deserialize(deserializer).map(Self)
        }
    }
    impl SealedCookie for Other {
        const NAME: CookieName = Login::NAME;
        const PURPOSE: &'static str = "login/2";
    }
    let desk = Desk::new();
    let now = UnixTime::from_millis(T0);
    let purpose = Sealer::<Other>::encrypted(&desk.ring).unwrap();
    let mode = Sealer::<Login>::signed(&desk.ring).unwrap();
    let ring = Sealer::<Login>::encrypted(&KeyRing::generate().unwrap()).unwrap();
    for cookie in [
        cookie_header(&purpose, &Other(login("u1")), now),
        cookie_header(&mode, &login("u1"), now),
        cookie_header(&ring, &login("u1"), now),
    ] {
        let cookie = cookie.unwrap();
        desk.ask(&[cookie.to_str().unwrap()], "")
            .await
            .is_quiet("nobody", &[Rejected]);
    }
}
