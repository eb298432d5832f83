//! What a browser and those who would misuse it get, byte by byte.

#![allow(clippy::unwrap_used, reason = "the lint knows tests, not their helpers")]

mod support;

use std::fs;

use sqlx::Connection as _;
use support::client::{Browser, Response, logged_in_as, send};
use support::server::{Folder, Server};
use support::{connect, execute};

/// Everything of the cookie but its value.
const ATTRIBUTES: &str = "; Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Lax";
const REMOVAL: &str =
    "__Host-id=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly; SameSite=Lax";

fn start() -> (Folder, Server, Browser) {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let browser = Browser::new(server.address);
    (folder, server, browser)
}

/// The ring in the file as `id state` lines.
fn ring(folder: &Folder) -> Vec<(String, String)> {
    let json: serde_json::Value = serde_json::from_slice(&fs::read(folder.key_file()).unwrap()).unwrap();
    let keys = json["keys"].as_array().unwrap().iter();
    keys.map(|key| {
        (
            key["id"].as_str().unwrap().to_owned(),
            key["state"].as_str().unwrap().to_owned(),
        )
    })
    .collect()
}

/// The ring as the page tells it.
fn shown_ring(page: &Response) -> Vec<(String, String)> {
    let rows = page.body.split("<tr data-state=\"").skip(1);
    rows.map(|row| {
        let (state, rest) = row.split_once('"').unwrap();
        let id = rest.split_once("<code>").unwrap().1.split_once('<').unwrap().0;
        (id.to_owned(), state.to_owned())
    })
    .collect()
}

#[track_caller]
fn take_step(browser: &mut Browser, step: &str, id: Option<&str>, notice: &str) -> Response {
    let form = id.map(|id| format!("id={id}")).unwrap_or_default();
    let response = browser.post(&format!("/keys/{step}"), &form);
    assert_eq!(response.status, 303, "{}", response.body);
    assert_eq!(response.one("Location"), Some(&*format!("/?notice={notice}")));
    response
}

