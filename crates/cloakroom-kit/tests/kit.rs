//! What kits stand on does what it says.

use std::collections::HashSet;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cloakroom_kit::{DAY, History, NOW, ORDERS, Random, after, at, fails, ok, race, task, together, unique};
use tokio::task::yield_now;

#[test]
fn times_are_counted_from_now() {
    assert_eq!(at(0), NOW);
    assert_eq!(at(-3).as_millis(), 1_767_225_599_997);
    assert_eq!(after(at(DAY), -DAY), NOW);
}

#[test]
fn a_seed_repeats_its_numbers_and_no_others() {
    let mut again = Random::new(7);
    let numbers: Vec<u64> = std::iter::repeat_with(|| again.next()).take(100).collect();
    let (mut same, mut other) = (Random::new(7), Random::new(8));
    assert!(numbers.iter().all(|number| *number == same.next()));
    assert!((0..100).all(|_| !numbers.contains(&other.next())));
}

#[test]
fn numbers_stay_in_their_ranges_and_fill_them() {
    let mut random = Random::new(1);
    let drawn: HashSet<i64> = (0..1000).map(|_| random.between(-3, 2)).collect();
    assert_eq!(drawn, HashSet::from([-3, -2, -1, 0, 1]));
    let drawn: HashSet<char> = (0..1000).map(|_| random.any(&['a', 'b', 'c'])).collect();
    assert_eq!(drawn, HashSet::from(['a', 'b', 'c']));
    assert!((0..1000).all(|_| random.one_in(1) && random.index(1) == 0 && random.below(1) == 0));
    let drawn: HashSet<u8> = (0..10_000).map(|_| random.byte()).collect();
    assert_eq!(drawn.len(), 256);
}

#[test]
fn no_call_gives_the_bytes_of_another() {
    let all: HashSet<[u8; 16]> = (0..10_000).map(|_| unique()).collect();
    assert_eq!(all.len(), 10_000);
}

#[test]
fn the_orders_are_all_there_are() {
    let orders: HashSet<[usize; 4]> = ORDERS.into();
    assert_eq!(orders.len(), 24);
    for order in orders {
        let mut sorted = order;
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2, 3]);
    }
}

/// Each of these goes on once after it began, and tells how many had ended before it.
async fn ended(round: u64) -> Vec<(u32, u32)> {
    let count = Arc::new(AtomicU32::new(0));
    race(
        round,
        (0..8).map(|number| {
            let count = Arc::clone(&count);
            async move {
                yield_now().await;
                (number, count.fetch_add(1, Ordering::SeqCst))
            }
        }),
    )
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn results_come_in_order_in_every_round() {
    for round in 0..20 {
        let numbers: Vec<u32> = ended(round).await.into_iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7]);
    }
}

#[tokio::test]
async fn an_odd_round_is_always_the_same() {
    for round in [1, 3, 5] {
        assert_eq!(ended(round).await, ended(round).await);
    }
    assert_ne!(ended(1).await, ended(3).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tasks_of_different_types_run_together() {
    let told = together([
        task(async { 1 }),
        task(async move {
            yield_now().await;
            2
        }),
    ])
    .await;
    assert_eq!(told, [1, 2]);
}

#[test]
fn a_case_fails_when_it_or_one_of_its_tasks_panics() {
    assert!(!fails(|| async {}));
    assert!(fails(|| async { panic!("it fails") }));
    for round in 0..2 {
        assert!(fails(|| async move {
            race(round, [task(async {}), task(async { panic!("it fails") })]).await;
        }));
    }
}

#[test]
fn a_failure_is_told_as_such() {
    assert_eq!(ok(Ok::<_, &str>(1)), 1);
    assert_eq!(message(|| ok(Err("refused"))), "the store failed: \"refused\"");
}

#[test]
fn a_history_tells_its_last_hundred_lines() {
    let mut history = History::new(5);
    history.compare(&1, &1);
    for number in 0..102 {
        history.note(format!("line {number}"));
    }
    let told = message(|| history.compare(&1, &2));
    let begin = "the store answers\n  1\nand the model\n  2\nin the sequence of seed 5:\nline 2\nline 3\n";
    assert!(told.starts_with(begin), "{told}");
    assert!(told.ends_with("\nline 101"), "{told}");
}

fn message(panics: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let payload = catch_unwind(panics).expect_err("it panics");
    *payload.downcast::<String>().expect("the message has arguments")
}
