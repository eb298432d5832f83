//! The change of a password.

use std::time::{Duration, Instant};

use super::{count, devices, log_in, logged_in, redirected, selector, who, with_session};
use crate::support::client::Browser;
use crate::support::held::{Held, Taken};
use crate::support::{connect, execute, password_hash};

/// How long a server on a machine that does much else may take.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn a_changed_password_renews_and_logs_the_others_out() {
    let (_folder, server, mut browser) = with_session("ada");
    let mut other = logged_in(server.address, "ada");
    browser.post("/session/count", "");
    for (form, status, says) in [
        ("old=wrong+horse&new=better+horse", 403, "The password is wrong."),
        (
            "old=correct+horse&new=short",
            422,
            "A password has at least 8 characters.",
        ),
    ] {
        let answer = browser.post("/session/password", form);
        assert_eq!((answer.status, answer.set("__Host-session")), (status, None));
        assert!(answer.body.contains(says), "{}", answer.body);
    }
    assert_eq!(who(&mut other).as_deref(), Some("ada"), "nothing has happened");

    let (old, same) = (browser.cookie.clone(), selector(&mut browser));
    let answer = browser.post("/session/password", "old=correct+horse&new=better+horse");
    redirected(&answer, "password-changed");
    assert_ne!(browser.cookie, old);
    assert_eq!(who(&mut browser).as_deref(), Some("ada"));
    assert_eq!((selector(&mut browser), count(&mut browser)), (same, 1));
    assert_eq!(who(&mut other), None);
    let mut copy = Browser::with(server.address, old);
    assert_eq!(who(&mut copy), None);
    let mut again = Browser::new(server.address);
    assert_eq!(log_in(&mut again, "ada", "correct+horse", "").status, 403);
    redirected(&log_in(&mut again, "ada", "better+horse", ""), "session-in");
}

/// Whenever the change comes between a log-in's steps, what the old password began is over.
#[test]
fn no_log_in_with_the_old_password_outlives_its_change() {
    let (_folder, server, mut browser) = with_session("ada");
    let address = server.address;
    let begun = std::thread::scope(|scope| {
        let attempts: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(move || {
                    let mut begun = Vec::new();
                    // Until the old password is refused.
                    loop {
                        let mut browser = Browser::new(address);
                        match log_in(&mut browser, "ada", "correct+horse", "").status {
                            303 => begun.push(browser),
                            403 | 429 => return begun,
                            // Overtaken by the end of all others, while it was being made.
                            status => assert_eq!(status, 409),
                        }
                    }
                })
            })
            .collect();
        let answer = browser.post("/session/password", "old=correct+horse&new=better+horse");
        redirected(&answer, "password-changed");
        let begun = attempts.into_iter().flat_map(|attempt| attempt.join().unwrap());
        begun.collect::<Vec<_>>()
    });
    for mut browser in begun {
        assert_eq!(who(&mut browser), None);
    }
    assert_eq!(devices(&mut browser), 1);
}

/// What a new password waits for in the database: a second or so.
const SLOW: &str = "
CREATE VIEW slow AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) SELECT i FROM n;
CREATE TRIGGER slowly BEFORE UPDATE ON users BEGIN SELECT count(*) FROM slow; END";

/// The browser has gone before the new password is written. It is written all the same, and so the others are logged out.
#[tokio::test]
async fn d16_who_hangs_up_while_a_password_is_written_leaves_no_log_in_of_the_old_one() {
    let (folder, server, mut browser) = with_session("ada");
    let mut others = Held::log_in(server.address, "ada", "correct+horse");
    let before = password_hash(&folder.db()).await;
    let mut connection = connect(&folder.db()).await;
    sqlx::raw_sql(SLOW).execute(&mut connection).await.unwrap();
    sqlx::raw_sql("PRAGMA busy_timeout = 0")
        .execute(&mut connection)
        .await
        .unwrap();
    let form = format!("old=correct+horse&new=better+horse&csrf={}", browser.csrf());
    let sent = browser.begin_post("/session/password", &form);
    let start = Instant::now();
    // Nobody else writes here: locked is what is being written.
    while sqlx::raw_sql("BEGIN IMMEDIATE; ROLLBACK")
        .execute(&mut connection)
        .await
        .is_ok()
    {
        assert!(start.elapsed() < PATIENCE);
    }
    sent.hang_up();
    while password_hash(&folder.db()).await == before {
        assert!(start.elapsed() < PATIENCE);
    }
    while others.taken() != [Taken::No; 4] {
        assert!(start.elapsed() < PATIENCE, "{:?}", others.taken());
    }
    // The browser's own session had no new token, so it has ended, too: the old token may be a thief's.
    while who(&mut browser).is_some() {
        assert!(start.elapsed() < PATIENCE);
    }
    let mut again = Browser::new(server.address);
    assert_eq!(log_in(&mut again, "ada", "correct+horse", "").status, 403);
    redirected(&log_in(&mut again, "ada", "better+horse", ""), "session-in");
}