#[test]
fn registering_logs_in_with_exactly_this_cookie() {
    let (_folder, _server, mut browser) = start();
    assert_eq!(browser.who(), None);
    let response = browser.register("Ada");
    let line = response.one("Set-Cookie").unwrap();
    let (pair, attributes) = line.split_at(line.find("; ").unwrap());
    assert_eq!(attributes, ATTRIBUTES);
    assert!(pair.starts_with("__Host-id=A"), "version 2 in base64url: {pair}");
    assert_eq!(response.one("Cache-Control"), Some("no-store"));
    assert_eq!(browser.who().as_deref(), Some("ada"));
    let mut other = Browser::new(browser.address);
    let line = other.log_in("ADA").one("Set-Cookie").unwrap().to_owned();
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
    assert_eq!(page.one("Set-Cookie"), None, "looking changes nothing");
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
fn a_rotation_seals_anew_and_logs_nobody_out() {
    let (folder, server, mut browser) = start();
    browser.register("ada");
    let before = browser.get("/");
    let expires = before.between("Good until</dt><dd>", "<small>").to_owned();
    let old = ring(&folder)[0].0.clone();

    take_step(&mut browser, "announce", None, "announced");
    let new = ring(&folder)[1].0.clone();
    assert_eq!(
        ring(&folder),
        [(old.clone(), "active".into()), (new.clone(), "announced".into())]
    );
    assert_eq!(
        browser.get("/").one("Set-Cookie"),
        None,
        "the active key is what it was"
    );

    let sealed_with_old = browser.cookie.clone();
    take_step(&mut browser, "activate", Some(&new), "activated");
    assert_eq!(
        ring(&folder),
        [(old.clone(), "retiring".into()), (new.clone(), "active".into())]
    );
    let page = browser.get("/");
    assert_eq!(page.between("id=\"sealed-with\">", "<"), old);
    assert_eq!(
        page.between("id=\"resealed-with\">sealed anew with <b>", "<"),
        new
    );
    let line = page.one("Set-Cookie").unwrap();
    let max_age: u32 = line
        .split("Max-Age=")
        .nth(1)
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!(
        (43_000..43_200).contains(&max_age),
        "what is left of its life: {line}"
    );
    assert_eq!(page.between("Good until</dt><dd>", "<small>"), expires);

    let page = browser.get("/");
    assert_eq!(page.between("id=\"sealed-with\">", "<"), new);
    assert_eq!(page.between("Good until</dt><dd>", "<small>"), expires);
    assert_eq!(page.one("Set-Cookie"), None);
    assert_eq!(shown_ring(&page), ring(&folder));

    take_step(&mut browser, "remove", Some(&old), "removed");
    assert_eq!(ring(&folder), [(new, "active".into())]);
    assert_eq!(browser.who().as_deref(), Some("ada"));
    let mut copy = Browser {
        cookie: sealed_with_old,
        ..browser.clone()
    };
    assert_eq!(
        copy.who(),
        None,
        "what is still under the removed key does not open"
    );

    // The file says the same to the next process.
    assert!(server.stop("TERM").success());
    let server = Server::start(&folder);
    browser.address = server.address;
    assert_eq!(browser.who().as_deref(), Some("ada"));
    assert_eq!(folder.names().len(), 4, "no temporary file: {:?}", folder.names());
}

#[test]
fn an_announcement_can_be_taken_back() {
    let (folder, _server, mut browser) = start();
    browser.register("ada");
    take_step(&mut browser, "announce", None, "announced");
    let id = ring(&folder)[1].0.clone();
    take_step(&mut browser, "retire", Some(&id), "retired");
    assert_eq!(ring(&folder)[1], (id.clone(), "retiring".into()));
    take_step(&mut browser, "remove", Some(&id), "removed");
    assert_eq!(ring(&folder).len(), 1);
}

#[test]
fn a_revoked_key_takes_every_earlier_ticket_with_it() {
    let (folder, server, mut browser) = start();
    browser.register("ada");
    let old = ring(&folder)[0].0.clone();
    take_step(&mut browser, "announce", None, "announced");
    let new = ring(&folder)[1].0.clone();
    take_step(&mut browser, "activate", Some(&new), "activated");
    browser.get("/");
    assert_eq!(browser.get("/").between("id=\"sealed-with\">", "<"), new);

    take_step(&mut browser, "revoke", Some(&old), "revoked");
    assert_eq!(ring(&folder), [(old, "revoked".into()), (new, "active".into())]);
    let json: serde_json::Value = serde_json::from_slice(&fs::read(folder.key_file()).unwrap()).unwrap();
    assert!(json["cutoff_ms"].as_i64().unwrap() > 1_700_000_000_000);
    assert_eq!(
        json["keys"][0]["key"],
        serde_json::Value::Null,
        "its secret is gone"
    );
    let page = browser.get("/?notice=revoked");
    assert_eq!(
        (page.status, logged_in_as(&page)),
        (200, None),
        "under the good key, and yet"
    );
    assert_eq!(page.one("Set-Cookie"), None);

    // Logging in at once is possible, and a restart brings the old ticket no life.
    let revoked = browser.clone();
    browser.log_in("ada");
    assert_eq!(browser.who().as_deref(), Some("ada"));
    assert!(server.stop("TERM").success());
    let server = Server::start(&folder);
    for (mut browser, who) in [(revoked, None), (browser, Some("ada"))] {
        browser.address = server.address;
        assert_eq!(browser.who().as_deref(), who);
    }
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
        assert_eq!(page.one("Set-Cookie"), None, "{shown}");
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
    let mut copy = browser.clone();
    assert!(browser.get("/").body.contains("A copy taken before outlives it"));
    let response = browser.post("/logout", "");
    assert_eq!(
        (response.status, response.one("Location")),
        (303, Some("/?notice=logged-out"))
    );
    assert_eq!(response.one("Set-Cookie"), Some(REMOVAL));
    assert_eq!(browser.cookie, None);
    let page = browser.get("/?notice=logged-out");
    assert_eq!(logged_in_as(&page), None);
    assert!(
        page.body.contains("A copy of it taken earlier still works"),
        "{}",
        page.body
    );
    assert_eq!(copy.who().as_deref(), Some("ada"), "as the page said");
    assert_eq!(
        browser.post("/logout", "").one("Set-Cookie"),
        Some(REMOVAL),
        "also when there is none"
    );
}

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
            assert_eq!(response.one("Set-Cookie"), None);
            assert!(response.body.contains("Refused: the form came from another site"));
        }
    }
    assert_eq!(ring(&folder).len(), 1);
    assert_eq!(browser.who().as_deref(), Some("ada"));
    let unknown = Browser::new(browser.address).post("/login", "name=eve&password=correct+horse");
    assert_eq!(unknown.status, 403);
    assert!(unknown.body.contains("Name or password is wrong."));
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
        assert_eq!(response.one("Set-Cookie"), None, "{form}");
        let name = response.between("value=\"", "\"").to_owned();
        response.body.replace(&format!("value=\"{name}\""), "")
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
    assert_eq!(refused.one("Set-Cookie"), None);
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
        assert_eq!(response.one("Set-Cookie"), None, "{form}");
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

