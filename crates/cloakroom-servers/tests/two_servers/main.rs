//! Two processes that serve one application on one store: what one of them does, the other acts on at once.

#![allow(
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "helpers of tests are tests"
)]

#[path = "../app/mod.rs"]
#[allow(dead_code, reason = "the other tests use the rest")]
mod app;

use std::thread;

use cloakroom_servers::shared;

use crate::app::{App, Browser, Place};

/// In a process of its own, this test is a server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server() {
    app::serve_if_asked().await;
}

/// Two servers, started at once on an empty store.
fn two(place: &Place) -> (App, App) {
    thread::scope(|scope| {
        let other = scope.spawn(|| App::start(place));
        (App::start(place), other.join().unwrap())
    })
}

fn what_is_ended_on_one_is_refused_on_the_other(place: &Place) {
    let (a, b) = two(place);
    let mut phone = Browser::logged_in(a.port, "ada");
    assert_eq!(phone.who(b.port), "ada");
    assert_eq!(phone.post(b.port, "/count").body, "1");
    assert_eq!(phone.post(a.port, "/count").body, "2");
    assert_eq!(phone.post(b.port, "/count").body, "3");

    // Another device, which the first one ends.
    let mut laptop = Browser::logged_in(b.port, "ada");
    let of_laptop = phone.get(a.port, "/others").body;
    assert_eq!(phone.post(a.port, &format!("/end/{of_laptop}")).status, 200);
    let answer = laptop.get(b.port, "/who");
    assert_eq!(
        (answer.status, answer.body.as_str(), answer.set_cookie),
        (200, "nobody", None)
    );
    assert_eq!(phone.who(b.port), "ada");

    // A stolen copy of the cookie is worth nothing after the logout.
    let mut thief = phone.clone();
    assert_eq!(thief.who(b.port), "ada");
    assert_eq!(phone.post(a.port, "/logout").status, 200);
    assert!(phone.has_no_cookie());
    assert_eq!(thief.who(b.port), "nobody");
    assert_eq!(thief.who(a.port), "nobody");
    a.assert_it_never_panicked();
    b.assert_it_never_panicked();
}

fn logged_out_everywhere(place: &Place) {
    let (a, b) = two(place);
    let mut devices: Vec<_> = [a.port, b.port, a.port, b.port]
        .map(|port| Browser::logged_in(port, "ada"))
        .into();
    let mut other = Browser::logged_in(b.port, "grace");
    assert_eq!(devices[0].post(a.port, "/logout-everywhere").status, 200);
    for device in &mut devices {
        assert_eq!(device.who(b.port), "nobody");
        assert_eq!(device.who(a.port), "nobody");
    }
    assert_eq!(other.who(a.port), "grace");
    // The next login is not refused.
    assert_eq!(Browser::logged_in(b.port, "ada").who(a.port), "ada");
}

fn counts_exactly(place: &Place) {
    let (a, b) = two(place);
    let browser = Browser::logged_in(a.port, "ada");
    thread::scope(|scope| {
        for port in [a.port, b.port, a.port, b.port] {
            let mut browser = browser.clone();
            scope.spawn(move || {
                for _ in 0..10 {
                    // 409: others were faster too often; nothing was written, and the client may ask again.
                    while browser.post(port, "/count").status == 409 {}
                }
            });
        }
    });
    assert_eq!(browser.clone().post(b.port, "/count").body, "41");
}

macro_rules! on {
    ($store:ident, $place:expr) => {
        mod $store {
            use super::*;

            #[test]
            fn d15_asvs_7_4_1_what_is_ended_on_one_server_is_refused_on_the_other() {
                let (place, _kept) = $place;
                what_is_ended_on_one_is_refused_on_the_other(&place);
            }

            #[test]
            fn d9_logging_out_everywhere_holds_on_every_server() {
                let (place, _kept) = $place;
                logged_out_everywhere(&place);
            }

            #[test]
            fn d4_two_servers_count_exactly() {
                let (place, _kept) = $place;
                counts_exactly(&place);
            }
        }
    };
}

on!(sqlite, {
    let dir = tempfile::tempdir().unwrap();
    (Place::sqlite(dir.path()), dir)
});
on!(postgres, (Place::new(shared::postgres_database()), ()));
on!(redis, (Place::new(shared::redis()), ()));
on!(redis_cluster, (Place::new(shared::redis_cluster()), ()));
