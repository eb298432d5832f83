//! Sessions in stores that are servers: the same pages on each, and one clear line when it cannot be used.

#![allow(clippy::unwrap_used, reason = "the lint knows tests, not their helpers")]

mod support;

use std::fs;
use std::net::SocketAddr;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use cloakroom_servers::{Postgres, Proxy, Redis, RedisOptions, Scratch, shared};
use sqlx::{Connection as _, PgConnection};
use support::client::Browser;
use support::held::{Held, Taken};
use support::password_hash;
use support::server::{Folder, PROGRAM, Server};

fn demo(folder: &Folder, store: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(["--port", "0", "--store", store, "--db"])
        .arg(folder.db());
    command
}

/// The program ends with one line that has `reason` in it and no password, and has made nothing.
#[track_caller]
fn refused(store: &str, reason: &str) {
    let folder = Folder::new();
    let Output {
        status,
        stdout,
        stderr,
    } = demo(&folder, store).output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(2), "{stderr}");
    assert_eq!(String::from_utf8(stdout).unwrap(), "");
    assert!(
        stderr.starts_with("cloakroom-demo: cannot use the store of the sessions: "),
        "{stderr}"
    );
    assert_eq!(stderr.matches('\n').count(), 1, "one line: {stderr}");
    assert!(stderr.contains(reason), "{reason:?} is not in {stderr:?}");
    for secret in ["hunter2", "right", "@127"] {
        assert!(!stderr.contains(secret), "{stderr}");
    }
    assert_eq!(folder.names(), [""; 0]);
}

#[track_caller]
fn log_in(address: SocketAddr, name: &str) -> Browser {
    let mut browser = Browser::new(address);
    let answer = browser.post("/session/login", &format!("name={name}&password=correct+horse"));
    assert_eq!(answer.status, 303, "{}", answer.body);
    browser
}

#[track_caller]
fn post(browser: &mut Browser, path: &str, form: &str, notice: &str) {
    let answer = browser.post(&format!("/session/{path}"), form);
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(
        answer.one("Location"),
        Some(&*format!("/session?notice={notice}"))
    );
}

/// Two of the program's processes on one store: what one of them ends is over for the other at its next request.
#[test]
fn sessions_are_shared_and_outlive_the_program() {
    for (store, label) in [
        (shared::redis(), "a Redis server"),
        (shared::redis_cluster(), "a Redis Cluster"),
        (&*shared::postgres_database(), "a PostgreSQL server"),
    ] {
        let folder = Folder::new();
        let [one, two] = [(); 2].map(|()| Server::spawn(demo(&folder, store)));
        Browser::new(one.address).register("ada");
        let mut desk = log_in(one.address, "ada");
        let mut phone = log_in(two.address, "ada");
        let page = desk.get("/session");
        assert_eq!(page.between("id=\"store\">", "<"), label);
        assert_eq!(page.body.matches("id=\"device-").count(), 2, "{label}");
        let selector = phone.get("/session").between("id=\"selector\">", "<").to_owned();

        // The same session through the other process, and four requests at once.
        post(&mut desk, "race", "", "raced");
        desk.address = two.address;
        post(&mut desk, "count", "", "counted");
        desk.address = one.address;
        assert_eq!(desk.get("/session").between("id=\"count\">", "<"), "5", "{label}");

        post(
            &mut desk,
            "devices",
            &format!("act=end&selector={selector}"),
            "ended",
        );
        post(&mut phone, "count", "", "session-needed");
        let mut phone = log_in(two.address, "ada");
        post(
            &mut desk,
            "password",
            "old=correct+horse&new=better+horse",
            "password-changed",
        );
        post(&mut phone, "count", "", "session-needed");

        assert!(one.stop("TERM").success());
        let again = Server::spawn(demo(&folder, store));
        desk.address = again.address;
        post(&mut desk, "count", "", "counted");
        post(&mut desk, "devices", "act=end-all", "ended-all");
        drop(two);
    }
}