#[test]
fn bodies_and_fields_have_limits() {
    let (_folder, _server, mut browser) = start();
    let exactly = format!("name=ada&password={}", "x".repeat(8192 - 18));
    assert_eq!(exactly.len(), 8192);
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
        assert_eq!(response.one("Set-Cookie"), None, "{form}");
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
    assert_eq!(response.status, 400);
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

#[test]
fn the_keys_need_a_log_in() {
    let (folder, _server, mut browser) = start();
    for step in ["announce", "activate", "revoke"] {
        let response = browser.post(&format!("/keys/{step}"), "id=00000000");
        assert_eq!(
            (response.status, response.one("Location")),
            (303, Some("/login?notice=login-needed"))
        );
    }
    assert!(
        browser
            .get("/login?notice=login-needed")
            .body
            .contains("Log in first")
    );
    assert_eq!(ring(&folder).len(), 1);
}

#[test]
fn steps_that_make_no_sense_change_nothing() {
    let (folder, _server, mut browser) = start();
    browser.register("ada");
    let active = ring(&folder)[0].0.clone();
    let before = fs::read(folder.key_file()).unwrap();
    for (step, form, status) in [
        ("activate", format!("id={active}"), 409),
        ("retire", format!("id={active}"), 409),
        ("remove", format!("id={active}"), 409),
        ("revoke", format!("id={active}"), 409),
        ("remove", "id=00000000".to_owned(), 409),
        ("remove", "id=zzz".to_owned(), 400),
        ("remove", String::new(), 400),
        ("announce", format!("id={active}"), 400),
        ("explode", String::new(), 404),
    ] {
        assert_eq!(
            browser.post(&format!("/keys/{step}"), &form).status,
            status,
            "{step} {form}"
        );
    }
    assert_eq!(fs::read(folder.key_file()).unwrap(), before);
    assert_eq!(browser.who().as_deref(), Some("ada"));
}

#[test]
fn two_processes_do_not_lose_each_others_keys() {
    let (folder, first, mut browser) = start();
    let second = Server::start(&folder);
    browser.register("ada");
    take_step(&mut browser, "announce", None, "announced");
    let before = ring(&folder);
    browser.address = second.address;
    let response = browser.post("/keys/announce", "");
    assert_eq!(response.status, 409, "it has not seen the first one's key");
    assert_eq!(ring(&folder), before);
    assert_eq!(shown_ring(&browser.get("/")), before, "now it has");
    take_step(&mut browser, "activate", Some(&before[1].0), "activated");
    browser.address = first.address;
    assert_eq!(browser.who().as_deref(), Some("ada"), "an announced key opens");
}

#[test]
fn a_key_file_that_goes_bad_while_serving_is_left_alone() {
    let (folder, _server, mut browser) = start();
    browser.register("ada");
    let good = fs::read(folder.key_file()).unwrap();
    fs::write(folder.key_file(), "{").unwrap();
    let response = browser.post("/keys/announce", "");
    assert_eq!(response.status, 500);
    assert!(response.body.contains("The key file could not be changed"));
    assert_eq!(fs::read(folder.key_file()).unwrap(), b"{");
    fs::remove_file(folder.key_file()).unwrap();
    assert_eq!(browser.post("/keys/announce", "").status, 500);
    assert!(!folder.key_file().exists());
    assert_eq!(
        browser.who().as_deref(),
        Some("ada"),
        "the ring in use is what it was"
    );
    fs::write(folder.key_file(), good).unwrap();
    #[cfg(unix)]
    fs::set_permissions(
        folder.key_file(),
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    take_step(&mut browser, "announce", None, "announced");
}

#[tokio::test]
async fn the_ticket_of_a_deleted_account_is_no_log_in() {
    let (folder, _server, mut browser) = start();
    browser.register("ada");
    execute(&folder.db(), "DELETE FROM users").await;
    let mut other = browser.clone();
    let page = browser.get("/");
    assert_eq!((page.status, logged_in_as(&page)), (200, None));
    assert!(page.body.contains("is not here any more"));
    assert_eq!(page.one("Set-Cookie"), Some(REMOVAL));

    let response = other.post("/keys/announce", "");
    assert_eq!(
        (response.status, response.one("Location")),
        (303, Some("/?notice=account-gone"))
    );
    assert_eq!(response.one("Set-Cookie"), Some(REMOVAL));
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

#[tokio::test]
async fn a_database_that_becomes_locked_is_a_503_until_it_is_not() {
    let (folder, _server, mut browser) = start();
    browser.register("ada");
    let mut other = connect(&folder.db()).await;
    let locked = other.begin_with("BEGIN EXCLUSIVE").await.unwrap();
    let mut second = Browser::new(browser.address);
    let response = second.post("/register", "name=bob&password=correct+horse");
    assert_eq!((response.status, response.one("Retry-After")), (503, Some("2")));
    assert_eq!(response.one("Set-Cookie"), None);
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
            (page.status, page.one("Set-Cookie")),
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
