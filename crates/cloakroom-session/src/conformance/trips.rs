//! What a request costs in round trips, counted.

use cloakroom_store::SubjectIndex;
use cloakroom_store::cloakroom_id::SessionToken;
use cloakroom_store::conformance::Operation::{
    self, Create, Delete, DeleteBySubject, Load, Rotate, Touch, Update,
};

use super::desk::{Desk, MINUTE};
use crate::{Answer, Session, SessionError};

/// A request that does not look at its session costs none; one that reads costs one; one change two; a touch one more,
/// unless something is written anyway.
pub async fn trips_are_as_few_as_promised(store: impl SubjectIndex) {
    type Act = fn(&Session) -> Result<(), SessionError>;
    let desk = Desk::new(store);
    let nothing: Act = |_| Ok(());
    let insert: Act = |session| session.insert("value", &2);
    let same: Act = |session| session.insert("value", &1);
    let cases: [(&str, bool, Act, bool, &[Operation]); 14] = [
        ("untouched", false, nothing, false, &[]),
        ("untouched, and time to touch", false, nothing, true, &[]),
        ("read", true, nothing, false, &[Load]),
        ("read, and time to touch", true, nothing, true, &[Load, Touch]),
        ("written blindly", false, insert, false, &[Load, Update]),
        ("read and written", true, insert, false, &[Load, Update]),
        ("written, and time to touch", true, insert, true, &[Load, Update]),
        ("written as it was", true, same, false, &[Load]),
        (
            "removed what is not there",
            false,
            |session| session.remove("other"),
            false,
            &[Load],
        ),
        (
            "authenticated anew",
            false,
            |session| session.login("alice"),
            false,
            &[Load, Rotate],
        ),
        (
            "logged in as another",
            true,
            |session| session.login("bob"),
            false,
            &[Load, Create, Delete],
        ),
        ("logged out", false, Session::logout, false, &[Load, Delete]),
        (
            "logged out everywhere",
            false,
            Session::logout_everywhere,
            false,
            &[Load, DeleteBySubject],
        ),
        (
            "logged out the others",
            true,
            Session::logout_others,
            false,
            &[Load, DeleteBySubject],
        ),
    ];
    for (case, read, act, due, calls) in cases {
        let token = desk.login("alice").await;
        desk.write(&token, "value", 1).await;
        if due {
            desk.advance(MINUTE);
        }
        desk.store.take_calls();
        let (session, commit) = desk.begin([&token]);
        if read {
            for _ in 0..3 {
                assert_eq!(session.get::<u64>("value").await.unwrap(), Some(1));
                assert_eq!(session.subject().await.unwrap().as_deref(), Some("alice"));
            }
        }
        act(&session).unwrap();
        let _ = commit.finish(Answer::Succeeded).await.unwrap();
        assert_eq!(desk.store.take_calls(), calls, "{case}");
        // Past every cut-off of the cases.
        desk.advance(super::desk::MS);
    }
}

/// A visitor costs nothing before there is something to keep, and then one.
pub async fn trips_of_visitors_are_none_until_they_write(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let (session, commit) = desk.begin([]);
    assert_eq!(session.get::<u64>("value").await.unwrap(), None);
    assert_eq!(session.subject().await.unwrap(), None);
    session.remove("value").unwrap();
    session.logout_others().unwrap();
    super::desk::nothing(commit.finish(Answer::Succeeded).await);
    assert_eq!(desk.store.take_calls(), []);
    let token = desk.visitor().await;
    assert_eq!(desk.store.take_calls(), [Create]);
    let (session, commit) = desk.begin([]);
    session.login("alice").unwrap();
    let _ = commit.finish(Answer::Succeeded).await.unwrap();
    assert_eq!(desk.store.take_calls(), [Create]);
    let (session, commit) = desk.begin([&token]);
    session.login("alice").unwrap();
    let _ = commit.finish(Answer::Succeeded).await.unwrap();
    assert_eq!(desk.store.take_calls(), [Load, Create, Delete]);
    let unknown = SessionToken::generate(None).expect("the operating system has random bytes");
    assert!(!desk.opens(&unknown).await);
    assert_eq!(desk.store.take_calls(), [Load]);
}
