//! Keys and cut-offs that change under a running server.

use axum::body::Body;
use cloakroom_tower::EventKind::{Expired, Opened, Rejected, Removed, Resealed, Revoked, Set, Withheld};
use cloakroom_tower::cloakroom_core::UnixTime;
use cloakroom_tower::cloakroom_keyring::Key;
use cloakroom_tower::{CookieLayer, Error, Sealed, Sealer};
use http::header::{COOKIE, SET_COOKIE};
use http::{Request, StatusCode};
use tower::ServiceExt;

use crate::desk::{ATTRIBUTES, Desk, HOUR, Login, REMOVED, T0, login, remembered};

#[tokio::test]
async fn c4_a_rotation_reseals_without_a_handler_s_help() {
    let desk = Desk::new();
    let cookie = desk.cookie(&remembered("u1"));
    let next = Key::generate().unwrap();
    let id = next.id();
    let old = desk.ring.active().id();

    let announced = desk.ring.announce(next).unwrap();
    desk.sealer.replace(&announced).unwrap();
    desk.ask(&[&cookie], "").await.is_quiet("u1", &[Opened]);

    // Half an hour and a bit into its life the cookie goes out again with what is left, rounded down.
    let active = announced.activate(id).unwrap();
    desk.sealer.replace(&active).unwrap();
    let answer = desk.at(T0 + HOUR / 2 + 1).ask(&[&cookie], "").await;
    assert_eq!(
        (answer.body.as_str(), answer.events.as_slice()),
        ("u1", &[Opened, Resealed][..])
    );
    let (resealed, attributes) = answer.set_cookie();
    assert_eq!(attributes, "Path=/; Max-Age=1799; Secure; HttpOnly; SameSite=Lax");
    assert_ne!(resealed, cookie);

    // Twice in one request is once in the response.
    let request = Request::builder().uri("/twice").header(COOKIE, &cookie);
    let answer = desk.call(request.body(Body::empty()).unwrap()).await;
    assert_eq!(
        (answer.body.as_str(), answer.events.as_slice()),
        ("u1 u1 1", &[Opened, Opened, Resealed][..])
    );
    answer.set_cookie();

    // The new one needs nothing any more, outlives the old key and ends when the old one would have.
    desk.ask(&[resealed], "").await.is_quiet("u1", &[Opened]);
    desk.sealer.replace(&active.remove(old).unwrap()).unwrap();
    desk.ask(&[&cookie], "").await.is_quiet("nobody", &[Rejected]);
    desk.at(T0 + HOUR - 1)
        .ask(&[resealed], "")
        .await
        .is_quiet("u1", &[Opened]);
    desk.at(T0 + HOUR)
        .ask(&[resealed], "")
        .await
        .is_quiet("nobody", &[Expired]);
}

#[tokio::test]
async fn c4_what_a_server_further_on_in_the_deployment_sealed_is_left_to_it() {
    let desk = Desk::new();
    let next = Key::generate().unwrap();
    let id = next.id();
    let announced = desk.ring.announce(next).unwrap();
    desk.sealer
        .replace(&announced.clone().activate(id).unwrap())
        .unwrap();
    let cookie = desk.cookie(&login("u1"));
    desk.sealer.replace(&announced).unwrap();
    desk.ask(&[&cookie], "").await.is_quiet("u1", &[Opened]);
}

#[tokio::test]
async fn c9_resealing_escapes_no_cutoff_and_prolongs_nothing() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    let old = desk.ring.active().id();
    let ring = desk.rotate();
    let answer = desk.at(T0 + 1000).ask(&[&cookie], "").await;
    let resealed = answer.set_cookie().0;
    // The old key leaked: it is revoked, and what may have been forged with it is refused in its new dress too.
    for (cutoff, body, event) in [
        (T0 - 1, "u1", Opened),
        (T0, "nobody", Revoked),
        (T0 + 1, "nobody", Revoked),
    ] {
        desk.sealer
            .replace(&ring.revoke(old, UnixTime::from_millis(cutoff)).unwrap())
            .unwrap();
        desk.ask(&[resealed], "").await.is_quiet(body, &[event]);
        desk.ask(&[&cookie], "").await.is_quiet("nobody", &[Rejected]);
    }
}

