//! The requirements of OWASP ASVS 5.0 about sessions, one case each. (7.1.2 and 7.4.4 are documentation and pages.)

use cloakroom_store::SubjectIndex;
use cloakroom_store::cloakroom_id::Selector;

use super::desk::{Desk, HOUR, MINUTE, MS, nothing, removed, set};
use super::ending::page;
use crate::{Answer, Session, SessionError};

/// 7.3.1: an inactivity timeout.
pub async fn d15_asvs_7_3_1_inactivity_ends_a_session(store: impl SubjectIndex) {
    let desk = Desk::with(store, |settings| settings.idle_timeout(15 * MINUTE));
    let token = desk.login("alice").await;
    for _ in 0..4 {
        desk.advance(15 * MINUTE - MS);
        assert_eq!(desk.subject(&token).await.as_deref(), Some("alice"));
    }
    desk.advance(15 * MINUTE);
    let (session, _commit) = desk.begin([&token]);
    login_required(&session.require_recent_auth(HOUR).await);
}

/// 7.3.2: an absolute maximum lifetime, whatever the activity.
pub async fn d15_asvs_7_3_2_a_session_has_a_greatest_lifetime(store: impl SubjectIndex) {
    let desk = Desk::with(store, |settings| settings.absolute_timeout(HOUR));
    let token = desk.login("alice").await;
    for _ in 0..5 {
        desk.advance(10 * MINUTE);
        assert_eq!(desk.subject(&token).await.as_deref(), Some("alice"));
    }
    desk.advance(10 * MINUTE - MS);
    assert_eq!(desk.subject(&token).await.as_deref(), Some("alice"));
    desk.advance(MS);
    assert_eq!(desk.subject(&token).await, None);
}

/// 7.4.1: after a logout or an expiry the session cannot be used any more, at any server.
pub async fn d15_asvs_7_4_1_an_ended_session_is_of_no_use(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let another = desk.another(|settings| settings);
    let (ended, expired) = (desk.login("alice").await, desk.login("alice").await);
    assert_eq!(another.subject(&ended).await.as_deref(), Some("alice"));
    desk.logout(&ended).await;
    assert_eq!(another.subject(&ended).await, None);
    desk.advance(30 * MINUTE);
    assert_eq!(another.subject(&expired).await, None);
    for token in [&ended, &expired] {
        let (session, commit) = another.begin([token]);
        login_required(&session.require_recent_auth(HOUR).await);
        login_required(&session.devices(page()).await);
        nothing(commit.finish(Answer::Failed).await);
    }
}

/// 7.4.2: all sessions of an account that is disabled or deleted end.
pub async fn d15_asvs_7_4_2_a_disabled_account_has_no_sessions(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let tokens = [desk.login("alice").await, desk.login("alice").await];
    let bob = desk.login("bob").await;
    let (pending, commit) = desk.begin([]);
    pending.login("alice").unwrap();
    let alice = desk.sessions.subject("alice").unwrap();
    assert_eq!(desk.sessions.end_all(&alice).await.unwrap(), 2);
    for token in &tokens {
        assert_eq!(desk.subject(token).await, None);
    }
    // A login whose password was checked before gets none either.
    let answer = commit.finish(Answer::Succeeded).await;
    assert!(matches!(answer, Err(SessionError::Refused)), "{answer:?}");
    assert_eq!(desk.subject(&bob).await.as_deref(), Some("bob"));
}

/// 7.4.3: after a change of the password the other sessions can be ended, and this one has a new token.
pub async fn d15_asvs_7_4_3_a_changed_password_ends_the_other_sessions(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let (own, other) = (desk.login("alice").await, desk.login("alice").await);
    let bob = desk.login("bob").await;
    desk.advance(MINUTE);
    let (session, commit) = desk.begin([&own]);
    session.require_recent_auth(5 * MINUTE).await.unwrap();
    session.login("alice").unwrap();
    session.logout_others().unwrap();
    let next = set(commit.finish(Answer::Succeeded).await);
    assert_eq!(desk.subject(&next).await.as_deref(), Some("alice"));
    assert_eq!(desk.subject(&own).await, None);
    assert_eq!(desk.subject(&other).await, None);
    assert_eq!(desk.subject(&bob).await.as_deref(), Some("bob"));
    // The one that was spared is an ordinary session, which ends like any other.
    let (session, commit) = desk.begin([&next]);
    session.logout_everywhere().unwrap();
    removed(commit.finish(Answer::Succeeded).await);
    assert_eq!(desk.subject(&next).await, None);
    // The same from a browser that had no session: a password that was forgotten and set anew.
    desk.advance(MS);
    let other = desk.login("alice").await;
    desk.advance(MS);
    let (session, commit) = desk.begin([]);
    session.login("alice").unwrap();
    session.logout_others().unwrap();
    let next = set(commit.finish(Answer::Succeeded).await);
    assert_eq!(desk.subject(&next).await.as_deref(), Some("alice"));
    assert_eq!(desk.subject(&other).await, None);
}

