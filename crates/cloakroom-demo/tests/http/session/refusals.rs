//! Parallel tabs, stores that fail, forms of others, and tokens that are none.

use std::fs;

use super::{REMOVAL, count, logged_in, redirected, who, with_session};
use crate::support::client::Browser;
use crate::support::execute;

#[test]
fn parallel_tabs_lose_no_increment() {
    let (_folder, server, browser) = with_session("ada");
    let tab = |mut tab: Browser| {
        let mut counted = 0;
        for _ in 0..10 {
            let answer = tab.post("/session/count", "");
            // Overtaken time and again, and told so: it was not counted.
            if answer.status == 409 {
                assert!(answer.body.contains("Another request was faster"));
                continue;
            }
            redirected(&answer, "counted");
            counted += 1;
        }
        counted
    };
    let before: u64 = std::thread::scope(|scope| {
        let tabs = [(); 2].map(|()| scope.spawn(|| tab(browser.clone())));
        tabs.into_iter().map(|tab| tab.join().unwrap()).sum()
    });
    let mut browser = browser;
    assert_eq!(count(&mut browser), before);
    for done in 1..=3 {
        redirected(&browser.post("/session/race", ""), "raced");
        assert_eq!(count(&mut browser), before + 4 * done);
    }
    let mut stranger = Browser::new(server.address);
    redirected(&stranger.post("/session/count", ""), "session-needed");
    redirected(&stranger.post("/session/race", ""), "session-needed");
    assert_eq!(stranger.cookie, None, "a stranger gets no session for that");
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
    assert_eq!(page.set("__Host-session"), Some(REMOVAL));
    redirected(&other.post("/session/count", ""), "session-needed");
}

#[test]
fn a_store_that_fails_makes_nobody_a_stranger() {
    let (folder, server, mut browser) = with_session("ada");
    fs::remove_file(folder.sessions()).unwrap();
    for path in ["count", "race", "logout", "devices", "password"] {
        let answer = browser.clone().post(
            &format!("/session/{path}"),
            "act=end-all&old=correct+horse&new=better+horse",
        );
        // The browser may forget, whatever the store does.
        let removed = (path == "logout").then_some(REMOVAL);
        assert_eq!(
            (answer.status, answer.set("__Host-session")),
            (503, removed),
            "{path}"
        );
        assert_eq!(answer.one("Retry-After"), Some("2"), "{path}");
        assert!(
            answer.body.contains("The store of the sessions does not answer"),
            "{path}"
        );
    }
    let page = browser.get("/session");
    assert_eq!(page.status, 503);
    assert!(!page.body.contains("action=\"/session/login\""));
    // Whoever has no cookie needs no store. To log in takes one, by whichever carrier.
    let mut stranger = Browser::new(server.address);
    assert_eq!(who(&mut stranger), None);
    let answer = stranger.post("/login", "name=ada&password=correct+horse");
    assert_eq!((answer.status, answer.set("__Host-id")), (503, None));
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
                (answer.status, answer.set("__Host-session")),
                (403, None),
                "{path} {fields:?}"
            );
            assert!(answer.body.contains("Refused: the form"));
        }
    }
    assert_eq!(count(&mut browser), 0);
}

#[test]
fn what_is_no_token_is_a_strangers() {
    let (_folder, server, _) = with_session("ada");
    for value in ["", "junk", &"A".repeat(64), &"A".repeat(4000)] {
        let mut browser = Browser::with(server.address, Some(format!("__Host-session={value}")));
        assert_eq!(who(&mut browser), None, "{value}");
        assert!(browser.cookie.is_some(), "and nothing is removed");
    }
}
