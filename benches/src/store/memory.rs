//! `MemoryStore` and its operations.

use std::collections::HashMap;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cloakroom_core::UnixTime;
use cloakroom_id::VerifierHash;
use cloakroom_store::{
    Change, Created, MemoryLimits, MemoryStore, NewRecord, Rotated, Rotation, RotationReason,
    SessionStore as _, Touched, Updated, Version,
};
use time::OffsetDateTime;
use tokio::runtime::{Builder, Runtime};
use tower_sessions_core::SessionStore as _;
use tower_sessions_core::session::{Id, Record};

use super::{Player, Row, at_once, grouped, median, play};
use crate::allocations;
use crate::measure::Reading;
use crate::stored::{Sample, VISITS, scattered};
use crate::workload::Target;

/// How many requests are under way at a time, on however many threads.
const TASKS: u64 = 32;
/// What is asked for at 1,000,000 sessions with two threads.
const LOAD: Target = Target::TimesFaster(5.0);

type Theirs = tower_sessions_memory_store::MemoryStore;

pub(super) fn run(filter: &str, quick: bool, print: &mut dyn FnMut(Row)) -> Vec<String> {
    let sizes: &[u64] = if quick {
        &[1000, 20_000]
    } else {
        &[1000, 1_000_000]
    };
    let mut notes = Vec::new();
    for &size in sizes {
        let name = |threads| match threads {
            1 => format!("store load/{} sessions, 1 thread", grouped(size)),
            _ => format!("store load/{} sessions, {threads} threads", grouped(size)),
        };
        if ![1, 2].iter().any(|&threads| name(threads).contains(filter)) {
            continue;
        }
        let stores = Stores::filled(size);
        if size > 1000 {
            notes.push(stores.memory());
        }
        for threads in [1, 2] {
            if name(threads).contains(filter) {
                print(stores.load(name(threads), threads, quick));
            }
        }
    }
    let sizes: &[u64] = if quick {
        &[1000, 20_000]
    } else {
        &[1000, 100_000, 1_000_000]
    };
    let wanted = ["create", "update", "touch", "rotate", "delete"].map(|operation| {
        format!(
            "store {operation}/memory, {} sessions",
            grouped(sizes[sizes.len() - 1])
        )
    });
    if wanted.iter().any(|name| name.contains(filter)) {
        let operations: Vec<_> = sizes.iter().map(|&size| operations_among(size, quick)).collect();
        for (at, name) in wanted.into_iter().enumerate() {
            if name.contains(filter) {
                let seen: Vec<_> = operations.iter().map(|all| all[at]).collect();
                print(growth(name, sizes, &seen));
            }
        }
    }
    notes
}

/// The greatest size against the smaller ones.
fn growth(name: String, sizes: &[u64], operations: &[Seen]) -> Row {
    let last = operations[operations.len() - 1];
    let reading = |name: &'static str, Seen { nanos, allocations }: Seen| Reading {
        name,
        nanos,
        allocations: Some(allocations),
        ratio: last.nanos / nanos,
        target: None,
    };
    let mut readings = vec![reading("cloakroom", last)];
    for (size, &seen) in sizes.iter().zip(operations).take(sizes.len() - 1) {
        let name = if *size == 1000 {
            "ours, 1,000 sessions"
        } else {
            "ours, 100,000 sessions"
        };
        readings.push(reading(name, seen));
    }
    Row { name, readings }
}

/// Ours and theirs with the same sessions.
struct Stores {
    size: u64,
    sample: Arc<Sample>,
    ours: Arc<MemoryStore>,
    theirs: Theirs,
    our_bytes: u64,
    their_bytes: u64,
}

impl Stores {
    fn filled(size: u64) -> Self {
        let sample = Arc::new(at_once(Sample::new()));
        let ours = Arc::new(roomy());
        let theirs = Theirs::default();
        let before = resident();
        let now = UnixTime::now();
        for number in 0..size {
            let created = at_once(ours.create(&sample.record(number, now), now));
            assert_eq!(created.expect("there is room"), Created::Done);
        }
        let between = resident();
        for number in 0..size {
            at_once(theirs.save(&their_record(&sample, number))).expect("memory takes it");
        }
        Self {
            size,
            sample,
            ours,
            theirs,
            our_bytes: between - before,
            their_bytes: resident() - between,
        }
    }

    fn memory(&self) -> String {
        let counted = self.ours.usage().bytes as u64 / self.size;
        format!(
            "Memory a session at {} sessions, by what the process grew: cloakroom {} bytes (it counts {counted}), \
             tower-sessions {} bytes.",
            grouped(self.size),
            self.our_bytes / self.size,
            self.their_bytes / self.size,
        )
    }

