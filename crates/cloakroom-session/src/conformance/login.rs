//! Who gets what by a login, and what a planted token gets.

use cloakroom_store::StoreErrorKind;
use std::time::Duration;

use cloakroom_store::SubjectIndex;
use cloakroom_store::cloakroom_id::SessionToken;
use cloakroom_store::conformance::{Fault, Operation};
use tokio::task::JoinSet;

use super::desk::{Desk, HOUR, MS, SECOND, nothing, set, superseded};
use super::ending::page;
use crate::{Answer, Carried, Client, SessionError};

/// The attacker plants the token of a visitor's session of his in the victim's browser, and the victim logs in with it.
pub async fn d17_a_planted_token_never_opens_the_session_of_the_login(store: impl SubjectIndex) {
    let desk = Desk::with(store, |settings| {
        settings.renew_every(HOUR).carry_over(["basket"])
    });
    for planted in [desk.visitor().await, desk.login("mallory").await] {
        // What the attacker has under way from before the login, and what he sends during the grace.
        let (late, late_commit) = desk.begin([&planted]);
        late.insert("basket", &666).unwrap();
        late.update("mail", |_: Option<u64>| Some(666)).await.unwrap();
        let token = desk.login_over([&planted], "alice").await;
        assert_ne!(token.selector(), planted.selector());
        superseded(late_commit.finish(Answer::Succeeded).await);
        assert!(!desk.opens(&planted).await);
        desk.advance(SECOND);
        assert!(!desk.opens(&planted).await);
        assert_eq!(desk.value(&token, "basket").await, None);
        assert_eq!(desk.value(&token, "mail").await, None);
        assert_eq!(desk.subject(&token).await.as_deref(), Some("alice"));
    }
}

/// The same when the visitor's session cannot be deleted: it stays a visitor's.
pub async fn d17_a_planted_token_that_outlives_the_login_opens_a_visitors_session(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let planted = desk.visitor().await;
    let (late, late_commit) = desk.begin([&planted]);
    late.update("mail", |_: Option<u64>| Some(666)).await.unwrap();
    desk.store
        .next(Operation::Delete, Fault::FailBefore(StoreErrorKind::Unavailable));
    let token = desk.login_over([&planted], "alice").await;
    nothing(late_commit.finish(Answer::Succeeded).await);
    assert_eq!(desk.value(&planted, "mail").await, Some(666));
    assert_eq!(desk.subject(&planted).await, None);
    assert_eq!(desk.value(&token, "mail").await, None);
    assert_eq!(desk.subject(&token).await.as_deref(), Some("alice"));
}

/// A write of the visitor that is on its way while the login happens.
pub async fn d17_no_schedule_lets_a_visitors_write_into_the_login(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    for _ in 0..16 {
        let planted = desk.visitor().await;
        let mut racing = JoinSet::new();
        for number in 0..4_u64 {
            let (session, commit) = desk.begin([&planted]);
            racing.spawn(async move {
                if session.info().await.unwrap().is_some() {
                    session.insert(&format!("planted {number}"), &666).unwrap();
                }
                commit.finish(Answer::Succeeded).await.map(|_| ())
            });
        }
        let token = desk.login_over([&planted], "alice").await;
        while let Some(answer) = racing.join_next().await {
            assert!(matches!(
                answer.unwrap(),
                Ok(()) | Err(SessionError::Superseded | SessionError::Contended)
            ),);
        }
        for number in 0..4 {
            assert_eq!(desk.value(&token, &format!("planted {number}")).await, None);
        }
        assert!(!desk.opens(&planted).await);
    }
}

/// Only the keys of `carry_over` go from a visitor's session into the login.
pub async fn d18_a_login_takes_what_is_carried_over_and_nothing_else(store: impl SubjectIndex) {
    let desk = Desk::with(store, |settings| settings.carry_over(["basket", "language"]));
    let visitor = desk.visitor().await;
    desk.write(&visitor, "basket", 1).await;
    desk.write(&visitor, "role", 1).await;
    let (session, commit) = desk.begin([&visitor]);
    session.insert("language", &2).unwrap();
    session.insert("step", &2).unwrap();
    session.login("alice").unwrap();
    session.insert("greeting", &3).unwrap();
    // The handler sees what will be.
    for (key, value) in [
        ("basket", Some(1)),
        ("language", Some(2)),
        ("greeting", Some(3)),
        ("role", None),
        ("step", None),
        ("visits", None),
    ] {
        assert_eq!(session.get::<u64>(key).await.unwrap(), value, "{key}");
    }
    let token = set(commit.finish(Answer::Succeeded).await);
    for (key, value) in [
        ("basket", Some(1)),
        ("language", Some(2)),
        ("greeting", Some(3)),
        ("role", None),
        ("step", None),
        ("visits", None),
    ] {
        assert_eq!(desk.value(&token, key).await, value, "{key}");
    }
    assert_eq!(desk.row(visitor.selector()).await, None);
}

