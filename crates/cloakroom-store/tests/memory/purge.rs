//! How a store in memory looks for what has ended: in batches, and not where there is nothing.

use std::num::NonZeroU32;

use cloakroom_store::conformance::fixture::{HOUR, MINUTE, at, of, subject};
use cloakroom_store::{MemoryStore, MemoryUsage, SessionStore as _, SubjectIndex as _, Touched};

use crate::common::{create, is_live, now, run, visitor_of_one_shard};

fn max(most: u32) -> NonZeroU32 {
    NonZeroU32::new(most).unwrap()
}

#[test]
fn d10_a_purge_lets_others_run_between_batches() {
    let store = MemoryStore::new();
    for _ in 0..2000 {
        create(&store, visitor_of_one_shard().idle(at(MINUTE)));
    }
    let kept = create(&store, visitor_of_one_shard());
    let (purged, waits) = run(store.purge_expired(at(MINUTE), max(10_000)));
    assert_eq!(purged.unwrap(), 2000);
    assert!(
        (7..=9).contains(&waits),
        "256 rows a batch, but it waited {waits} times"
    );
    assert!(is_live(&store, &kept, at(MINUTE)));
    let (purged, waits) = run(store.purge_expired(at(MINUTE), max(10_000)));
    assert_eq!((purged.unwrap(), waits), (0, 0), "nothing is looked at twice");
}

#[test]
fn d10_small_purges_end_where_a_large_one_does() {
    let store = MemoryStore::new();
    for number in 0..300 {
        create(
            &store,
            of(&subject(&format!("user-{number}"))).idle(at(number % 3 * MINUTE + 1)),
        );
    }
    let mut purged = Vec::new();
    loop {
        let (count, _) = run(store.purge_expired(at(MINUTE + 1), max(7)));
        match count.unwrap() {
            0 => break,
            count => purged.push(count),
        }
    }
    // The last but one may be short; all before it are full.
    assert!(
        purged[..purged.len() - 1].iter().all(|&count| count == 7),
        "{purged:?}"
    );
    assert_eq!(purged.iter().sum::<u64>(), 200);
    assert_eq!(store.usage().sessions, 100);
}

#[test]
fn d10_what_was_touched_is_kept_until_its_new_deadline() {
    let store = MemoryStore::new();
    let touched: Vec<_> = (0..600)
        .map(|_| create(&store, visitor_of_one_shard().idle(at(MINUTE))))
        .collect();
    for selector in &touched {
        assert_eq!(
            now(store.touch(selector, at(2 * MINUTE), at(1))).unwrap(),
            Touched::Done
        );
    }
    let purge = |time| run(store.purge_expired(at(time), max(10_000))).0.unwrap();
    assert_eq!(purge(MINUTE), 0);
    assert_eq!(purge(2 * MINUTE - 1), 0);
    assert!(
        touched
            .iter()
            .all(|selector| is_live(&store, selector, at(2 * MINUTE - 1)))
    );
    assert_eq!(purge(2 * MINUTE), 600);
    assert_eq!(store.usage(), MemoryUsage::default());
}

#[test]
fn d24_what_revoke_all_ended_is_purged_and_what_came_after_is_not() {
    let store = MemoryStore::new();
    for _ in 0..1000 {
        create(&store, visitor_of_one_shard());
    }
    let user = subject("user");
    let before = create(&store, of(&user));
    now(store.revoke_all(at(HOUR / 10))).unwrap();
    let purge = |most| run(store.purge_expired(at(HOUR / 5), max(most))).0.unwrap();
    assert_eq!(purge(300), 300);
    // Created while the sweep is under way, before and behind the place that it has come to.
    let record = of(&user).authenticated(at(HOUR / 5)).build();
    assert!(now(store.create(&record, at(HOUR / 5))).is_ok());
    assert_eq!(purge(300), 300);
    // And a later one begins it anew.
    now(store.revoke_all(at(HOUR / 9))).unwrap();
    assert_eq!(purge(10_000), 401);
    assert_eq!(purge(10_000), 0);
    assert!(!is_live(&store, &before, at(HOUR / 5)));
    assert!(is_live(&store, &record.selector(), at(HOUR / 5)));
    assert_eq!(store.usage().sessions, 1);
}
