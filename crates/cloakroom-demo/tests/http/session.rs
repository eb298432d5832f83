//! The log-in that the server remembers.

use std::fs;

use crate::support::client::{Browser, Response};
use crate::support::execute;
use crate::{Folder, Server, start};

const ATTRIBUTES: &str = "; Path=/; Secure; HttpOnly; SameSite=Lax";
const REMOVAL: &str = "__Host-session=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly; SameSite=Lax";

/// An account of that name; the browser that made it holds nothing of it.
fn account(address: std::net::SocketAddr, name: &str) {
    Browser::new(address).register(name);
}

/// A browser in which the account of that name has a session.
#[track_caller]
fn logged_in(address: std::net::SocketAddr, name: &str) -> Browser {
    let mut browser = Browser::new(address);
    let answer = log_in(&mut browser, name, "correct+horse", "");
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(answer.one("Location"), Some("/session?notice=session-in"));
    browser
}

fn log_in(browser: &mut Browser, name: &str, password: &str, more: &str) -> Response {
    browser.post(
        "/session/login",
        &format!("name={name}&password={password}{more}"),
    )
}

fn with_session(name: &str) -> (Folder, Server, Browser) {
    let (folder, server, _) = start();
    account(server.address, name);
    let browser = logged_in(server.address, name);
    (folder, server, browser)
}

/// Who the page of the session says has it.
#[track_caller]
fn who(browser: &mut Browser) -> Option<String> {
    let page = browser.get("/session");
    assert_eq!(page.status, 200, "{}", page.body);
    if page.body.contains("action=\"/session/login\"") {
        return None;
    }
    Some(page.between("<strong id=\"user\">", "</strong>").to_owned())
}

fn count(browser: &mut Browser) -> u64 {
    let page = browser.get("/session");
    page.between("id=\"count\">", "<").parse().unwrap()
}

fn selector(browser: &mut Browser) -> String {
    let page = browser.get("/session");
    page.between("id=\"selector\">", "<").to_owned()
}

fn devices(browser: &mut Browser) -> usize {
    browser.get("/session").body.matches("id=\"device-").count()
}

/// As if every password had been given five minutes and a second earlier.
async fn grow_old(folder: &Folder) {
    execute(
        &folder.sessions(),
        "UPDATE cloakroom_session SET authenticated_at = authenticated_at - 301000",
    )
    .await;
}

#[track_caller]
fn redirected(answer: &Response, notice: &str) {
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(
        answer.one("Location"),
        Some(&*format!("/session?notice={notice}"))
    );
}

#[test]
fn a_log_in_sets_a_token_of_the_browsers_session() {
    let (_folder, server, mut browser) = start();
    account(server.address, "ada");
    let page = browser.get("/session");
    assert_eq!((page.status, page.one("Set-Cookie")), (200, None));
    let answer = log_in(&mut browser, "ada", "correct+horse", "");
    let line = answer.one("Set-Cookie").unwrap();
    let (value, attributes) = line.strip_prefix("__Host-session=").unwrap().split_at(64);
    assert_eq!(attributes, ATTRIBUTES);
    assert_eq!(answer.one("Cache-Control"), Some("no-store"));
    let page = browser.get("/session");
    assert_eq!(page.between("id=\"user\">", "<"), "ada");
    assert_eq!(page.one("Set-Cookie"), None);
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
    let line = answer.one("Set-Cookie").unwrap();
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
        assert_eq!((answer.status, answer.one("Set-Cookie")), (403, None));
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
    let mut old = Browser {
        address: server.address,
        cookie: planted,
    };
    assert_eq!(who(&mut old), None);
}

#[test]
fn parallel_tabs_lose_no_increment() {
    let (_folder, server, browser) = with_session("ada");
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let mut tab = browser.clone();
            scope.spawn(move || {
                for _ in 0..10 {
                    redirected(&tab.post("/session/count", ""), "counted");
                }
            });
        }
    });
    let mut browser = browser;
    assert_eq!(count(&mut browser), 20);
    for done in 1..=3 {
        redirected(&browser.post("/session/race", ""), "raced");
        assert_eq!(count(&mut browser), 20 + 4 * done);
    }
    let mut stranger = Browser::new(server.address);
    redirected(&stranger.post("/session/count", ""), "session-needed");
    redirected(&stranger.post("/session/race", ""), "session-needed");
    assert_eq!(stranger.cookie, None, "a stranger gets no session for that");
}

