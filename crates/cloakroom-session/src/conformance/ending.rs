//! Sessions that end while others are at work, whatever becomes of the request that ends them.

use std::future::{Future, pending};
use std::panic::resume_unwind;

use cloakroom_store::SubjectIndex;
use cloakroom_store::conformance::Operation;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::desk::{Desk, MS, eventually, nothing, removed, set, superseded};
use crate::{Answer, Carried, Commit, EventKind, SessionError};

/// A request that read its session before the logout writes after it.
pub async fn d1_a_late_write_beside_a_logout_is_dropped(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let token = desk.login("alice").await;
    let (late, late_commit) = desk.begin([&token]);
    assert_eq!(late.subject().await.unwrap().as_deref(), Some("alice"));
    late.insert("basket", &1).unwrap();

    desk.logout(&token).await;
    desk.events();
    superseded(late_commit.finish(Answer::Succeeded).await);
    assert_eq!(desk.events(), [EventKind::Superseded]);
    assert_eq!(desk.row(token.selector()).await, None);
    assert_eq!(desk.subject(&token).await, None);
}

/// The same between the commit's own steps: its write is on the way when the session ends.
pub async fn d1_a_write_on_its_way_during_a_logout_is_dropped(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let token = desk.login("alice").await;
    let (late, late_commit) = desk.begin([&token]);
    late.insert("basket", &1).unwrap();
    let pause = desk.store.pause_before(Operation::Update);
    let late = tokio::spawn(late_commit.finish(Answer::Succeeded));
    pause.reached().await;
    desk.logout(&token).await;
    pause.resume();
    superseded(late.await.unwrap());
    assert_eq!(desk.row(token.selector()).await, None);
}

/// An administrator ends the sessions of a subject, one of which has work under way: a value, and a new authentication.
pub async fn d1_a_late_write_beside_a_revocation_is_dropped(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let token = desk.login("alice").await;
    let (late, late_commit) = desk.begin([&token]);
    late.get::<u64>("basket").await.unwrap();
    late.insert("basket", &1).unwrap();
    let (again, again_commit) = desk.begin([&token]);
    again.get::<u64>("basket").await.unwrap();
    again.login("alice").unwrap();

    let alice = desk.sessions.subject("alice").unwrap();
    assert_eq!(desk.sessions.end_all(&alice).await.unwrap(), 1);
    superseded(late_commit.finish(Answer::Succeeded).await);
    superseded(again_commit.finish(Answer::Succeeded).await);
    assert_eq!(desk.row(token.selector()).await, None);
    assert_eq!(desk.sessions.list(&alice, page()).await.unwrap().devices, []);
}

/// Writers of all kinds race with a logout; whoever comes late gets no cookie, and nothing is left.
pub async fn d1_nothing_that_races_with_a_logout_brings_the_session_back(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    for round in 0..16 {
        let token = desk.login("alice").await;
        let mut racing = JoinSet::new();
        for number in 0..6_u64 {
            let (session, commit) = desk.begin([&token]);
            racing.spawn(async move {
                if session.subject().await.unwrap().is_none() {
                    // It came after the logout, as a visitor with a dead token: it writes nothing here.
                    return commit.finish(Answer::Succeeded).await;
                }
                session.insert(&format!("key {number}"), &round).unwrap();
                session
                    .update("count", |old: Option<u64>| Some(old.unwrap_or(0) + 1))
                    .await
                    .unwrap();
                commit.finish(Answer::Succeeded).await
            });
        }
        let (session, commit) = desk.begin([&token]);
        racing.spawn(async move {
            session.logout().unwrap();
            commit.finish(Answer::Succeeded).await
        });
        let mut removals = 0;
        while let Some(answer) = racing.join_next().await {
            match answer.unwrap() {
                Ok(Carried::Nothing) | Err(SessionError::Superseded | SessionError::Contended) => {}
                Ok(Carried::Remove) => removals += 1,
                other => panic!("a racing request was answered {other:?}"),
            }
        }
        assert_eq!(removals, 1);
        assert_eq!(desk.row(token.selector()).await, None);
    }
    let alice = desk.sessions.subject("alice").unwrap();
    assert_eq!(desk.sessions.list(&alice, page()).await.unwrap().devices, []);
}

