//! Other sites, other hosts, too much of everything, and a database that goes away.

use sqlx::Connection as _;

use crate::support::client::{Browser, send};
use crate::support::{connect, execute};
use crate::{ring, start};

#[test]
fn cross_site_posts_are_refused_before_anything_happens() {
    let (folder, _server, mut browser) = start();
    browser.register("ada");
    let ours = format!("http://{}", browser.address);
    let form: (&str, &[u8]) = ("Content-Type", b"application/x-www-form-urlencoded");
    for fields in [
        &[("Sec-Fetch-Site", &b"cross-site"[..])][..],
        &[("Sec-Fetch-Site", b"same-site")],
        &[("Sec-Fetch-Site", b"cross-site"), ("Origin", ours.as_bytes())],
        &[("Sec-Fetch-Site", b"none"), ("Origin", b"http://evil.example")],
        &[
            ("Sec-Fetch-Site", b"same-origin"),
            ("Sec-Fetch-Site", b"same-origin"),
        ],
        &[("Origin", b"http://evil.example")],
        &[("Origin", b"null")],
        &[("Origin", b"http://127.0.0.1")],
        &[],
    ] {
        let fields = [fields, &[form]].concat();
        for (path, body) in [
            ("/logout", ""),
            ("/keys/announce", ""),
            ("/register", "name=eve&password=correct+horse"),
            ("/login", "name=ada&password=correct+horse"),
            ("/nowhere", ""),
        ] {
            let response = browser.request(&format!("POST {path}"), &fields, body.as_bytes());
            assert_eq!(response.status, 403, "{path} {fields:?}");
            assert_eq!(response.set("__Host-id"), None);
            assert!(response.body.contains("Refused: the form"));
        }
    }
    assert_eq!(ring(&folder).len(), 1);
    assert_eq!(browser.who().as_deref(), Some("ada"));
    let unknown = Browser::new(browser.address).post("/login", "name=eve&password=correct+horse");
    assert_eq!(unknown.status, 403);
    assert!(unknown.body.contains("Name or password is wrong."));
}

#[test]
fn bodies_and_fields_have_limits() {
    let (_folder, _server, mut browser) = start();
    // With the token, which the browser adds.
    let exactly = format!(
        "name=ada&password={}",
        "x".repeat(8192 - 18 - "&csrf=".len() - 79)
    );
    assert_eq!(browser.post("/register", &exactly).status, 422);
    assert_eq!(browser.post("/register", &format!("{exactly}x")).status, 413);
    for form in [
        "",
        "name=ada",
        "password=correct+horse",
        "name=ada&name=bob&password=correct+horse",
        "name=%ff&password=",
    ] {
        let response = browser.post("/register", form);
        assert!(
            matches!(response.status, 400 | 422),
            "{form}: {}",
            response.status
        );
        assert_eq!(response.set("__Host-id"), None, "{form}");
    }
    let origin = format!("http://{}", browser.address);
    let fields: [(&str, &[u8]); 2] = [
        ("Origin", origin.as_bytes()),
        ("Content-Type", b"application/json"),
    ];
    let response = browser.request(
        "POST /register",
        &fields,
        b"{\"name\":\"ada\",\"password\":\"correct horse\"}",
    );
    assert_eq!(response.status, 403, "what is no form has no token");
    let cookies = "a=1; ".repeat(8000);
    let page = browser.request("GET /", &[("Cookie", cookies.as_bytes())], b"");
    assert_eq!(page.status, 431);
    assert!(page.body.contains("too many cookies"));
}

#[test]
fn every_answer_has_the_security_headers() {
    let (_folder, _server, mut browser) = start();
    browser.register("ada");
    for (request, status) in [
        ("GET /", 200),
        ("GET /login", 200),
        ("GET /register", 200),
        ("GET /style.css", 200),
        ("GET /favicon.svg", 200),
        ("GET /nowhere", 404),
        ("GET /logout", 405),
        ("DELETE /", 403),
        ("POST /login", 403),
        ("HEAD /", 200),
    ] {
        let response = browser.request(request, &[], b"");
        assert_eq!(response.status, status, "{request}");
        let policy = response.one("Content-Security-Policy").unwrap();
        for part in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{request}: {policy}");
        }
        assert!(
            !policy.contains("script") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(response.one("X-Content-Type-Options"), Some("nosniff"));
        assert_eq!(response.one("Referrer-Policy"), Some("same-origin"));
        assert_eq!(response.one("Cross-Origin-Opener-Policy"), Some("same-origin"));
        let cached = match request {
            "GET /style.css" => "no-cache",
            "GET /favicon.svg" => "max-age=86400",
            _ => "no-store",
        };
        assert_eq!(response.one("Cache-Control"), Some(cached), "{request}");
        assert!(
            !response.body.contains("<script") && !response.body.contains(" style="),
            "{request}"
        );
    }
}

#[test]
fn foreign_host_names_are_not_answered() {
    let (_folder, server, _browser) = start();
    for (hosts, status) in [
        (&["127.0.0.1"][..], 200),
        (&["LOCALHOST:1"], 200),
        (&["evil.example"], 421),
        (&["evil.example:8990"], 421),
        (&["127.0.0.1", "evil.example"], 421),
        (&[""], 421),
    ] {
        let fields: Vec<(&str, &[u8])> = hosts.iter().map(|host| ("Host", host.as_bytes())).collect();
        assert_eq!(
            send(server.address, "GET /", &fields, b"").status,
            status,
            "{hosts:?}"
        );
    }
}

#[tokio::test]
async fn a_database_that_becomes_locked_is_a_503_until_it_is_not() {
    let (folder, _server, mut browser) = start();
    browser.register("ada");
    let mut other = connect(&folder.db()).await;
    let locked = other.begin_with("BEGIN EXCLUSIVE").await.unwrap();
    let mut second = Browser::new(browser.address);
    let response = second.post("/register", "name=bob&password=correct+horse");
    assert_eq!((response.status, response.one("Retry-After")), (503, Some("2")));
    assert_eq!(response.set("__Host-id"), None);
    assert!(response.body.contains("The user database does not answer"));
    assert_eq!(
        browser.who().as_deref(),
        Some("ada"),
        "reading goes on beside a writer"
    );
    drop(locked);
    other.close().await.unwrap();
    second.register("bob");
}

#[tokio::test]
async fn a_table_that_is_taken_away_is_a_503_and_no_panic() {
    let (folder, _server, mut browser) = start();
    browser.register("ada");
    execute(&folder.db(), "ALTER TABLE users RENAME TO hidden").await;
    for _ in 0..2 {
        let page = browser.get("/");
        assert_eq!(
            (page.status, page.set("__Host-id")),
            (503, None),
            "never anonymous"
        );
    }
    assert_eq!(
        browser.post("/login", "name=ada&password=correct+horse").status,
        503
    );
    assert_eq!(Browser::new(browser.address).get("/").status, 200);
    execute(&folder.db(), "ALTER TABLE hidden RENAME TO users").await;
    assert_eq!(browser.who().as_deref(), Some("ada"));
}