/// The password is another one, and the sessions of all others are just being deleted, when the browser hangs up: they are
/// deleted all the same. In between nobody is told that anything was done.
#[tokio::test]
async fn d16_who_hangs_up_while_a_password_changes_leaves_no_session_of_the_old_one() {
    let (store, folder) = (shared::postgres_database(), Folder::new());
    let server = Server::spawn(demo(&folder, &store));
    Browser::new(server.address).register("ada");
    let mut desk = log_in(server.address, "ada");
    let mut phone = log_in(server.address, "ada");
    let mut held = Held::log_in(server.address, "ada", "correct+horse");
    let before = password_hash(&folder.db()).await;
    let form = format!("old=correct+horse&new=better+horse&csrf={}", desk.csrf());
    let mut writer = PgConnection::connect(&store).await.unwrap();
    // Who reads is let in, who deletes waits.
    let lock = "BEGIN; LOCK TABLE cloakroom.sessions IN EXCLUSIVE MODE";
    sqlx::raw_sql(lock).execute(&mut writer).await.unwrap();
    let sent = desk.begin_post("/session/password", &form);
    let start = Instant::now();
    while password_hash(&folder.db()).await == before {
        assert!(start.elapsed() < Duration::from_secs(30));
    }
    sent.hang_up();
    // That the browser has gone ends nothing by itself.
    assert_eq!(phone.get("/session").between("id=\"user\">", "<"), "ada");
    sqlx::raw_sql("ROLLBACK").execute(&mut writer).await.unwrap();
    while phone.get("/session").body.contains("id=\"user\">") {
        assert!(start.elapsed() < Duration::from_secs(30));
    }
    held.ends_within_the_bound_of(Instant::now());
    // The browser's own session had no new token, so it has ended, too: the old token may be a thief's.
    while desk.get("/session").body.contains("id=\"user\">") {
        assert!(start.elapsed() < Duration::from_secs(30));
    }
    for (password, status) in [("correct+horse", 403), ("better+horse", 303)] {
        let form = format!("name=ada&password={password}");
        let answer = Browser::new(server.address).post("/session/login", &form);
        assert_eq!(answer.status, status, "{}", answer.body);
    }
}

/// The new token of the session is just being written when the browser hangs up. Nobody is left who would get it, and the old
/// one may be a thief's: the session ends.
#[tokio::test]
async fn d16_who_hangs_up_before_a_new_token_is_written_leaves_no_session() {
    let (store, folder) = (shared::postgres_database(), Folder::new());
    let server = Server::spawn(demo(&folder, &store));
    Browser::new(server.address).register("ada");
    let mut desk = log_in(server.address, "ada");
    let form = format!("old=correct+horse&new=better+horse&csrf={}", desk.csrf());
    let mut database = PgConnection::connect(&store).await.unwrap();
    sqlx::raw_sql(
        "CREATE FUNCTION cloakroom.wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$;
         CREATE TRIGGER wait BEFORE UPDATE OF verifier_hash ON cloakroom.sessions
             FOR EACH ROW EXECUTE FUNCTION cloakroom.wait();
         SELECT pg_advisory_lock(1)",
    )
    .execute(&mut database)
    .await
    .unwrap();
    let start = Instant::now();
    let sent = desk.begin_post("/session/password", &form);
    let mut number = async |statement: &'static str| -> i64 {
        assert!(start.elapsed() < Duration::from_secs(30), "{statement}");
        let number = sqlx::query_scalar(statement).fetch_one(&mut database);
        number.await.unwrap()
    };
    let waiting = "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
        WHERE d.datname = current_database() AND locktype = 'advisory' AND NOT granted";
    while number(waiting).await == 0 {}
    let steps = "SELECT head FROM cloakroom.revocation_feed";
    let before = number(steps).await;
    sent.hang_up();
    // What else the account holds is cut off by now, and the session waits for its row.
    while number(steps).await == before {}
    assert_eq!(number("SELECT pg_advisory_unlock(1)::int::bigint").await, 1);
    while number("SELECT count(*) FROM cloakroom.sessions").await > 0 {}
    assert!(!desk.get("/session").body.contains("id=\"user\">"));
}

/// What one process ends, whatever carries it, the other refuses within a second, and looks nothing up for it.
#[test]
fn logging_out_everywhere_is_heard_by_the_other_process_within_a_second() {
    for store in [
        shared::redis(),
        shared::redis_cluster(),
        &*shared::postgres_database(),
    ] {
        let folder = Folder::new();
        let [one, two] = [(); 2].map(|()| Server::spawn(demo(&folder, store)));
        Browser::new(one.address).register("ada");
        for turn in 0..3 {
            let mut held = Held::log_in(one.address, "ada", "correct+horse");
            held.move_to(two.address);
            assert_eq!(held.taken(), [Taken::Yes; 4], "{turn}");
            let mut desk = [&held.ticket, &held.session, &held.ticket][turn].clone();
            desk.address = one.address;
            let answer = desk.post("/everywhere", "");
            let acknowledged = Instant::now();
            assert_eq!(
                answer.one("Location"),
                Some("/?notice=everywhere"),
                "{}",
                answer.body
            );
            held.ends_within_the_bound_of(acknowledged);
        }
    }
}

