//! Forms of other sites, forms without a token, and tokens of other log-ins.

use crate::support::client::{Browser, Response};
use crate::{ring, start};

const FOREIGN: &str = "Refused: the form came from another site";
const NO_TOKEN: &str = "Refused: the form is not of a page of this log-in";

#[track_caller]
fn refused(answer: &Response, title: &str) {
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert!(answer.body.contains(title), "{}", answer.body);
    assert_eq!(answer.all("Set-Cookie"), [""; 0]);
}

#[test]
fn a_foreign_origin_is_refused_with_a_good_token_too() {
    let (folder, _server, mut browser) = start();
    browser.register("ada");
    let body = format!("csrf={}", browser.csrf());
    let form: (&str, &[u8]) = ("Content-Type", b"application/x-www-form-urlencoded");
    for fields in [
        [("Sec-Fetch-Site", &b"cross-site"[..]), form],
        [("Sec-Fetch-Site", b"same-site"), form],
        [("Origin", b"http://evil.example"), form],
        [("Origin", b"null"), form],
    ] {
        let answer = browser.request("POST /keys/announce", &fields, body.as_bytes());
        refused(&answer, FOREIGN);
    }
    assert_eq!(ring(&folder).len(), 1);
    // A browser that says neither is judged by the token alone.
    let answer = browser.request("POST /keys/announce", &[form], body.as_bytes());
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(ring(&folder).len(), 2);
}

#[test]
fn each_form_needs_a_token() {
    let (folder, server, mut browser) = start();
    browser.register("ada");
    let mut stranger = Browser::new(server.address);
    for path in [
        "/login",
        "/register",
        "/logout",
        "/everywhere",
        "/keys/announce",
        "/jwt",
        "/jwt/call",
        "/session/login",
        "/session/logout",
        "/session/count",
        "/session/race",
        "/session/devices",
        "/session/confirm",
        "/session/password",
        "/app/login",
        "/app/refresh",
        "/app/thief",
        "/app/logout",
        "/app/everywhere",
        "/nowhere",
    ] {
        for form in ["", "csrf=", "csrf=junk", "name=ada&password=correct+horse&id="] {
            refused(&browser.post_as_it_is(path, form), NO_TOKEN);
            refused(&stranger.post_as_it_is(path, form), NO_TOKEN);
        }
    }
    assert_eq!(ring(&folder).len(), 1);
    assert_eq!(browser.who().as_deref(), Some("ada"));
}

#[test]
fn a_token_is_good_for_its_own_log_in_alone() {
    let (folder, server, mut browser) = start();
    browser.register("ada");
    let mut session = Browser::new(server.address);
    assert_eq!(
        session
            .post("/session/login", "name=ada&password=correct+horse")
            .status,
        303
    );
    let mut other = Browser::new(server.address);
    other.log_in("ada");
    let mut visitor = Browser::new(server.address);
    let before = visitor.csrf();
    for token in [session.csrf(), other.csrf(), before.clone()] {
        let answer = browser.post_as_it_is("/keys/announce", &format!("csrf={token}"));
        refused(&answer, NO_TOKEN);
    }
    // A page from before the log-in is of no use after it: whoever planted it is out.
    visitor.log_in("ada");
    refused(
        &visitor.post_as_it_is("/logout", &format!("csrf={before}")),
        NO_TOKEN,
    );
    assert_eq!(ring(&folder).len(), 1);
    let token = browser.csrf();
    for _ in 0..2 {
        let answer = browser.post_as_it_is("/keys/announce", &format!("csrf={token}"));
        assert_eq!(answer.status, 303, "{}", answer.body);
    }
}

#[test]
fn a_removed_key_ends_the_tokens_under_it() {
    let (folder, _server, mut browser) = start();
    browser.register("ada");
    let old = ring(&folder)[0].0.clone();
    let token = browser.csrf();
    browser.post("/keys/announce", "");
    let new = ring(&folder)[1].0.clone();
    browser.post("/keys/activate", &format!("id={new}"));
    let still = browser.post_as_it_is("/keys/announce", &format!("csrf={token}"));
    assert_eq!(still.status, 303, "a retiring key still counts");
    browser.get("/");
    browser.post("/keys/remove", &format!("id={old}"));
    refused(
        &browser.post_as_it_is("/keys/announce", &format!("csrf={token}")),
        NO_TOKEN,
    );
}

#[test]
fn every_form_of_every_page_has_a_token() {
    let (_folder, server, mut browser) = start();
    browser.register("ada");
    let mut session = Browser::new(server.address);
    session.post("/session/login", "name=ada&password=correct+horse");
    let mut stranger = Browser::new(server.address);
    let pages = [
        browser.get("/"),
        session.get("/session"),
        stranger.get("/"),
        stranger.get("/login"),
        stranger.get("/register"),
        stranger.get("/session"),
        stranger.get("/jwt"),
        stranger.get("/app"),
        stranger.post("/login", "name=ada&password=wrong+horse"),
        session.post("/session/password", "old=wrong+horse&new=better+horse"),
    ];
    for page in pages {
        let forms = page.body.matches("method=\"post\"").count();
        let tokens = page.body.matches("name=\"csrf\" value=\"").count();
        assert!(forms > 0 && forms == tokens, "{forms} {tokens}: {}", page.body);
        assert_eq!(page.one("Cache-Control"), Some("no-store"));
    }
}
