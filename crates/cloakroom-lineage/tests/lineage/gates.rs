use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloakroom_lineage::cloakroom_core::UnixTime;
use cloakroom_lineage::cloakroom_revocation::{
    Answer, Credential, Denial, Denied, Fleet, LOCAL, MemoryRevocationStore, Next, Question, Reader,
    ReaderSettings, Refused, RevocationCheck, RevocationFeed as _, RevocationStore as _, Snapshot,
};
use cloakroom_lineage::{Event, EventKind, Gate, danger};

use crate::clock::Clock;
use crate::slow_store::SlowStore;

const STALE: Result<(), Refused> = Err(Refused::Stale {
    retry_after: Duration::from_secs(1),
});

/// A snapshot of all that `store` has now, and a gate that goes by it.
pub(crate) async fn loaded(clock: &Clock, store: &MemoryRevocationStore) -> (Snapshot, Gate) {
    let settings = ReaderSettings {
        spread: Duration::ZERO,
        ..ReaderSettings::default()
    };
    let fleet = Fleet::default();
    let mut reader = Reader::new(fleet, settings);
    let check = RevocationCheck::new(fleet, fleet.longest_age, [reader.snapshot()]).unwrap();
    while check.age(clock.now()).is_none() {
        let now = clock.now();
        let answer = match reader.next(now) {
            Next::Wait(_) => continue,
            Next::Ask(Question::Head) => Answer::Head(store.head().await.unwrap()),
            Next::Ask(Question::Page(after)) => {
                Answer::Page(store.page(after.as_ref(), reader.page()).await.unwrap())
            }
            Next::Ask(Question::Poll(cursor)) => {
                Answer::Polled(store.poll(&cursor, reader.page()).await.unwrap())
            }
        };
        drop(reader.answer(now, answer, now));
    }
    (reader.snapshot(), Gate::new(check, clock.clocks()))
}

/// A store with two tokens, one of them denied, and a gate whose snapshot has just been loaded.
struct Fixture {
    clock: Clock,
    store: Arc<MemoryRevocationStore>,
    snapshot: Snapshot,
    gate: Gate,
    issued_at: UnixTime,
}

impl Fixture {
    async fn new() -> Self {
        let clock = Clock::default();
        let fleet = Fleet::default();
        let of_store = clock.clone();
        let store = Arc::new(MemoryRevocationStore::new(fleet, move || of_store.now().wall));
        let issued_at = clock.now().wall;
        let end = issued_at.saturating_add(Duration::from_secs(3600));
        let denial = Denial::new(LOCAL, "ada", "denied", issued_at, end).unwrap();
        assert_eq!(store.deny(&denial, issued_at).await.unwrap(), Denied::Token);
        let (snapshot, gate) = loaded(&clock, &store).await;
        Self {
            clock,
            store,
            snapshot,
            gate,
            issued_at,
        }
    }

    fn credential<'a>(&self, subject: &'a str, id: &'a str) -> Credential<'a> {
        Credential {
            issuer: LOCAL,
            subject: Some(subject),
            issued_at: Some(self.issued_at),
            token_id: Some(id),
        }
    }

    async fn check(&self, gate: &Gate, id: &str) -> Result<(), Refused> {
        gate.check(&self.credential("ada", id)).await
    }
}

#[tokio::test]
async fn f19_a_stale_gate_says_so_even_of_what_it_knows_to_be_denied() {
    let fixture = Fixture::new().await;
    let gate = &fixture.gate;
    assert_eq!(fixture.check(gate, "live").await, Ok(()));
    assert_eq!(fixture.check(gate, "denied").await, Err(Refused::Denied));
    fixture.clock.advance(1000);
    assert_eq!(fixture.check(gate, "live").await, Ok(()));
    fixture.clock.advance(1);
    assert_eq!(fixture.check(gate, "live").await, STALE);
    assert_eq!(fixture.check(gate, "denied").await, STALE);
    // What no news could mend is refused all the same.
    let nobodys = Credential {
        subject: None,
        ..fixture.credential("ada", "live")
    };
    assert_eq!(gate.check(&nobodys).await, Err(Refused::Incomplete));
}

#[tokio::test]
async fn f19_a_stale_gate_asks_the_store_if_told_to() {
    let fixture = Fixture::new().await;
    let gate = fixture
        .gate
        .clone()
        .look_up_when_stale(Arc::clone(&fixture.store));
    fixture.clock.advance(5000);
    assert_eq!(fixture.check(&gate, "live").await, Ok(()));
    assert_eq!(fixture.check(&gate, "denied").await, Err(Refused::Denied));
    let now = fixture.clock.now().wall;
    fixture.store.cut_off(LOCAL, "ada", now).await.unwrap();
    assert_eq!(fixture.check(&gate, "live").await, Err(Refused::CutOff));
    assert_eq!(gate.check(&fixture.credential("grace", "live")).await, Ok(()));
}

