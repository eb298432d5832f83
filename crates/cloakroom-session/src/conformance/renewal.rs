//! New tokens for sessions that go on: the old one in other tabs, and what fails on the way.

use cloakroom_store::cloakroom_id::SessionToken;
use cloakroom_store::conformance::{Fault, Operation};
use cloakroom_store::{StoreErrorKind, SubjectIndex};
use tokio::task::JoinSet;

use super::desk::{Desk, HOUR, MINUTE, MS, SECOND, cut, nothing, set, superseded};
use crate::{Answer, Carried, EventKind, SessionError, Settings};

fn renewing(settings: Settings) -> Settings {
    settings.renew_every(HOUR / 4)
}

/// A request that only reads, and what its answer carries.
async fn visit<S: SubjectIndex>(
    desk: &Desk<S>,
    token: &SessionToken,
    answer: Answer,
) -> (Option<String>, Result<Carried, SessionError>) {
    let (session, commit) = desk.begin([token]);
    let subject = session.subject().await.expect("the store answers");
    (subject, commit.finish(answer).await)
}

/// The old token in another tab: served in the grace, and never answered with a cookie, neither a new one nor a removal.
pub async fn d2_a_late_tab_is_served_in_the_grace_and_gets_no_cookie(store: impl SubjectIndex) {
    let desk = Desk::with(store, renewing);
    let first = desk.login("alice").await;
    desk.advance(HOUR / 4 - MS);
    let (_, answer) = visit(&desk, &first, Answer::Succeeded).await;
    nothing(answer);
    desk.advance(MS);
    let (subject, answer) = visit(&desk, &first, Answer::Succeeded).await;
    assert_eq!(subject.as_deref(), Some("alice"));
    let second = set(answer);
    assert_eq!(second.selector(), first.selector());
    assert_ne!(second.verifier_hash(), first.verifier_hash());

    desk.advance(30 * SECOND - MS);
    desk.events();
    let (session, commit) = desk.begin([&first]);
    assert_eq!(session.subject().await.unwrap().as_deref(), Some("alice"));
    session.insert("tab", &1).unwrap();
    nothing(commit.finish(Answer::Succeeded).await);
    assert_eq!(desk.events(), []);
    assert_eq!(desk.value(&second, "tab").await, Some(1));

    // The grace is over: reported, anonymous, and nothing that would be written over the other tab's cookie.
    desk.advance(MS);
    let (subject, answer) = visit(&desk, &first, Answer::Succeeded).await;
    assert_eq!(subject, None);
    nothing(answer);
    let (session, commit) = desk.begin([&first]);
    session.insert("tab", &2).unwrap();
    superseded(commit.finish(Answer::Succeeded).await);
    let (session, commit) = desk.begin([&first]);
    session.logout().unwrap();
    nothing(commit.finish(Answer::Succeeded).await);
    assert_eq!(desk.events(), [EventKind::Reused; 3]);
    assert_eq!(desk.subject(&second).await.as_deref(), Some("alice"));
    assert_eq!(desk.value(&second, "tab").await, Some(1));

    // What came before the one before cannot be told from noise.
    desk.advance(HOUR / 4);
    let third = set(visit(&desk, &second, Answer::Succeeded).await.1);
    desk.events();
    let (subject, answer) = visit(&desk, &first, Answer::Succeeded).await;
    assert_eq!(subject, None);
    nothing(answer);
    assert_eq!(desk.events(), [EventKind::WrongVerifier]);
    assert_eq!(desk.subject(&third).await.as_deref(), Some("alice"));
}

/// After a new authentication the old token is dead at once.
pub async fn d2_there_is_no_grace_after_an_authentication(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let first = desk.login("alice").await;
    let second = desk.login_over([&first], "alice").await;
    assert_eq!(second.selector(), first.selector());
    desk.events();
    assert_eq!(desk.subject(&first).await, None);
    assert_eq!(desk.events(), [EventKind::Reused]);
    assert_eq!(desk.subject(&second).await.as_deref(), Some("alice"));
}