#[test]
fn each_device_is_listed_where_and_when() {
    let (_folder, server, mut browser) = with_session("ada");
    let mut phone = Browser::new(server.address);
    let origin = format!("http://{}", server.address);
    let answer = phone.request(
        "POST /session/login",
        &[
            ("Origin", origin.as_bytes()),
            ("Content-Type", b"application/x-www-form-urlencoded"),
            ("User-Agent", b"Phone/1.0 <b>"),
        ],
        b"name=ada&password=correct+horse&remember=yes",
    );
    redirected(&answer, "session-in");
    account(server.address, "bob");
    logged_in(server.address, "bob");
    let page = browser.get("/session");
    let list = page.between("<ol class=\"devices\">", "</ol>");
    assert_eq!(list.matches("<li").count(), 2, "ada's and not bob's: {list}");
    assert_eq!(list.matches("<code>127.0.0.1</code>").count(), 2);
    assert_eq!(list.matches("this device").count(), 1);
    assert_eq!(list.matches("remembered").count(), 1);
    assert!(list.contains("Phone/1.0 &lt;b&gt;"), "{list}");
    assert_eq!(list.matches("Last seen").count(), 2);
    assert!(list.contains(&format!("value=\"{}\"", selector(&mut phone))));
}

#[test]
fn one_device_ends_another() {
    let (_folder, server, mut browser) = with_session("ada");
    let (mut other, mut third) = (logged_in(server.address, "ada"), logged_in(server.address, "ada"));
    let form = format!("act=end&selector={}", selector(&mut other));
    redirected(&browser.post("/session/devices", &form), "ended");
    redirected(&other.post("/session/count", ""), "session-needed");
    assert_eq!(who(&mut other), None);
    assert_eq!(who(&mut third).as_deref(), Some("ada"));
    assert_eq!(devices(&mut browser), 2);
    redirected(
        &browser.post("/session/devices", "act=end-others"),
        "ended-others",
    );
    assert_eq!(who(&mut third), None);
    assert_eq!(devices(&mut browser), 1);
    let mut fourth = logged_in(server.address, "ada");
    let answer = browser.post("/session/devices", "act=end-all");
    redirected(&answer, "ended-all");
    assert_eq!(answer.one("Set-Cookie"), Some(REMOVAL));
    assert_eq!((who(&mut browser), who(&mut fourth)), (None, None));
}