    fn load(&self, name: String, threads: usize, quick: bool) -> Row {
        let (turns, operations) = if quick { (3, 20_000) } else { (15, 400_000) };
        let target = (threads == 2 && self.size == 1_000_000).then_some(LOAD);
        let ours_once = allocations::count(|| {
            let loaded = at_once(self.ours.load(&self.sample.selector(7), UnixTime::now()));
            assert!(loaded.expect("memory answers").is_some());
        });
        let theirs_once = allocations::count(|| {
            let loaded = at_once(self.theirs.load(&their_id(&self.sample, 7)));
            assert!(loaded.expect("memory answers").is_some());
        });
        let reading_once = allocations::count(|| {
            let loaded = at_once(self.ours.load(&self.sample.selector(7), UnixTime::now()));
            let loaded = loaded.expect("memory answers").expect("it is live");
            assert_eq!(visits(&loaded.payload), VISITS);
        });
        let runtime = Builder::new_multi_thread().worker_threads(threads).build();
        let runtime = runtime.expect("threads can be started");
        let bytes = self.sample.payload().len() as u64;
        let ours = || {
            let store = &self.ours;
            let keys = self.keys(operations, |number| self.sample.selector(number));
            let expected = keys
                .iter()
                .flatten()
                .map(|key| low(key.as_bytes()).wrapping_add(bytes));
            let expected = expected.fold(0, u64::wrapping_add);
            timed(&runtime, expected, keys, |keys| {
                let store = Arc::clone(store);
                async move {
                    let mut sum = 0_u64;
                    for key in &keys {
                        let loaded = store.load(key, UnixTime::now()).await;
                        let loaded = loaded.expect("memory answers").expect("it is live");
                        let read = loaded.payload.len() as u64;
                        sum = sum
                            .wrapping_add(low(loaded.selector.as_bytes()))
                            .wrapping_add(read);
                    }
                    sum
                }
            })
        };
        let reading = || {
            let store = &self.ours;
            let keys = self.keys(operations, |number| self.sample.selector(number));
            timed(&runtime, operations * VISITS, keys, |keys| {
                let store = Arc::clone(store);
                async move {
                    let mut sum = 0;
                    for key in &keys {
                        let loaded = store.load(key, UnixTime::now()).await;
                        sum += visits(&loaded.expect("memory answers").expect("it is live").payload);
                    }
                    sum
                }
            })
        };
        let theirs = || {
            let store = &self.theirs;
            let keys = self.keys(operations, |number| their_id(&self.sample, number));
            let expected = keys
                .iter()
                .flatten()
                .map(|id| low(&id.0.to_le_bytes()).wrapping_add(5));
            let expected = expected.fold(0, u64::wrapping_add);
            timed(&runtime, expected, keys, |keys| {
                let store = store.clone();
                async move {
                    let mut sum = 0_u64;
                    for key in &keys {
                        let loaded = store.load(key).await;
                        let loaded = loaded.expect("memory answers").expect("it is live");
                        let read = loaded.data.len() as u64;
                        sum = sum
                            .wrapping_add(low(&loaded.id.0.to_le_bytes()))
                            .wrapping_add(read);
                    }
                    sum
                }
            })
        };
        let players = vec![
            Player::new("cloakroom", ours).allocating(ours_once),
            Player::new("tower-sessions", theirs)
                .target(target)
                .allocating(theirs_once),
            Player::new("ours, and a value of its JSON", reading).allocating(reading_once),
        ];
        play(name, turns, operations, players)
    }

    /// What each task asks for.
    fn keys<K>(&self, operations: u64, key: impl Fn(u64) -> K) -> Vec<Vec<K>> {
        let mut numbers = scattered(self.size);
        (0..TASKS)
            .map(|_| {
                numbers
                    .by_ref()
                    .take((operations / TASKS) as usize)
                    .map(&key)
                    .collect()
            })
            .collect()
    }
}

/// From the first task's start to the last one's end.
fn timed<K, F>(runtime: &Runtime, expected: u64, keys: Vec<Vec<K>>, task: impl Fn(Vec<K>) -> F) -> Duration
where
    F: Future<Output = u64> + Send + 'static,
{
    let tasks: Vec<F> = keys.into_iter().map(task).collect();
    let start = Instant::now();
    let tasks: Vec<_> = tasks.into_iter().map(|task| runtime.spawn(task)).collect();
    let sum = runtime.block_on(async {
        let mut sum = 0_u64;
        for task in tasks {
            sum = sum.wrapping_add(task.await.expect("a store panicked"));
        }
        sum
    });
    let elapsed = start.elapsed();
    assert_eq!(sum, expected, "a wrong answer was timed");
    elapsed
}

/// What an operation was seen to do.
#[derive(Clone, Copy)]
struct Seen {
    /// The median of its turns.
    nanos: f64,
    /// The median of its calls.
    allocations: u64,
}

/// The turns of one operation.
#[derive(Default)]
struct Turns {
    times: Vec<f64>,
    allocations: Vec<u64>,
}

impl Turns {
    /// Calls `work` `batch` times, which tells whether its answer was right. Allocations are counted in a turn of their own.
    fn take(&mut self, is_counted: bool, batch: u64, mut work: impl FnMut(usize) -> bool) {
        let mut calls = 0..batch as usize;
        if is_counted {
            self.allocations = calls
                .map(|at| allocations::count(|| assert!(work(at), "a wrong answer was counted")))
                .collect();
            return;
        }
        let start = Instant::now();
        let right = calls.all(work);
        let elapsed = start.elapsed();
        assert!(right, "a wrong answer was timed");
        self.times.push(elapsed.as_nanos() as f64 / batch as f64);
    }