/// Of many tabs that come when it is time, one gets the new token, and all are served.
pub async fn d2_of_parallel_renewals_one_wins(store: impl SubjectIndex) {
    let desk = Desk::with(store, renewing);
    let mut token = desk.login("alice").await;
    for round in 1..=8 {
        desk.advance(HOUR / 4);
        let mut tabs = JoinSet::new();
        for tab in 0..8_u64 {
            let (session, commit) = desk.begin([&token]);
            tabs.spawn(async move {
                assert_eq!(session.subject().await.unwrap().as_deref(), Some("alice"));
                if tab % 2 == 0 {
                    session.insert(&format!("tab {tab}"), &round).unwrap();
                }
                commit.finish(Answer::Succeeded).await
            });
        }
        let mut next = None;
        while let Some(answer) = tabs.join_next().await {
            match answer.unwrap() {
                Ok(Carried::Nothing) | Err(SessionError::Contended) => {}
                Ok(Carried::Set { token, .. }) => assert!(next.replace(token).is_none()),
                other => panic!("a tab was answered {other:?}"),
            }
        }
        token = next.expect("one of the tabs renewed the token");
        assert_eq!(desk.subject(&token).await.as_deref(), Some("alice"));
    }
}

/// A renewal gives something: it waits for an answer that succeeds.
pub async fn d3_no_renewal_without_a_success(store: impl SubjectIndex) {
    let desk = Desk::with(store, renewing);
    let token = desk.login("alice").await;
    desk.advance(HOUR / 4);
    nothing(visit(&desk, &token, Answer::Failed).await.1);
    let (session, commit) = desk.begin([&token]);
    assert!(session.subject().await.unwrap().is_some());
    drop(commit);
    let next = set(visit(&desk, &token, Answer::Succeeded).await.1);
    assert_eq!(desk.subject(&next).await.as_deref(), Some("alice"));
}

/// The store fails in the renewal, before it is done or after: a token that opens the session is with the client.
pub async fn d3_a_store_that_fails_in_a_renewal_costs_no_session(store: impl SubjectIndex) {
    let desk = Desk::with(store, |settings| renewing(settings).store_timeout(SECOND));
    let mut token = desk.login("alice").await;
    for fault in [
        Fault::FailBefore(StoreErrorKind::Unavailable),
        Fault::FailBefore(StoreErrorKind::Full),
        Fault::FailAfter(StoreErrorKind::Unavailable),
        Fault::FailAfter(StoreErrorKind::Timeout),
        Fault::HangBefore,
        Fault::HangAfter,
    ] {
        desk.advance(HOUR / 4);
        desk.events();
        desk.store.next(Operation::Rotate, fault.clone());
        let (subject, answer) = visit(&desk, &token, Answer::Succeeded).await;
        assert_eq!(subject.as_deref(), Some("alice"));
        match fault {
            Fault::FailAfter(_) | Fault::HangAfter => {
                token = set(answer);
                assert_eq!(desk.events().last(), Some(&EventKind::Renewed));
            }
            _ => {
                nothing(answer);
                assert_eq!(desk.events().last(), Some(&EventKind::RenewalFailed));
            }
        }
        assert_eq!(
            desk.row(token.selector()).await.unwrap().verifier_hash,
            token.verifier_hash()
        );
        // The next request makes up for it.
        if let Carried::Set { token: next, .. } = visit(&desk, &token, Answer::Succeeded).await.1.unwrap() {
            token = next;
        }
        assert_eq!(desk.subject(&token).await.as_deref(), Some("alice"));
    }
}