/// A login takes place when the handler succeeds, and not otherwise.
pub async fn d19_a_login_that_does_not_succeed_gives_nothing(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let alice = desk.sessions.subject("alice").unwrap();
    let visitor = desk.visitor().await;

    let (session, commit) = desk.begin([&visitor]);
    session.insert("language", &7).unwrap();
    session.login("alice").unwrap();
    session.insert("role", &1).unwrap();
    assert_eq!(session.subject().await.unwrap().as_deref(), Some("alice"));
    nothing(commit.finish(Answer::Failed).await);
    // What was written before the login is the visitor's; what came after it belonged to a session that there is not.
    assert_eq!(desk.value(&visitor, "language").await, Some(7));
    assert_eq!(desk.value(&visitor, "role").await, None);
    // So with each of two logins in one request, of one subject or of two.
    for second in ["alice", "bob"] {
        let (session, commit) = desk.begin([&visitor]);
        session.login("alice").unwrap();
        session.insert("role", &1).unwrap();
        session.login(second).unwrap();
        session.insert("role of the second", &1).unwrap();
        nothing(commit.finish(Answer::Failed).await);
        assert_eq!(desk.value(&visitor, "role").await, None, "{second}");
        assert_eq!(desk.value(&visitor, "role of the second").await, None, "{second}");
    }

    // "Remember me" was said of the login, and not of the visitor who stays one.
    let (session, commit) = desk.begin([]);
    session.insert("language", &7).unwrap();
    session.login("alice").unwrap();
    session.persistent().unwrap();
    let token = set(commit.finish(Answer::Failed).await);
    assert_eq!(desk.subject(&token).await, None);

    for ending in ENDINGS {
        let (session, commit) = desk.begin([&visitor]);
        badly(ending, commit, async move {
            session.login("alice").unwrap();
            session.insert("role", &1).unwrap();
        })
        .await;
        assert_eq!(desk.subject(&visitor).await, None);
        assert_eq!(desk.value(&visitor, "role").await, None);
    }
    assert_eq!(desk.sessions.list(&alice, page()).await.unwrap().devices, []);

    // A new authentication is no different: the token stays what it is.
    let token = desk.login("alice").await;
    let at = desk
        .row(token.selector())
        .await
        .unwrap()
        .authentication
        .unwrap()
        .at;
    desk.advance(super::desk::SECOND);
    let (session, commit) = desk.begin([&token]);
    session.login("alice").unwrap();
    nothing(commit.finish(Answer::Failed).await);
    // What takes privilege away is committed in these cases, and comes last: once it is done, all that will be is.
    for (ending, subject) in [
        (Ending::Panic, "alice"),
        (Ending::Cancelled, "alice"),
        (Ending::Panic, "bob"),
        (Ending::Cancelled, "bob"),
    ] {
        let other = desk.login("alice").await.selector();
        let (session, commit) = desk.begin([&token]);
        badly(ending, commit, async move {
            session.end(&other).unwrap();
            session.login(subject).unwrap();
            session.insert("role", &1).unwrap();
        })
        .await;
        eventually("the end of the other", || async {
            desk.row(other).await.is_none()
        })
        .await;
        let bob = desk.sessions.subject("bob").unwrap();
        assert_eq!(desk.sessions.list(&bob, page()).await.unwrap().devices, []);
        assert_eq!(desk.value(&token, "role").await, None);
    }
    assert_eq!(desk.subject(&token).await.as_deref(), Some("alice"));
    assert_eq!(
        desk.row(token.selector())
            .await
            .unwrap()
            .authentication
            .unwrap()
            .at,
        at
    );
}

/// A logout takes place whatever becomes of the handler.
pub async fn d19_a_logout_takes_place_in_any_case(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let token = desk.login("alice").await;
    let (session, commit) = desk.begin([&token]);
    session.logout().unwrap();
    removed(commit.finish(Answer::Failed).await);
    assert_eq!(desk.row(token.selector()).await, None);

    for ending in ENDINGS {
        let token = desk.login("alice").await;
        let (session, commit) = desk.begin([&token]);
        badly(ending, commit, async move {
            session.insert("basket", &1).unwrap();
            session.logout().unwrap();
        })
        .await;
        eventually("the logout", || async {
            desk.row(token.selector()).await.is_none()
        })
        .await;
    }
}

