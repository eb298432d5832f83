//! Values that change and keep their times.

use cloakroom_tower::EventKind::{Expired, Opened, Removed, Revoked, Set, Withheld};
use cloakroom_tower::cloakroom_core::UnixTime;
use http::StatusCode;

use crate::desk::{ATTRIBUTES, Desk, HOUR, REMOVED, T0, login};

#[tokio::test]
async fn an_update_keeps_the_times() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    let answer = desk
        .at(T0 + HOUR / 2 + 1)
        .ask(&[&cookie], "update u2, look")
        .await;
    // `look` also compares the times of this handle with those of a later extractor.
    assert_eq!(answer.body, "u1 u2 u2");
    assert_eq!(answer.events, [Opened, Set]);
    let (updated, attributes) = answer.set_cookie();
    assert_eq!(attributes, ATTRIBUTES);
    desk.at(T0 + HOUR - 1)
        .ask(&[updated], "")
        .await
        .is_quiet("u2", &[Opened]);
    desk.at(T0 + HOUR)
        .ask(&[updated], "")
        .await
        .is_quiet("nobody", &[Expired]);

    // `Max-Age` is what is left; and an update of an update, of a cookie under a retiring key.
    desk.rotate();
    let answer = desk
        .at(T0 + HOUR / 2 + 1)
        .ask(&[updated], "update u3, update_remembered u4")
        .await;
    assert_eq!(answer.events, [Opened, Set]);
    let (updated, attributes) = answer.set_cookie();
    assert_eq!(attributes, "Path=/; Max-Age=1799; Secure; HttpOnly; SameSite=Lax");
    desk.at(T0 + HOUR - 1)
        .ask(&[updated], "")
        .await
        .is_quiet("u4", &[Opened]);
    desk.at(T0 + HOUR)
        .ask(&[updated], "")
        .await
        .is_quiet("nobody", &[Expired]);

    // A life that began in this very request is not prolonged either.
    let answer = desk.at(T0).ask(&[], "ttl 1000 u5, update u6, look").await;
    assert_eq!(answer.body, "nobody u6 u6");
    let updated = answer.set_cookie().0;
    desk.at(T0 + 999)
        .ask(&[updated], "")
        .await
        .is_quiet("u6", &[Opened]);
    desk.at(T0 + 1000)
        .ask(&[updated], "")
        .await
        .is_quiet("nobody", &[Expired]);
}

#[tokio::test]
async fn c9_an_update_escapes_no_cutoff() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    let answer = desk.at(T0 + 1000).ask(&[&cookie], "update u2").await;
    let updated = answer.set_cookie().0;
    for (cutoff, body, event) in [(T0 - 1, "u2", Opened), (T0, "nobody", Revoked)] {
        desk.sealer.raise_cutoff(UnixTime::from_millis(cutoff)).unwrap();
        desk.ask(&[updated], "").await.is_quiet(body, &[event]);
    }

    // A cut-off that comes between reading and updating.
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    let answer = desk.at(T0 + 1000).ask(&[&cookie], "cut 0, update u2").await;
    assert_eq!(answer.events, [Opened, Set]);
    desk.ask(&[answer.set_cookie().0], "")
        .await
        .is_quiet("nobody", &[Revoked]);
}

#[tokio::test]
async fn an_update_is_sent_on_success_alone() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    let answer = desk.ask(&[&cookie], "update u2, status 400").await;
    assert_eq!(answer.set_cookies(), [""; 0]);
    assert_eq!(answer.events, [Opened, Withheld]);
    let answer = desk.ask(&[&cookie], "update u2, remove").await;
    assert_eq!(answer.set_cookies(), [REMOVED]);
    assert_eq!(answer.events, [Opened, Removed]);
}

#[tokio::test]
async fn without_a_valid_value_there_is_nothing_to_update() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    for (now, cookies, steps) in [
        (T0, &[][..], "update u2"),
        (T0, &["__Host-id=junk"], "update u2"),
        (T0, &[cookie.as_str()], "remove, update u2"),
        // What a browser could not keep for a second; `Max-Age=0` would remove it.
        (T0 + HOUR - 999, &[cookie.as_str()], "update_remembered u2"),
        (T0 + HOUR, &[cookie.as_str()], "update u2"),
    ] {
        let answer = desk.at(now).ask(cookies, steps).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{now} {steps}");
        assert_eq!(answer.body, "this needs a valid cookie __Host-id\n");
        assert_eq!(
            answer.set_cookies().len(),
            usize::from(steps.starts_with("remove"))
        );
    }
    let answer = desk
        .at(T0 + HOUR - 1000)
        .ask(&[&cookie], "update_remembered u2")
        .await;
    assert_eq!(
        answer.set_cookie().1,
        "Path=/; Max-Age=1; Secure; HttpOnly; SameSite=Lax"
    );
}

#[tokio::test]
async fn what_is_issued_ahead_of_the_clock_is_not_updated_yet() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    desk.rotate();
    let desk = desk.at(T0 - 1);
    desk.ask(&[&cookie], "").await.is_quiet("u1", &[Opened]);
    let answer = desk.ask(&[&cookie], "update u2").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.body, "the cookie __Host-id could not be sealed\n");
    assert_eq!(answer.set_cookies(), [""; 0]);
    assert_eq!(
        desk.at(T0).ask(&[&cookie], "update u2").await.events,
        [Opened, Set]
    );
}