/// A login as another subject leaves nothing of the first, and a new authentication of the same one leaves everything.
pub async fn d18_a_login_as_another_subject_leaves_nothing_of_the_first(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let alice = desk.login("alice").await;
    desk.write(&alice, "address", 1).await;
    let again = desk.login_over([&alice], "alice").await;
    assert_eq!(desk.value(&again, "address").await, Some(1));
    let bob = desk.login_over([&again], "bob").await;
    assert_ne!(bob.selector(), again.selector());
    assert_eq!(desk.row(again.selector()).await, None);
    assert_eq!(desk.value(&bob, "address").await, None);
    assert_eq!(desk.subject(&bob).await.as_deref(), Some("bob"));
    let subject = desk.sessions.subject("alice").unwrap();
    assert_eq!(desk.sessions.list(&subject, page()).await.unwrap().devices, []);

    // Nor when somebody else comes between two logins of one subject in one request.
    let alice = desk.login("alice").await;
    desk.write(&alice, "address", 1).await;
    let (session, commit) = desk.begin([&alice]);
    session.login("carol").unwrap();
    session.insert("account", &2).unwrap();
    session.login("alice").unwrap();
    for key in ["address", "account"] {
        assert_eq!(session.get::<u64>(key).await.unwrap(), None, "{key}");
    }
    let next = set(commit.finish(Answer::Succeeded).await);
    assert_ne!(next.selector(), alice.selector());
    assert_eq!(desk.row(alice.selector()).await, None);
    for key in ["address", "account"] {
        assert_eq!(desk.value(&next, key).await, None, "{key}");
    }
    desk.logout(&next).await;
    // Of one subject twice it is one login.
    let (session, commit) = desk.begin([]);
    session.login("alice").unwrap();
    session.insert("language", &2).unwrap();
    session.login("alice").unwrap();
    let next = set(commit.finish(Answer::Succeeded).await);
    assert_eq!(desk.value(&next, "language").await, Some(2));

    // The first one's session must be gone before the second one's token is sent.
    for kind in [StoreErrorKind::Unavailable, StoreErrorKind::Timeout] {
        desk.store.next(Operation::Delete, Fault::FailBefore(kind));
        let (session, commit) = desk.begin([&bob]);
        session.login("carol").unwrap();
        let answer = commit.finish(Answer::Succeeded).await;
        assert!(
            matches!(&answer, Err(SessionError::Store(error)) if error.kind() == kind),
            "{answer:?}"
        );
        assert_eq!(desk.subject(&bob).await.as_deref(), Some("bob"));
        let subject = desk.sessions.subject("carol").unwrap();
        assert_eq!(desk.sessions.list(&subject, page()).await.unwrap().devices, []);
    }
}

/// A selector that a client made up is never the selector of a session.
pub async fn d18_an_unknown_selector_is_never_adopted(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let made_up = SessionToken::generate(None).expect("the operating system has random bytes");
    let (session, commit) = desk.begin([&made_up]);
    session.insert("visits", &1).unwrap();
    let token = set(commit.finish(Answer::Succeeded).await);
    assert_ne!(token.selector(), made_up.selector());
    let tag = desk.sessions.subject("alice").unwrap().tag();
    let made_up = SessionToken::generate(Some(tag)).expect("the operating system has random bytes");
    let token = desk.login_over([&made_up], "alice").await;
    assert_ne!(token.selector(), made_up.selector());
    assert_eq!(desk.row(made_up.selector()).await, None);
}

/// A login, new or anew, whose proof was given before all sessions of the subject were ended.
pub async fn d22_a_login_is_refused_when_all_sessions_end_before_it_is_done(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let alice = desk.sessions.subject("alice").unwrap();
    for later in [Duration::ZERO, MS] {
        let (session, commit) = desk.begin([]);
        session.login("alice").unwrap();
        desk.advance(later);
        desk.sessions.end_all(&alice).await.unwrap();
        let answer = commit.finish(Answer::Succeeded).await;
        assert!(matches!(answer, Err(SessionError::Refused)), "{answer:?}");
        desk.advance(MS);
        // The next proof is a later one.
        let token = desk.login("alice").await;
        assert_eq!(desk.subject(&token).await.as_deref(), Some("alice"));
    }

    // A session that a cut-off spared does not take the proof from before the cut-off either.
    desk.advance(MS);
    let token = desk.login("alice").await;
    desk.advance(SECOND);
    let (old, old_commit) = desk.begin([&token]);
    old.login("alice").unwrap();
    desk.advance(SECOND);
    let (session, commit) = desk.begin([&token]);
    session.logout_others().unwrap();
    nothing(commit.finish(Answer::Succeeded).await);
    let answer = old_commit.finish(Answer::Succeeded).await;
    assert!(matches!(answer, Err(SessionError::Refused)), "{answer:?}");
    assert_eq!(desk.subject(&token).await.as_deref(), Some("alice"));
}

/// Logins race with the end of all sessions: what was there before is gone, and no login from before it comes after.
pub async fn d22_no_login_slips_past_the_end_of_all_sessions(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let alice = desk.sessions.subject("alice").unwrap();
    for _ in 0..8 {
        let mut racing = JoinSet::new();
        for _ in 0..8 {
            let (session, commit) = desk.sessions.begin([], Client::default());
            session.login("alice").unwrap();
            racing.spawn(async move {
                match commit.finish(Answer::Succeeded).await {
                    Ok(Carried::Set { .. }) | Err(SessionError::Refused) => {}
                    other => panic!("a login was answered {other:?}"),
                }
            });
        }
        desk.sessions.end_all(&alice).await.unwrap();
        while let Some(done) = racing.join_next().await {
            done.unwrap();
        }
        assert_eq!(desk.sessions.list(&alice, page()).await.unwrap().devices, []);
        desk.advance(MS);
    }
}

/// After a restored backup nothing earlier opens, neither a visitor's session, and new logins do.
pub async fn d24_after_revoke_all_nothing_earlier_opens(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let tokens = [
        desk.login("alice").await,
        desk.login("bob").await,
        desk.visitor().await,
    ];
    desk.advance(MS);
    desk.sessions.revoke_all().await.unwrap();
    for token in &tokens {
        assert!(!desk.opens(token).await);
    }
    desk.advance(MS);
    let token = desk.login("alice").await;
    assert_eq!(desk.subject(&token).await.as_deref(), Some("alice"));
}
