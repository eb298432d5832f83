use std::future::{Future, poll_fn};
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use cloakroom_core::UnixTime;

use super::check::{assert_gone, assert_holds, brief, created, listed, ok, race};
use super::fixture::{
    Draft, HOUR, MINUTE, NOW, after, at, change, of, reauthentication, subject, visitor, with_data,
};
use super::loads::loaded;
use super::rotate::rotated;
use crate::{Created, Page, Rotated, Stored, Subject, SubjectIndex, Touched, Updated, Version};

/// Polls `future` so often, and drops it if it has not ended by then.
async fn cut<T>(future: impl Future<Output = T>, polls: u32) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            // It is dropped at this very await, before what it waits for has come.
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// After how many polls to drop the next attempt: 0, 1, 2 and so on, until attempts end before they are dropped. As
/// the number of polls differs from one to the next on a network, that has to happen a few times in a row.
#[derive(Default)]
struct Cuts {
    polls: u32,
    ended: u32,
}

impl Cuts {
    fn next(&mut self) -> Option<u32> {
        let polls = self.polls;
        assert!(
            polls < 1000,
            "an operation on an idle store has ended after a thousand polls"
        );
        self.polls += 1;
        (self.ended < 4).then_some(polls)
    }

    fn tell(&mut self, ended: bool) {
        self.ended = if ended { self.ended + 1 } else { 0 };
    }
}

/// Asserts that a load and a list each show the one state or the other. What was dropped may still be on its way to a
/// server, so both need not be the same.
async fn assert_either(store: &impl SubjectIndex, old: Option<&Stored>, new: Option<&Stored>, now: UnixTime) {
    let row = old.or(new).expect("one of both states is a session");
    let loaded = ok(store.load(&row.selector, now).await);
    assert!(
        loaded.as_ref() == old || loaded.as_ref() == new,
        "neither {} nor {} but {}",
        brief(old),
        brief(new),
        brief(loaded.as_ref())
    );
    if let Some(known) = &row.authentication {
        let listed = listed(store, &known.subject, now).await;
        let shown = listed.iter().find(|listed| listed.selector == row.selector);
        assert!(
            shown == old || shown == new,
            "neither {} nor {} but {}",
            brief(old),
            brief(new),
            brief(shown)
        );
    }
}

fn draft(known: bool, alice: &Subject) -> Draft {
    if known { of(alice) } else { visitor() }
}

/// A creation that is dropped has been done or not; done again, it is there once.
pub async fn d16_a_dropped_creation_is_done_or_not(store: impl SubjectIndex) {
    let alice = subject("alice");
    for known in [true, false] {
        let mut cuts = Cuts::default();
        while let Some(polls) = cuts.next() {
            let record = draft(known, &alice).build();
            let row = record.clone().into_stored(NOW);
            let answer = cut(store.create(&record, NOW), polls).await;
            cuts.tell(answer.is_some());
            assert_either(&store, None, Some(&row), NOW).await;
            assert_ne!(ok(store.create(&record, NOW).await), Created::Refused);
            assert_holds(&store, &row, NOW).await;
            assert!(ok(store.delete(&row.selector).await));
        }
    }
}

/// An update that is dropped has been done or not.
pub async fn d16_a_dropped_update_is_done_or_not(store: impl SubjectIndex) {
    let alice = subject("alice");
    for known in [true, false] {
        let mut cuts = Cuts::default();
        while let Some(polls) = cuts.next() {
            let old = created(&store, draft(known, &alice).build(), NOW).await;
            let mut change = change(*b"new");
            change.idle_deadline = at(HOUR);
            let mut new = old.clone();
            (new.version, new.payload) = (Version::from_number(2), change.payload.clone());
            (new.idle_deadline, new.last_seen_at) = (at(HOUR), at(1));
            let update = || store.update(&old.selector, Version::FIRST, &change, at(1));
            let answer = cut(update(), polls).await;
            cuts.tell(answer.is_some());
            assert_either(&store, Some(&old), Some(&new), at(1)).await;
            match ok(update().await) {
                Updated::Done(version) => assert_eq!(version, new.version),
                Updated::Conflict(row) => assert_eq!(*row, new),
                Updated::Gone => panic!("an update that was dropped ended the session"),
            }
            assert_holds(&store, &new, at(1)).await;
            assert!(ok(store.delete(&old.selector).await));
        }
    }
}

