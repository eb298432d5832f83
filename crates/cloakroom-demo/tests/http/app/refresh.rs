use cloakroom_keyring::KeyRing;
use cloakroom_token::{Client, RefreshKeys};
use serde_json::json;

use super::{Profile, json as json_of, logged_in, over};
use crate::support::{connect, execute};

#[test]
fn each_refresh_brings_an_access_token_and_uses_the_refresh_token_up() {
    let (_folder, _server, mut profile) = logged_in();
    let mut tokens = Vec::new();
    for generation in 1..=3 {
        let before = profile.cookie().unwrap().to_owned();
        let answer = profile.refresh();
        assert_eq!(answer["generation"], generation);
        assert_eq!(answer["retried"], false);
        assert_eq!(answer["token_type"], "Bearer");
        let left = answer["expires_in"].as_u64().unwrap();
        assert!((290..=300).contains(&left), "{left}");
        assert_ne!(profile.cookie().unwrap(), before);
        let token = answer["access_token"].as_str().unwrap().to_owned();
        assert_eq!(profile.api(&token), 200);
        assert!(!tokens.contains(&token));
        tokens.push(token);
    }
    // The page shows the family and rotates nothing.
    let page = profile.page();
    assert_eq!(page.between("id=\"generation\">", "<"), "3");
    assert!(
        page.all("Set-Cookie")
            .iter()
            .all(|line| !line.starts_with("__Host-refresh"))
    );
}

#[test]
fn an_answer_that_was_lost_or_another_tab_gets_the_same_successor() {
    let (_folder, _server, mut profile) = logged_in();
    let mut tab = profile.clone();
    let first = profile.refresh();
    let again = tab.refresh();
    assert_eq!(
        (&first["retried"], &again["retried"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(
        (&first["generation"], &again["generation"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(profile.cookie(), tab.cookie());
    assert_eq!(profile.refresh()["generation"], 2);
    // Two behind, so shortly after: refused, and nothing has ended.
    let mut late = profile.clone();
    let (two_behind, one_behind) = (
        tab.cookie().unwrap().to_owned(),
        profile.cookie().unwrap().to_owned(),
    );
    assert_eq!(profile.refresh()["generation"], 3);
    late.set_cookie(&two_behind);
    assert_eq!(late.refused(None), (409, "late".to_owned(), false));
    late.set_cookie(&one_behind);
    assert_eq!(late.refresh()["retried"], true);
}

#[test]
fn an_ancestor_ends_the_family_and_the_access_token_that_came_along() {
    let (_folder, _server, mut profile) = logged_in();
    let mut old = profile.clone();
    let mut access = String::new();
    for _ in 0..3 {
        profile.refresh()["access_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut access);
    }
    assert_eq!(old.refused(Some(&access)), over("reused"));
    assert_eq!(old.cookie(), None);
    assert_eq!(profile.refused(None), over("ended"));
    profile.wait_for_the_end_of(&access);
    assert!(profile.page().body.contains("action=\"/app/login\""));
}

#[test]
fn what_is_no_token_of_the_app_ends_nothing() {
    let (folder, _server, mut profile) = logged_in();
    let good = profile.cookie().unwrap().to_owned();
    let ring = KeyRing::parse(&std::fs::read_to_string(folder.key_file()).unwrap()).unwrap();
    let keys = RefreshKeys::new(&ring, "cloakroom_rt_").unwrap();
    let opened = keys.open(&good, &Client::new("app").unwrap()).unwrap();
    let other = Client::new("other").unwrap();
    let foreign = keys.write(&opened, ring.active().id(), &other).unwrap();
    let last = if good.ends_with('A') { "E" } else { "A" };
    let forged = format!("{}{last}", &good[..130]);
    for wrong in [
        &*foreign,
        &forged,
        &good[..130],
        &good[13..],
        "cloakroom_rt_",
        "junk",
        "",
    ] {
        let mut other = Profile::new(profile.address);
        other.set_cookie(wrong);
        // Nobody is logged in with it, so the page is a visitor's.
        assert!(other.page().body.contains("action=\"/app/login\""), "{wrong}");
        assert_eq!(other.refused(None), (400, "unknown".to_owned(), false), "{wrong}");
        assert_eq!(
            json_of(&other.ask("/app/thief", None)),
            json!({ "error": "unknown" })
        );
        let answer = other.ask("/app/logout", None);
        assert_eq!((answer.status, other.cookie()), (303, None));
    }
    let mut nobody = Profile::new(profile.address);
    nobody.page();
    assert_eq!(nobody.refused(None), (400, "absent".to_owned(), false));
    // Two are as good as none.
    let mut two = profile.clone();
    two.cookies
        .insert(0, (super::COOKIE.to_owned(), "junk".to_owned()));
    two.page();
    assert_eq!(two.refused(None), (400, "absent".to_owned(), false));
    assert_eq!(
        profile.refresh()["generation"],
        1,
        "and the right one is as good as ever"
    );
}

#[test]
fn without_the_page_s_own_token_nothing_happens() {
    let (_folder, server, mut profile) = logged_in();
    let mut stranger = Profile::new(server.address);
    stranger.page();
    let other = super::another(server.address);
    for path in ["/app/refresh", "/app/thief", "/app/logout", "/app/everywhere"] {
        for csrf in [None, Some("junk"), Some(&*stranger.csrf), Some(&*other.csrf)] {
            assert_eq!(profile.post(path, csrf, "").status, 403, "{path} {csrf:?}");
        }
        assert_eq!(
            profile.request(&format!("GET {path}"), &[], b"").status,
            405,
            "{path}"
        );
    }
    assert_eq!(profile.refresh()["generation"], 1);
}

#[tokio::test]
async fn an_account_that_is_gone_gets_no_token() {
    let (folder, _server, mut profile) = logged_in();
    let mut copy = profile.clone();
    execute(&folder.db(), "DELETE FROM users").await;
    assert_eq!(profile.refused(None), over("account_gone"));
    assert_eq!(copy.refused(None), over("ended"));
}

#[tokio::test]
async fn a_store_that_does_not_answer_ends_nothing() {
    let (folder, _server, mut profile) = logged_in();
    let mut connection = connect(&folder.sessions()).await;
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut connection)
        .await
        .unwrap();
    let answer = tokio::task::spawn_blocking({
        let mut profile = profile.clone();
        move || profile.ask("/app/refresh", None)
    });
    let answer = answer.await.unwrap();
    assert_eq!((answer.status, answer.one("Retry-After")), (503, Some("2")));
    assert_eq!(json_of(&answer), json!({ "error": "unavailable" }));
    assert_eq!(answer.all("Set-Cookie"), [""; 0]);
    sqlx::query("ROLLBACK").execute(&mut connection).await.unwrap();
    assert_eq!(profile.refresh()["generation"], 1);
}
