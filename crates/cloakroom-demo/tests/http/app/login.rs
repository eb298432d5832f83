use super::{COOKIE, Profile, another, logged_in};
use crate::start;
use crate::support::client::Browser;

#[test]
fn the_cookie_is_strict_and_lives_as_long_as_its_family() {
    let (_folder, server, _) = start();
    Browser::new(server.address).register("ada");
    let mut profile = Profile::new(server.address);
    let answer = profile.log_in("Ada", "correct+horse");
    assert_eq!(answer.one("Location"), Some("/app?notice=app-in"));
    let lines = answer.all("Set-Cookie");
    let line = lines.iter().find(|line| line.starts_with(COOKIE)).unwrap();
    let (value, attributes) = line[COOKIE.len() + 1..].split_once("; ").unwrap();
    assert_eq!(
        attributes,
        "Path=/; Max-Age=7776000; Secure; HttpOnly; SameSite=Strict"
    );
    assert_eq!((value.len(), value.starts_with("cloakroom_rt_")), (131, true));
    let page = profile.page();
    assert!(
        !page.body.contains(&value[13..]),
        "the token stands nowhere in the page"
    );
}

#[test]
fn the_page_alone_may_run_a_script_and_that_is_the_server_s_own() {
    let (_folder, server, mut profile) = logged_in();
    let page = profile.page();
    assert_eq!(
        page.one("Content-Security-Policy"),
        Some(
            "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
             trusted-types 'none'"
        )
    );
    assert_eq!(page.body.matches("<script").count(), 1);
    assert!(
        page.body
            .contains("<script type=\"module\" src=\"/app.js\"></script>")
    );
    assert!(page.body.contains("<noscript>"));
    assert_eq!(page.one("Cache-Control"), Some("no-store"));
    let mut stranger = Browser::new(server.address);
    for path in ["/", "/app", "/jwt", "/session"] {
        let page = stranger.get(path);
        assert!(!page.body.contains("<script"), "{path}");
        let policy = page.one("Content-Security-Policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src"),
            "{path}: {policy}"
        );
    }
    let script = stranger.get("/app.js");
    assert_eq!(script.one("Content-Type"), Some("text/javascript; charset=utf-8"));
    assert!(!script.body.contains("eval("));
}

#[test]
fn a_wrong_password_begins_nothing_and_attempts_are_those_of_every_log_in() {
    let (_folder, server, _) = start();
    Browser::new(server.address).register("ada");
    let mut profile = Profile::new(server.address);
    for _ in 0..10 {
        let answer = profile.log_in("ada", "wrong+horse");
        assert_eq!((answer.status, profile.cookie()), (403, None));
        assert!(answer.body.contains("Name or password is wrong."));
    }
    let answer = profile.log_in("ada", "correct+horse");
    assert_eq!((answer.status, profile.cookie()), (429, None));
    assert!(answer.one("Retry-After").is_some());
    let answer = profile.log_in("bob", "correct+horse");
    assert_eq!(answer.status, 403);
}

#[test]
fn a_form_without_its_token_logs_nobody_in() {
    let (_folder, server, _) = start();
    Browser::new(server.address).register("ada");
    let mut other = Profile::new(server.address);
    other.page();
    let mut profile = Profile::new(server.address);
    profile.page();
    for csrf in ["", "junk", &other.csrf] {
        let form = format!("name=ada&password=correct+horse&csrf={csrf}");
        assert_eq!(profile.post("/app/login", None, &form).status, 403, "{csrf}");
        assert_eq!(profile.cookie(), None);
    }
    assert_eq!(
        profile
            .post("/app/login", None, "name=ada&password=correct+horse")
            .status,
        403
    );
    assert_eq!(profile.log_in("ada", "correct+horse").status, 303);
}

#[test]
fn a_log_in_ends_the_one_that_the_browser_had() {
    let (_folder, server, mut profile) = logged_in();
    let mut copy = profile.clone();
    let form = format!("name=ada&password=correct+horse&csrf={}", profile.csrf);
    assert_eq!(profile.post("/app/login", None, &form).status, 303);
    assert_ne!(profile.cookie(), copy.cookie());
    assert_eq!(copy.refused(None), super::over("ended"));
    profile.page();
    assert_eq!(profile.refresh()["generation"], 1);
    assert_eq!(
        another(server.address).refresh()["generation"],
        1,
        "other browsers have their own"
    );
}
