use serde_json::json;

use super::{json as json_of, logged_in, over};

#[test]
fn the_thief_goes_ahead_and_both_are_out_when_the_browser_goes_on() {
    let (_folder, _server, mut profile) = logged_in();
    let access = profile.refresh()["access_token"].as_str().unwrap().to_owned();
    let before = profile.cookie().unwrap().to_owned();
    let answer = profile.ask("/app/thief", None);
    assert_eq!(
        (answer.status, json_of(&answer)),
        (200, json!({ "generations": [2, 3, 4] }))
    );
    assert_eq!(profile.cookie(), Some(&*before), "the browser notices nothing");
    let mut copy = profile.clone();
    let answer = profile.ask("/app/refresh", Some(&access));
    assert_eq!(answer.status, 400);
    let expected = json!({ "error": "reused", "thief": { "generation": 4, "refused": true } });
    assert_eq!((json_of(&answer), profile.cookie()), (expected, None));
    assert_eq!(copy.refused(None), over("ended"));
    profile.wait_for_the_end_of(&access);
}

#[test]
fn a_second_thief_is_caught_like_anybody() {
    let (_folder, _server, mut profile) = logged_in();
    assert_eq!(profile.ask("/app/thief", None).status, 200);
    let answer = profile.ask("/app/thief", None);
    let expected = json!({ "error": "reused", "thief": { "generation": 3, "refused": true } });
    assert_eq!((answer.status, json_of(&answer)), (400, expected));
    assert_eq!(profile.cookie(), None);
}

#[test]
fn what_a_tab_has_got_as_well_is_no_step_ahead() {
    let (_folder, _server, mut profile) = logged_in();
    let mut tab = profile.clone();
    tab.refresh();
    // The thief's copy is one behind: its first answer is what the tab has already.
    let answer = profile.ask("/app/thief", None);
    assert_eq!(json_of(&answer), json!({ "generations": [2, 3, 4] }));
    assert_eq!(tab.refused(None), over("reused"));
}
