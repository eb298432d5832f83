//! Keys change under people who are logged in.

use std::fs;

use crate::support::client::{Browser, Response, logged_in_as};
use crate::support::server::Server;
use crate::{ring, start};

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
        browser.get("/").set("__Host-id"),
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
    let line = page.set("__Host-id").unwrap();
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
    assert_eq!(page.set("__Host-id"), None);
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
    let names = folder.names();
    assert!(
        names.iter().all(|name| !name.contains(".tmp")),
        "no temporary file: {names:?}"
    );
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
    assert_eq!(page.set("__Host-id"), None);

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
fn a_revocation_that_fails_leaves_every_key_in_use() {
    let (folder, _server, mut browser) = start();
    browser.register("ada");
    let old = ring(&folder)[0].0.clone();
    let mut under_old = browser.clone();
    take_step(&mut browser, "announce", None, "announced");
    let new = ring(&folder)[1].0.clone();
    take_step(&mut browser, "activate", Some(&new), "activated");

    let before = shown_ring(&browser.get("/"));
    fs::write(folder.key_file(), "{").unwrap();
    let response = browser.post("/keys/revoke", &format!("id={old}"));
    assert_eq!(response.status, 500);
    let page = under_old.get("/");
    assert_eq!(logged_in_as(&page).as_deref(), Some("ada"));
    assert_eq!(page.between("id=\"sealed-with\">", "<"), old);
    assert_eq!(shown_ring(&page), before);
    assert!(page.body.contains("Cut-off: none."));
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