/// A touch that is dropped has been done or not.
pub async fn d16_a_dropped_touch_is_done_or_not(store: impl SubjectIndex) {
    let alice = subject("alice");
    for known in [true, false] {
        let mut cuts = Cuts::default();
        while let Some(polls) = cuts.next() {
            let old = created(&store, draft(known, &alice).build(), NOW).await;
            let mut new = old.clone();
            (new.idle_deadline, new.last_seen_at) = (at(HOUR), at(1));
            let answer = cut(store.touch(&old.selector, at(HOUR), at(1)), polls).await;
            cuts.tell(answer.is_some());
            assert_either(&store, Some(&old), Some(&new), at(1)).await;
            assert_eq!(
                ok(store.touch(&old.selector, at(HOUR), at(1)).await),
                Touched::Done
            );
            assert_holds(&store, &new, at(1)).await;
            assert!(ok(store.delete(&old.selector).await));
        }
    }
}

/// A rotation that is dropped has been done or not: the old verifier opens the session or the new one, never neither.
pub async fn d16_a_dropped_rotation_is_done_or_not(store: impl SubjectIndex) {
    let alice = subject("alice");
    let mut cuts = Cuts::default();
    while let Some(polls) = cuts.next() {
        let old = created(&store, of(&alice).build(), NOW).await;
        let rotation = with_data(reauthentication(at(1)), Version::FIRST, b"new");
        let new = rotated(&old, &rotation, at(1));
        let rotate = || store.rotate(&old.selector, &old.verifier_hash, &rotation, at(1));
        let answer = cut(rotate(), polls).await;
        cuts.tell(answer.is_some());
        assert_either(&store, Some(&old), Some(&new), at(1)).await;
        let again = ok(rotate().await);
        assert!(matches!(again, Rotated::Done(_) | Rotated::Stale), "{again:?}");
        assert_holds(&store, &new, at(1)).await;
        assert!(ok(store.delete(&old.selector).await));
    }
}

/// A deletion that is dropped has been done or not, by selector as by subject.
pub async fn d16_a_dropped_deletion_is_done_or_not(store: impl SubjectIndex) {
    let alice = subject("alice");
    for own in [false, true] {
        let mut cuts = Cuts::default();
        while let Some(polls) = cuts.next() {
            let row = created(&store, of(&alice).build(), NOW).await;
            let ended = if own {
                cut(store.delete_one(&alice, &row.selector), polls)
                    .await
                    .is_some()
            } else {
                cut(store.delete(&row.selector), polls).await.is_some()
            };
            cuts.tell(ended);
            assert_either(&store, Some(&row), None, NOW).await;
            ok(store.delete(&row.selector).await);
            assert_gone(&store, &row.selector, Some(&alice), NOW).await;
        }
    }
}

/// A deletion by subject that is dropped has been done or not; done again, it is done. The spared session is spared.
pub async fn d16_a_dropped_deletion_by_subject_is_done_or_not(store: impl SubjectIndex) {
    let mut cuts = Cuts::default();
    while let Some(polls) = cuts.next() {
        let alice = subject(&format!("alice-{polls}"));
        let mut rows = Vec::new();
        for _ in 0..3 {
            rows.push(created(&store, of(&alice).build(), NOW).await);
        }
        let old = created(&store, of(&alice).build(), NOW).await;
        let mut new = old.clone();
        new.lineage_at = at(6);
        let delete = || store.delete_by_subject(&alice, Some(&old.selector), at(5));
        let answer = cut(delete(), polls).await;
        cuts.tell(answer.is_some());
        for row in &rows {
            assert_either(&store, Some(row), None, at(5)).await;
        }
        assert_either(&store, Some(&old), Some(&new), at(5)).await;
        ok(delete().await);
        for row in &rows {
            assert_gone(&store, &row.selector, Some(&alice), at(5)).await;
        }
        assert_holds(&store, &new, at(5)).await;
        let refused = of(&alice).authenticated(at(5)).build();
        assert_eq!(ok(store.create(&refused, at(5)).await), Created::Refused);
        assert!(ok(store.delete(&new.selector).await));
    }
}

