//! Making accounts, logging in and out, and cookies of every kind.

use std::fs;

use crate::support::client::{Browser, logged_in_as, send};
use crate::support::execute;
use crate::support::server::Server;
use crate::{ATTRIBUTES, REMOVAL, ring, start};

#[test]
fn registering_logs_in_with_exactly_this_cookie() {
    let (_folder, _server, mut browser) = start();
    assert_eq!(browser.who(), None);
    let response = browser.register("Ada");
    let line = response.set("__Host-id").unwrap();
    let (pair, attributes) = line.split_at(line.find("; ").unwrap());
    assert_eq!(attributes, ATTRIBUTES);
    assert!(pair.starts_with("__Host-id=A"), "version 2 in base64url: {pair}");
    assert_eq!(response.one("Cache-Control"), Some("no-store"));
    assert_eq!(browser.who().as_deref(), Some("ada"));
    let mut other = Browser::new(browser.address);
    let line = other.log_in("ADA").set("__Host-id").unwrap().to_owned();
    assert!(line.ends_with(ATTRIBUTES), "{line}");
    assert_ne!(
        other.value(),
        browser.value(),
        "each log-in is a ticket of its own"
    );
    assert_eq!(other.who().as_deref(), Some("ada"));
}

#[test]
fn the_page_shows_what_browser_and_server_hold_and_no_secret() {
    let (folder, _server, mut browser) = start();
    browser.register("ada");
    let page = browser.get("/");
    let (id, _) = &ring(&folder)[0];
    assert_eq!(page.between("id=\"sealed-with\">", "<"), id);
    let bytes = browser.cookie.as_ref().unwrap().len() - 1;
    assert!(
        page.body.contains(&format!("{bytes} bytes, name and value")),
        "{}",
        page.body
    );
    for shown in [
        "__Host-id",
        "HttpOnly",
        "SameSite=Lax",
        "no Domain",
        "issue time",
        "11 h 59 min",
    ] {
        assert!(page.body.contains(shown), "{shown}");
    }
    let ring = fs::read_to_string(folder.key_file()).unwrap();
    let key = ring
        .split("\"key\":\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    for secret in [key, browser.value(), "$argon2id$", "correct"] {
        assert!(!page.body.contains(secret), "{secret}");
    }
    assert_eq!(page.set("__Host-id"), None, "looking changes nothing");
}

#[test]
fn a_restart_keeps_the_log_in() {
    let (folder, server, mut browser) = start();
    browser.register("ada");
    assert!(server.stop("TERM").success());
    let server = Server::start(&folder);
    browser.address = server.address;
    assert_eq!(browser.who().as_deref(), Some("ada"));
    Browser::new(server.address).log_in("ada");
}

#[test]
fn tampering_logs_out_without_an_error() {
    let (_folder, _server, mut browser) = start();
    browser.register("ada");
    let value = browser.value().to_owned();
    let mut wrong: Vec<Vec<u8>> = [0, 1, 3, 9, 20, 40, value.len() - 1]
        .into_iter()
        .map(|place| {
            let mut bytes = value.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            bytes
        })
        .collect();
    wrong.extend([
        b"".to_vec(),
        b"A".to_vec(),
        value.as_bytes()[..value.len() - 4].to_vec(),
        format!("{value}AAAA").into_bytes(),
        format!("{value}=").into_bytes(),
        format!("\"{value}\"").into_bytes(),
        format!("%41{}", &value[1..]).into_bytes(),
        b"\xff\xfe\x80".to_vec(),
        "A".repeat(8000).into_bytes(),
    ]);
    for value in wrong {
        let cookie = [b"__Host-id=", &*value].concat();
        let host = browser.address.to_string();
        let fields: [(&str, &[u8]); 2] = [("Host", host.as_bytes()), ("Cookie", &cookie)];
        let page = send(browser.address, "GET /", &fields, b"");
        let shown = String::from_utf8_lossy(&cookie).into_owned();
        assert_eq!((page.status, logged_in_as(&page)), (200, None), "{shown}");
        assert_eq!(page.set("__Host-id"), None, "{shown}");
        let form = send(browser.address, "POST /keys/announce", &fields, b"");
        assert_eq!(
            form.status, 403,
            "a POST with a cookie and neither header: {shown}"
        );
    }
    assert_eq!(browser.who().as_deref(), Some("ada"), "the right one still opens");
}

#[test]
fn the_right_cookie_is_found_among_wrong_ones() {
    let (_folder, _server, mut browser) = start();
    browser.register("ada");
    let right = browser.cookie.clone().unwrap();
    for (cookie, who) in [
        (format!("a=1; bad; {right}; b=\"x"), Some("ada")),
        (format!("__Host-id=junk; {right}"), Some("ada")),
        (format!("{right}; {right}"), Some("ada")),
        (right.replacen("__Host-id", "__host-id", 1), None),
        (right.replacen("__Host-id", "id", 1), None),
        (right.replacen("__Host-id", "%5F%5FHost-id", 1), None),
    ] {
        browser.cookie = Some(cookie.clone());
        assert_eq!(browser.who().as_deref(), who, "{cookie}");
    }
}

