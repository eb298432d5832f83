//! What users see while a server dies, the network is cut, or the store dies or stalls: 503, never somebody else's
//! session, never an anonymous page for somebody who is logged in; and everything as before once it is mended.

#![allow(
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "helpers of tests are tests"
)]

#[path = "../app/mod.rs"]
#[allow(dead_code, reason = "the other tests use the rest")]
mod app;
mod load;

use std::net::{Ipv4Addr, SocketAddr};

use cloakroom_servers::{Postgres, Proxy, Redis, RedisCluster, RedisOptions, Scratch, shared};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::app::{App, Browser, Place};
use crate::load::{Counted, Load, until};

/// In a process of its own, this test is a server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server() {
    app::serve_if_asked().await;
}

/// The application on a store behind a proxy.
struct Behind {
    proxy: Proxy,
    app: App,
}

impl Behind {
    fn start(port: u16, url: impl FnOnce(u16) -> String) -> Self {
        let proxy = Proxy::start(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).unwrap();
        let app = App::start(&Place::new(url(proxy.addr().port())));
        Self { proxy, app }
    }

    fn redis() -> Self {
        Self::start(port_of(shared::redis()), |port| {
            format!("redis://127.0.0.1:{port}")
        })
    }

    fn postgres() -> Self {
        let url = shared::postgres_database();
        let port = port_of(&url);
        Self::start(port, |behind| url.replace(&port.to_string(), &behind.to_string()))
    }
}

fn port_of(url: &str) -> u16 {
    let authority = url.split('/').nth(2).unwrap();
    authority.rsplit(':').next().unwrap().parse().unwrap()
}

fn while_the_network_is_cut(behind: &Behind) {
    let Behind { proxy, app } = behind;
    let mut browser = Browser::logged_in(app.port, "ada");
    for _ in 0..3 {
        assert_eq!(browser.who(app.port), "ada");
        proxy.cut();
        for (method, path) in [("GET", "/who"), ("POST", "/count"), ("POST", "/logout")] {
            let answer = browser.ask(app.port, method, path).unwrap();
            assert_eq!((answer.status, answer.set_cookie), (503, None), "{path}");
        }
        // Who has no session needs no store.
        assert_eq!(Browser::default().who(app.port), "nobody");
        proxy.mend().unwrap();
        comes_back(&mut browser, app);
    }
    app.assert_it_never_panicked();
}

fn while_the_store_stalls(behind: &Behind) {
    let Behind { proxy, app } = behind;
    let mut browser = Browser::logged_in(app.port, "ada");
    assert_eq!(browser.who(app.port), "ada");
    proxy.stall();
    for (method, path) in [("GET", "/who"), ("POST", "/count")] {
        let answer = browser.ask(app.port, method, path).unwrap();
        assert_eq!((answer.status, answer.set_cookie), (503, None), "{path}");
    }
    proxy.mend().unwrap();
    comes_back(&mut browser, app);
    app.assert_it_never_panicked();
}

/// 503 for a while, and nothing else, until the session is back.
fn comes_back(browser: &mut Browser, app: &App) {
    until(|| {
        let answer = browser.get(app.port, "/who");
        assert!(
            answer.status == 503 || (answer.status == 200 && answer.body == "ada"),
            "{answer:?}: {}",
            app.log()
        );
        answer.status == 200
    });
}

/// Under load, `crash` ends what the application stands on, and `mend` brings it back.
fn a_crash_of_the_store(place: &Place, mut crash_and_mend: impl FnMut()) {
    let app = App::start(place);
    let mut browser = Browser::logged_in(app.port, "ada");
    let mut counted = Counted::default();
    for _ in 0..2 {
        let load = Load::start(&browser, &[app.port, app.port]);
        load.until_it_has_counted(20);
        crash_and_mend();
        load.until_it_has_counted(20);
        counted.add(&load.stop());
        comes_back(&mut browser, &app);
    }
    counted.assert_nothing_was_lost(&mut browser, app.port);
    app.assert_it_never_panicked();
}

