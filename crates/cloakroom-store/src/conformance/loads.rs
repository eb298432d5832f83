use std::sync::Arc;

use super::check::{created, ok, race};
use super::fixture::{MINUTE, NOW, at, change, of, selector, subject, visitor};
use crate::{SubjectIndex, Updated, Version};

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
                async move { assert!(ok(store.load(&selector, now).await) == expected) }
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
