//! Loads that share a question.

#![cfg(feature = "joint")]
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use cloakroom_id::Selector;
use cloakroom_store::conformance::fixture::{NOW, at, visitor};
use cloakroom_store::{JointLoads, Round, StoreError, StoreErrorKind, Stored};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;

/// A store whose sessions are made up: that of each selector says the time of its load.
#[derive(Clone, Default)]
struct Store {
    loads: JointLoads,
    /// How many loads each question was for.
    asked: Arc<Mutex<Vec<usize>>>,
}

impl Store {
    async fn load(&self, number: u8) -> Result<Option<Stored>, StoreError> {
        let selector = Selector::from_bytes([number; 16]);
        let answer = |round| {
            let asked = Arc::clone(&self.asked);
            async move { answer(&asked, round) }
        };
        self.loads.load(&selector, at(number.into()), None, answer).await
    }

    fn asked(&self) -> Vec<usize> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(asked: &Mutex<Vec<usize>>, round: Round) {
    let loads = round.take();
    asked.lock().unwrap().push(loads.selectors().len());
    loads.answer(|selector, now| {
        // An error of one is nobody else's.
        if selector.as_bytes()[0] == 13 {
            return Err(StoreErrorKind::Corrupt.into());
        }
        Ok(Some(visitor().selector(*selector).build().into_stored(now)))
    });
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// As many loads as said, each on a task of its own.
fn spawned(store: &Store, count: u8) -> Vec<tokio::task::JoinHandle<Result<Option<Stored>, StoreError>>> {
    (0..count)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.load(number).await })
        })
        .collect()
}

#[test]
fn loads_of_one_moment_are_one_question_and_each_has_its_own_answer() {
    let store = Store::default();
    runtime().block_on(async {
        for (number, load) in (0..).zip(spawned(&store, 40)) {
            let answer = load.await.unwrap();
            if number == 13 {
                assert_eq!(answer.unwrap_err().kind(), StoreErrorKind::Corrupt);
                continue;
            }
            let session = answer.unwrap().unwrap();
            assert_eq!(session.selector, Selector::from_bytes([number; 16]));
            assert_eq!(session.created_at, at(number.into()));
        }
    });
    assert_eq!(store.asked(), [40]);
}

#[test]
fn a_load_alone_is_asked_for_alone() {
    let store = Store::default();
    runtime().block_on(async {
        for number in 0..3 {
            assert!(store.load(number).await.unwrap().is_some());
        }
    });
    assert_eq!(store.asked(), [1, 1, 1]);
}

#[test]
fn no_question_is_for_more_than_the_most() {
    let store = Store::default();
    runtime().block_on(async {
        for load in spawned(&store, 150) {
            let _ = load.await.unwrap();
        }
    });
    assert_eq!(store.asked(), [64, 64, 22]);
}

#[test]
fn a_load_that_is_dropped_is_not_asked_for() {
    let store = Store::default();
    runtime().block_on(async {
        {
            let mut first = pin!(store.load(1));
            assert!(
                first
                    .as_mut()
                    .poll(&mut Context::from_waker(Waker::noop()))
                    .is_pending()
            );
        }
        assert!(store.load(2).await.unwrap().is_some());
    });
    assert_eq!(store.asked(), [1]);
}

#[test]
fn who_leaves_takes_no_answer_of_another_along() {
    let store = Store::default();
    runtime().block_on(async {
        let mut loads: Vec<_> = (0..6).map(|number| Box::pin(store.load(number))).collect();
        for load in &mut loads {
            assert!(
                load.as_mut()
                    .poll(&mut Context::from_waker(Waker::noop()))
                    .is_pending()
            );
        }
        // The first, one between and the last.
        drop(loads.remove(5));
        drop(loads.remove(2));
        drop(loads.remove(0));
        for (number, load) in [1, 3, 4].into_iter().zip(loads) {
            let session = load.await.unwrap().unwrap();
            assert_eq!(session.selector, Selector::from_bytes([number; 16]));
        }
    });
    assert_eq!(store.asked(), [3]);
}