/// While the server cannot be reached nobody is logged out, nor taken for a stranger; and afterwards all goes on.
#[test]
fn a_server_that_goes_away_logs_nobody_out() {
    for store in [shared::redis(), &*shared::postgres_database()] {
        let (before, upstream) = store.rsplit_once("127.0.0.1:").unwrap();
        let (port, after) = upstream.split_at(upstream.find('/').unwrap_or(upstream.len()));
        let proxy = Proxy::start(format!("127.0.0.1:{port}").parse().unwrap()).unwrap();
        let folder = Folder::new();
        let server = Server::spawn(demo(&folder, &format!("{before}{}{after}", proxy.addr())));
        Browser::new(server.address).register("ada");
        let mut browser = log_in(server.address, "ada");
        proxy.cut();
        for path in ["/session", "/session?notice=counted"] {
            let page = browser.get(path);
            assert_eq!((page.status, page.set("__Host-session")), (503, None), "{before}");
            assert_eq!(page.one("Retry-After"), Some("2"));
            assert!(page.body.contains("The store of the sessions does not answer"));
        }
        let answer = browser.clone().post("/session/logout", "");
        assert_eq!(answer.status, 503, "{before}");
        proxy.mend().unwrap();
        // A client that was cut off may be a moment in finding back.
        let start = Instant::now();
        let page = loop {
            let page = browser.get("/session");
            if page.status != 503 {
                break page;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "{before}");
        };
        assert_eq!(page.between("id=\"user\">", "<"), "ada", "{before}");
    }
}

#[test]
fn a_redis_server_that_refuses_is_named_in_one_line() {
    let scratch = Scratch::new().unwrap();
    let options = RedisOptions::default().set("requirepass", "right");
    let redis = Redis::start(scratch.path(), &options).unwrap();
    let port = redis.port();
    for (store, reason) in [
        (
            format!("redis://:hunter2@127.0.0.1:{port}"),
            "the Redis server refuses the user name or the password",
        ),
        (
            format!("redis://ada:hunter2@127.0.0.1:{port}"),
            "the Redis server refuses the user name or the password",
        ),
        (
            format!("redis+cluster://:hunter2@127.0.0.1:{port}"),
            "the Redis server refuses the user name or the password",
        ),
        (
            format!("redis://:right@127.0.0.1:{port}/99"),
            "the Redis server has no database of that number",
        ),
        (
            format!("redis+cluster://:right@127.0.0.1:{port}"),
            "this Redis server is none of a Cluster",
        ),
    ] {
        refused(&store, reason);
    }
    assert!(redis.command(&["PING"]).is_err(), "it does ask for its password");
}

#[test]
fn a_postgres_server_that_refuses_is_named_in_one_line() {
    let scratch = Scratch::new().unwrap();
    let mut server = Postgres::start(scratch.path()).unwrap();
    server
        .execute("postgres", "CREATE ROLE alice LOGIN PASSWORD 'right'")
        .unwrap();
    let rules = server.data_dir().join("data/pg_hba.conf");
    let trusting = fs::read_to_string(&rules).unwrap();
    fs::write(
        &rules,
        format!("host all alice 127.0.0.1/32 scram-sha-256\n{trusting}"),
    )
    .unwrap();
    server.kill9();
    server.restart().unwrap();
    let at = format!("127.0.0.1:{}", server.port());
    refused(
        &format!("postgres://alice:hunter2@{at}/postgres"),
        "password authentication failed for user \"alice\" (SQLSTATE 28P01)",
    );
    refused(
        &format!("postgres://postgres:hunter2@{at}/no_such"),
        "database \"no_such\" does not exist (SQLSTATE 3D000)",
    );
    // Nobody gave alice leave to make the tables; without them there is nothing to serve.
    refused(
        &format!("postgres://alice:right@{at}/postgres"),
        "permission denied for database postgres",
    );

    // A missing schema is made, and a newer one is left alone.
    server.create_database("sessions").unwrap();
    let store = server.url("sessions");
    let folder = Folder::new();
    drop(Server::spawn(demo(&folder, &store)));
    server
        .execute("sessions", "UPDATE cloakroom.session_schema SET version = 99")
        .unwrap();
    refused(&store, "are of version 99, and this program knows");
    server
        .execute(
            "sessions",
            "SELECT 1 / (version / 99) FROM cloakroom.session_schema",
        )
        .unwrap();
}
