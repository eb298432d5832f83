//! The other log-ins of a browser that is logged in to the app, too.

use cloakroom_keyring::KeyRing;
use serde_json::json;

use super::{COOKIE, Profile, json as json_of, logged_in, over};
use crate::Server;
use crate::support::client::Browser;
use crate::support::{connect, server::Folder};

pub(super) const TICKET: &str = "__Host-id";
pub(super) const SESSION: &str = "__Host-session";

/// Logs in by the form at `path`, in the browser as it is.
#[track_caller]
fn enter(profile: &mut Profile, path: &str, name: &str) {
    let page = profile.request("GET /jwt", &[("Sec-Fetch-Site", b"none")], b"");
    let form = format!("name={name}&password=correct+horse&csrf={}", page.csrf());
    let answer = profile.post(path, None, &form);
    assert_eq!(answer.status, 303, "{path}: {}", answer.body);
}

/// Sends a form that has nothing but the token of its page.
#[track_caller]
fn leave(profile: &mut Profile, path: &str) -> u16 {
    let page = if path.starts_with("/app/") { "/app" } else { "/jwt" };
    let page = profile.request(&format!("GET {page}"), &[("Sec-Fetch-Site", b"none")], b"");
    let form = format!("csrf={}", page.csrf());
    profile.post(path, None, &form).status
}

fn names(profile: &Profile) -> Vec<&str> {
    let carriers = [TICKET, SESSION, COOKIE];
    let held = |name: &&str| profile.cookies.iter().any(|(held, _)| held == name);
    carriers.into_iter().filter(held).collect()
}

/// Puts the cookie of one log-in, made in another browser, beside those of this one.
pub(super) fn put(profile: &mut Profile, path: &str, name: &str) {
    let mut other = Profile::new(profile.address);
    enter(&mut other, path, name);
    let carriers = other
        .cookies
        .into_iter()
        .filter(|(name, _)| name != "__Host-csrf");
    profile.cookies.extend(carriers);
}

/// Which of its log-ins a copy of a browser's cookies still is: ticket, session, app.
fn alive(copy: &Profile) -> [bool; 3] {
    let alone = |name: &str| {
        let mut one = copy.clone();
        one.cookies.retain(|(held, _)| held == name);
        one
    };
    let page = |name, path: &str, mark| {
        let page = alone(name).request(&format!("GET {path}"), &[("Sec-Fetch-Site", b"none")], b"");
        assert_eq!(page.status, 200);
        page.body.contains(mark)
    };
    [
        page(TICKET, "/", "id=\"ticket-title\""),
        page(SESSION, "/session", "id=\"selector\""),
        page(COOKIE, "/app", "id=\"generation\""),
    ]
}

