//! What takes privilege away is done although something beside it fails: a closure or an observer of the application that
//! panics, a payload that cannot be read.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cloakroom_session::cloakroom_keyring::KeyRing;
use cloakroom_session::cloakroom_store::cloakroom_id::{IndexSecret, SessionToken};
use cloakroom_session::cloakroom_store::{MemoryStore, Page, StoreErrorKind};
use cloakroom_session::{Answer, Carried, Client, Event, EventKind, SessionError, Sessions, Settings};

fn settings() -> Settings {
    let secret: Vec<u8> = (100..132).collect();
    Settings::new(IndexSecret::from_bytes(&secret).unwrap())
}

async fn login(sessions: &Sessions, tokens: &[SessionToken]) -> SessionToken {
    let (session, commit) = sessions.begin(tokens.iter().cloned(), Client::default());
    session.login("alice").unwrap();
    match commit.finish(Answer::Succeeded).await.unwrap() {
        Carried::Set { token, .. } => token,
        other => panic!("{other:?}"),
    }
}

async fn subject(sessions: &Sessions, token: &SessionToken) -> Option<String> {
    let (session, _commit) = sessions.begin([token.clone()], Client::default());
    session.subject().await.unwrap()
}

async fn listed(sessions: &Sessions) -> usize {
    let alice = sessions.subject("alice").unwrap();
    sessions
        .list(&alice, Page::first(Page::MAX))
        .await
        .unwrap()
        .devices
        .len()
}

#[tokio::test]
async fn d19_a_closure_that_panics_in_a_replay_keeps_nobody_logged_in() {
    let sessions = Sessions::new(MemoryStore::new(), settings()).unwrap();
    let (own, other, third) = (
        login(&sessions, &[]).await,
        login(&sessions, &[]).await,
        login(&sessions, &[]).await,
    );
    let (session, commit) = sessions.begin([own.clone()], Client::default());
    let first = AtomicBool::new(true);
    session
        .update("count", move |old: Option<u64>| {
            if !first.swap(false, Ordering::SeqCst) {
                // The hook that prints panics is not called.
                resume_unwind(Box::new("the closure panics"));
            }
            old.or(Some(1))
        })
        .await
        .unwrap();
    session.end(&third.selector()).unwrap();
    session.logout_others().unwrap();
    let (quicker, quicker_commit) = sessions.begin([own.clone()], Client::default());
    quicker.insert("quicker", &1).unwrap();
    let _ = quicker_commit.finish(Answer::Succeeded).await.unwrap();

    assert!(commit.finish(Answer::Succeeded).await.is_err());
    assert_eq!(subject(&sessions, &other).await, None);
    assert_eq!(subject(&sessions, &third).await, None);
    assert_eq!(subject(&sessions, &own).await.as_deref(), Some("alice"));
}

#[tokio::test]
async fn d19_an_observer_that_panics_keeps_nobody_logged_in() {
    let store = Arc::new(MemoryStore::new());
    let quiet = Sessions::new(Arc::clone(&store), settings()).unwrap();
    let loud = Sessions::new(store, settings())
        .unwrap()
        .observer(|_: &Event| resume_unwind(Box::new("the observer panics")));
    let (own, other) = (login(&quiet, &[]).await, login(&quiet, &[]).await);
    let third = login(&quiet, &[]).await;
    let (session, commit) = loud.begin([own.clone()], Client::default());
    session.end(&third.selector()).unwrap();
    session.logout_everywhere().unwrap();
    assert!(matches!(
        commit.finish(Answer::Succeeded).await,
        Ok(Carried::Remove)
    ));
    for token in [&own, &other, &third] {
        assert_eq!(subject(&quiet, token).await, None);
    }
    // Nor does it lose a login that was made, nor a request that is anonymous.
    let (session, commit) = loud.begin([own], Client::default());
    assert_eq!(session.subject().await.unwrap(), None);
    session.login("bob").unwrap();
    assert!(matches!(
        commit.finish(Answer::Succeeded).await,
        Ok(Carried::Set { .. })
    ));
}

#[tokio::test]
async fn d11_a_session_that_cannot_be_read_can_be_ended_and_replaced_by_its_holder() {
    let store = Arc::new(MemoryStore::new());
    let ring = |store: &Arc<MemoryStore>| {
        let settings = settings().encrypt(&KeyRing::generate().unwrap(), "main");
        Sessions::new(Arc::clone(store), settings).unwrap()
    };
    // Two servers one of which lacks the other's key.
    let (one, other) = (ring(&store), ring(&store));
    let corrupt = |answer: Result<Carried, SessionError>| match answer {
        Err(SessionError::Store(error)) => assert_eq!(error.kind(), StoreErrorKind::Corrupt),
        answer => panic!("{answer:?}"),
    };
    let token = login(&one, &[]).await;
    for write in [
        |session: &cloakroom_session::Session| session.insert("a", &1),
        |session: &cloakroom_session::Session| session.logout_others(),
        |session: &cloakroom_session::Session| {
            session.end(&cloakroom_session::cloakroom_store::cloakroom_id::Selector::from_bytes([1; 16]))
        },
    ] {
        let (session, commit) = other.begin([token.clone()], Client::default());
        write(&session).unwrap();
        corrupt(commit.finish(Answer::Succeeded).await);
    }
    // A login that fails leaves it.
    let (session, commit) = other.begin([token.clone()], Client::default());
    session.login("alice").unwrap();
    corrupt(commit.finish(Answer::Failed).await);
    assert_eq!(subject(&one, &token).await.as_deref(), Some("alice"));

    let (session, commit) = other.begin([token.clone()], Client::default());
    session.logout().unwrap();
    assert!(matches!(commit.finish(Answer::Failed).await, Ok(Carried::Remove)));
    assert_eq!(subject(&one, &token).await, None);
    assert_eq!(listed(&one).await, 0);

    let token = login(&one, &[]).await;
    let next = login(&other, std::slice::from_ref(&token)).await;
    assert_ne!(next.selector(), token.selector());
    assert_eq!(subject(&one, &token).await, None);
    assert_eq!(subject(&other, &next).await.as_deref(), Some("alice"));
    assert_eq!(listed(&other).await, 1);
    // Nobody but its holder ends it.
    let token = login(&one, &[]).await;
    let guess = SessionToken::renewed(token.selector()).unwrap();
    let (session, commit) = other.begin([guess], Client::default());
    session.logout().unwrap();
    assert!(matches!(
        commit.finish(Answer::Succeeded).await,
        Ok(Carried::Nothing)
    ));
    assert_eq!(subject(&one, &token).await.as_deref(), Some("alice"));
}

#[tokio::test(start_paused = true)]
async fn d10_an_observer_that_panics_does_not_end_the_purge_loop() {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use cloakroom_session::cloakroom_store::conformance::{Fault, Faulty, Operation};

    let store = Faulty::new(MemoryStore::new());
    let sessions = Sessions::new(store.clone(), settings())
        .unwrap()
        .observer(|event: &Event| {
            assert_eq!(event.kind(), EventKind::StoreFailed(StoreErrorKind::Unavailable));
            resume_unwind(Box::new("the observer panics"));
        });
    store.next(
        Operation::PurgeExpired,
        Fault::FailBefore(StoreErrorKind::Unavailable),
    );
    let purge = tokio::spawn(sessions.purge_loop(Duration::from_secs(60), NonZeroU32::MIN));
    tokio::time::sleep(Duration::from_secs(90)).await;
    assert_eq!(store.count(Operation::PurgeExpired), 2);
    assert!(!purge.is_finished());
    purge.abort();
}
