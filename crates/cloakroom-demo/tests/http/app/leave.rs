use crate::support::execute;

use super::{COOKIE, Profile, REMOVAL, another, logged_in, over};

#[track_caller]
fn left(profile: &mut Profile, path: &str, access: Option<&str>, notice: &str) {
    let answer = profile.ask(path, access);
    assert_eq!(
        (answer.status, answer.one("Location")),
        (303, Some(notice)),
        "{}",
        answer.body
    );
    assert!(answer.all("Set-Cookie").contains(&REMOVAL));
    assert_eq!(profile.cookie(), None);
}

#[test]
fn logging_out_ends_every_copy_and_the_access_token() {
    let (_folder, server, mut profile) = logged_in();
    let mut other = another(server.address);
    let access = profile.refresh()["access_token"].as_str().unwrap().to_owned();
    let theirs = other.refresh()["access_token"].as_str().unwrap().to_owned();
    let mut copy = profile.clone();
    left(&mut profile, "/app/logout", Some(&access), "/app?notice=app-out");
    profile.wait_for_the_end_of(&access);
    assert_eq!(copy.clone().refused(None), over("ended"));
    assert_eq!(copy.refused(Some(&access)), over("logged_out"));
    assert_eq!(
        other.api(&theirs),
        200,
        "another browser is as logged in as it was"
    );
    assert_eq!(other.refresh()["generation"], 2);
}

#[test]
fn a_form_without_the_script_logs_out() {
    let (_folder, _server, mut profile) = logged_in();
    let mut copy = profile.clone();
    let form = format!("csrf={}", profile.csrf);
    let answer = profile.post("/app/logout", None, &form);
    assert_eq!(
        (answer.status, answer.one("Location")),
        (303, Some("/app?notice=app-out"))
    );
    assert_eq!((profile.cookie(), copy.refused(None)), (None, over("ended")));
    assert!(profile.page().body.contains("action=\"/app/login\""));
}

#[test]
fn logging_out_everywhere_ends_every_browser() {
    let (_folder, server, mut profile) = logged_in();
    let mut other = another(server.address);
    let theirs = other.refresh()["access_token"].as_str().unwrap().to_owned();
    left(
        &mut profile,
        "/app/everywhere",
        None,
        "/app?notice=app-everywhere",
    );
    other.wait_for_the_end_of(&theirs);
    assert_eq!(other.refused(Some(&theirs)), over("revoked"));
    // Whoever logs in anew gets what is good at once.
    let mut anew = another(server.address);
    let access = anew.refresh()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(anew.api(&access), 200);
}

#[test]
fn a_log_in_that_has_ended_ends_nothing_more() {
    let (_folder, server, mut profile) = logged_in();
    let mut copy = profile.clone();
    left(&mut profile, "/app/logout", None, "/app?notice=app-out");
    let mut other = another(server.address);
    let answer = copy.ask("/app/everywhere", None);
    assert_eq!(
        (answer.status, answer.one("Location")),
        (303, Some("/app?notice=app-ended"))
    );
    assert_eq!(other.refresh()["generation"], 1);
    let page = copy.page();
    assert!(
        page.body.contains("Your log-in to the app has ended"),
        "{COOKIE}: {}",
        page.body
    );
}

#[tokio::test]
async fn logging_out_everywhere_takes_a_password_of_the_last_five_minutes() {
    let (folder, server, mut profile) = logged_in();
    let mut other = another(server.address);
    let statement = "UPDATE cloakroom_token_family SET authenticated_at = authenticated_at - 301000";
    execute(&folder.sessions(), statement).await;
    for (password, says) in [
        ("", "Your password once more"),
        ("&password=wrong+horse", "The password is wrong."),
    ] {
        let form = format!("csrf={}{password}", profile.csrf);
        let answer = profile.post("/app/everywhere", None, &form);
        assert_eq!(answer.status, 403);
        assert!(answer.body.contains(says) && answer.body.contains("action=\"/app/everywhere\""));
    }
    assert_eq!(other.refresh()["generation"], 1);
    let form = format!("csrf={}&password=correct+horse", profile.csrf);
    assert_eq!(profile.post("/app/everywhere", None, &form).status, 303);
    assert_eq!((profile.cookie(), other.refused(None)), (None, over("ended")));
}
