//! The list of an account's sessions, and ending them.

use super::{REMOVAL, account, devices, grow_old, logged_in, redirected, selector, who, with_session};
use crate::support::client::Browser;

#[test]
fn each_device_is_listed_where_and_when() {
    let (_folder, server, mut browser) = with_session("ada");
    let mut phone = Browser::new(server.address);
    let origin = format!("http://{}", server.address);
    let form = format!(
        "name=ada&password=correct+horse&remember=yes&csrf={}",
        phone.csrf()
    );
    let answer = phone.request(
        "POST /session/login",
        &[
            ("Origin", origin.as_bytes()),
            ("Content-Type", b"application/x-www-form-urlencoded"),
            ("User-Agent", b"Phone/1.0 <b>"),
        ],
        form.as_bytes(),
    );
    redirected(&answer, "session-in");
    account(server.address, "bob");
    logged_in(server.address, "bob");
    let page = browser.get("/session");
    let list = page.between("<ol class=\"devices\">", "</ol>");
    assert_eq!(list.matches("<li").count(), 2, "ada's and not bob's: {list}");
    assert_eq!(list.matches("<code>127.0.0.1</code>").count(), 2);
    assert_eq!(list.matches("this device").count(), 1);
    assert_eq!(list.matches("remembered").count(), 1);
    assert!(list.contains("Phone/1.0 &lt;b&gt;"), "{list}");
    assert_eq!(list.matches("Last seen").count(), 2);
    assert!(list.contains(&format!("value=\"{}\"", selector(&mut phone))));
}

#[test]
fn one_device_ends_another() {
    let (_folder, server, mut browser) = with_session("ada");
    let (mut other, mut third) = (logged_in(server.address, "ada"), logged_in(server.address, "ada"));
    let form = format!("act=end&selector={}", selector(&mut other));
    redirected(&browser.post("/session/devices", &form), "ended");
    redirected(&other.post("/session/count", ""), "session-needed");
    assert_eq!(who(&mut other), None);
    assert_eq!(who(&mut third).as_deref(), Some("ada"));
    assert_eq!(devices(&mut browser), 2);
    redirected(
        &browser.post("/session/devices", "act=end-others"),
        "ended-others",
    );
    assert_eq!(who(&mut third), None);
    assert_eq!(devices(&mut browser), 1);
    let mut fourth = logged_in(server.address, "ada");
    let answer = browser.post("/session/devices", "act=end-all");
    redirected(&answer, "ended-all");
    assert_eq!(answer.set("__Host-session"), Some(REMOVAL));
    assert_eq!((who(&mut browser), who(&mut fourth)), (None, None));
}

#[test]
fn anothers_selector_is_answered_like_an_unknown_one() {
    let (_folder, server, mut browser) = with_session("ada");
    account(server.address, "bob");
    let mut bob = logged_in(server.address, "bob");
    let bobs = selector(&mut bob);
    let mut answers = Vec::new();
    for text in [&*bobs, "AAAAAAAAAAAAAAAAAAAAAA", "junk", "", "%3Cscript%3E"] {
        let answer = browser.post("/session/devices", &format!("act=end&selector={text}"));
        redirected(&answer, "ended");
        answers.push((
            answer.status,
            answer.body.clone(),
            answer.set("__Host-session").map(str::to_owned),
        ));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(who(&mut bob).as_deref(), Some("bob"));
    assert_eq!(who(&mut browser).as_deref(), Some("ada"));
    // One's own selector is a logout.
    let own = selector(&mut browser);
    let answer = browser.post("/session/devices", &format!("act=end&selector={own}"));
    redirected(&answer, "session-out");
    assert_eq!(answer.set("__Host-session"), Some(REMOVAL));
    for form in ["act=junk", "", "act=end&act=end"] {
        assert_eq!(bob.post("/session/devices", form).status, 400, "{form}");
    }
}

#[tokio::test]
async fn ending_needs_a_password_of_the_last_five_minutes() {
    let (folder, server, mut browser) = with_session("ada");
    let mut other = logged_in(server.address, "ada");
    let others = selector(&mut other);
    grow_old(&folder).await;
    for form in [
        format!("act=end&selector={others}"),
        "act=end-others".to_owned(),
        "act=end-all".to_owned(),
    ] {
        let answer = browser.post("/session/devices", &form);
        assert_eq!((answer.status, answer.set("__Host-session")), (403, None));
        assert!(
            answer.body.contains("action=\"/session/confirm\""),
            "{}",
            answer.body
        );
        assert!(answer.body.contains("action=\"/session/logout\""), "a way out");
        let answer = browser.post("/session/confirm", &format!("{form}&password=wrong+horse"));
        assert_eq!((answer.status, answer.set("__Host-session")), (403, None));
        assert!(answer.body.contains("The password is wrong."));
    }
    assert_eq!(who(&mut other).as_deref(), Some("ada"), "nothing has ended");

    let old = browser.cookie.clone();
    let before = selector(&mut browser);
    let form = format!("act=end&selector={others}&password=correct+horse");
    redirected(&browser.post("/session/confirm", &form), "ended");
    assert_ne!(browser.cookie, old, "the proof renews the token");
    assert_eq!(selector(&mut browser), before, "of the same session");
    assert_eq!(who(&mut other), None);
    let mut copy = Browser::with(server.address, old);
    assert_eq!(who(&mut copy), None, "the token before is dead");
    // The proof is recent now.
    redirected(
        &browser.post("/session/devices", "act=end-others"),
        "ended-others",
    );
    // A stranger is asked to log in and for no password.
    let mut stranger = Browser::new(server.address);
    redirected(
        &stranger.post("/session/confirm", "act=end-all&password=correct+horse"),
        "session-needed",
    );
}

#[tokio::test]
async fn all_end_after_the_password_as_well() {
    let (folder, server, mut browser) = with_session("ada");
    let mut other = logged_in(server.address, "ada");
    grow_old(&folder).await;
    let answer = browser.post("/session/confirm", "act=end-all&password=correct+horse");
    redirected(&answer, "ended-all");
    assert_eq!(answer.set("__Host-session"), Some(REMOVAL));
    assert_eq!((who(&mut browser), who(&mut other)), (None, None));
}

#[tokio::test]
async fn d15_7_4_4_each_page_that_needs_a_log_in_has_a_logout_at_its_top() {
    let (folder, _server, mut browser) = with_session("ada");
    let mut pages = vec![
        browser.get("/session"),
        browser.post("/session/password", "old=wrong+horse&new=better+horse"),
        browser.post("/session/password", "old=correct+horse&new=short"),
    ];
    grow_old(&folder).await;
    pages.push(browser.post("/session/devices", "act=end-others"));
    pages.push(browser.post("/session/confirm", "act=end-others&password=wrong+horse"));
    for page in pages {
        let top = page.between("<header", "</header>");
        assert!(
            top.contains("action=\"/session/logout\"") && top.contains("Log out"),
            "{}: {top}",
            page.status
        );
    }
    let mut ticket = Browser::new(browser.address);
    ticket.log_in("ada");
    let page = ticket.get("/");
    assert!(
        page.between("<header", "</header>")
            .contains("action=\"/logout\"")
    );
}