#[test]
fn a_load_is_woken_where_it_was_polled_last() {
    let store = Store::default();
    runtime().block_on(async {
        let mut load = Box::pin({
            let store = store.clone();
            async move { store.load(1).await }
        });
        assert!(
            load.as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
        assert!(tokio::spawn(load).await.unwrap().unwrap().is_some());
    });
    assert_eq!(store.asked(), [1]);
}

/// The first load of a round answers nobody by itself: it may stand in a `select` whose other branch is busy.
#[test]
fn a_load_waits_for_no_other_to_be_polled() {
    let store = Store::default();
    runtime().block_on(async {
        let mut first = pin!(store.load(1));
        assert!(
            first
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
        assert!(store.load(2).await.unwrap().is_some());
        assert!(first.await.unwrap().is_some());
    });
    assert_eq!(store.asked(), [2]);
}

#[test]
fn loads_of_a_runtime_that_is_shut_down_turn_to_another() {
    let store = Store::default();
    let first = runtime();
    let mut begun = pin!(store.load(1));
    {
        let _entered = first.enter();
        let context = &mut Context::from_waker(Waker::noop());
        assert!(begun.as_mut().poll(context).is_pending());
    }
    runtime().block_on(async {
        first.shutdown_background();
        assert!(begun.await.unwrap().is_some());
    });
    assert_eq!(store.asked(), [1]);
}

/// Nothing of a runtime that nobody drives may be waited for.
#[test]
fn a_load_joins_none_of_another_runtime() {
    let store = Store::default();
    let (first, second) = (runtime(), runtime());
    let mut begun = pin!(store.load(1));
    {
        let _entered = first.enter();
        let context = &mut Context::from_waker(Waker::noop());
        assert!(begun.as_mut().poll(context).is_pending());
    }
    assert!(second.block_on(store.load(2)).unwrap().is_some());
    assert!(first.block_on(begun).unwrap().is_some());
    assert_eq!(store.asked(), [1, 1]);
}

#[test]
fn a_load_whose_rounds_are_dropped_is_unavailable() {
    let (loads, rounds) = (JointLoads::default(), AtomicUsize::new(0));
    runtime().block_on(async {
        let drop_it = |round: Round| {
            rounds.fetch_add(1, Ordering::Relaxed);
            async move { drop(round) }
        };
        let answer = loads
            .load(&Selector::from_bytes([1; 16]), NOW, None, drop_it)
            .await;
        assert_eq!(answer.unwrap_err().kind(), StoreErrorKind::Unavailable);
        // Loads that were taken and get no answer fare the same.
        let forget = |round: Round| async move { drop(round.take()) };
        let answer = loads
            .load(&Selector::from_bytes([1; 16]), NOW, None, forget)
            .await;
        assert_eq!(answer.unwrap_err().kind(), StoreErrorKind::Unavailable);
    });
    assert_eq!(rounds.into_inner(), 3);
}

#[test]
fn a_load_whose_rounds_panic_is_told_so() {
    let (loads, rounds) = (JointLoads::default(), AtomicUsize::new(0));
    let selector = Selector::from_bytes([1; 16]);
    runtime().block_on(async {
        // What makes an answer of a row, and what is done before there are any.
        let each = |round: Round| {
            rounds.fetch_add(1, Ordering::Relaxed);
            async move { round.take().answer(|_, _| panic!("each")) }
        };
        let begin = |round: Round| {
            rounds.fetch_add(1, Ordering::Relaxed);
            async move {
                let _round = round;
                panic!("begin");
            }
        };
        let answers = [
            loads.load(&selector, NOW, None, each).await,
            loads.load(&selector, NOW, None, begin).await,
        ];
        for answer in answers {
            let error = answer.unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Other);
            let reason = std::error::Error::source(&error).unwrap().to_string();
            assert_eq!(reason, "what answers the loads panicked");
        }
    });
    assert_eq!(rounds.into_inner(), 6);
}

/// A load that is called while a question is under way is not answered by it.
#[test]
fn a_load_joins_no_question_that_was_asked_before_it() {
    let (loads, sent) = (JointLoads::default(), Arc::new(Semaphore::new(0)));
    let asked = Arc::new(Mutex::new(Vec::new()));
    runtime().block_on(async {
        let ask = |round: Round| {
            let (asked, sent) = (Arc::clone(&asked), Arc::clone(&sent));
            async move {
                let taken = round.take();
                asked.lock().unwrap().push(taken.selectors().len());
                drop(sent.acquire().await);
                taken.answer(|_, _| Ok(None));
            }
        };
        let selector = Selector::from_bytes([1; 16]);
        let mut first = pin!(loads.load(&selector, NOW, None, ask));
        let mut second = pin!(loads.load(&selector, NOW, None, ask));
        let context = &mut Context::from_waker(Waker::noop());
        assert!(first.as_mut().poll(context).is_pending());
        while asked.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(second.as_mut().poll(context).is_pending());
        sent.add_permits(1);
        assert_eq!(second.await.unwrap(), None);
        assert_eq!(first.await.unwrap(), None);
    });
    assert_eq!(*asked.lock().unwrap(), [1, 1]);
}
