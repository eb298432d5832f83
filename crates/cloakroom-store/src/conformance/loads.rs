use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_id::Selector;

use super::check::{created, ok, race};
use super::fixture::{HOUR, MINUTE, NOW, at, change, of, rotation, selector, subject, visitor};
use super::rotate::rotated;
use crate::{Rotated, StoreError, Stored, SubjectIndex, Touched, Updated, Version};

/// Longer than any load takes on a machine that runs the tests.
const LIMIT: Duration = Duration::from_secs(300);

/// What a load answers, with a limit if the store keeps one.
pub(super) async fn loaded(
    store: &impl SubjectIndex,
    selector: &Selector,
    now: UnixTime,
    within: bool,
) -> Result<Option<Stored>, StoreError> {
    let load = within.then(|| store.load_within(selector, now, LIMIT)).flatten();
    match load {
        Some(load) => load.await,
        None => store.load(selector, now).await,
    }
}

/// A store may ask for several sessions at once, whatever their subjects, and each by the time of its own load.
pub async fn loads_side_by_side_each_get_their_own(store: impl SubjectIndex) {
    const SESSIONS: i64 = 150;
    let store = Arc::new(store);
    let mut expected = Vec::new();
    for number in 1..=SESSIONS {
        let draft = if number % 3 == 0 {
            visitor()
        } else {
            of(&subject(&format!("user-{}", number % 10)))
        };
        let draft = draft.idle(at(number * MINUTE)).payload(number.to_be_bytes());
        let row = created(&*store, draft.build(), NOW).await;
        let unknown = selector(row.selector.tag());
        expected.extend([
            (row.selector, at(number * MINUTE - 1), Some(row.clone())),
            (row.selector, at(number * MINUTE), None),
            (unknown, NOW, None),
            (row.selector, NOW, Some(row)),
        ]);
    }
    for round in 0..4 {
        race(
            round,
            expected.clone().into_iter().map(|(selector, now, expected)| {
                let store = Arc::clone(&store);
                async move {
                    // Those with a limit beside those without one.
                    let answer = loaded(&*store, &selector, now, expected.is_some()).await;
                    assert!(ok(answer) == expected);
                }
            }),
        )
        .await;
    }
}

/// However many other loads are under way, one that begins after an answer shows what that answer said.
pub async fn loads_show_what_was_answered_before_them(store: impl SubjectIndex) {
    const TASKS: u64 = 12;
    let store = Arc::new(store);
    let ada = subject("ada");
    let others = created(&*store, of(&ada).build(), NOW).await.selector;
    for round in 0..4 {
        race(
            round,
            (0..TASKS).map(|task| {
                let (store, ada) = (Arc::clone(&store), ada.clone());
                async move {
                    let row = created(&*store, of(&ada).build(), NOW).await;
                    let mut version = Version::FIRST;
                    for number in 0..10 {
                        let written = change((task * 100 + number).to_be_bytes());
                        let answer = ok(store.update(&row.selector, version, &written, NOW).await);
                        version = version.next();
                        assert_eq!(answer, Updated::Done(version));
                        let loaded = ok(store.load(&row.selector, NOW).await).expect("it is live");
                        assert_eq!((loaded.version, loaded.payload), (version, written.payload));
                        assert!(ok(store.load(&others, NOW).await).is_some());
                    }
                    assert!(ok(store.delete(&row.selector).await));
                    assert_eq!(ok(store.load(&row.selector, NOW).await), None);
                }
            }),
        )
        .await;
    }
}

/// Asserts what a load answers, and that `load_now` and `load_within` answer the same if they answer at all.
async fn assert_loads(
    store: &impl SubjectIndex,
    selector: &Selector,
    now: UnixTime,
    expected: Option<&Stored>,
) {
    assert!(ok(store.load(selector, now).await).as_ref() == expected);
    if let Poll::Ready(at_once) = store.load_now(selector, now) {
        assert!(
            at_once.as_deref() == expected,
            "`load_now` answers something else"
        );
    }
    if let Some(load) = store.load_within(selector, now, LIMIT) {
        assert!(
            ok(load.await).as_ref() == expected,
            "`load_within` answers something else"
        );
    }
}

/// What a store answers at once is what its load answers, before and after every kind of change and of end.
pub async fn loads_at_once_answer_what_loads_do(store: impl SubjectIndex) {
    let (ada, bob) = (subject("ada"), subject("bob"));
    assert_loads(&store, &selector(ada.tag()), NOW, None).await;
    for draft in [of(&ada), visitor()] {
        let mut row = created(&store, draft.build(), NOW).await;
        let key = row.selector;
        assert_loads(&store, &key, NOW, Some(&row)).await;
        // The idle deadline, at the millisecond.
        let end = row.idle_deadline;
        assert_loads(
            &store,
            &key,
            UnixTime::from_millis(end.as_millis() - 1),
            Some(&row),
        )
        .await;
        assert_loads(&store, &key, end, None).await;
        assert_loads(&store, &key, at(HOUR), None).await;

        let answer = store.update(&key, row.version, &change(*b"new"), at(1)).await;
        assert_eq!(ok(answer), Updated::Done(row.version.next()));
        row.version = row.version.next();
        row.payload = (*b"new").into();
        row.last_seen_at = at(1);
        assert_loads(&store, &key, at(1), Some(&row)).await;

        let next = rotation();
        let answer = store.rotate(&key, &row.verifier_hash, &next, at(2)).await;
        assert_eq!(ok(answer), Rotated::Done(row.version.next()));
        row = rotated(&row, &next, at(2));
        assert_loads(&store, &key, at(2), Some(&row)).await;

        // The absolute deadline, up to which it is now kept in use.
        let end = row.absolute_deadline;
        assert_eq!(ok(store.touch(&key, end, at(3)).await), Touched::Done);
        row.idle_deadline = end;
        row.last_seen_at = at(3);
        assert_loads(
            &store,
            &key,
            UnixTime::from_millis(end.as_millis() - 1),
            Some(&row),
        )
        .await;
        assert_loads(&store, &key, end, None).await;
        assert_loads(&store, &key, at(24 * HOUR), None).await;

        assert!(ok(store.delete(&key).await));
        assert_loads(&store, &key, at(3), None).await;
    }

    // A cut-off of a subject, one session spared, and one of the whole store.
    let ended = created(&store, of(&ada).build(), NOW).await;
    let mut spared = created(&store, of(&ada).build(), NOW).await;
    let other = created(&store, of(&bob).build(), NOW).await;
    let stranger = created(&store, visitor().build(), NOW).await;
    let except = Some(&spared.selector);
    assert_eq!(ok(store.delete_by_subject(&ada, except, at(MINUTE)).await), 1);
    spared.lineage_at = at(MINUTE + 1);
    assert_loads(&store, &ended.selector, at(MINUTE), None).await;
    for row in [&spared, &other, &stranger] {
        assert_loads(&store, &row.selector, at(MINUTE), Some(row)).await;
    }
    ok(store.revoke_all(at(MINUTE)).await);
    for row in [&ended, &other, &stranger] {
        assert_loads(&store, &row.selector, at(MINUTE), None).await;
    }
    assert_loads(&store, &spared.selector, at(MINUTE), Some(&spared)).await;
    ok(store.revoke_all(at(MINUTE + 1)).await);
    assert_loads(&store, &spared.selector, at(MINUTE + 1), None).await;
}
