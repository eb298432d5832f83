//! Loads that share a question have one timer.

#![cfg(feature = "joint")]
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use cloakroom_id::Selector;
use cloakroom_store::conformance::fixture::NOW;
use cloakroom_store::{JointLoads, Round, StoreError, StoreErrorKind, Stored};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

const LIMIT: Duration = Duration::from_secs(2);

/// What becomes of a round.
#[derive(Clone, Copy)]
enum Fate {
    Answered,
    AnsweredAfter(Duration),
    /// It never gets what it needs for its question.
    Waits,
    /// It asks and never hears more.
    Asks,
    /// It gets what it needs after so long, and never hears more.
    AsksAfter(Duration),
    DroppedAfter(Duration),
    PanicsAfter(Duration),
}

/// A store that knows no session, and whose rounds have these fates, the last one again and again.
#[derive(Clone)]
struct Store {
    loads: JointLoads,
    fates: Arc<[Fate]>,
    rounds: Arc<AtomicUsize>,
    over: Arc<AtomicUsize>,
}

struct Count(Arc<AtomicUsize>);

impl Drop for Count {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Store {
    fn new(fates: &[Fate]) -> Self {
        Self {
            loads: JointLoads::default(),
            fates: fates.into(),
            rounds: Arc::default(),
            over: Arc::default(),
        }
    }

    async fn load(&self, number: u8, limit: Option<Duration>) -> Result<Option<Stored>, StoreError> {
        let selector = Selector::from_bytes([number; 16]);
        let answer = |round: Round| {
            let number = self.rounds.fetch_add(1, Ordering::Relaxed);
            let fate = self.fates[number.min(self.fates.len() - 1)];
            let over = Count(Arc::clone(&self.over));
            async move {
                let _over = over;
                meet(fate, round).await;
            }
        };
        self.loads.load(&selector, NOW, limit, answer).await
    }

    fn spawn(&self, number: u8, limit: Option<Duration>) -> JoinHandle<Result<Option<Stored>, StoreError>> {
        let store = self.clone();
        tokio::spawn(async move { store.load(number, limit).await })
    }

