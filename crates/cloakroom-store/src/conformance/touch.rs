use std::sync::Arc;

use cloakroom_core::UnixTime;

use super::check::{assert_gone, assert_holds, created, ok, race, task};
use super::fixture::{HOUR, MINUTE, NOW, at, change, of, subject, visitor};
use crate::{SubjectIndex, Touched, Updated, Version};

/// A touch moves the idle deadline forward, at most to the absolute one, and nothing else but the time of last use.
pub async fn d7_a_touch_moves_the_idle_deadline_only_forward(store: impl SubjectIndex) {
    for draft in [of(&subject("alice")), visitor()] {
        let mut row = created(&store, draft.build(), NOW).await;
        for (asked, now, idle, seen) in [
            (at(29 * MINUTE), at(1), at(30 * MINUTE), at(1)),
            (UnixTime::EPOCH, at(2), at(30 * MINUTE), at(2)),
            (at(30 * MINUTE + 1), at(3), at(30 * MINUTE + 1), at(3)),
            (at(40 * MINUTE), at(2), at(40 * MINUTE), at(3)),
            (at(12 * HOUR - 1), at(4), at(12 * HOUR - 1), at(4)),
            (at(12 * HOUR), at(5), at(12 * HOUR), at(5)),
            (at(12 * HOUR + 1), at(6), at(12 * HOUR), at(6)),
            (at(90 * 24 * HOUR), at(7), at(12 * HOUR), at(7)),
            (at(31 * MINUTE), at(11 * HOUR), at(12 * HOUR), at(11 * HOUR)),
        ] {
            assert_eq!(ok(store.touch(&row.selector, asked, now).await), Touched::Done);
            (row.idle_deadline, row.last_seen_at) = (idle, seen);
            assert_holds(&store, &row, now).await;
        }
    }
}

/// A touch of what is not there creates nothing.
pub async fn d7_a_touch_never_creates(store: impl SubjectIndex) {
    let alice = subject("alice");
    for draft in [of(&alice), visitor()] {
        let record = draft.build();
        let answer = store.touch(&record.selector(), at(HOUR), NOW).await;
        assert_eq!(ok(answer), Touched::Gone);
        assert_gone(&store, &record.selector(), Some(&alice), NOW).await;
        created(&store, record, NOW).await;
    }
}

/// Touches and an update side by side: the update never meets a conflict, and no touch is lost.
pub async fn d7_a_touch_never_disturbs_an_update(store: impl SubjectIndex) {
    let store = Arc::new(store);
    for round in 0..32 {
        let draft = match round / 2 % 2 {
            0 => of(&subject("alice")),
            _ => visitor(),
        };
        let mut row = created(&*store, draft.build(), NOW).await;
        let selector = row.selector;
        let touches = (1..=6).map(|minute| {
            let store = Arc::clone(&store);
            task(async move {
                let answer = store
                    .touch(&selector, at((30 + minute) * MINUTE), at(minute))
                    .await;
                assert_eq!(ok(answer), Touched::Done);
            })
        });
        let update = {
            let store = Arc::clone(&store);
            task(async move {
                for number in 1..=3 {
                    let answer = store
                        .update(&selector, Version::from_number(number), &change([7]), at(1))
                        .await;
                    assert_eq!(ok(answer), Updated::Done(Version::from_number(number + 1)));
                }
            })
        };
        race(round, touches.chain([update])).await;
        row.version = Version::from_number(4);
        row.payload = Arc::from([7]);
        row.idle_deadline = at(36 * MINUTE);
        row.last_seen_at = at(6);
        assert_holds(&*store, &row, at(6)).await;
    }
}