/// The same of ending the other sessions, and of ending all.
pub async fn d19_the_end_of_other_sessions_takes_place_in_any_case(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    for ending in ENDINGS {
        let (own, other, third) = (
            desk.login("alice").await,
            desk.login("alice").await,
            desk.login("alice").await,
        );
        let (session, commit) = desk.begin([&own]);
        let ended = third.selector();
        badly(ending, commit, async move {
            session.insert("basket", &1).unwrap();
            session.end(&ended).unwrap();
            session.logout_others().unwrap();
        })
        .await;
        for gone in [other.selector(), ended] {
            eventually("the end of the others", || async {
                desk.row(gone).await.is_none()
            })
            .await;
        }
        assert_eq!(desk.subject(&own).await.as_deref(), Some("alice"));
        assert_eq!(desk.value(&own, "basket").await, None);

        // A login in the millisecond of a cut-off is refused.
        desk.advance(MS);
        let other = desk.login("alice").await;
        let (session, commit) = desk.begin([&own]);
        session.logout_everywhere().unwrap();
        drop((session, commit));
        for gone in [own.selector(), other.selector()] {
            eventually("the end of all", || async { desk.row(gone).await.is_none() }).await;
        }
        desk.advance(MS);
    }
}

/// Values are stored whatever the handler answers, but not when it never did.
pub async fn d19_values_are_dropped_with_a_handler_that_does_not_answer(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let token = desk.login("alice").await;
    let (session, commit) = desk.begin([&token]);
    session.insert("attempts", &1).unwrap();
    nothing(commit.finish(Answer::Failed).await);
    assert_eq!(desk.value(&token, "attempts").await, Some(1));
    for ending in ENDINGS {
        let (session, commit) = desk.begin([&token]);
        badly(ending, commit, async move {
            session.insert("attempts", &2).unwrap();
        })
        .await;
        assert_eq!(desk.value(&token, "attempts").await, Some(1));
    }
}

/// A handle that outlives its request changes nothing more.
pub async fn d19_nothing_is_changed_after_the_commit(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let token = desk.login("alice").await;
    let (session, commit) = desk.begin([&token]);
    assert_eq!(session.subject().await.unwrap().as_deref(), Some("alice"));
    nothing(commit.finish(Answer::Succeeded).await);
    let committed = |answer: Result<(), SessionError>| {
        assert!(matches!(answer, Err(SessionError::Committed)), "{answer:?}");
    };
    committed(session.insert("a", &1));
    committed(session.remove("a"));
    committed(session.update("a", |old: Option<u64>| old).await.map(|_| ()));
    committed(session.login("bob"));
    committed(session.logout());
    committed(session.logout_others());
    committed(session.logout_everywhere());
    committed(session.end(&token.selector()));
    committed(session.persistent());
    committed(session.commit().await);
    // Reading goes on.
    assert_eq!(session.subject().await.unwrap().as_deref(), Some("alice"));
    assert_eq!(desk.subject(&token).await.as_deref(), Some("alice"));
}