fn a_crash_of_a_server(place: &Place) {
    let (mut a, b) = (App::start(place), App::start(place));
    let mut browser = Browser::logged_in(a.port, "ada");
    let load = Load::start(&browser, &[a.port, b.port, a.port, b.port]);
    load.until_it_has_counted(50);
    a.kill9();
    load.until_it_has_counted(50);
    let counted = load.stop();
    assert_eq!(browser.who(b.port), "ada");
    counted.assert_nothing_was_lost(&mut browser, b.port);
    let a = App::start(place);
    assert_eq!(browser.who(a.port), "ada");
    b.assert_it_never_panicked();
}

#[test]
fn d11_redis_cut_off() {
    while_the_network_is_cut(&Behind::redis());
}

#[test]
fn d11_postgres_cut_off() {
    while_the_network_is_cut(&Behind::postgres());
}

#[test]
fn d11_redis_stalled() {
    while_the_store_stalls(&Behind::redis());
}

#[test]
fn d11_postgres_stalled() {
    while_the_store_stalls(&Behind::postgres());
}

#[test]
fn d11_redis_killed_under_load() {
    let scratch = Scratch::new().unwrap();
    let options = RedisOptions {
        append_only: true,
        ..RedisOptions::default()
    };
    let mut redis = Redis::start(scratch.path(), &options).unwrap();
    a_crash_of_the_store(&Place::new(redis.url()), || {
        redis.kill9();
        redis.restart().unwrap();
    });
}

#[test]
fn d11_postgres_killed_under_load() {
    let scratch = Scratch::new().unwrap();
    let mut postgres = Postgres::start(scratch.path()).unwrap();
    a_crash_of_the_store(&Place::new(postgres.url("postgres")), || {
        postgres.kill9();
        postgres.restart().unwrap();
    });
}

/// A replica takes over. What the master had acknowledged and not passed on is lost, which Redis says of itself, so
/// nothing is counted here.
#[test]
fn d11_a_master_of_the_cluster_killed_under_load() {
    let scratch = Scratch::new().unwrap();
    let mut cluster = RedisCluster::start(scratch.path(), 3, 1).unwrap();
    let app = App::start(&Place::new(cluster.url()));
    // One subject for each master, or nearly so: which bucket is whose depends on the secret.
    let mut browsers: Vec<_> = (0..8)
        .map(|number| Browser::logged_in(app.port, &format!("u{number}")))
        .collect();
    cluster.kill9_master(0);
    until(|| {
        let mut all_are_back = true;
        for (number, browser) in browsers.iter_mut().enumerate() {
            let answer = browser.get(app.port, "/who");
            let is_back = answer.status == 200 && answer.body == format!("u{number}");
            assert!(is_back || answer.status == 503, "{answer:?}: {}", app.log());
            all_are_back &= is_back;
        }
        all_are_back
    });
    for browser in &mut browsers {
        assert_eq!(browser.post(app.port, "/count").body, "1");
    }
    app.assert_it_never_panicked();
}

/// Whoever only reads does not notice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d11_sqlite_locked_by_another_process() {
    let dir = tempfile::tempdir().unwrap();
    let app = App::start(&Place::sqlite(dir.path()));
    let mut browser = Browser::logged_in(app.port, "ada");
    let file = SqliteConnectOptions::new().filename(dir.path().join("sessions.db"));
    let mut backup = SqliteConnection::connect_with(&file).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE")
        .execute(&mut backup)
        .await
        .unwrap();
    let answer = browser.post(app.port, "/count");
    assert_eq!((answer.status, answer.set_cookie), (503, None));
    assert_eq!(browser.who(app.port), "ada");
    sqlx::raw_sql("ROLLBACK").execute(&mut backup).await.unwrap();
    assert_eq!(browser.post(app.port, "/count").status, 200);
    app.assert_it_never_panicked();
}

#[test]
fn d16_a_server_killed_under_load_on_sqlite() {
    let dir = tempfile::tempdir().unwrap();
    a_crash_of_a_server(&Place::sqlite(dir.path()));
}

#[test]
fn d16_a_server_killed_under_load_on_postgres() {
    a_crash_of_a_server(&Place::new(shared::postgres_database()));
}

#[test]
fn d16_a_server_killed_under_load_on_redis() {
    a_crash_of_a_server(&Place::new(shared::redis()));
}

#[test]
fn d16_a_server_killed_under_load_on_redis_cluster() {
    a_crash_of_a_server(&Place::new(shared::redis_cluster()));
}