#[test]
fn anothers_selector_is_answered_like_an_unknown_one() {
    let (_folder, server, mut browser) = with_session("ada");
    account(server.address, "bob");
    let mut bob = logged_in(server.address, "bob");
    let bobs = selector(&mut bob);
    let mut answers = Vec::new();
    for text in [&*bobs, "AAAAAAAAAAAAAAAAAAAAAA", "junk", "", "%3Cscript%3E"] {
        let answer = browser.post("/session/devices", &format!("act=end&selector={text}"));
        redirected(&answer, "ended");
        answers.push((
            answer.status,
            answer.body.clone(),
            answer.one("Set-Cookie").map(str::to_owned),
        ));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(who(&mut bob).as_deref(), Some("bob"));
    assert_eq!(who(&mut browser).as_deref(), Some("ada"));
    // One's own selector is a logout.
    let own = selector(&mut browser);
    let answer = browser.post("/session/devices", &format!("act=end&selector={own}"));
    redirected(&answer, "session-out");
    assert_eq!(answer.one("Set-Cookie"), Some(REMOVAL));
    for form in ["act=junk", "", "act=end&act=end"] {
        assert_eq!(bob.post("/session/devices", form).status, 400, "{form}");
    }
}

#[tokio::test]
async fn ending_needs_a_password_of_the_last_five_minutes() {
    let (folder, server, mut browser) = with_session("ada");
    let mut other = logged_in(server.address, "ada");
    let others = selector(&mut other);
    grow_old(&folder).await;
    for form in [
        format!("act=end&selector={others}"),
        "act=end-others".to_owned(),
        "act=end-all".to_owned(),
    ] {
        let answer = browser.post("/session/devices", &form);
        assert_eq!((answer.status, answer.one("Set-Cookie")), (403, None));
        assert!(
            answer.body.contains("action=\"/session/confirm\""),
            "{}",
            answer.body
        );
        assert!(answer.body.contains("action=\"/session/logout\""), "a way out");
        let answer = browser.post("/session/confirm", &format!("{form}&password=wrong+horse"));
        assert_eq!((answer.status, answer.one("Set-Cookie")), (403, None));
        assert!(answer.body.contains("The password is wrong."));
    }
    assert_eq!(who(&mut other).as_deref(), Some("ada"), "nothing has ended");

    let old = browser.cookie.clone();
    let before = selector(&mut browser);
    let form = format!("act=end&selector={others}&password=correct+horse");
    redirected(&browser.post("/session/confirm", &form), "ended");
    assert_ne!(browser.cookie, old, "the proof renews the token");
    assert_eq!(selector(&mut browser), before, "of the same session");
    assert_eq!(who(&mut other), None);
    let mut copy = Browser {
        address: server.address,
        cookie: old,
    };
    assert_eq!(who(&mut copy), None, "the token before is dead");
    // The proof is recent now.
    redirected(
        &browser.post("/session/devices", "act=end-others"),
        "ended-others",
    );
    // A stranger is asked to log in and for no password.
    let mut stranger = Browser::new(server.address);
    redirected(
        &stranger.post("/session/confirm", "act=end-all&password=correct+horse"),
        "session-needed",
    );
}

#[tokio::test]
async fn all_end_after_the_password_as_well() {
    let (folder, server, mut browser) = with_session("ada");
    let mut other = logged_in(server.address, "ada");
    grow_old(&folder).await;
    let answer = browser.post("/session/confirm", "act=end-all&password=correct+horse");
    redirected(&answer, "ended-all");
    assert_eq!(answer.one("Set-Cookie"), Some(REMOVAL));
    assert_eq!((who(&mut browser), who(&mut other)), (None, None));
}

#[test]
fn a_changed_password_renews_and_logs_the_others_out() {
    let (_folder, server, mut browser) = with_session("ada");
    let mut other = logged_in(server.address, "ada");
    browser.post("/session/count", "");
    for (form, status, says) in [
        ("old=wrong+horse&new=better+horse", 403, "The password is wrong."),
        (
            "old=correct+horse&new=short",
            422,
            "A password has at least 8 characters.",
        ),
    ] {
        let answer = browser.post("/session/password", form);
        assert_eq!((answer.status, answer.one("Set-Cookie")), (status, None));
        assert!(answer.body.contains(says), "{}", answer.body);
    }
    assert_eq!(who(&mut other).as_deref(), Some("ada"), "nothing has happened");

    let (old, same) = (browser.cookie.clone(), selector(&mut browser));
    let answer = browser.post("/session/password", "old=correct+horse&new=better+horse");
    redirected(&answer, "password-changed");
    assert_ne!(browser.cookie, old);
    assert_eq!(who(&mut browser).as_deref(), Some("ada"));
    assert_eq!((selector(&mut browser), count(&mut browser)), (same, 1));
    assert_eq!(who(&mut other), None);
    let mut copy = Browser {
        address: server.address,
        cookie: old,
    };
    assert_eq!(who(&mut copy), None);
    let mut again = Browser::new(server.address);
    assert_eq!(log_in(&mut again, "ada", "correct+horse", "").status, 403);
    redirected(&log_in(&mut again, "ada", "better+horse", ""), "session-in");
}

#[test]
fn logging_out_ends_the_session_for_a_copy_of_its_cookie() {
    let (_folder, _server, mut browser) = with_session("ada");
    let mut copy = browser.clone();
    let answer = browser.post("/session/logout", "");
    redirected(&answer, "session-out");
    assert_eq!(answer.one("Set-Cookie"), Some(REMOVAL));
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

#[tokio::test]
async fn sessions_of_an_account_that_is_gone_go_as_well() {
    let (folder, server, mut browser) = with_session("ada");
    let mut other = logged_in(server.address, "ada");
    execute(&folder.db(), "DELETE FROM users").await;
    let page = browser.get("/session");
    assert!(
        page.body.contains("The account of this session is not here"),
        "{}",
        page.body
    );
    assert_eq!(page.one("Set-Cookie"), Some(REMOVAL));
    redirected(&other.post("/session/count", ""), "session-needed");
}

#[test]
fn a_store_that_fails_makes_nobody_a_stranger() {
    let (folder, server, mut browser) = with_session("ada");
    fs::remove_file(folder.sessions()).unwrap();
    for path in ["count", "race", "logout", "devices", "password"] {
        let answer = browser.post(
            &format!("/session/{path}"),
            "act=end-all&old=correct+horse&new=better+horse",
        );
        assert_eq!((answer.status, answer.one("Set-Cookie")), (503, None), "{path}");
        assert_eq!(answer.one("Retry-After"), Some("2"), "{path}");
        assert!(
            answer.body.contains("The store of the sessions does not answer"),
            "{path}"
        );
    }
    let page = browser.get("/session");
    assert_eq!(page.status, 503);
    assert!(!page.body.contains("action=\"/session/login\""));
    // Whoever has no cookie needs no store, and the other log-in has none.
    assert_eq!(who(&mut Browser::new(server.address)), None);
    let mut ticket = Browser::new(server.address);
    ticket.log_in("ada");
    assert_eq!(ticket.who().as_deref(), Some("ada"));
}

#[test]
fn forms_of_other_sites_are_refused() {
    let (_folder, _server, mut browser) = with_session("ada");
    for path in [
        "login", "logout", "count", "race", "devices", "confirm", "password",
    ] {
        for fields in [
            &[("Sec-Fetch-Site", b"cross-site".as_slice())][..],
            &[("Origin", b"http://evil.example")],
            &[],
        ] {
            let answer = browser.request(&format!("POST /session/{path}"), fields, b"");
            assert_eq!(
                (answer.status, answer.one("Set-Cookie")),
                (403, None),
                "{path} {fields:?}"
            );
            assert!(answer.body.contains("the form came from another site"));
        }
    }
    assert_eq!(count(&mut browser), 0);
}

#[test]
fn what_is_no_token_is_a_strangers() {
    let (_folder, server, _) = with_session("ada");
    for value in ["", "junk", &"A".repeat(64), &"A".repeat(4000)] {
        let mut browser = Browser {
            address: server.address,
            cookie: Some(format!("__Host-session={value}")),
        };
        assert_eq!(who(&mut browser), None, "{value}");
        assert!(browser.cookie.is_some(), "and nothing is removed");
    }
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

#[tokio::test]
async fn d15_7_4_4_each_page_that_needs_a_log_in_has_a_logout_at_its_top() {
    let (folder, _server, mut browser) = with_session("ada");
    let mut pages = vec![
        browser.get("/session"),
        browser.post("/session/password", "old=wrong+horse&new=better+horse"),
        browser.post("/session/password", "old=correct+horse&new=short"),
    ];
    grow_old(&folder).await;
    pages.push(browser.post("/session/devices", "act=end-others"));
    pages.push(browser.post("/session/confirm", "act=end-others&password=wrong+horse"));
    for page in pages {
        let top = page.between("<header", "</header>");
        assert!(
            top.contains("action=\"/session/logout\"") && top.contains("Log out"),
            "{}: {top}",
            page.status
        );
    }
    let mut ticket = Browser::new(browser.address);
    ticket.log_in("ada");
    let page = ticket.get("/");
    assert!(
        page.between("<header", "</header>")
            .contains("action=\"/logout\"")
    );
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