#[tokio::test]
async fn a_resealed_session_cookie_stays_one() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    desk.rotate();
    assert_eq!(desk.ask(&[&cookie], "").await.set_cookie().1, ATTRIBUTES);
}

#[tokio::test]
async fn what_is_left_below_a_second_is_not_resealed() {
    let desk = Desk::new();
    let cookie = desk.cookie(&remembered("u1"));
    desk.rotate();
    let answer = desk.at(T0 + HOUR - 1000).ask(&[&cookie], "").await;
    assert_eq!(
        answer.set_cookie().1,
        "Path=/; Max-Age=1; Secure; HttpOnly; SameSite=Lax"
    );
    desk.at(T0 + HOUR - 999)
        .ask(&[&cookie], "")
        .await
        .is_quiet("u1", &[Opened]);
}

#[tokio::test]
async fn resealing_gives_way_to_the_handler() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    desk.rotate();

    let answer = desk.ask(&[&cookie], "remove").await;
    assert_eq!(answer.set_cookies(), [REMOVED]);
    assert_eq!(answer.events, [Opened, Removed]);

    let answer = desk.ask(&[&cookie], "set u2").await;
    assert_eq!(answer.events, [Opened, Set]);
    let set = answer.set_cookie().0;
    desk.ask(&[set], "").await.is_quiet("u2", &[Opened]);

    // A login that fails: the new cookie is held back and the old one still goes out under the new key.
    let answer = desk.ask(&[&cookie], "set u2, status 500").await;
    assert_eq!(answer.events, [Opened, Withheld, Resealed]);
    let resealed = answer.set_cookie().0;
    desk.ask(&[resealed], "").await.is_quiet("u1", &[Opened]);

    // Lines that the handler wrote itself.
    let answer = desk.ask(&[&cookie], "own __Host-id=;Max-Age=0").await;
    assert_eq!(answer.set_cookies(), ["__Host-id=;Max-Age=0"]);
    assert_eq!(answer.events, [Opened]);
    let answer = desk.ask(&[&cookie], "own __Host-id2=1").await;
    assert_eq!(answer.set_cookies().len(), 2);
    assert_eq!(answer.events, [Opened, Resealed]);

    for code in ["status 304", "status 404", "status 503"] {
        assert_eq!(
            desk.ask(&[&cookie], code).await.events,
            [Opened, Resealed],
            "{code}"
        );
    }
}

#[tokio::test]
async fn a_cutoff_logs_everybody_out_and_the_next_login_in() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    assert_eq!(desk.sealer.cutoff(), None);
    desk.sealer.raise_cutoff(UnixTime::from_millis(T0 - 1)).unwrap();
    desk.ask(&[&cookie], "").await.is_quiet("u1", &[Opened]);
    desk.sealer
        .clone()
        .raise_cutoff(UnixTime::from_millis(T0))
        .unwrap();
    desk.sealer.raise_cutoff(UnixTime::from_millis(T0 - 9)).unwrap();
    assert_eq!(desk.sealer.cutoff(), Some(UnixTime::from_millis(T0)));
    desk.ask(&[&cookie], "").await.is_quiet("nobody", &[Revoked]);

    // A login in the very millisecond of the cut-off, and on a server whose clock is behind it.
    // The latter's fellow servers, at most 2 s behind it, open what it seals.
    for now in [T0, T0 - 2999] {
        let answer = desk.at(now).ask(&[], "set u2, look").await;
        assert_eq!(answer.body, "nobody u2 u2");
        let cookie = answer.set_cookie().0;
        for reader in [now, now - 2000] {
            desk.at(reader).ask(&[cookie], "").await.is_quiet("u2", &[Opened]);
        }
    }
    let answer = desk.at(T0 - 3000).ask(&[], "set u2").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(
        answer.body,
        "the cut-off of the cookie __Host-id lies in the future: a value sealed now would be refused\n"
    );

    // The ring's own cut-off and the other one: the higher counts, for new values as well.
    let later = UnixTime::from_millis(T0 + 7);
    desk.sealer
        .replace(&desk.ring.raise_cutoff(later).unwrap())
        .unwrap();
    assert_eq!(desk.sealer.cutoff(), Some(later));
    let answer = desk.at(T0).ask(&[], "set u3, look").await;
    assert_eq!(answer.body, "nobody u3 u3");
}

