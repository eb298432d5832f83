//! Stores that fail, and requests that are dropped.

use std::sync::Arc;

use cloakroom_store::cloakroom_id::SessionToken;
use cloakroom_store::conformance::{Fault, Operation};
use cloakroom_store::{NewRecord, StoreErrorKind, SubjectIndex};

use super::desk::{Desk, HOUR, cut, eventually, nothing, removed, set};
use super::ending::page;
use crate::{Answer, Carried, EventKind, Session, SessionError};

#[track_caller]
fn failed<T: std::fmt::Debug>(answer: Result<T, SessionError>, kind: StoreErrorKind) {
    match answer {
        Err(SessionError::Store(error)) if error.kind() == kind => {}
        other => panic!("the store was to fail as {}, and it is {other:?}", kind.as_str()),
    }
}

type Act = fn(&Session) -> Result<(), SessionError>;

const KINDS: [StoreErrorKind; 7] = [
    StoreErrorKind::Unavailable,
    StoreErrorKind::Timeout,
    StoreErrorKind::Corrupt,
    StoreErrorKind::TooLarge,
    StoreErrorKind::Full,
    StoreErrorKind::Unsupported,
    StoreErrorKind::Other,
];

/// Whatever a store says, the request learns it, and is never taken for an anonymous one.
pub async fn d11_no_failure_of_the_store_makes_a_request_anonymous(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let token = desk.login("alice").await;
    for kind in KINDS {
        desk.store.always(Operation::Load, Fault::FailBefore(kind));
        desk.events();
        let (session, commit) = desk.begin([&token]);
        failed(session.subject().await, kind);
        failed(session.get::<u64>("basket").await, kind);
        failed(session.info().await, kind);
        failed(session.devices(page()).await, kind);
        failed(session.require_recent_auth(HOUR).await, kind);
        failed(session.update("basket", |old: Option<u64>| old).await, kind);
        session.insert("basket", &1).unwrap();
        failed(commit.finish(Answer::Succeeded).await, kind);
        assert_eq!(desk.events(), vec![EventKind::StoreFailed(kind); 7]);
        // One of several tokens is enough.
        let unknown = SessionToken::generate(None).expect("the operating system has random bytes");
        desk.store.heal();
        desk.store
            .script(Operation::Load, [None, Some(Fault::FailBefore(kind))]);
        let (session, _commit) = desk.begin([&unknown, &token]);
        failed(session.subject().await, kind);
        desk.store.heal();
    }
    assert_eq!(desk.subject(&token).await.as_deref(), Some("alice"));
}

/// Each operation's failure is the answer's.
pub async fn d11_each_failing_operation_fails_the_commit(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let acts: [(Operation, Act); 6] = [
        (Operation::Update, |session| session.insert("basket", &1)),
        (Operation::Delete, Session::logout),
        (Operation::DeleteBySubject, Session::logout_everywhere),
        (Operation::DeleteBySubject, Session::logout_others),
        (Operation::Rotate, |session| session.login("alice")),
        (Operation::Create, |session| session.login("bob")),
    ];
    for (operation, act) in acts {
        let token = desk.login("alice").await;
        for kind in KINDS {
            let (session, commit) = desk.begin([&token]);
            act(&session).unwrap();
            desk.store.next(operation, Fault::FailBefore(kind));
            failed(commit.finish(Answer::Succeeded).await, kind);
            assert_eq!(desk.subject(&token).await.as_deref(), Some("alice"));
        }
    }
    // A logout that fails keeps the end of the others from nothing, and its own session is none to be spared.
    let (token, other) = (desk.login("alice").await, desk.login("alice").await);
    let (session, commit) = desk.begin([&token]);
    session.logout_others().unwrap();
    session.logout().unwrap();
    desk.store
        .next(Operation::Delete, Fault::FailBefore(StoreErrorKind::Unavailable));
    failed(
        commit.finish(Answer::Succeeded).await,
        StoreErrorKind::Unavailable,
    );
    assert_eq!(desk.row(token.selector()).await, None);
    assert_eq!(desk.row(other.selector()).await, None);
    // A login in the millisecond of a cut-off is refused.
    desk.advance(super::desk::MS);
    let token = desk.login("alice").await;
    for kind in KINDS {
        let (session, commit) = desk.begin([&token]);
        desk.store.next(Operation::ListBySubject, Fault::FailBefore(kind));
        failed(session.devices(page()).await, kind);
        session.end(&token.selector()).unwrap();
        desk.store.next(Operation::Delete, Fault::FailBefore(kind));
        failed(commit.finish(Answer::Succeeded).await, kind);
    }
}