#[test]
fn logging_out_removes_the_cookie_and_says_what_that_is_worth() {
    let (_folder, _server, mut browser) = start();
    browser.register("ada");
    assert!(
        browser
            .get("/")
            .body
            .contains("A copy taken before opens nothing")
    );
    let response = browser.post("/logout", "");
    assert_eq!(
        (response.status, response.one("Location")),
        (303, Some("/?notice=logged-out"))
    );
    assert_eq!(response.set("__Host-id"), Some(REMOVAL));
    assert_eq!(browser.cookie, None);
    let page = browser.get("/?notice=logged-out");
    assert_eq!(logged_in_as(&page), None);
    assert!(
        page.body.contains("a copy of it taken earlier opens nothing"),
        "{}",
        page.body
    );
    assert_eq!(
        browser.post("/logout", "").set("__Host-id"),
        Some(REMOVAL),
        "also when there is none"
    );
}

#[test]
fn wrong_password_and_unknown_name_get_one_answer() {
    let (_folder, _server, mut browser) = start();
    browser.register("ada");
    let mut stranger = Browser::new(browser.address);
    let bodies: Vec<_> = [
        "name=ada&password=correct+horsf",
        "name=bob&password=correct+horse",
        "name=ada&password=short",
        "name=ada&password=CORRECT+HORSE",
        "name=%3Cb%3E&password=correct+horse",
    ]
    .iter()
    .map(|form| {
        let response = stranger.post("/login", form);
        assert_eq!(response.status, 403, "{form}");
        assert_eq!(response.set("__Host-id"), None, "{form}");
        let page = response.without_csrf();
        let (_, name) = page.split_once("type=\"text\" value=\"").unwrap();
        let name = name.split('"').next().unwrap().to_owned();
        page.replace(&format!("value=\"{name}\""), "")
    })
    .collect();
    assert!(bodies[0].contains("Name or password is wrong."));
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    assert!(!bodies[4].contains("<b>"));
}

#[test]
fn guessing_is_slowed_down_by_name() {
    let (_folder, _server, mut browser) = start();
    browser.register("ada");
    browser.register("bob");
    let mut guesser = Browser::new(browser.address);
    for _ in 0..10 {
        assert_eq!(
            guesser.post("/login", "name=ada&password=correct+horsf").status,
            403
        );
    }
    let refused = guesser.post("/login", "name=Ada&password=correct+horse");
    assert_eq!(refused.status, 429, "even the right one");
    let seconds: u64 = refused.one("Retry-After").unwrap().parse().unwrap();
    assert!((1..=300).contains(&seconds), "{seconds}");
    assert_eq!(refused.set("__Host-id"), None);
    guesser.log_in("bob");
    assert_eq!(browser.who().as_deref(), Some("bob"), "who is logged in stays so");
}

#[test]
fn registering_tells_its_rules() {
    let (_folder, _server, mut browser) = start();
    browser.register("ada");
    browser.cookie = None;
    for (form, status, says) in [
        ("name=ADA&password=another+horse", 409, "That name is taken."),
        (
            "name=a&password=correct+horse",
            422,
            "A name has 2 to 32 characters",
        ),
        (
            "name=a%00b&password=correct+horse",
            422,
            "A name has 2 to 32 characters",
        ),
        (
            "name=bob&password=1234567",
            422,
            "A password has at least 8 characters.",
        ),
        (
            &format!("name=bob&password={}", "x".repeat(1025)),
            422,
            "A password has at most 1024 bytes.",
        ),
    ] {
        let response = browser.post("/register", form);
        assert_eq!(response.status, status, "{form}");
        assert_eq!(response.set("__Host-id"), None, "{form}");
        assert!(
            response
                .between("role=\"alert\" id=\"form-error\">", "<")
                .starts_with(says),
            "{form}"
        );
    }
    let longest = format!("name=bob&password={}", "%C3%A9".repeat(512));
    assert_eq!(browser.post("/register", &longest).status, 303);
    assert_eq!(browser.post("/login", &longest).status, 303);
    // The same letters, each as two characters: too long before they are put together.
    let decomposed = format!("name=bob&password={}", "e%CC%81".repeat(512));
    assert_eq!(browser.post("/login", &decomposed).status, 403);
    let short = "name=eve&password=caf%C3%A9+au+lait";
    assert_eq!(browser.post("/register", short).status, 303);
    assert_eq!(
        browser
            .post("/login", "name=eve&password=cafe%CC%81+au+lait")
            .status,
        303
    );
}

#[tokio::test]
async fn the_ticket_of_a_deleted_account_is_no_log_in() {
    let (folder, _server, mut browser) = start();
    browser.register("ada");
    let mut other = Browser::new(browser.address);
    other.log_in("ada");
    execute(&folder.db(), "DELETE FROM users").await;
    let page = browser.get("/");
    assert_eq!((page.status, logged_in_as(&page)), (200, None));
    assert!(page.body.contains("is not here any more"));
    assert_eq!(page.set("__Host-id"), Some(REMOVAL));

    let response = other.post("/keys/announce", "");
    assert_eq!(
        (response.status, response.one("Location")),
        (303, Some("/?notice=account-gone"))
    );
    assert_eq!(response.set("__Host-id"), Some(REMOVAL));
    assert_eq!(ring(&folder).len(), 1);
}

#[tokio::test]
async fn the_next_person_of_a_name_is_another_person() {
    let (folder, _server, mut browser) = start();
    browser.register("ada");
    let mut first = browser.clone();
    execute(&folder.db(), "DELETE FROM users").await;
    browser.register("ada");
    assert_eq!(browser.who().as_deref(), Some("ada"));
    assert_eq!(first.who(), None);
}