/// The same in a new authentication: either it failed and the old token opens the session, or the new one does.
pub async fn d3_a_store_that_fails_in_an_authentication_costs_no_session(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let mut token = desk.login("alice").await;
    for (fault, done) in [
        (Fault::FailBefore(StoreErrorKind::Unavailable), false),
        (Fault::FailAfter(StoreErrorKind::Unavailable), true),
        (Fault::FailAfter(StoreErrorKind::Timeout), true),
    ] {
        desk.advance(MINUTE);
        desk.store.next(Operation::Rotate, fault);
        let (session, commit) = desk.begin([&token]);
        session.login("alice").unwrap();
        let answer = commit.finish(Answer::Succeeded).await;
        if done {
            token = set(answer);
        } else {
            assert!(
                matches!(&answer, Err(SessionError::Store(error)) if error.kind() == StoreErrorKind::Unavailable),
                "{answer:?}"
            );
        }
        assert_eq!(desk.subject(&token).await.as_deref(), Some("alice"));
    }
    // What else the request was to do fails after it: the new token goes out beside the error, for the old one is dead.
    desk.advance(MINUTE);
    let other = desk.login("alice").await;
    desk.store.next(
        Operation::DeleteBySubject,
        Fault::FailBefore(StoreErrorKind::Unavailable),
    );
    let (session, commit) = desk.begin([&token]);
    session.login("alice").unwrap();
    session.logout_others().unwrap();
    let answer = commit.finish(Answer::Succeeded).await;
    assert!(matches!(answer, Err(SessionError::Store(_))), "{answer:?}");
    let token = set(Ok(session.take_carried()));
    nothing(Ok(session.take_carried()));
    assert_eq!(desk.subject(&token).await.as_deref(), Some("alice"));
    assert_eq!(desk.subject(&other).await.as_deref(), Some("alice"));
    // And in a login: the session is there with its token, or neither.
    let bob = desk.sessions.subject("bob").unwrap();
    desk.store.next(
        Operation::DeleteBySubject,
        Fault::FailBefore(StoreErrorKind::Unavailable),
    );
    let (session, commit) = desk.begin([]);
    session.login("bob").unwrap();
    session.logout_others().unwrap();
    let answer = commit.finish(Answer::Succeeded).await;
    assert!(matches!(answer, Err(SessionError::Store(_))), "{answer:?}");
    nothing(Ok(session.take_carried()));
    let devices = desk.sessions.list(&bob, super::ending::page()).await.unwrap();
    assert_eq!(devices.devices, []);
    for (fault, done) in [
        (Fault::FailBefore(StoreErrorKind::Unavailable), false),
        (Fault::FailAfter(StoreErrorKind::Unavailable), true),
    ] {
        desk.store.next(Operation::Create, fault);
        let (session, commit) = desk.begin([]);
        session.login("bob").unwrap();
        let answer = commit.finish(Answer::Succeeded).await;
        let bob = desk.sessions.subject("bob").unwrap();
        let devices = desk
            .sessions
            .list(&bob, super::ending::page())
            .await
            .unwrap()
            .devices;
        if done {
            assert_eq!(desk.subject(&set(answer)).await.as_deref(), Some("bob"));
        } else {
            assert!(matches!(answer, Err(SessionError::Store(_))), "{answer:?}");
            assert_eq!(devices, []);
        }
    }
}

/// The connection is dropped anywhere in the renewal: the session is there, and the old token is served for the grace.
pub async fn d3_a_renewal_that_is_dropped_leaves_a_session(store: impl SubjectIndex) {
    let desk = Desk::with(store, renewing);
    for operation in [Operation::Load, Operation::Rotate] {
        desk.store
            .always(operation, Fault::YieldAfter(super::faults::YIELDS));
    }
    for polls in 0..64 {
        let token = desk.login("alice").await;
        desk.advance(HOUR / 4);
        let (session, commit) = desk.begin([&token]);
        session.insert("basket", &1).unwrap();
        let done = cut(commit.finish(Answer::Succeeded), polls).await.is_some();
        assert!(desk.row(token.selector()).await.is_some());
        assert_eq!(session_of(&desk, &token).await.as_deref(), Some("alice"));
        if done {
            assert!(polls > 1, "nothing was dropped halfway");
            return;
        }
    }
    panic!("a renewal takes more than 64 polls");
}

/// Reads only, whatever the answer carries.
async fn session_of<S: SubjectIndex>(desk: &Desk<S>, token: &SessionToken) -> Option<String> {
    let (session, commit) = desk.begin([token]);
    let subject = session.subject().await.expect("the store answers");
    drop(commit);
    subject
}
