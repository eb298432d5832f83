//! Ending whatever a person holds, and what ends single log-ins.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::Connection as _;

use crate::support::client::{Browser, logged_in_as};
use crate::support::held::{Held, Taken, me};
use crate::support::server::Server;
use crate::support::{connect, execute};
use crate::{REMOVAL, start};

const ALL: [Taken; 4] = [Taken::Yes; 4];

#[test]
fn logging_out_everywhere_ends_all_four_kinds() {
    let (_folder, server, mut browser) = start();
    browser.register("ada");
    browser.cookie = None;
    browser.register("bob");
    for by in 0..3 {
        let mut held = Held::log_in(server.address, "ada", "correct+horse");
        assert_eq!(held.taken(), ALL);
        let mut me = [&held.ticket, &held.session, &held.app][by].clone();
        let answer = match by {
            2 => me.post("/app/everywhere", ""),
            _ => me.post("/everywhere", ""),
        };
        let acknowledged = Instant::now();
        assert_eq!(answer.status, 303, "{}", answer.body);
        if by < 2 {
            assert_eq!(answer.one("Location"), Some("/?notice=everywhere"));
            assert_eq!(me.cookie, None, "its own cookie is gone");
        }
        held.ends_within_the_bound_of(acknowledged);
    }
    // Others are as logged in as they were, and whoever logs in anew is taken at once.
    assert_eq!(browser.who().as_deref(), Some("bob"));
    assert_eq!(Held::log_in(server.address, "ada", "correct+horse").taken(), ALL);
    let answer = browser.get("/?notice=everywhere");
    assert!(answer.body.contains("You are logged out everywhere"));
}

