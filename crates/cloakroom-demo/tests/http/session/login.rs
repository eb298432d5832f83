//! Beginning a session, and how it ends by itself or by its owner.

use super::{ATTRIBUTES, REMOVAL, account, count, devices, log_in, logged_in, redirected, who, with_session};
use crate::support::client::Browser;
use crate::support::execute;
use crate::{Folder, Server, start};

#[test]
fn a_log_in_sets_a_token_of_the_browsers_session() {
    let (_folder, server, mut browser) = start();
    account(server.address, "ada");
    let page = browser.get("/session");
    assert_eq!((page.status, page.set("__Host-session")), (200, None));
    let answer = log_in(&mut browser, "ada", "correct+horse", "");
    let line = answer.set("__Host-session").unwrap();
    let (value, attributes) = line.strip_prefix("__Host-session=").unwrap().split_at(64);
    assert_eq!(attributes, ATTRIBUTES);
    assert_eq!(answer.one("Cache-Control"), Some("no-store"));
    let page = browser.get("/session");
    assert_eq!(page.between("id=\"user\">", "<"), "ada");
    assert_eq!(page.set("__Host-session"), None);
    assert_eq!(
        &page.between("id=\"selector\">", "<")[..21],
        &value[..21],
        "the public third; the 22nd character is of both parts"
    );
    assert!(!page.body.contains(&value[22..]), "and the secret part nowhere");
    assert_eq!(page.between("id=\"remembered\">", "<"), "no");
    assert!(page.body.contains("action=\"/session/logout\""));
}

#[test]
fn remember_me_outlives_the_browser() {
    let (_folder, server, mut browser) = start();
    account(server.address, "ada");
    let answer = log_in(&mut browser, "ada", "correct+horse", "&remember=yes");
    let line = answer.set("__Host-session").unwrap();
    let age = line
        .split("; Max-Age=")
        .nth(1)
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    let age: u64 = age.parse().unwrap();
    assert!((2_591_880..=2_592_000).contains(&age), "thirty days: {line}");
    let page = browser.get("/session");
    assert_eq!(page.between("id=\"remembered\">", "<"), "yes");
    assert!(page.body.contains("remembered</span>"));
}

#[test]
fn a_wrong_password_begins_nothing() {
    let (_folder, server, mut browser) = start();
    account(server.address, "ada");
    for (name, password) in [("ada", "wrong+horse"), ("bob", "correct+horse"), ("", "")] {
        let answer = log_in(&mut browser, name, password, "&remember=yes");
        assert_eq!((answer.status, answer.set("__Host-session")), (403, None));
        assert!(answer.body.contains("Name or password is wrong."));
        assert!(answer.body.contains(" checked"), "the tick stays");
    }
}

#[test]
fn a_log_in_never_takes_over_the_token_that_was_there() {
    let (_folder, server, mut browser) = with_session("ada");
    account(server.address, "bob");
    let planted = browser.cookie.clone();
    browser.post("/session/count", "");
    // Somebody else logs in over it, and then the same person.
    for name in ["bob", "bob"] {
        let before = browser.cookie.clone();
        log_in(&mut browser, name, "correct+horse", "");
        assert_ne!(browser.cookie, before);
        assert_eq!(who(&mut browser).as_deref(), Some(name));
        assert_eq!(count(&mut browser), 0, "nothing of ada's");
    }
    let mut old = Browser::with(server.address, planted);
    assert_eq!(who(&mut old), None);
}

#[test]
fn logging_out_ends_the_session_for_a_copy_of_its_cookie() {
    let (_folder, _server, mut browser) = with_session("ada");
    let mut copy = browser.clone();
    let answer = browser.post("/session/logout", "");
    redirected(&answer, "session-out");
    assert_eq!(answer.set("__Host-session"), Some(REMOVAL));
    assert_eq!(who(&mut copy), None);
    redirected(&copy.post("/session/count", ""), "session-needed");
    redirected(&copy.post("/session/devices", "act=end-others"), "session-needed");
    redirected(&copy.post("/session/password", "old=a&new=b"), "session-needed");
}

#[test]
fn a_session_lives_across_a_restart_and_not_in_memory() {
    let folder = Folder::new();
    for (store, survives) in [(None, true), (Some("memory"), false)] {
        let command = || {
            let mut command = std::process::Command::new(crate::support::server::PROGRAM);
            command.args(["--port", "0", "--db"]).arg(folder.db());
            command.args(store.iter().flat_map(|store| ["--store", store]));
            command
        };
        let server = Server::spawn(command());
        let name = store.unwrap_or("embedded");
        account(server.address, name);
        let mut browser = logged_in(server.address, name);
        assert!(server.stop("TERM").success());
        let server = Server::spawn(command());
        browser.address = server.address;
        assert_eq!(who(&mut browser).is_some(), survives, "{store:?}");
    }
}

#[tokio::test]
async fn an_idle_session_ends() {
    let (folder, _server, mut browser) = with_session("ada");
    execute(
        &folder.sessions(),
        "UPDATE cloakroom_session SET idle_deadline = last_seen_at",
    )
    .await;
    assert_eq!(who(&mut browser), None);
    redirected(&browser.post("/session/count", ""), "session-needed");
}

#[test]
fn d15_7_1_2_a_twenty_first_session_ends_the_one_that_was_not_used_for_longest() {
    let (_folder, server, mut first) = with_session("ada");
    let mut last = first.clone();
    for _ in 0..20 {
        last = logged_in(server.address, "ada");
    }
    assert_eq!(who(&mut first), None);
    assert_eq!(devices(&mut last), 20);
}

#[test]
fn the_page_asks_for_itself_again_when_its_session_ends() {
    let (_folder, server, mut browser) = with_session("ada");
    let page = browser.get("/session");
    let seconds = page.between("http-equiv=\"refresh\" content=\"", ";");
    let seconds: u64 = seconds.parse().unwrap();
    assert!((1_700..=1_802).contains(&seconds), "{seconds}");
    let href = page
        .between("href=\"/session/clock.css", "\"")
        .replace("&amp;", "&");
    let style = Browser::new(server.address).get(&format!("/session/clock.css{href}"));
    assert_eq!(style.one("Content-Type"), Some("text/css; charset=utf-8"));
    assert!(
        style.body.contains(&format!("--left: {}", seconds - 2)),
        "{}",
        style.body
    );
    // A tab that another one kept alive is told nothing that is not so.
    let page = browser.get("/session?notice=session-needed");
    assert!(!page.body.contains("role=\"status\""), "{}", page.body);
}
