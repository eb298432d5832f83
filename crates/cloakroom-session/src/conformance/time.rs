//! Deadlines, and how rarely they are moved.

use std::time::Duration;

use cloakroom_store::StoreErrorKind;
use cloakroom_store::SubjectIndex;
use cloakroom_store::conformance::{Fault, Operation};
use tokio::task::JoinSet;

use super::desk::{Desk, HOUR, MINUTE, MS, SECOND, nothing, set, superseded};
use crate::{Answer, Carried, EventKind};

/// Live one millisecond before the deadline, over at it and after it; the shorter of the two timeouts counts.
pub async fn d6_a_session_ends_at_its_deadline(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    for (idle, absolute) in [(30 * MINUTE, 12 * HOUR), (2 * HOUR, HOUR), (HOUR, HOUR)] {
        let desk = desk.another(|settings| {
            settings
                .idle_timeout(idle)
                .absolute_timeout(absolute)
                .touch_every(MINUTE)
        });
        let end = idle.min(absolute);
        for (wait, live) in [(end - MS, true), (end, false), (end + MS, false)] {
            for subject in [true, false] {
                let token = if subject {
                    desk.login("alice").await
                } else {
                    desk.visitor().await
                };
                let start = desk.now();
                desk.advance(wait);
                assert_eq!(desk.opens(&token).await, live, "{idle:?} {absolute:?} {wait:?}");
                desk.set_clock(start);
            }
        }
    }
}

/// Use moves the idle deadline and never the absolute one.
pub async fn d6_continuous_use_ends_at_the_absolute_deadline(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let token = desk.login("alice").await;
    let start = desk.now();
    let end = start.saturating_add(12 * HOUR);
    let mut visits = 0_u64;
    while desk.now().saturating_add(20 * MINUTE) < end {
        desk.advance(20 * MINUTE);
        if visits.is_multiple_of(2) {
            desk.write(&token, "visits", visits).await;
        } else {
            assert!(desk.opens(&token).await);
        }
        visits += 1;
    }
    desk.set_clock(end.saturating_sub(MS));
    assert!(desk.opens(&token).await);
    desk.set_clock(end);
    assert!(!desk.opens(&token).await);
}

/// A session that ends between reading and writing is not written.
pub async fn d6_a_session_that_ends_during_a_request_is_not_written(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let token = desk.login("alice").await;
    let (session, commit) = desk.begin([&token]);
    assert!(session.subject().await.unwrap().is_some());
    session.insert("late", &1).unwrap();
    desk.advance(30 * MINUTE);
    superseded(commit.finish(Answer::Succeeded).await);
    let (session, commit) = desk.begin([&token]);
    assert_eq!(session.subject().await.unwrap(), None);
    // A visitor whose session is over gets another one when there is something to keep.
    session.insert("new", &1).unwrap();
    let next = set(commit.finish(Answer::Succeeded).await);
    assert_ne!(next.selector(), token.selector());
    assert_eq!(desk.subject(&next).await, None);
}

/// "Remember me" has timeouts of its own, and tells the browser how long to keep the cookie.
pub async fn d6_a_persistent_session_has_its_own_deadlines(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let day = 24 * HOUR;
    let (session, commit) = desk.begin([]);
    session.login("alice").unwrap();
    session.persistent().unwrap();
    let Ok(Carried::Set { token, max_age }) = commit.finish(Answer::Succeeded).await else {
        panic!("a token was to be carried");
    };
    assert_eq!(max_age, Some(30 * day));
    let start = desk.now();
    desk.advance(7 * day - MS);
    assert!(desk.opens(&token).await);
    desk.advance(7 * day);
    assert!(!desk.opens(&token).await);
    // A new authentication keeps it persistent, and starts the 30 days anew.
    desk.set_clock(start.saturating_add(13 * day));
    let (session, commit) = desk.begin([&token]);
    session.login("alice").unwrap();
    let Ok(Carried::Set { token, max_age }) = commit.finish(Answer::Succeeded).await else {
        panic!("a token was to be carried");
    };
    assert_eq!(max_age, Some(30 * day));
    let (session, commit) = desk.begin([&token]);
    let info = session.info().await.unwrap().unwrap();
    assert!(info.persistent);
    assert_eq!(info.absolute_deadline, desk.now().saturating_add(30 * day));
    nothing(commit.finish(Answer::Succeeded).await);
}

/// A thousand requests over ten minutes: one touch a minute.
pub async fn d7_a_thousand_requests_cost_one_write_a_window(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let token = desk.login("alice").await;
    desk.store.take_calls();
    let step = Duration::from_millis(600);
    for _ in 0..1_000 {
        desk.advance(step);
        assert!(desk.opens(&token).await);
    }
    assert_eq!(desk.store.count(Operation::Load), 1_000);
    let touches = desk.store.count(Operation::Touch);
    assert_eq!(touches, 10);
    assert_eq!(desk.store.take_calls().len(), 1_000 + touches);
    let row = desk.row(token.selector()).await.unwrap();
    assert_eq!(row.version, cloakroom_store::Version::FIRST);
}

/// Parallel requests that all find that it is time: one touches.
pub async fn d7_of_parallel_requests_one_touches(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let token = desk.login("alice").await;
    for round in 1..=5 {
        desk.advance(MINUTE);
        desk.store.take_calls();
        let mut begun = Vec::new();
        for _ in 0..16 {
            let (session, commit) = desk.begin([&token]);
            assert!(session.subject().await.unwrap().is_some());
            begun.push(commit);
        }
        let mut parallel = JoinSet::new();
        for commit in begun {
            parallel.spawn(commit.finish(Answer::Succeeded));
        }
        while let Some(answer) = parallel.join_next().await {
            nothing(answer.unwrap());
        }
        assert_eq!(desk.store.count(Operation::Touch), 1, "round {round}");
    }
}

/// A touch that fails costs the request nothing, and the next one makes up for it. A request whose client went away in it
/// does not keep the others from touching either.
pub async fn d7_a_failed_touch_fails_no_request(store: impl SubjectIndex) {
    let desk = Desk::with(store, |settings| settings.store_timeout(SECOND));
    let token = desk.login("alice").await;
    desk.advance(MINUTE);
    for fault in [
        Fault::FailBefore(StoreErrorKind::Unavailable),
        Fault::FailBefore(StoreErrorKind::Timeout),
        Fault::HangBefore,
    ] {
        desk.store.next(Operation::Touch, fault);
        desk.events();
        assert_eq!(desk.subject(&token).await.as_deref(), Some("alice"));
        assert_eq!(desk.events().last(), Some(&EventKind::TouchFailed));
    }
    let pause = desk.store.pause_before(Operation::Touch);
    let (session, commit) = desk.begin([&token]);
    assert!(session.subject().await.unwrap().is_some());
    let dropped = tokio::spawn(commit.finish(Answer::Succeeded));
    pause.reached().await;
    dropped.abort();
    assert!(dropped.await.is_err());
    desk.events();
    assert!(desk.opens(&token).await);
    assert_eq!(desk.events(), []);
    let row = desk.row(token.selector()).await.unwrap();
    assert_eq!(row.last_seen_at, desk.now());
    assert_eq!(row.idle_deadline, desk.now().saturating_add(30 * MINUTE));
}
