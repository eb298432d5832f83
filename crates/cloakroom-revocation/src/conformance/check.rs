//! What the cases share.

use std::collections::BTreeMap;

use cloakroom_core::UnixTime;
pub(super) use cloakroom_kit::{Task, ok, task, together};

use super::fixture::{credential, size};
use super::prepared::Revocations;
use crate::{Cursor, Denial, Denied, Entry, Found, Polled, RevocationFeed, RevocationStore, StoreError};

/// What an entry is about: its kind, its issuer, its name.
pub(super) type About = (u8, Box<str>, Box<str>);

/// What is known, by what it is about.
pub(super) type Known = BTreeMap<About, Entry>;

pub(super) fn about(entry: &Entry) -> About {
    match entry {
        Entry::Token { issuer, token_id, .. } => (1, issuer.clone(), token_id.clone()),
        Entry::Subject { issuer, subject, .. } => (2, issuer.clone(), subject.clone()),
        Entry::All { .. } => (3, "".into(), "".into()),
    }
}

/// An entry of a denied token.
pub(super) fn token(issuer: &str, token_id: &str, keep_until: UnixTime) -> Entry {
    Entry::Token {
        issuer: issuer.into(),
        token_id: token_id.into(),
        keep_until,
    }
}

/// An entry of a cut-off.
pub(super) fn subject(issuer: &str, subject: &str, at: UnixTime, keep_until: UnixTime) -> Entry {
    Entry::Subject {
        issuer: issuer.into(),
        subject: subject.into(),
        at,
        keep_until,
    }
}

/// Denies, and expects a denial.
pub(super) async fn denied(store: &impl RevocationStore, denial: &Denial, now: UnixTime) {
    assert_eq!(ok(store.deny(denial, now).await), Denied::Token);
}

/// What the store itself says of a credential.
pub(super) async fn found(
    store: &impl RevocationStore,
    issuer: &str,
    subject: &str,
    token_id: &str,
) -> Found {
    ok(store.look_up(&credential(issuer, subject, token_id)).await)
}

/// Where the feed stands.
pub(super) async fn head(store: &impl RevocationFeed) -> Cursor {
    ok(store.head().await).cursor
}

/// Everything, in pages of `max`.
pub(super) async fn all_by(store: &impl RevocationFeed, max: u32) -> Known {
    let mut known = Known::new();
    let mut mark = None;
    for _ in 0..1_000_000 {
        let page = ok(store.page(mark.as_ref(), size(max)).await);
        let len = u32::try_from(page.entries.len()).unwrap_or(u32::MAX);
        assert!(len <= max, "{len} entries in a page of {max}");
        known.extend(page.entries.into_iter().map(|entry| (about(&entry), entry)));
        mark = page.next;
        if mark.is_none() {
            return known;
        }
    }
    panic!("the pages have no end");
}

/// Everything.
pub(super) async fn all(store: &impl RevocationFeed) -> Known {
    all_by(store, 1000).await
}

/// Asserts that the store holds just these.
pub(super) async fn assert_all(store: &impl RevocationFeed, expected: impl IntoIterator<Item = Entry>) {
    let expected: Known = expected.into_iter().map(|entry| (about(&entry), entry)).collect();
    assert_eq!(all(store).await, expected);
}

/// What a poll brings that is not told to reload.
#[track_caller]
pub(super) fn entries(polled: Polled) -> (Vec<Entry>, Cursor, bool) {
    match polled {
        Polled::Entries {
            entries,
            cursor,
            more,
            ..
        } => (entries, cursor, more),
        Polled::Reload => panic!("the feed knows a cursor of its own no more"),
    }
}

/// All that came after `cursor`, in polls of `max`, in order; moves the cursor.
pub(super) async fn drain(store: &impl RevocationFeed, cursor: &mut Cursor, max: u32) -> Vec<Entry> {
    let mut all = Vec::new();
    loop {
        let (entries, next, more) = entries(ok(store.poll(cursor, size(max)).await));
        assert!(cursor.position <= next.position, "a cursor goes back");
        assert!(
            entries.is_empty() || cursor.position < next.position,
            "entries came without a step"
        );
        assert!(!more || !entries.is_empty(), "there are more, and none came");
        all.extend(entries);
        *cursor = next;
        if !more {
            return all;
        }
    }
}

/// Asserts that `change` is so many steps, and gives its answer.
pub(super) async fn steps<T>(
    store: &impl Revocations,
    expected: u64,
    change: impl Future<Output = Result<T, StoreError>>,
) -> T {
    let before = head(store).await;
    let answer = ok(change.await);
    let after = head(store).await;
    assert_eq!(
        after.position - before.position,
        expected,
        "steps of an operation"
    );
    assert_eq!(after == before, expected == 0, "a step has a tag of its own");
    answer
}