/// A cut-off lies two seconds ahead, and what is minted after it still later: a JWT at the next whole second, for which it
/// has to wait. A session knows milliseconds, so sooner or later one is made before a JWT could have been.
#[tokio::test]
async fn a_session_right_after_logging_out_everywhere_waits_for_no_whole_second() {
    let (folder, server, mut browser) = start();
    browser.register("ada");
    let start = Instant::now();
    loop {
        let mut session = Browser::new(server.address);
        let answer = session.post("/session/login", "name=ada&password=correct+horse");
        assert_eq!(answer.status, 303, "{}", answer.body);
        let mut connection = connect(&folder.sessions()).await;
        let row = sqlx::query_as("SELECT authenticated_at, created_at FROM cloakroom_session");
        let (authenticated_at, made_at): (i64, i64) = row.fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let whole = authenticated_at + (-authenticated_at).rem_euclid(1000);
        if authenticated_at > made_at && made_at < whole - 2000 {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{whole} {made_at}");
        assert_eq!(session.post("/everywhere", "").status, 303);
    }
}

#[test]
fn a_token_in_authorization_may_end_everything_too() {
    let (_folder, server, mut browser) = start();
    browser.register("ada");
    let mut held = Held::log_in(server.address, "ada", "correct+horse");
    let (host, authorization) = (server.address.to_string(), format!("Bearer {}", held.access));
    let mut page = Browser::new(server.address);
    let token = page.csrf();
    let visitor = page.visitor.unwrap();
    let fields: [(&str, &[u8]); 5] = [
        ("Host", host.as_bytes()),
        ("Authorization", authorization.as_bytes()),
        ("Content-Type", b"application/x-www-form-urlencoded"),
        ("Cookie", visitor.as_bytes()),
        ("X-CSRF-Token", token.as_bytes()),
    ];
    let answer = crate::support::client::send(server.address, "POST /everywhere", &fields, b"");
    let acknowledged = Instant::now();
    assert_eq!(answer.status, 303, "{}", answer.body);
    held.ends_within_the_bound_of(acknowledged);
}

/// Two processes that share their files: what one of them ends is over for the other within a second.
#[test]
fn another_process_on_the_same_files_refuses_within_a_second() {
    let (folder, server, mut browser) = start();
    browser.register("ada");
    let other = Server::start(&folder);
    let mut held = Held::log_in(server.address, "ada", "correct+horse");
    held.move_to(other.address);
    assert_eq!(held.taken(), ALL, "each takes what the other gave");
    let mut desk = held.session.clone();
    desk.address = server.address;
    assert_eq!(desk.post("/everywhere", "").status, 303);
    held.ends_within_the_bound_of(Instant::now());
}

#[test]
fn a_copied_ticket_does_not_outlive_its_logout() {
    let (folder, server, mut browser) = start();
    browser.register("ada");
    let mut second = Browser::new(server.address);
    second.log_in("ada");
    let mut copy = browser.clone();
    let answer = browser.post("/logout", "");
    assert_eq!(answer.set("__Host-id"), Some(REMOVAL));
    let acknowledged = Instant::now();
    while copy.who().is_some() {
        assert!(acknowledged.elapsed().as_millis() < 1_500);
    }
    assert_eq!(
        second.who().as_deref(),
        Some("ada"),
        "another ticket of the same person"
    );
    // The list outlives the process.
    assert!(server.stop("TERM").success());
    let server = Server::start(&folder);
    copy.address = server.address;
    assert_eq!(copy.who(), None);
}

#[test]
fn a_changed_password_ends_the_other_kinds_as_well() {
    let (_folder, server, mut browser) = start();
    browser.register("ada");
    let mut held = Held::log_in(server.address, "ada", "correct+horse");
    let mut desk = Browser::new(server.address);
    assert_eq!(
        desk.post("/session/login", "name=ada&password=correct+horse")
            .status,
        303
    );
    let answer = desk.post("/session/password", "old=correct+horse&new=better+horse");
    let acknowledged = Instant::now();
    assert_eq!(answer.one("Location"), Some("/session?notice=password-changed"));
    held.ends_within_the_bound_of(acknowledged);
    assert!(
        desk.get("/session").body.contains("id=\"selector\""),
        "this one goes on"
    );
    assert_eq!(Held::log_in(server.address, "ada", "better+horse").taken(), ALL);
}

#[tokio::test]
async fn an_old_log_in_is_asked_for_the_password_first() {
    let (folder, server, mut browser) = start();
    browser.register("ada");
    let mut held = Held::log_in(server.address, "ada", "correct+horse");
    execute(
        &folder.sessions(),
        "UPDATE cloakroom_session SET authenticated_at = authenticated_at - 301000",
    )
    .await;
    let answer = held.session.post("/everywhere", "");
    assert_eq!((answer.status, answer.set("__Host-session")), (403, None));
    assert!(answer.body.contains("Your password once more"), "{}", answer.body);
    let answer = held.session.post("/everywhere", "password=wrong+horse");
    assert_eq!((answer.status, answer.set("__Host-session")), (403, None));
    assert!(answer.body.contains("The password is wrong."));
    assert_eq!(held.taken(), ALL, "nothing has ended");
    let answer = held.session.clone().post("/everywhere", "password=correct+horse");
    assert_eq!(answer.one("Location"), Some("/?notice=everywhere"));
    held.ends_within_the_bound_of(Instant::now());
}

#[test]
fn a_stranger_is_asked_to_log_in() {
    let (_folder, server, _) = start();
    let answer = Browser::new(server.address).post("/everywhere", "");
    assert_eq!(
        (answer.status, answer.one("Location")),
        (303, Some("/login?notice=login-needed"))
    );
}

#[test]
fn an_access_token_that_has_ended_is_a_401_of_the_api() {
    let (_folder, server, mut browser) = start();
    browser.register("ada");
    let held = Held::log_in(server.address, "ada", "correct+horse");
    assert_eq!(browser.post("/everywhere", "").status, 303);
    let acknowledged = Instant::now();
    let answer = loop {
        let answer = me(server.address, &held.access);
        if answer.status != 200 {
            break answer;
        }
        assert!(acknowledged.elapsed().as_millis() < 1_500);
    };
    assert_eq!(answer.status, 401);
    assert!(
        answer
            .one("WWW-Authenticate")
            .unwrap()
            .contains("error=\"invalid_token\"")
    );
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["error"], "invalid_token");
    let form = format!("token={}&path=/api/me&sent=as-it-is", held.access);
    let page = browser.post("/jwt/call", &form);
    assert!(
        page.body.contains("It is genuine, and it has been ended"),
        "{}",
        page.body
    );
}

/// While nobody can say what has been ended, nobody is taken for logged in, nor for a stranger.
#[test]
fn a_store_that_is_away_is_a_503_for_tickets_and_tokens() {
    let (folder, server, mut browser) = start();
    browser.register("ada");
    let mut held = Held::log_in(server.address, "ada", "correct+horse");
    assert_eq!(held.taken(), ALL);
    fs::remove_file(folder.sessions()).unwrap();
    let away = Instant::now();
    let page = loop {
        let page = held.ticket.get("/");
        if page.status != 200 {
            break page;
        }
        assert!(away.elapsed().as_secs() < 10, "it is taken for good");
    };
    assert_eq!((page.status, page.set("__Host-id")), (503, None));
    assert_eq!(page.one("Retry-After"), Some("2"));
    assert!(page.body.contains("Nobody can say whether you are logged in"));
    let answer = me(server.address, &held.access);
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.one("Retry-After").is_some());
    let stranger = Browser::new(server.address).get("/");
    assert_eq!((stranger.status, logged_in_as(&stranger)), (200, None));
}