/// What the other feed has acknowledged, this store does not know.
#[tokio::test]
async fn f19_one_store_answers_for_no_other_feed() {
    let fixture = Fixture::new().await;
    let snapshots = [fixture.snapshot.clone(), fixture.snapshot.clone()];
    let fleet = Fleet::default();
    let check = RevocationCheck::new(fleet, fleet.longest_age, snapshots).unwrap();
    let gate = Gate::new(check, fixture.clock.clocks()).look_up_when_stale(Arc::clone(&fixture.store));
    assert_eq!(fixture.check(&gate, "live").await, Ok(()));
    fixture.clock.advance(5000);
    assert_eq!(fixture.check(&gate, "live").await, STALE);
}

#[tokio::test]
async fn f15_a_check_and_its_snapshots_are_of_one_fleet() {
    let fixture = Fixture::new().await;
    let other = Fleet {
        leeway: Duration::from_secs(61),
        ..Fleet::default()
    };
    let check = RevocationCheck::new(other, other.longest_age, [fixture.snapshot.clone()]);
    assert!(check.is_err());
}

#[tokio::test(start_paused = true)]
async fn f19_a_look_up_without_an_answer_is_stale() {
    let fixture = Fixture::new().await;
    fixture.clock.advance(5000);
    let failing = SlowStore {
        fails: true,
        ..SlowStore::default()
    };
    let gate = fixture.gate.clone().look_up_when_stale(failing);
    assert_eq!(fixture.check(&gate, "live").await, STALE);

    let gate = fixture.gate.clone().look_up_when_stale(SlowStore::default());
    let began = tokio::time::Instant::now();
    assert_eq!(fixture.check(&gate, "live").await, STALE);
    assert_eq!(began.elapsed(), Duration::from_millis(250));
}

#[tokio::test(start_paused = true)]
async fn f19_sixty_four_look_ups_are_under_way_at_most() {
    let fixture = Fixture::new().await;
    fixture.clock.advance(5000);
    let store = SlowStore::default();
    let gate = fixture.gate.clone().look_up_when_stale(store.clone());
    let issued_at = fixture.issued_at;
    let checks: Vec<_> = (0..100)
        .map(|_| {
            let gate = gate.clone();
            tokio::spawn(async move {
                let credential = Credential {
                    issuer: LOCAL,
                    subject: Some("ada"),
                    issued_at: Some(issued_at),
                    token_id: Some("live"),
                };
                gate.check(&credential).await
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(249)).await;
    assert_eq!(store.asked.load(Ordering::SeqCst), 64);
    for check in checks {
        assert_eq!(check.await.unwrap(), STALE);
    }
}

#[tokio::test]
async fn f12_nobody_is_judged_by_a_store_whose_clock_is_off() {
    let fixture = Fixture::new().await;
    fixture.clock.advance(5000);
    for (off, answer) in [(2000, Ok(())), (2001, STALE), (-2000, Ok(())), (-2001, STALE)] {
        let clock = fixture.clock.clone();
        let store = MemoryRevocationStore::new(Fleet::default(), move || {
            UnixTime::from_millis(clock.now().wall.as_millis() + off)
        });
        let gate = fixture.gate.clone().look_up_when_stale(store);
        assert_eq!(fixture.check(&gate, "live").await, answer, "{off}");
    }
}

#[tokio::test]
async fn f19_only_danger_serves_on_an_older_snapshot() {
    let fixture = Fixture::new().await;
    let gate = danger::accept_stale(fixture.gate.clone(), Duration::from_secs(5));
    fixture.clock.advance(5000);
    assert_eq!(fixture.check(&gate, "live").await, Ok(()));
    assert_eq!(fixture.check(&gate, "denied").await, Err(Refused::Denied));
    fixture.clock.advance(1);
    assert_eq!(fixture.check(&gate, "live").await, STALE);
}

#[tokio::test]
async fn the_observer_hears_of_each_change_once() {
    let fixture = Fixture::new().await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    let gate = fixture.gate.clone().observer(move |event: &Event| {
        ear.lock().unwrap().push(event.kind());
    });
    for _ in 0..2 {
        assert_eq!(fixture.check(&gate, "live").await, Ok(()));
    }
    fixture.clock.advance(1001);
    for _ in 0..3 {
        assert_eq!(fixture.check(&gate, "live").await, STALE);
    }
    let age = Duration::from_millis(1001);
    assert_eq!(*heard.lock().unwrap(), [EventKind::Stale(Some(age))]);
}