/// The selector of somebody else's session does nothing, and is answered like one that there never was.
pub async fn d20_a_selector_of_another_subject_ends_nothing(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let (alice, bob, visitor) = (
        desk.login("alice").await,
        desk.login("bob").await,
        desk.visitor().await,
    );
    let unknown = cloakroom_store::cloakroom_id::Selector::from_bytes([9; 16]);
    for selector in [bob.selector(), visitor.selector(), unknown] {
        for token in [&alice, &visitor] {
            if token.selector() == selector {
                continue;
            }
            let (session, commit) = desk.begin([token]);
            session.end(&selector).unwrap();
            nothing(commit.finish(Answer::Succeeded).await);
        }
    }
    assert_eq!(desk.subject(&bob).await.as_deref(), Some("bob"));
    assert!(desk.opens(&visitor).await);
    let subject = desk.sessions.subject("alice").unwrap();
    for selector in [bob.selector(), visitor.selector(), unknown] {
        assert!(!desk.sessions.end(&subject, &selector).await.unwrap());
    }
    assert_eq!(desk.subject(&bob).await.as_deref(), Some("bob"));

    // Neither does one's own, said of a login as somebody else that did not succeed.
    let (session, commit) = desk.begin([&alice]);
    session.login("bob").unwrap();
    session.end(&alice.selector()).unwrap();
    nothing(commit.finish(Answer::Failed).await);
    assert_eq!(desk.subject(&alice).await.as_deref(), Some("alice"));

    // One's own other session ends, and only that; one's own session ends like a logout.
    let other = desk.login("alice").await;
    let (session, commit) = desk.begin([&alice]);
    session.end(&other.selector()).unwrap();
    nothing(commit.finish(Answer::Succeeded).await);
    assert_eq!(desk.subject(&other).await, None);
    let (session, commit) = desk.begin([&alice]);
    session.insert("basket", &1).unwrap();
    session.end(&alice.selector()).unwrap();
    removed(commit.finish(Answer::Succeeded).await);
    assert_eq!(desk.row(alice.selector()).await, None);

    // With a new authentication beside it there is a new session, which holds what was written for it.
    let alice = desk.login("alice").await;
    let (session, commit) = desk.begin([&alice]);
    session.login("alice").unwrap();
    session.insert("language", &7).unwrap();
    session.end(&alice.selector()).unwrap();
    let next = set(commit.finish(Answer::Succeeded).await);
    assert_ne!(next.selector(), alice.selector());
    assert_eq!(desk.row(alice.selector()).await, None);
    assert_eq!(desk.value(&next, "language").await, Some(7));
}

/// What is written after a logout belongs to a visitor's session, and the login after it to a new one.
pub async fn d19_after_a_logout_everything_is_new(store: impl SubjectIndex) {
    let desk = Desk::with(store, |settings| settings.carry_over(["basket"]));
    let other = desk.login("alice").await;
    let token = desk.login("alice").await;
    desk.write(&token, "basket", 3).await;
    let (session, commit) = desk.begin([&token]);
    session.insert("before", &1).unwrap();
    session.logout().unwrap();
    assert_eq!(session.subject().await.unwrap(), None);
    // Of nobody there are no others.
    session.logout_others().unwrap();
    assert_eq!(session.get::<u64>("basket").await.unwrap(), None);
    session.insert("after", &2).unwrap();
    let visitor = set(commit.finish(Answer::Succeeded).await);
    assert_ne!(visitor.selector(), token.selector());
    assert_eq!(desk.row(token.selector()).await, None);
    assert_eq!(desk.subject(&visitor).await, None);
    assert_eq!(desk.value(&visitor, "before").await, None);
    assert_eq!(desk.value(&visitor, "after").await, Some(2));
    assert_eq!(desk.subject(&other).await.as_deref(), Some("alice"));

    let token = desk.login("alice").await;
    desk.write(&token, "basket", 3).await;
    let (session, commit) = desk.begin([&token]);
    session.logout().unwrap();
    session.login("alice").unwrap();
    let next = set(commit.finish(Answer::Succeeded).await);
    assert_ne!(next.selector(), token.selector());
    assert_eq!(desk.row(token.selector()).await, None);
    assert_eq!(desk.subject(&next).await.as_deref(), Some("alice"));
    assert_eq!(desk.value(&next, "basket").await, None);
    // A selector is no secret, and the store never saw the token of an ended session live again.
    assert!(!desk.store.store().delete(&token.selector()).await.unwrap());
}

#[derive(Clone, Copy)]
enum Ending {
    Panic,
    Cancelled,
}

const ENDINGS: [Ending; 2] = [Ending::Panic, Ending::Cancelled];

/// Runs a handler that does not get to its answer.
async fn badly(ending: Ending, commit: Commit, handler: impl Future<Output = ()> + Send + 'static) {
    let (reached, end) = oneshot::channel();
    let task = tokio::spawn(async move {
        handler.await;
        reached.send(()).expect("the case waits");
        match ending {
            // The hook that prints panics is not called.
            Ending::Panic => resume_unwind(Box::new("the handler panicked")),
            Ending::Cancelled => pending::<()>().await,
        }
        commit.finish(Answer::Succeeded).await
    });
    end.await.expect("the handler comes to its end");
    if let Ending::Cancelled = ending {
        task.abort();
    }
    assert!(task.await.is_err(), "the handler answered");
}

pub(super) fn page() -> cloakroom_store::Page {
    cloakroom_store::Page::first(cloakroom_store::Page::MAX)
}