/// A store that does not answer is given up.
pub async fn d11_a_store_that_does_not_answer_times_out(store: impl SubjectIndex) {
    let desk = Desk::with(store, |settings| settings.store_timeout(super::desk::SECOND));
    let token = desk.login("alice").await;
    desk.store.next(Operation::Load, Fault::HangBefore);
    let (session, commit) = desk.begin([&token]);
    failed(session.subject().await, StoreErrorKind::Timeout);
    // The next attempt of the same request asks again.
    assert_eq!(session.subject().await.unwrap().as_deref(), Some("alice"));
    session.insert("basket", &1).unwrap();
    desk.store.next(Operation::Update, Fault::HangAfter);
    failed(commit.finish(Answer::Succeeded).await, StoreErrorKind::Timeout);
    assert_eq!(desk.value(&token, "basket").await, Some(1));
}

/// Records that nobody can read, and of formats from another time, are reported as such, and not read as visitors.
pub async fn d11_a_payload_that_cannot_be_read_is_corrupt(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let payloads: [&[u8]; 16] = [
        b"",
        b"\x00",
        b"\x01",
        b"\x01\x00",
        b"\x01\x00\0\0\0",
        b"\x01\x00\0\0\0\x02{",
        b"\x01\x00\xff\xff\xff\xff{}",
        b"\x01\x02\0\0\0\x02{}",
        b"\x01\x00\0\0\0\x02{}\0",
        b"\x01\x00\0\0\0\x02{}\0\0\0\x01k",
        b"\x01\x00\0\0\0\x02{}\0\0\0\x01k\0\0\0\x02",
        b"\x01\x00\0\0\0\x02{}\0\0\0\x01k\0\0\0\x011\0\0\0\x01k\0\0\0\x012",
        b"\x01\x00\0\0\0\x02{}\0\0\0\x01k\0\0\0\x011\0\0\0\x01a\0\0\0\x012",
        b"\x01{\"c\":{},\"p\":false,\"d\":{}}",
        b"\x02 encrypted, and there is no key",
        b"\x03\x00\0\0\0\x02{}",
    ];
    for payload in payloads {
        let token = SessionToken::generate(None).expect("the operating system has random bytes");
        let end = desk.now().saturating_add(HOUR);
        let record = NewRecord::new(
            token.selector(),
            token.verifier_hash(),
            None,
            end,
            end,
            Arc::from(payload),
        );
        let created = desk
            .store
            .store()
            .create(&record.unwrap(), desk.now())
            .await
            .unwrap();
        assert_eq!(created, cloakroom_store::Created::Done);
        let (session, commit) = desk.begin([&token]);
        failed(session.subject().await, StoreErrorKind::Corrupt);
        session.insert("basket", &1).unwrap();
        failed(commit.finish(Answer::Succeeded).await, StoreErrorKind::Corrupt);
        // Whoever does not hold the token learns nothing of it.
        let guess = SessionToken::renewed(token.selector()).expect("the operating system has random bytes");
        assert!(!desk.opens(&guess).await);
    }
    // It is listed, so its owner can end it.
    let alice = desk.sessions.subject("alice").unwrap();
    let token = desk.login("alice").await;
    let row = desk.row(token.selector()).await.unwrap();
    let change = cloakroom_store::Change {
        payload: Arc::from(&b"\x03"[..]),
        idle_deadline: row.idle_deadline,
    };
    let updated = desk
        .store
        .store()
        .update(&token.selector(), row.version, &change, desk.now())
        .await
        .unwrap();
    assert_eq!(updated, cloakroom_store::Updated::Done(row.version.next()));
    let devices = desk.sessions.list(&alice, page()).await.unwrap().devices;
    assert_eq!(devices.len(), 1);
    assert!(desk.sessions.end(&alice, &devices[0].selector).await.unwrap());
}

/// A store is polled twice before a commit waits for it.
pub(super) const YIELDS: u32 = 2;

/// Drops the commit of `act` after each number of polls, in a state that `prepare` makes anew, until it is done in time. What
/// is not `attached` runs in a task of its own, which may be done at the first poll.
async fn drop_at_every_await<S: SubjectIndex>(
    desk: &Desk<S>,
    attached: bool,
    act: impl Fn(&Session),
    mut check: impl AsyncFnMut(&SessionToken, Option<Result<Carried, SessionError>>),
) {
    for polls in 0..64 {
        let token = desk.login("alice").await;
        desk.write(&token, "value", 1).await;
        let (session, commit) = desk.begin([&token]);
        act(&session);
        for operation in Operation::ALL {
            desk.store.always(operation, Fault::YieldAfter(YIELDS));
        }
        let answer = cut(commit.finish(Answer::Succeeded), polls).await;
        desk.store.heal();
        let done = answer.is_some();
        check(&token, answer).await;
        if done {
            assert!(polls > 1 || !attached, "nothing was dropped halfway");
            return;
        }
    }
    panic!("a commit takes more than 64 polls");
}

