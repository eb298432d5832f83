//! The forms of the app and those of another log-in in one browser: each has tokens of its own.

use super::others::{SESSION, TICKET, put};
use super::{COOKIE, Profile, logged_in};
use crate::support::client::Browser;

/// Logged in to the app as ada and by another cookie as bob; the token of the app's page, and that of the other pages.
fn both(ada: &Profile, path: &str) -> (Profile, String, String) {
    let mut both = ada.clone();
    put(&mut both, path, "bob");
    both.page();
    let of_app = both.csrf.clone();
    (both.clone(), of_app, token(&mut both))
}

/// The token of the pages beside the app.
fn token(profile: &mut Profile) -> String {
    let page = profile.request("GET /jwt", &[("Sec-Fetch-Site", b"none")], b"");
    page.csrf().to_owned()
}

/// A form of a page beside the app that ends nothing.
fn beside(profile: &Profile, token: &str) -> u16 {
    let form = format!("csrf={token}");
    profile.clone().post("/keys/announce", None, &form).status
}

/// What the app's script asks for most often.
fn refresh(profile: &Profile, token: &str) -> u16 {
    profile.clone().post("/app/refresh", Some(token), "").status
}

#[test]
fn the_end_of_another_log_in_leaves_the_forms_of_the_app() {
    for (path, name) in [("/login", TICKET), ("/session/login", SESSION)] {
        let (_folder, server, ada) = logged_in();
        Browser::new(server.address).register("bob");
        let (mut both, of_app, of_bob) = both(&ada, path);
        assert_eq!(refresh(&both, &of_app), 200, "{name}");
        // It has expired, or another tab has removed it.
        both.cookies.retain(|(held, _)| held != name);
        assert_eq!(refresh(&both, &of_app), 200, "{name}");
        assert_eq!(refresh(&both, &of_bob), 403, "{name}: the token of who has gone");
        assert_eq!(beside(&both, &of_bob), 403, "{name}");
        // Nor does somebody who logs in beside it.
        put(&mut both, path, "bob");
        assert_eq!(refresh(&both, &of_app), 200, "{name}");
    }
}

#[test]
fn the_end_of_the_app_leaves_the_forms_of_another_log_in() {
    for (path, name) in [("/login", TICKET), ("/session/login", SESSION)] {
        let (_folder, server, ada) = logged_in();
        Browser::new(server.address).register("bob");
        let (mut both, of_app, of_bob) = both(&ada, path);
        both.cookies.retain(|(held, _)| held != COOKIE);
        assert_eq!(beside(&both, &of_app), 403, "{name}: the token of who has gone");
        assert_eq!(refresh(&both, &of_app), 403, "{name}");
        assert_eq!(beside(&both, &of_bob), 303, "{name}");
    }
}

#[test]
fn a_token_of_one_log_in_is_none_of_the_other() {
    for (path, name) in [("/login", TICKET), ("/session/login", SESSION)] {
        let (_folder, server, ada) = logged_in();
        Browser::new(server.address).register("bob");
        let (both, of_app, of_bob) = both(&ada, path);
        assert_eq!(beside(&both, &of_app), 403, "{name}");
        for path in ["refresh", "thief", "logout", "everywhere", "login"] {
            let answer = both.clone().post(&format!("/app/{path}"), Some(&of_bob), "");
            assert_eq!(
                (answer.status, answer.all("Set-Cookie")),
                (403, vec![]),
                "{name} {path}"
            );
        }
        assert_eq!(refresh(&both, &of_app), 200, "{name}");
        assert_eq!(beside(&both, &of_bob), 303, "{name}");
        // One page on, also by the token that an answer to the script has.
        let mut next = both.clone();
        next.csrf.clone_from(&of_app);
        next.refresh();
        next.refresh();
    }
}
