//! What cannot be seen from outside: a poisoned lock, and where selectors fall.

use std::collections::{HashMap, HashSet};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, VerifierHash};
use proptest::prelude::*;

use super::hasher::SelectorState;
use super::row::Row;
use super::rows::Rows;
use super::{MemoryStore, SHARDS, shard_of};
use crate::{Change, Created, NewRecord, SessionStore as _, Stored, Updated};

const NOW: UnixTime = UnixTime::from_millis(1_767_225_600_000);

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waited"),
    }
}

fn record(selector: [u8; 16]) -> NewRecord {
    let (selector, hash) = (Selector::from_bytes(selector), VerifierHash::from_bytes([1; 32]));
    NewRecord::new(selector, hash, None, UnixTime::MAX, UnixTime::MAX, [].into()).unwrap()
}

fn stored(selector: [u8; 16]) -> Stored {
    record(selector).into_stored(NOW)
}

#[test]
fn a_poisoned_lock_ends_nothing() {
    let store = MemoryStore::new();
    let record = record([7; 16]);
    assert_eq!(now(store.create(&record, NOW)).unwrap(), Created::Done);
    let shard = shard_of(record.selector().tag());
    let panicked = thread::scope(|scope| {
        scope
            .spawn(|| {
                let _held = store.write(shard);
                panic!("while it holds the lock");
            })
            .join()
    });
    assert!(panicked.is_err() && store.shards[shard].0.is_poisoned());
    assert!(now(store.load(&record.selector(), NOW)).unwrap().is_some());
    assert!(now(store.delete(&record.selector())).unwrap());
    assert_eq!(store.usage().sessions, 0);
}

#[test]
fn selectors_that_are_counted_up_fall_apart() {
    let hasher = SelectorState::new();
    let counted = |number: u32, at: usize| {
        let mut bytes = [0; 16];
        bytes[at..at + 4].copy_from_slice(&number.to_be_bytes());
        hasher.hash(&Selector::from_bytes(bytes))
    };
    for at in [2, 8, 12] {
        // The low bits choose the place in a table, the high ones what is compared there.
        let low: HashSet<_> = (0..4096).map(|number| counted(number, at) & 0xfff).collect();
        let high: HashSet<_> = (0..4096).map(|number| counted(number, at) >> 57).collect();
        // Thrown at random, 4,096 balls fall into 2,589 of 4,096 places.
        assert!(low.len() > 2000, "{} places, counted at {at}", low.len());
        assert!(high.len() > 100, "{} of 128, counted at {at}", high.len());
    }
}

#[test]
fn every_shard_has_its_tags() {
    let shards = (0..=u8::MAX).map(|byte| shard_of(cloakroom_id::SubjectTag::from_bytes([0x5a, byte])));
    assert_eq!(shards.collect::<HashSet<_>>(), (0..SHARDS).collect());
}

proptest! {
    /// Rows by their selectors, against the standard library's map.
    #[test]
    fn rows_are_found_until_they_are_removed(
        steps in prop::collection::vec((0_u8..100, prop::option::weighted(0.6, any::<u32>())), 0..400),
    ) {
        let mut rows = Rows::new(SelectorState::new());
        let mut model = HashMap::new();
        for (key, insert) in steps {
            let selector = Selector::from_bytes([key; 16]);
            prop_assert_eq!(rows.get(&selector).is_some(), model.contains_key(&key));
            if let Some(time) = insert {
                let queued = UnixTime::from_millis(time.into());
                match rows.get_queued_mut(&selector) {
                    Some((_, under)) => *under = queued,
                    None => rows.insert(Row::new(stored([key; 16])), queued),
                }
                model.insert(key, queued);
            } else {
                prop_assert_eq!(rows.remove(&selector).map(|(_, queued)| queued), model.remove(&key));
            }
        }
        for key in 0..100 {
            let found = rows.get_queued_mut(&Selector::from_bytes([key; 16]));
            prop_assert_eq!(found.map(|(_, queued)| *queued), model.get(&key).copied());
        }
    }
}

/// More rows for one line than can be counted in it.
#[test]
fn rows_of_one_line_are_found_in_the_next_ones() {
    let hasher = SelectorState::new();
    let all =
        (0_u32..).map(|number| Selector::from_bytes([number.to_be_bytes(); 4].concat().try_into().unwrap()));
    let alike: Vec<_> = all
        .filter(|selector| hasher.hash(selector).is_multiple_of(128))
        .take(320)
        .collect();
    let mut rows = Rows::new(hasher);
    for selector in &alike {
        rows.insert(Row::new(stored(*selector.as_bytes())), NOW);
    }
    for (removed, selector) in alike.iter().enumerate() {
        assert!(rows.remove(selector).is_some() && rows.remove(selector).is_none());
        for (at, selector) in alike.iter().enumerate().step_by(13) {
            assert_eq!(rows.get(selector).is_some(), at > removed, "{at} of {removed}");
        }
    }
}

#[test]
fn a_table_that_was_large_is_small_again() {
    let mut rows = Rows::new(SelectorState::new());
    let key = |number: u32| [number.to_be_bytes(); 4].concat().try_into().unwrap();
    for number in 0..10_000 {
        rows.insert(Row::new(stored(key(number))), NOW);
    }
    let large = rows.capacity();
    for number in 10..10_000 {
        assert!(rows.remove(&Selector::from_bytes(key(number))).is_some());
    }
    assert!(
        large >= 10_000 && rows.capacity() <= 128,
        "{large}, then {}",
        rows.capacity()
    );
    assert!((0..10).all(|number| rows.get(&Selector::from_bytes(key(number))).is_some()));
}

#[test]
fn what_a_request_holds_stays_as_it_was_read() {
    let store = MemoryStore::new();
    let selector = Selector::from_bytes([7; 16]);
    assert_eq!(now(store.create(&record([7; 16]), NOW)).unwrap(), Created::Done);
    let Poll::Ready(Some(held)) = store.load_now(&selector, NOW) else {
        panic!("it is live");
    };
    let later = UnixTime::from_millis(NOW.as_millis() + 1);
    let change = Change {
        payload: [1].into(),
        idle_deadline: UnixTime::MAX,
    };
    let updated = now(store.update(&selector, held.version, &change, later)).unwrap();
    assert_eq!(updated, Updated::Done(held.version.next()));
    let loaded = now(store.load(&selector, later)).unwrap().unwrap();
    assert_eq!((&*loaded.payload, loaded.last_seen_at), (&[1][..], later));
    assert!(now(store.delete(&selector)).unwrap());
    assert!(*held == stored([7; 16]));
}

#[test]
fn a_load_at_once_is_the_same_load() {
    let store = MemoryStore::new();
    let selector = Selector::from_bytes([7; 16]);
    let load = |at| {
        let at_once = store.load_now(&selector, at);
        let at_once = at_once.map(|row| row.map(Arc::unwrap_or_clone));
        assert!(at_once == Poll::Ready(now(store.load(&selector, at)).unwrap()));
        at_once
    };
    assert!(load(NOW) == Poll::Ready(None));
    assert_eq!(now(store.create(&record([7; 16]), NOW)).unwrap(), Created::Done);
    assert!(load(NOW) == Poll::Ready(Some(stored([7; 16]))));
    assert!(load(UnixTime::MAX) == Poll::Ready(None));
}