/// A change is stored or not.
pub async fn d16_a_dropped_change_is_stored_or_not(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let act = |session: &Session| session.insert("value", &2).unwrap();
    drop_at_every_await(&desk, true, act, async |token, answer| {
        let value = desk.value(token, "value").await;
        match answer {
            Some(answer) => {
                nothing(answer);
                assert_eq!(value, Some(2));
            }
            None => assert!(matches!(value, Some(1 | 2)), "{value:?}"),
        }
    })
    .await;
}

/// What takes privilege away takes place however early the client goes away.
pub async fn d16_a_dropped_logout_takes_place(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let act = |session: &Session| session.logout().unwrap();
    drop_at_every_await(&desk, false, act, async |token, answer| {
        if let Some(answer) = answer {
            removed(answer);
        }
        eventually("the logout", || async {
            desk.row(token.selector()).await.is_none()
        })
        .await;
    })
    .await;
}

/// The same of the end of other sessions.
pub async fn d16_a_dropped_end_of_others_takes_place(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let other = std::sync::Mutex::new(None);
    for polls in 0..64 {
        let (token, gone) = (desk.login("alice").await, desk.login("alice").await);
        let (session, commit) = desk.begin([&token]);
        session.logout_others().unwrap();
        for operation in Operation::ALL {
            desk.store.always(operation, Fault::YieldBefore(YIELDS));
        }
        let done = cut(commit.finish(Answer::Succeeded), polls).await.is_some();
        eventually("the end of the others", || async {
            desk.row(gone.selector()).await.is_none()
        })
        .await;
        desk.store.heal();
        assert_eq!(desk.subject(&token).await.as_deref(), Some("alice"));
        if done {
            *other.lock().unwrap() = Some(gone);
            break;
        }
        desk.advance(super::desk::MS);
    }
    assert!(
        other.lock().unwrap().is_some(),
        "a commit takes more than 64 polls"
    );
}

/// A new authentication: the session is there, with its values, under the old token or the new one.
pub async fn d16_a_dropped_authentication_leaves_the_session(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let act = |session: &Session| {
        session.insert("value", &2).unwrap();
        session.login("alice").unwrap();
    };
    drop_at_every_await(&desk, true, act, async |token, answer| {
        let row = desk.row(token.selector()).await.expect("the session is there");
        if let Some(answer) = answer {
            let next = set(answer);
            assert_eq!(desk.value(&next, "value").await, Some(2));
        } else if row.verifier_hash == token.verifier_hash() {
            // The rotation that was dropped may have been on its way to the store, and arrive between two looks.
            let value = desk.value(token, "value").await;
            let row = desk.row(token.selector()).await.expect("the session is there");
            let is_rotated = row.verifier_hash != token.verifier_hash();
            assert!(value == Some(1) || (value.is_none() && is_rotated), "{value:?}");
        } else {
            assert_eq!(row.previous.unwrap().verifier_hash, token.verifier_hash());
            assert!(!desk.opens(token).await);
        }
    })
    .await;
}

/// A login as another subject: the old session is there, or the new one is, or both, and the values never mix.
pub async fn d16_a_dropped_login_leaves_a_session(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let bob = desk.sessions.subject("bob").unwrap();
    let act = |session: &Session| session.login("bob").unwrap();
    drop_at_every_await(&desk, true, act, async |token, answer| {
        let old = desk.row(token.selector()).await;
        let new = desk.sessions.list(&bob, page()).await.unwrap().devices;
        assert!(old.is_some() || !new.is_empty());
        if let Some(old) = old {
            assert_eq!(old.verifier_hash, token.verifier_hash());
            // The deletion that was dropped may have been on its way to the store, and arrive between two looks.
            let subject = desk.subject(token).await;
            let is_gone = desk.row(token.selector()).await.is_none();
            assert!(
                subject.as_deref() == Some("alice") || (subject.is_none() && is_gone),
                "{subject:?}"
            );
        }
        if let Some(answer) = answer {
            let next = set(answer);
            assert_eq!(desk.subject(&next).await.as_deref(), Some("bob"));
            assert_eq!(desk.value(&next, "value").await, None);
        }
    })
    .await;
}