/// Waits until none is alive: every server hears of an ended ticket within a second.
#[track_caller]
fn all_end(copy: &Profile, what: &str) {
    for _ in 0..200 {
        if alive(copy) == [false; 3] {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("{what}: {:?}", alive(copy));
}

#[test]
fn each_logout_ends_and_removes_every_log_in_of_the_browser() {
    let (_folder, server, _) = logged_in();
    for path in [
        "/logout",
        "/session/logout",
        "/app/logout",
        "/everywhere",
        "/app/everywhere",
    ] {
        let mut profile = Profile::new(server.address);
        for path in ["/login", "/session/login", "/app/login"] {
            put(&mut profile, path, "ada");
        }
        assert_eq!(names(&profile), [TICKET, SESSION, COOKIE]);
        let copy = profile.clone();
        assert_eq!(alive(&copy), [true; 3]);
        assert_eq!(leave(&mut profile, path), 303, "{path}");
        assert_eq!(names(&profile), [""; 0], "{path}");
        all_end(&copy, path);
    }
}

#[test]
fn a_logout_ends_what_another_person_is_logged_in_by() {
    let (_folder, server, _) = logged_in();
    Browser::new(server.address).register("bob");
    for (path, other) in [
        ("/logout", "/app/login"),
        ("/session/logout", "/app/login"),
        ("/app/logout", "/login"),
        ("/app/logout", "/session/login"),
        ("/everywhere", "/app/login"),
    ] {
        let mut profile = Profile::new(server.address);
        let own = match path {
            "/logout" | "/everywhere" => "/login",
            "/session/logout" => "/session/login",
            _ => "/app/login",
        };
        put(&mut profile, own, "ada");
        put(&mut profile, other, "bob");
        let copy = profile.clone();
        assert_eq!(leave(&mut profile, path), 303, "{path} {other}");
        assert_eq!(names(&profile), [""; 0], "{path} {other}");
        all_end(&copy, path);
    }
}

#[test]
fn each_log_in_ends_and_removes_the_others_of_the_browser() {
    let (_folder, server, _) = logged_in();
    Browser::new(server.address).register("bob");
    let carriers = [
        ("/login", TICKET),
        ("/session/login", SESSION),
        ("/app/login", COOKIE),
    ];
    for (first, _) in carriers {
        for (second, name) in carriers {
            let mut profile = Profile::new(server.address);
            enter(&mut profile, first, "ada");
            let copy = profile.clone();
            enter(&mut profile, second, "bob");
            assert_eq!(names(&profile), [name], "{first} {second}");
            all_end(&copy, &format!("{first} {second}"));
            assert!(alive(&profile).contains(&true), "{first} {second}");
        }
    }
    let mut profile = super::another(server.address);
    let mut copy = profile.clone();
    let form = format!("name=eve&password=correct+horse&csrf={}", profile.csrf);
    assert_eq!(profile.post("/register", None, &form).status, 303);
    assert_eq!(names(&profile), [TICKET]);
    assert_eq!(copy.refused(None), over("ended"));
}

#[tokio::test]
async fn a_log_in_that_cannot_end_the_one_before_changes_nothing() {
    let (folder, _server, profile) = logged_in();
    let mut connection = connect(&folder.sessions()).await;
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut connection)
        .await
        .unwrap();
    let answers = tokio::task::spawn_blocking({
        let profile = profile.clone();
        move || {
            ["/app/login", "/login", "/session/login", "/logout", "/app/logout"].map(|path| {
                let mut profile = profile.clone();
                let form = format!("name=ada&password=correct+horse&csrf={}", profile.csrf);
                let answer = profile.post(path, None, &form);
                let kept = profile.cookie().map(str::to_owned);
                (answer.status, kept)
            })
        }
    });
    for answer in answers.await.unwrap() {
        assert_eq!(answer, (503, profile.cookie().map(str::to_owned)));
    }
    sqlx::query("ROLLBACK").execute(&mut connection).await.unwrap();
    let mut profile = profile;
    assert_eq!(profile.refresh()["generation"], 1);
    // Nor has a fault of the store eaten attempts.
    for _ in 0..9 {
        let mut guesser = Profile::new(profile.address);
        assert_eq!(guesser.log_in("ada", "wrong+horse").status, 403);
    }
    assert_eq!(
        Profile::new(profile.address)
            .log_in("ada", "correct+horse")
            .status,
        303
    );
}

/// Two servers and one key file: one goes on to a new key, and the other has not read of it.
#[test]
fn a_logout_at_a_server_that_does_not_have_the_key_is_not_acknowledged() {
    let (folder, behind, mut profile) = logged_in();
    let ahead = Server::start(&folder);
    let mut operator = Browser::new(ahead.address);
    operator.log_in("ada");
    assert_eq!(operator.post("/keys/announce", "").status, 303);
    let new = ring_of(&folder).entries().last().unwrap().0;
    assert_eq!(operator.post("/keys/activate", &format!("id={new}")).status, 303);
    profile.address = ahead.address;
    profile.page();
    profile.refresh();
    profile.address = behind.address;
    let page = profile.page();
    assert!(page.body.contains("action=\"/app/login\""));
    let mut here = profile.clone();
    assert_eq!(here.refused(None), (503, "unavailable".to_owned(), false));
    assert_eq!(
        json_of(&here.ask("/app/thief", None)),
        json!({ "error": "unavailable" })
    );
    for path in ["/app/logout", "/logout", "/session/logout"] {
        let mut here = profile.clone();
        let answer = here.ask(path, None);
        assert_eq!(
            (answer.status, answer.one("Retry-After")),
            (503, Some("2")),
            "{path}"
        );
        assert!(answer.body.contains("The log-in to the app has not ended"));
        assert_eq!(here.cookie(), profile.cookie(), "{path}");
    }
    // Where the key is, it lives, and ends.
    profile.address = ahead.address;
    profile.page();
    assert_eq!(profile.refresh()["generation"], 2);
    let mut copy = profile.clone();
    assert_eq!(profile.ask("/app/logout", None).status, 303);
    assert_eq!(copy.refused(None), over("ended"));
}

fn ring_of(folder: &Folder) -> KeyRing {
    KeyRing::parse(&std::fs::read_to_string(folder.key_file()).unwrap()).unwrap()
}