/// A `revoke_all` that is dropped may have been done in part, and is done when it is called again.
pub async fn d16_a_dropped_revocation_can_be_repeated(store: impl SubjectIndex) {
    let (alice, mut now) = (subject("alice"), NOW);
    let mut cuts = Cuts::default();
    while let Some(polls) = cuts.next() {
        now = after(now, MINUTE);
        let mut rows = Vec::new();
        for known in [true, false] {
            let draft = draft(known, &alice).authenticated(now);
            let record = draft.idle(after(now, MINUTE)).absolute(after(now, HOUR)).build();
            rows.push(created(&store, record, now).await);
        }
        let answer = cut(store.revoke_all(now), polls).await;
        cuts.tell(answer.is_some());
        for row in &rows {
            assert_either(&store, Some(row), None, now).await;
        }
        ok(store.revoke_all(now).await);
        for row in &rows {
            assert_gone(&store, &row.selector, Some(&alice), now).await;
        }
        let later = of(&alice).authenticated(after(now, 1)).absolute(after(now, HOUR));
        let later = created(&store, later.idle(after(now, MINUTE)).build(), after(now, 1)).await;
        assert!(ok(store.delete(&later.selector).await));
    }
}

/// A purge that is dropped has deleted only what had ended; the next one deletes the rest.
pub async fn d16_a_dropped_purge_leaves_the_rest(store: impl SubjectIndex) {
    let alice = subject("alice");
    let mut cuts = Cuts::default();
    while let Some(polls) = cuts.next() {
        let (mut ended, mut live) = (Vec::new(), Vec::new());
        for known in [true, false] {
            let short = draft(known, &alice).idle(at(MINUTE)).build();
            ended.push(created(&store, short, NOW).await);
            live.push(created(&store, draft(known, &alice).build(), NOW).await);
        }
        let answer = cut(store.purge_expired(at(MINUTE), NonZeroU32::MAX), polls).await;
        cuts.tell(answer.is_some());
        ok(store.purge_expired(at(MINUTE), NonZeroU32::MAX).await);
        for row in &ended {
            assert_gone(&store, &row.selector, Some(&alice), NOW).await;
        }
        for row in &live {
            assert_holds(&store, row, at(MINUTE)).await;
            assert!(ok(store.delete(&row.selector).await));
        }
    }
}

/// A read that is dropped changes nothing, and the ones after it answer.
pub async fn d16_a_dropped_read_changes_nothing(store: impl SubjectIndex) {
    let alice = subject("alice");
    let row = created(&store, of(&alice).build(), NOW).await;
    let mut cuts = Cuts::default();
    while let Some(polls) = cuts.next() {
        let answer = cut(store.load(&row.selector, at(1)), polls).await;
        cuts.tell(answer.is_some());
        assert_holds(&store, &row, at(1)).await;
    }
    let mut cuts = Cuts::default();
    while let Some(polls) = cuts.next() {
        let page = Page::first(Page::MAX);
        let answer = cut(store.list_by_subject(&alice, page, at(1)), polls).await;
        cuts.tell(answer.is_some());
        assert_holds(&store, &row, at(1)).await;
    }
}

/// Wherever a load is dropped, those beside it get their answers, which a store may have asked for together.
pub async fn d16_a_dropped_load_harms_no_load_beside_it(store: impl SubjectIndex) {
    let store = Arc::new(store);
    let dropped = created(&*store, visitor().build(), NOW).await;
    let row = created(&*store, of(&subject("alice")).build(), NOW).await;
    for within in [false, true] {
        let mut cuts = Cuts::default();
        while let Some(polls) = cuts.next() {
            let loads = (0..5).map(|number| {
                let (store, dropped, row) = (Arc::clone(&store), dropped.clone(), row.clone());
                async move {
                    if number == 0 {
                        let load = loaded(&*store, &dropped.selector, NOW, within);
                        return cut(load, polls).await.is_some();
                    }
                    let load = loaded(&*store, &row.selector, NOW, within).await;
                    assert_eq!(ok(load), Some(row));
                    true
                }
            });
            let ended = race(polls.into(), loads).await;
            cuts.tell(ended[0]);
        }
    }
}
