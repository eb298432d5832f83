//! What the cases share.

use std::num::NonZeroU32;

use cloakroom_core::UnixTime;
use cloakroom_id::Selector;
pub(super) use cloakroom_kit::{ok, race, task};

use crate::{Created, NewRecord, Page, SessionStore, Stored, Subject, SubjectIndex};

/// Creates a session, and gives what the store now holds.
pub(super) async fn created(store: &impl SessionStore, record: NewRecord, now: UnixTime) -> Stored {
    assert_eq!(ok(store.create(&record, now).await), Created::Done);
    record.into_stored(now)
}

/// Everything that `subject` is listed with, in parts of `limit`.
pub(super) async fn listed_by(
    store: &impl SubjectIndex,
    subject: &Subject,
    limit: u32,
    now: UnixTime,
) -> Vec<Stored> {
    let mut page = Page::first(NonZeroU32::new(limit).expect("cases list something"));
    let mut all: Vec<Stored> = Vec::new();
    loop {
        let part = ok(store.list_by_subject(subject, page, now).await);
        assert!(
            part.sessions.len() <= usize::try_from(page.size()).unwrap_or(usize::MAX),
            "a part of a list has at most as many sessions as were asked for"
        );
        for session in part.sessions {
            assert!(
                page.after.is_none_or(|after| after < session.selector)
                    && all.last().is_none_or(|last| last.selector < session.selector),
                "sessions are listed in the order of their selectors, each once"
            );
            all.push(session);
        }
        let Some(next) = part.next else { return all };
        assert!(
            page.after.is_none_or(|after| after < next),
            "each part of a list begins after the one before"
        );
        assert!(
            all.last().is_none_or(|last| last.selector <= next),
            "no part of a list begins before the end of the one before"
        );
        page.after = Some(next);
    }
}

/// Everything that `subject` is listed with.
pub(super) async fn listed(store: &impl SubjectIndex, subject: &Subject, now: UnixTime) -> Vec<Stored> {
    listed_by(store, subject, 100, now).await
}

/// Asserts that the session is what it should be, when loaded and (a subject's) when listed.
pub(super) async fn assert_holds(store: &impl SubjectIndex, expected: &Stored, now: UnixTime) {
    let loaded = ok(store.load(&expected.selector, now).await);
    assert!(
        loaded.as_ref() == Some(expected),
        "a load answers\n  {}\nand not\n  {}",
        brief(loaded.as_ref()),
        brief(Some(expected))
    );
    if let Some(known) = &expected.authentication {
        let listed = listed(store, &known.subject, now).await;
        let found = listed.iter().find(|listed| listed.selector == expected.selector);
        assert!(
            found == Some(expected),
            "a list shows\n  {}\nand not\n  {}",
            brief(found),
            brief(Some(expected))
        );
    }
}

/// A session for a message, of whose data the first bytes will do.
pub(super) fn brief(row: Option<&Stored>) -> String {
    let Some(row) = row else {
        return "nothing".into();
    };
    let begin = Stored {
        payload: row.payload.iter().take(32).copied().collect(),
        ..row.clone()
    };
    format!("{begin:?} with {} bytes of data", row.payload.len())
}

/// Asserts that nobody sees the session at `now`.
pub(super) async fn assert_gone(
    store: &impl SubjectIndex,
    selector: &Selector,
    subject: Option<&Subject>,
    now: UnixTime,
) {
    assert_eq!(ok(store.load(selector, now).await), None, "a load after the end");
    if let Some(subject) = subject {
        let listed = listed(store, subject, now).await;
        assert!(
            listed.iter().all(|listed| listed.selector != *selector),
            "a session is listed after its end"
        );
    }
}