    /// How many rounds began, and how many are over.
    fn rounds(&self) -> [usize; 2] {
        [&self.rounds, &self.over].map(|count| count.load(Ordering::Relaxed))
    }
}

async fn meet(fate: Fate, round: Round) {
    match fate {
        Fate::Answered => round.take().answer(|_, _| Ok(None)),
        Fate::AnsweredAfter(time) => {
            sleep(time).await;
            round.take().answer(|_, _| Ok(None));
        }
        Fate::Waits => pending().await,
        Fate::Asks => {
            let _loads = round.take();
            pending::<()>().await;
        }
        Fate::AsksAfter(time) => {
            sleep(time).await;
            let _loads = round.take();
            pending::<()>().await;
        }
        Fate::DroppedAfter(time) => sleep(time).await,
        Fate::PanicsAfter(time) => {
            let _round = round;
            sleep(time).await;
            panic!("what answers");
        }
    }
}

fn kind(answer: Result<Option<Stored>, StoreError>) -> Result<(), StoreErrorKind> {
    answer.map(drop).map_err(|error| error.kind())
}

#[tokio::test(start_paused = true)]
async fn d11_a_round_that_never_answers_is_one_timeout_for_all_who_wait() {
    for fate in [Fate::Waits, Fate::Asks] {
        let store = Store::new(&[fate, Fate::Answered]);
        let began = Instant::now();
        let loads: Vec<_> = (0..40).map(|number| store.spawn(number, Some(LIMIT))).collect();
        for load in loads {
            assert_eq!(kind(load.await.unwrap()), Err(StoreErrorKind::Timeout));
        }
        assert_eq!(began.elapsed().as_secs(), 2);
        // None of them asked anew, and what was to answer is over.
        assert_eq!(store.rounds(), [1, 1]);
        assert_eq!(store.load(1, Some(LIMIT)).await.unwrap(), None);
        assert_eq!(store.rounds(), [2, 2]);
    }
}

#[tokio::test(start_paused = true)]
async fn d11_a_load_that_joined_late_waits_no_longer_than_its_limit() {
    let store = Store::new(&[Fate::AsksAfter(Duration::from_millis(1800))]);
    let first = store.spawn(1, Some(LIMIT));
    sleep(Duration::from_millis(900)).await;
    let began = Instant::now();
    let second = store.load(2, Some(LIMIT)).await;
    assert_eq!(kind(second), Err(StoreErrorKind::Timeout));
    assert_eq!(began.elapsed().as_millis() / 100, 11);
    assert_eq!(kind(first.await.unwrap()), Err(StoreErrorKind::Timeout));
    assert_eq!(store.rounds(), [1, 1]);
}

/// It would have been told of a timeout almost at once, by a store that answers.
#[tokio::test(start_paused = true)]
async fn d11_a_load_joins_no_round_whose_time_is_almost_over() {
    let store = Store::new(&[Fate::Waits, Fate::AnsweredAfter(Duration::from_millis(900))]);
    let first = store.spawn(1, Some(LIMIT));
    sleep(Duration::from_millis(1900)).await;
    let loads: Vec<_> = (2..40).map(|number| store.spawn(number, Some(LIMIT))).collect();
    sleep(Duration::from_millis(500)).await;
    // The time of its own is enough.
    let last = store.load(40, Some(LIMIT)).await;
    assert_eq!(last.unwrap(), None);
    for load in loads {
        assert_eq!(load.await.unwrap().unwrap(), None);
    }
    assert_eq!(kind(first.await.unwrap()), Err(StoreErrorKind::Timeout));
    assert_eq!(store.rounds(), [2, 2]);
}

/// A round may be taken by what makes its future, before that is a task.
#[tokio::test(start_paused = true)]
async fn d11_a_round_that_is_taken_at_once_has_a_limit_too() {
    let loads = JointLoads::default();
    let rounds = AtomicUsize::new(0);
    let answer = |round: Round| {
        rounds.fetch_add(1, Ordering::Relaxed);
        let taken = round.take();
        async move {
            let _taken = taken;
            pending::<()>().await;
        }
    };
    let selector = Selector::from_bytes([1; 16]);
    let began = Instant::now();
    let load = timeout(10 * LIMIT, loads.load(&selector, NOW, Some(LIMIT), answer)).await;
    assert_eq!(kind(load.unwrap()), Err(StoreErrorKind::Timeout));
    assert_eq!(began.elapsed().as_secs(), 2);
    assert_eq!(rounds.into_inner(), 1);
}

/// What its `# Panics` says.
#[test]
fn a_load_with_a_limit_needs_a_runtime_with_timers() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let store = Store::new(&[Fate::Answered]);
    for limit in [None, Some(Duration::MAX)] {
        assert_eq!(runtime.block_on(store.load(1, limit)).unwrap(), None);
    }
    let load = catch_unwind(AssertUnwindSafe(|| runtime.block_on(store.load(1, Some(LIMIT)))));
    assert!(load.is_err());
    // The store is as before.
    assert_eq!(runtime.block_on(store.load(1, None)).unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn d11_a_load_whose_round_was_dropped_waits_no_longer_either() {
    const LATE: Duration = Duration::from_millis(1500);
    for fate in [Fate::DroppedAfter(LATE), Fate::PanicsAfter(LATE)] {
        let store = Store::new(&[fate, Fate::Asks]);
        let began = Instant::now();
        let answer = store.load(1, Some(LIMIT)).await;
        assert_eq!(kind(answer), Err(StoreErrorKind::Timeout));
        assert_eq!(began.elapsed().as_secs(), 2);
        assert_eq!(store.rounds(), [2, 1]);
    }
}

#[tokio::test(start_paused = true)]
async fn rounds_that_are_dropped_in_time_end_as_those_without_a_limit() {
    for (fate, expected) in [
        (Fate::DroppedAfter(Duration::ZERO), StoreErrorKind::Unavailable),
        (Fate::PanicsAfter(Duration::ZERO), StoreErrorKind::Other),
    ] {
        for limit in [None, Some(LIMIT), Some(Duration::MAX)] {
            let store = Store::new(&[fate]);
            assert_eq!(kind(store.load(1, limit).await), Err(expected));
            assert_eq!(store.rounds(), [3, 3]);
        }
    }
}

/// Who set no limit, or another one, is not cut off by the timer of somebody else.
#[tokio::test(start_paused = true)]
async fn loads_of_several_limits_are_several_rounds() {
    let store = Store::new(&[Fate::Asks]);
    let began = Instant::now();
    let without = store.spawn(1, None);
    let longer = store.spawn(2, Some(2 * LIMIT));
    let answer = store.load(3, Some(LIMIT)).await;
    assert_eq!(kind(answer), Err(StoreErrorKind::Timeout));
    assert_eq!(began.elapsed().as_secs(), 2);
    assert_eq!(kind(longer.await.unwrap()), Err(StoreErrorKind::Timeout));
    assert_eq!(began.elapsed().as_secs(), 4);
    sleep(100 * LIMIT).await;
    assert!(!without.is_finished());
    assert_eq!(store.rounds(), [3, 2]);
}

type Load = Pin<Box<dyn Future<Output = Result<Option<Stored>, StoreError>> + Send>>;

/// Polls a load when it is woken.
struct Next(Mutex<Load>);

impl Wake for Next {
    fn wake(self: Arc<Self>) {
        let context = &mut Context::from_waker(Waker::noop());
        assert!(self.0.lock().unwrap().as_mut().poll(context).is_pending());
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_joins_a_round_whose_time_is_over() {
    let store = Store::new(&[Fate::Waits, Fate::Answered]);
    let next = store.clone();
    let next = Arc::new(Next(Mutex::new(Box::pin(async move {
        next.load(2, Some(LIMIT)).await
    }))));
    let mut first = pin!(store.load(1, Some(LIMIT)));
    let waker = Waker::from(Arc::clone(&next));
    let polled = first.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    sleep(2 * LIMIT).await;
    assert_eq!(kind(first.await), Err(StoreErrorKind::Timeout));
    let answer = poll_fn(|context| next.0.lock().unwrap().as_mut().poll(context));
    assert_eq!(timeout(LIMIT, answer).await.unwrap().unwrap(), None);
    assert_eq!(store.rounds(), [2, 2]);
}

/// Whoever answers elsewhere finds nobody there any more.
#[tokio::test(start_paused = true)]
async fn a_round_whose_time_is_over_has_no_loads() {
    let (loads, kept) = (JointLoads::default(), Arc::new(Mutex::new(None)));
    let answer = |round: Round| {
        let kept = Arc::clone(&kept);
        async move {
            *kept.lock().unwrap() = Some(round);
            pending::<()>().await;
        }
    };
    let selector = Selector::from_bytes([1; 16]);
    let load = loads.load(&selector, NOW, Some(LIMIT), answer).await;
    assert_eq!(kind(load), Err(StoreErrorKind::Timeout));
    let round = kept.lock().unwrap().take().unwrap();
    let taken = round.take();
    assert!(taken.is_empty());
    taken.answer(|_, _| unreachable!("nobody waits"));
}

/// The timer of a runtime that nobody drives is no bound for those of another.
#[test]
fn d11_a_runtime_that_is_not_driven_keeps_no_other_from_a_timeout() {
    let store = Store::new(&[Fate::Asks, Fate::Asks, Fate::Answered]);
    let paused = || -> Runtime {
        let mut builder = Builder::new_current_thread();
        builder.enable_time().start_paused(true).build().unwrap()
    };
    let (idle, driven) = (paused(), paused());
    let mut begun = pin!(store.load(1, Some(LIMIT)));
    {
        let _entered = idle.enter();
        let context = &mut Context::from_waker(Waker::noop());
        assert!(begun.as_mut().poll(context).is_pending());
    }
    let answer = driven.block_on(store.load(2, Some(LIMIT)));
    assert_eq!(kind(answer), Err(StoreErrorKind::Timeout));
    assert_eq!(driven.block_on(store.load(3, Some(LIMIT))).unwrap(), None);
    assert_eq!(kind(idle.block_on(begun)), Err(StoreErrorKind::Timeout));
    assert_eq!(store.rounds(), [3, 3]);
}
