//! Requests that change one session at the same time.

use cloakroom_store::SubjectIndex;
use cloakroom_store::conformance::Operation;
use tokio::task::JoinSet;

use super::desk::{Desk, nothing, superseded};
use crate::{Answer, Carried, EventKind, SessionError};

fn add(by: u64) -> impl Fn(Option<u64>) -> Option<u64> + Send + Sync + 'static {
    move |old| Some(old.unwrap_or(0) + by)
}

/// What was acknowledged is in the total, and nothing else is.
pub async fn d4_parallel_increments_add_up(store: impl SubjectIndex) {
    const WRITERS: u64 = 8;
    const INCREMENTS: u64 = 25;
    let desk = Desk::new(store);
    for token in [desk.login("alice").await, desk.visitor().await] {
        let mut writers = JoinSet::new();
        for _ in 0..WRITERS {
            let (sessions, token) = (desk.sessions.clone(), token.clone());
            writers.spawn(async move {
                let mut done = 0;
                for _ in 0..INCREMENTS {
                    let (session, commit) = sessions.begin([token.clone()], crate::Client::default());
                    session.update("total", add(1)).await.unwrap();
                    match commit.finish(Answer::Succeeded).await {
                        Ok(Carried::Nothing) => done += 1,
                        Err(SessionError::Contended) => {}
                        other => panic!("an increment was answered {other:?}"),
                    }
                }
                done
            });
        }
        let mut total = 0;
        while let Some(done) = writers.join_next().await {
            total += done.unwrap();
        }
        assert_eq!(desk.value(&token, "total").await, Some(total));
        assert!(total >= INCREMENTS, "of parallel writers one goes on");
    }
}

/// Keys that others write stay, removals persist, closures are applied to what is there by then.
pub async fn d4_each_change_is_applied_to_what_is_stored(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let token = desk.login("alice").await;
    desk.write(&token, "removed", 1).await;
    desk.write(&token, "counted", 10).await;

    let (session, commit) = desk.begin([&token]);
    assert_eq!(session.update("counted", add(1)).await.unwrap(), Some(11));
    assert_eq!(session.update("counted", add(1)).await.unwrap(), Some(12));
    session.remove("removed").unwrap();
    session.insert("replaced", &1).unwrap();
    session
        .update("halved", |old: Option<u64>| old.map(|old| old / 2))
        .await
        .unwrap();
    session.update("dropped", |_: Option<u64>| None).await.unwrap();

    desk.write(&token, "counted", 100).await;
    desk.write(&token, "removed", 2).await;
    desk.write(&token, "replaced", 2).await;
    desk.write(&token, "halved", 6).await;
    desk.write(&token, "dropped", 6).await;
    desk.write(&token, "theirs", 7).await;
    nothing(commit.finish(Answer::Succeeded).await);
    for (key, value) in [
        ("counted", Some(102)),
        ("removed", None),
        ("replaced", Some(1)),
        ("halved", Some(3)),
        ("dropped", None),
        ("theirs", Some(7)),
    ] {
        assert_eq!(desk.value(&token, key).await, value, "{key}");
    }
}

/// Three replays, and then the request says that it could not.
pub async fn d4_a_change_is_replayed_three_times(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let token = desk.login("alice").await;
    for (quicker, done) in [(3, true), (4, false)] {
        desk.events();
        let before = desk.value(&token, "total").await.unwrap_or(0);
        let (session, commit) = desk.begin([&token]);
        session.update("total", add(1)).await.unwrap();
        let mut pause = desk.store.pause_before(Operation::Update);
        let slow = tokio::spawn(commit.finish(Answer::Succeeded));
        for number in 0..quicker {
            pause.reached().await;
            // The quicker one passes, and then the slow one meets the next pause.
            let (other, commit) = desk.begin([&token]);
            other.update("total", add(10)).await.unwrap();
            nothing(commit.finish(Answer::Succeeded).await);
            let last = pause;
            pause = if number + 1 < quicker {
                desk.store.pause_before(Operation::Update)
            } else {
                last.clone()
            };
            last.resume();
        }
        let answer = slow.await.unwrap();
        let total = desk.value(&token, "total").await.unwrap();
        if done {
            nothing(answer);
            assert_eq!(total, before + 10 * quicker + 1);
        } else {
            assert!(matches!(answer, Err(SessionError::Contended)), "{answer:?}");
            assert_eq!(total, before + 10 * quicker);
            assert!(desk.events().contains(&EventKind::Contended));
        }
    }
}

/// A change that was made for one login is not applied to the next one of the same subject.
pub async fn d4_no_change_is_replayed_upon_another_authentication(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let token = desk.login("alice").await;
    let (session, commit) = desk.begin([&token]);
    session.update("total", add(1)).await.unwrap();
    // In the same millisecond.
    let mut next = desk.login_over([&token], "alice").await;
    superseded(commit.finish(Answer::Succeeded).await);
    assert_eq!(desk.value(&next, "total").await, None);
    // Nor when it comes with a new authentication of its own.
    for write in [true, false] {
        let (session, commit) = desk.begin([&next]);
        assert_eq!(session.subject().await.unwrap().as_deref(), Some("alice"));
        if write {
            session.update("total", add(1)).await.unwrap();
        }
        session.login("alice").unwrap();
        let quicker = desk.login_over([&next], "alice").await;
        superseded(commit.finish(Answer::Succeeded).await);
        assert_eq!(desk.value(&quicker, "total").await, None);
        next = quicker;
    }
}

/// Handles of one request, used at the same time, lose nothing and read once.
pub async fn d4_handles_of_one_request_add_up(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let token = desk.login("alice").await;
    desk.store.take_calls();
    let (session, commit) = desk.begin([&token]);
    let mut handles = JoinSet::new();
    for _ in 0..32 {
        let session = session.clone();
        handles.spawn(async move { session.update("total", add(1)).await });
    }
    while let Some(answer) = handles.join_next().await {
        answer.unwrap().unwrap();
    }
    assert_eq!(session.get::<u64>("total").await.unwrap(), Some(32));
    nothing(commit.finish(Answer::Succeeded).await);
    assert_eq!(desk.store.take_calls(), [Operation::Load, Operation::Update]);
    assert_eq!(desk.value(&token, "total").await, Some(32));
}