/// Nobody knows whether a write that failed was made, so the account is logged out either way.
#[tokio::test]
async fn d16_a_password_that_may_have_been_written_leaves_no_log_in() {
    let (folder, server, mut browser) = with_session("ada");
    let mut held = Held::log_in(server.address, "ada", "correct+horse");
    execute(
        &folder.db(),
        "CREATE TRIGGER failing BEFORE UPDATE ON users BEGIN SELECT RAISE(ABORT, 'no'); END",
    )
    .await;
    let answer = browser.post("/session/password", "old=correct+horse&new=better+horse");
    let acknowledged = Instant::now();
    assert_eq!((answer.status, answer.one("Retry-After")), (503, Some("2")));
    assert!(
        answer
            .body
            .contains("Nobody can say whether the password is changed"),
        "{}",
        answer.body
    );
    held.ends_within_the_bound_of(acknowledged);
    assert_eq!(who(&mut browser), None);
    let mut again = Browser::new(server.address);
    assert_eq!(log_in(&mut again, "ada", "better+horse", "").status, 403);
    redirected(&log_in(&mut again, "ada", "correct+horse", ""), "session-in");
}

/// Before the old password is looked at a stamp is taken, which waits for who writes revocations: that is where this
/// request is.
#[tokio::test]
async fn d16_who_hangs_up_before_a_change_is_made_has_changed_nothing() {
    let (folder, server, mut browser) = with_session("ada");
    let mut other = logged_in(server.address, "ada");
    let before = password_hash(&folder.db()).await;
    let form = format!("old=correct+horse&new=better+horse&csrf={}", browser.csrf());
    let mut writer = connect(&folder.sessions()).await;
    let statement = |text: &'static str| sqlx::query(text);
    statement("BEGIN IMMEDIATE").execute(&mut writer).await.unwrap();
    browser.begin_post("/session/password", &form).hang_up();
    statement("ROLLBACK").execute(&mut writer).await.unwrap();
    assert_eq!(password_hash(&folder.db()).await, before);
    for browser in [&mut browser, &mut other] {
        assert_eq!(who(browser).as_deref(), Some("ada"));
    }
    let mut again = Browser::new(server.address);
    assert_eq!(log_in(&mut again, "ada", "better+horse", "").status, 403);
    redirected(&log_in(&mut again, "ada", "correct+horse", ""), "session-in");
    redirected(
        &browser.post("/session/password", "old=correct+horse&new=better+horse"),
        "password-changed",
    );
    assert_eq!(who(&mut other), None);
}

#[test]
fn of_two_changes_at_once_one_is_made() {
    let (_folder, server, desk) = with_session("ada");
    let phone = logged_in(server.address, "ada");
    let changed = std::thread::scope(|scope| {
        let changes = [(desk, "desk+horse"), (phone, "phone+horse")].map(|(mut browser, new)| {
            scope.spawn(move || {
                let form = format!("old=correct+horse&new={new}");
                let answer = browser.post("/session/password", &form);
                let location = answer.one("Location").unwrap_or_default();
                (location.ends_with("password-changed"), browser, new)
            })
        });
        changes.map(|change| change.join().unwrap())
    });
    assert_eq!(changed.iter().filter(|(made, ..)| *made).count(), 1);
    for (made, mut browser, password) in changed {
        assert_eq!(who(&mut browser).is_some(), made, "{password}");
        let answer = log_in(&mut Browser::new(server.address), "ada", password, "");
        assert_eq!(answer.status == 303, made, "{password}");
    }
}