    fn seen(mut self) -> Seen {
        self.allocations.sort_unstable();
        Seen {
            nanos: median(&mut self.times),
            allocations: self.allocations[self.allocations.len() / 2],
        }
    }
}

/// Create, update, touch, rotate and delete among `size` sessions.
fn operations_among(size: u64, quick: bool) -> [Seen; 5] {
    let turns = if quick { 3 } else { 9 };
    let batch = size.min(20_000);
    let sample = Arc::new(at_once(Sample::new()));
    let store = roomy();
    let created_at = UnixTime::now();
    let new = |number: u64| sample.record(number, created_at);
    for number in 0..size {
        assert_eq!(
            at_once(store.create(&new(number), created_at)).expect("there is room"),
            Created::Done
        );
    }
    let selectors: Vec<_> = scattered(size)
        .take(batch as usize)
        .map(|number| sample.selector(number))
        .collect();
    let (mut version, mut hashes) = (
        Version::FIRST,
        [sample.verifier_hash(), VerifierHash::from_bytes([9; 32])],
    );
    let mut operations: [Turns; 5] = Default::default();
    for turn in 0..=turns {
        let now = created_at.saturating_add(Duration::from_secs(turn));
        let idle_deadline = now.saturating_add(Duration::from_mins(30));
        let [create, update, touch, rotate, delete] = &mut operations;
        let is_counted = turn == 0;
        let records: Vec<NewRecord> = (size..size + batch).map(new).collect();
        create.take(is_counted, batch, |at| {
            matches!(at_once(store.create(&records[at], now)), Ok(Created::Done))
        });
        let change = Change {
            payload: Arc::clone(sample.payload()),
            idle_deadline,
        };
        let done = Updated::Done(version.next());
        update.take(is_counted, batch, |at| {
            at_once(store.update(&selectors[at], version, &change, now)).is_ok_and(|answer| answer == done)
        });
        version = version.next();
        let later = idle_deadline.saturating_add(Duration::from_millis(500));
        touch.take(is_counted, batch, |at| {
            matches!(
                at_once(store.touch(&selectors[at], later, now)),
                Ok(Touched::Done)
            )
        });
        let rotation = Rotation {
            verifier_hash: hashes[1],
            reason: RotationReason::Periodic,
            authenticated_at: None,
            idle_deadline,
            absolute_deadline: None,
            data: None,
        };
        let done = Rotated::Done(version.next());
        rotate.take(is_counted, batch, |at| {
            let rotated = at_once(store.rotate(&selectors[at], &hashes[0], &rotation, now));
            rotated.is_ok_and(|answer| answer == done)
        });
        version = version.next();
        hashes.swap(0, 1);
        delete.take(is_counted, batch, |at| {
            matches!(at_once(store.delete(&records[at].selector())), Ok(true))
        });
    }
    operations.map(Turns::seen)
}

/// With room for what is created beside the greatest number of sessions.
fn roomy() -> MemoryStore {
    MemoryStore::with_limits(MemoryLimits {
        sessions: 2_000_000,
        bytes: 4 << 30,
        ..MemoryLimits::default()
    })
}

/// The value of `visits`, as the session layer reads it: frames of a length and its bytes, a key and a value in turns, behind
/// two bytes and the client.
fn visits(payload: &[u8]) -> u64 {
    let mut rest = &payload[2..];
    let _client = framed(&mut rest);
    while let (Some(key), Some(value)) = (framed(&mut rest), framed(&mut rest)) {
        if key == b"visits" {
            return serde_json::from_slice(value).unwrap_or_default();
        }
    }
    0
}

fn framed<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk()?;
    let (framed, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    *rest = after;
    Some(framed)
}

fn their_id(sample: &Sample, number: u64) -> Id {
    Id(i128::from_le_bytes(*sample.selector(number).as_bytes()))
}

/// The same data, as their `Session` keeps it.
fn their_record(sample: &Sample, number: u64) -> Record {
    let client = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
    let data = HashMap::from([
        (
            "user".to_owned(),
            format!("user-{}", number % crate::stored::USERS).into(),
        ),
        ("client".to_owned(), client.into()),
        ("visits".to_owned(), VISITS.into()),
        ("theme".to_owned(), "dark".into()),
        ("locale".to_owned(), "en-GB".into()),
    ]);
    Record {
        id: their_id(sample, number),
        data,
        expiry_date: OffsetDateTime::now_utc() + time::Duration::hours(12),
    }
}

/// Half of a key, so that a wrong row changes the sum.
fn low(key: &[u8; 16]) -> u64 {
    u64::from_le_bytes(*key.last_chunk().expect("8 of 16 bytes"))
}

/// The bytes of memory that this process has now.
fn resident() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}