#[tokio::test]
async fn c9_a_stale_ring_lowers_no_cutoff() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    let at = UnixTime::from_millis;
    let cut = desk.ring.raise_cutoff(at(T0)).unwrap();
    // The cut-off of the first ring, of the second, and of neither.
    let first = Sealer::<Login>::encrypted(&cut).unwrap();
    desk.sealer.replace(&cut).unwrap();
    for sealer in [&first, &desk.sealer] {
        for stale in [&desk.ring, &desk.ring.raise_cutoff(at(T0 - 1)).unwrap()] {
            sealer.replace(stale).unwrap();
            assert_eq!(sealer.cutoff(), Some(at(T0)));
        }
    }
    desk.ask(&[&cookie], "").await.is_quiet("nobody", &[Revoked]);
}

#[tokio::test]
async fn a_time_that_is_no_cutoff_is_refused() {
    let desk = Desk::new();
    // Microseconds taken for milliseconds among them.
    for millis in [i64::MIN, -1, 1 << 48, T0 * 1000, i64::MAX] {
        let cutoff = UnixTime::from_millis(millis);
        assert_eq!(
            desk.sealer.raise_cutoff(cutoff).unwrap_err().to_string(),
            "the cut-off is before 1970, or 2^48 milliseconds or more after it"
        );
        assert!(desk.ring.raise_cutoff(cutoff).is_err());
        assert_eq!(desk.sealer.cutoff(), None);
    }
    let answer = desk.ask(&[], "set u1").await;
    assert_eq!(answer.events, [Set]);
    for millis in [0, (1 << 48) - 1] {
        let cutoff = UnixTime::from_millis(millis);
        desk.sealer.raise_cutoff(cutoff).unwrap();
        assert!(desk.ring.raise_cutoff(cutoff).is_ok());
        assert_eq!(desk.sealer.cutoff(), Some(cutoff));
    }
}

#[tokio::test]
async fn two_layers_reseal_once() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    desk.rotate();
    let sealer = desk.sealer.clone();
    let look = move |request: axum::extract::Request, next: axum::middleware::Next| {
        assert!(
            Sealed::read(request.headers(), request.extensions(), &sealer)
                .unwrap()
                .is_present()
        );
        next.run(request)
    };
    let layer = || CookieLayer::new().with_clock(|| UnixTime::from_millis(T0));
    let app = Desk::routes(&desk.sealer)
        .layer(layer())
        .layer(axum::middleware::from_fn(look))
        .layer(layer());
    let request = Request::builder().uri("/twice").header(COOKIE, cookie);
    let response = app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.headers().get_all(SET_COOKIE).iter().count(), 1);
}

#[tokio::test]
async fn reading_after_the_response_was_sent_works_during_a_rotation_too() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let sender = std::sync::Arc::new(std::sync::Mutex::new(Some(sender)));
    let layer = CookieLayer::new().with_clock(|| UnixTime::from_millis(T0));
    let service = tower::Layer::layer(
        &layer.observer(desk.recorder.clone()),
        tower::service_fn(move |request: Request<()>| {
            sender.lock().unwrap().take().unwrap().send(request).unwrap();
            std::future::ready(Ok::<_, std::convert::Infallible>(http::Response::new(())))
        }),
    );
    let request = Request::builder().header(COOKIE, &cookie).body(()).unwrap();
    service.oneshot(request).await.unwrap();
    desk.rotate();

    let kept = receiver.await.unwrap();
    let mut late = Sealed::read(kept.headers(), kept.extensions(), &desk.sealer).unwrap();
    assert_eq!(late.get().unwrap().subject, "u1");
    assert_eq!(desk.recorder.take_kinds(), [Opened]);
    assert!(matches!(late.set(login("u2")), Err(Error::ResponseSent)));
    assert_eq!(late.get().unwrap().subject, "u1");
}