/// 7.4.5: an administrator ends the sessions of one subject, or of all.
pub async fn d15_asvs_7_4_5_an_administrator_ends_sessions(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let (first, second) = (desk.login("alice").await, desk.login("alice").await);
    let bob = desk.login("bob").await;
    let alice = desk.sessions.subject("alice").unwrap();
    let devices = desk.sessions.list(&alice, page()).await.unwrap().devices;
    assert_eq!(devices.len(), 2);
    assert!(devices.iter().all(|device| !device.is_current));
    assert!(desk.sessions.end(&alice, &first.selector()).await.unwrap());
    assert!(!desk.sessions.end(&alice, &first.selector()).await.unwrap());
    assert_eq!(desk.subject(&first).await, None);
    assert_eq!(desk.subject(&second).await.as_deref(), Some("alice"));
    assert_eq!(desk.sessions.end_all(&alice).await.unwrap(), 1);
    assert_eq!(desk.subject(&second).await, None);
    assert_eq!(desk.subject(&bob).await.as_deref(), Some("bob"));
    desk.sessions.revoke_all().await.unwrap();
    assert_eq!(desk.subject(&bob).await, None);
}

/// 7.5.1: what matters for the account asks for a recent authentication.
pub async fn d15_asvs_7_5_1_sensitive_changes_ask_for_a_recent_authentication(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let token = desk.login("alice").await;
    desk.advance(5 * MINUTE);
    let (session, _commit) = desk.begin([&token]);
    session.require_recent_auth(5 * MINUTE).await.unwrap();
    desk.advance(MS);
    reauthentication_required(&session.require_recent_auth(5 * MINUTE).await);
    // Neither use nor a renewal counts as one, and a new authentication does.
    desk.write(&token, "visits", 1).await;
    let (session, commit) = desk.begin([&token]);
    reauthentication_required(&session.require_recent_auth(5 * MINUTE).await);
    session.login("alice").unwrap();
    session.require_recent_auth(5 * MINUTE).await.unwrap();
    let token = set(commit.finish(Answer::Succeeded).await);
    let (session, _commit) = desk.begin([&token]);
    session.require_recent_auth(5 * MINUTE).await.unwrap();
    let (session, _commit) = desk.begin([]);
    login_required(&session.require_recent_auth(5 * MINUTE).await);
}

/// 7.5.2: users see their sessions and end any of them, having authenticated again.
pub async fn d15_asvs_7_5_2_users_see_and_end_their_sessions(store: impl SubjectIndex) {
    /// What a handler does.
    async fn end_others(session: &Session, which: Option<&Selector>) -> Result<(), SessionError> {
        session.require_recent_auth(5 * MINUTE).await?;
        match which {
            Some(selector) => session.end(selector),
            None => session.logout_others(),
        }
    }
    let desk = Desk::new(store);
    let (first, second, third) = (
        desk.login("alice").await,
        desk.login("alice").await,
        desk.login("alice").await,
    );
    desk.advance(10 * MINUTE);
    let (session, commit) = desk.begin([&first]);
    let devices = session.devices(page()).await.unwrap();
    assert_eq!(devices.next, None);
    assert_eq!(devices.devices.len(), 3);
    assert_eq!(
        devices.devices.iter().filter(|device| device.is_current).count(),
        1
    );
    for selector in [first.selector(), second.selector(), third.selector()] {
        assert!(devices.devices.iter().any(|device| device.selector == selector));
    }
    reauthentication_required(&end_others(&session, Some(&second.selector())).await);
    reauthentication_required(&end_others(&session, None).await);
    nothing(commit.finish(Answer::Failed).await);
    assert_eq!(desk.subject(&second).await.as_deref(), Some("alice"));

    let first = desk.login_over([&first], "alice").await;
    let (session, commit) = desk.begin([&first]);
    end_others(&session, Some(&second.selector())).await.unwrap();
    nothing(commit.finish(Answer::Succeeded).await);
    assert_eq!(desk.subject(&second).await, None);
    assert_eq!(desk.subject(&third).await.as_deref(), Some("alice"));
    let (session, commit) = desk.begin([&first]);
    end_others(&session, None).await.unwrap();
    nothing(commit.finish(Answer::Succeeded).await);
    assert_eq!(desk.subject(&third).await, None);
    assert_eq!(desk.subject(&first).await.as_deref(), Some("alice"));
}

/// A login beyond the greatest number ends the sessions that were not used for longest.
pub async fn d15_a_login_too_many_ends_the_one_unused_for_longest(store: impl SubjectIndex) {
    let max = std::num::NonZeroU32::new(2).expect("2 is not 0");
    let desk = Desk::with(store, |settings| settings.max_sessions_per_subject(max));
    let first = desk.login("alice").await;
    desk.advance(MINUTE);
    let second = desk.login("alice").await;
    desk.advance(MINUTE);
    assert!(desk.opens(&first).await);
    let bob = desk.login("bob").await;
    let third = desk.login("alice").await;
    assert_eq!(desk.subject(&second).await, None);
    for token in [&first, &third] {
        assert_eq!(desk.subject(token).await.as_deref(), Some("alice"));
    }
    let third = desk.login_over([&third], "alice").await;
    assert_eq!(desk.subject(&first).await.as_deref(), Some("alice"));
    assert_eq!(desk.subject(&third).await.as_deref(), Some("alice"));
    assert_eq!(desk.subject(&bob).await.as_deref(), Some("bob"));
}

#[track_caller]
fn login_required<T: std::fmt::Debug>(answer: &Result<T, SessionError>) {
    assert!(matches!(answer, Err(SessionError::LoginRequired)), "{answer:?}");
}

#[track_caller]
fn reauthentication_required<T: std::fmt::Debug>(answer: &Result<T, SessionError>) {
    assert!(
        matches!(answer, Err(SessionError::ReauthenticationRequired)),
        "{answer:?}"
    );
}
