//! `revocation ..`: a check in a snapshot of many entries, beside a bound in nanoseconds and beside its own tail.
//!
//! Each batch is of 64 credentials that were never checked before, whose texts are at hand as those of a token are that
//! has just verified: so a check pays for the walk to main memory, and not for the texts.

use std::hint::black_box;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use cloakroom_core::{Tick, UnixTime};
use cloakroom_revocation::{
    Answer, Credential, Cursor, Entry, FeedId, Fleet, Head, Moment, Page, PageMark, Polled, Reader,
    ReaderSettings, Refused, RevocationCheck,
};

use crate::allocations;
use crate::measure::Reading;
use crate::store::{Row, grouped, median};
use crate::workload::Target;

const BATCH: u64 = 64;

/// How often all cases take their turn; of each the turn with the least median counts. What main memory takes to answer is
/// half of a check, and depends on who else uses it.
const ROUNDS: u64 = 5;
const ISSUER: &str = "https://id.example.com";

/// When everything was issued, and what the clocks say while checks run.
const NOW: UnixTime = UnixTime::from_millis(1_750_000_060_123);

/// What a check should answer.
#[derive(Clone, Copy)]
enum Case {
    NotRevoked,
    Denied,
    CutOff,
}

impl Case {
    fn name(self) -> &'static str {
        match self {
            Self::NotRevoked => "not revoked",
            Self::Denied => "denied by its id",
            Self::CutOff => "cut off",
        }
    }

    fn answer(self) -> Result<(), Refused> {
        match self {
            Self::NotRevoked => Ok(()),
            Self::Denied => Err(Refused::Denied),
            Self::CutOff => Err(Refused::CutOff),
        }
    }

    /// What a check may take at 1,000,000 entries.
    fn bound(self) -> (&'static str, f64) {
        match self {
            Self::NotRevoked => ("what is allowed", 100.0),
            Self::Denied | Self::CutOff => ("what is allowed", 250.0),
        }
    }
}

/// Measures what has `filter` in its name and hands each row to `print`. What else is worth telling it returns.
///
/// # Panics
///
/// When an answer is wrong, or a check allocates.
pub fn run(filter: &str, quick: bool, print: &mut dyn FnMut(Row)) -> Vec<String> {
    let (size, batches) = if quick { (20_000, 200) } else { (1_000_000, 4000) };
    let name = |case: Case, updated: bool| {
        let beside = if updated { ", beside updates" } else { "" };
        format!(
            "revocation check/{} entries, {}{beside}",
            grouped(size),
            case.name()
        )
    };
    let all = [Case::NotRevoked, Case::Denied, Case::CutOff]
        .into_iter()
        .flat_map(|case| [(case, false), (case, true)]);
    let wanted: Vec<_> = all
        .filter(|(case, updated)| name(*case, *updated).contains(filter))
        .collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut reader = filled(size);
    let note = format!(
        "A snapshot of {} entries takes {:.1} MB.",
        grouped(size),
        reader.snapshot().bytes() as f64 / 1e6
    );
    let mut best: Vec<Option<Measured>> = wanted.iter().map(|_| None).collect();
    for round in 0..ROUNDS {
        for (&(case, updated), best) in wanted.iter().zip(&mut best) {
            let check = check_of(&reader);
            let measure = || measured(&check, case, size, round * batches..(round + 1) * batches);
            let measured = if updated {
                beside_updates(&mut reader, measure)
            } else {
                measure()
            };
            assert_eq!(measured.allocations, 0, "a check allocates");
            if best.as_ref().is_none_or(|best| measured.middle < best.middle) {
                *best = Some(measured);
            }
        }
    }
    for ((case, updated), best) in wanted.into_iter().zip(best) {
        print(row(
            name(case, updated),
            case,
            quick,
            &best.expect("there are rounds"),
        ));
    }
    vec![note]
}

fn row(name: String, case: Case, quick: bool, measured: &Measured) -> Row {
    let &Measured {
        middle,
        tail,
        allocations,
    } = measured;
    let ours = Some(allocations);
    let reading = |name, nanos: f64, allocations, target| Reading {
        name,
        nanos,
        allocations,
        ratio: middle / nanos,
        target,
    };
    let (bound, nanos) = case.bound();
    let target = (!quick).then_some(Target::AtMost(1.0));
    Row {
        name,
        readings: vec![
            reading("cloakroom", middle, ours, None),
            reading(bound, nanos, None, target),
            reading("ours, p99 of the batches of 64", tail, ours, None),
        ],
    }
}

/// What the checks of a round's batches did.
struct Measured {
    /// Nanoseconds a check, in the batch in the middle.
    middle: f64,
    /// The same in the slowest batch but one hundredth.
    tail: f64,
    /// Of the thread that checks, in all batches together.
    allocations: u64,
}

fn measured(check: &RevocationCheck, case: Case, size: u64, batches: Range<u64>) -> Measured {
    let mut allocations = 0;
    // Others than the ones before each time: what was looked at lies in the caches.
    let mut times: Vec<f64> = batches
        .map(|batch| {
            let texts: Vec<_> = (0..BATCH)
                .map(|at| texts(case, batch * BATCH + at, size))
                .collect();
            let credentials: Vec<_> = texts.iter().map(credential).collect();
            let mut elapsed = Duration::ZERO;
            allocations += allocations::count(|| {
                let begin = Instant::now();
                for credential in &credentials {
                    let answer = black_box(check).check(black_box(credential), now());
                    assert!(answer == case.answer(), "{answer:?}: a wrong answer was timed");
                }
                elapsed = begin.elapsed();
            });
            elapsed.as_nanos() as f64 / BATCH as f64
        })
        .collect();
    Measured {
        middle: median(&mut times),
        tail: times[times.len() * 99 / 100],
        allocations,
    }
}

/// Measures while another thread lets the reader take a poll of 100 entries each millisecond: a hundred times what a busy
/// fleet revokes.
fn beside_updates(reader: &mut Reader, measure: impl Fn() -> Measured) -> Measured {
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let updater = scope.spawn(|| {
            let mut position = reader_position(reader);
            while !ended.load(Ordering::Relaxed) {
                let first = 2_000_000_000 + position % 1000 * 100;
                position += 1;
                poll(reader, (first..first + 100).map(token).collect(), position);
                thread::sleep(Duration::from_millis(1));
            }
        });
        let measured = measure();
        ended.store(true, Ordering::Relaxed);
        updater.join().expect("the reader does not panic");
        measured
    })
}

/// 22 characters for each number, in no order: what ids look like.
fn id(number: u64) -> [u8; 22] {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    std::array::from_fn(|_| {
        mixed ^= mixed >> 31;
        mixed = mixed.wrapping_mul(0xbf58_476d_1ce4_e5b9).wrapping_add(number);
        ALPHABET[(mixed >> 58) as usize]
    })
}

fn text(id: &[u8]) -> &str {
    std::str::from_utf8(id).expect("it is ASCII")
}

/// Of the entries one in four is a cut-off.
fn texts(case: Case, number: u64, size: u64) -> ([u8; 22], [u8; 22]) {
    let scattered = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % (size / 4) * 4;
    let (unknown, other) = (id(3_000_000_000 + number), id(4_000_000_000 + number));
    match case {
        Case::NotRevoked => (unknown, other),
        Case::Denied => (unknown, id(scattered + 1 + number % 3)),
        Case::CutOff => (id(scattered), other),
    }
}

fn credential((subject, token_id): &([u8; 22], [u8; 22])) -> Credential<'_> {
    Credential {
        issuer: ISSUER,
        subject: Some(text(subject)),
        issued_at: Some(NOW),
        token_id: Some(text(token_id)),
    }
}

fn token(number: u64) -> Entry {
    Entry::Token {
        issuer: ISSUER.into(),
        token_id: text(&id(number)).into(),
        keep_until: NOW.saturating_add(Duration::from_mins(10)),
    }
}

fn entry(number: u64) -> Entry {
    if !number.is_multiple_of(4) {
        return token(number);
    }
    Entry::Subject {
        issuer: ISSUER.into(),
        subject: text(&id(number)).into(),
        at: NOW.saturating_add(Duration::from_secs(2)),
        keep_until: NOW.saturating_add(Duration::from_hours(24)),
    }
}

fn now() -> Moment {
    Moment {
        wall: black_box(NOW),
        tick: Tick::from_millis(1000),
    }
}

fn cursor(position: u64) -> Cursor {
    Cursor {
        feed: FeedId([1; 16]),
        position,
        tag: position.to_be_bytes(),
    }
}

fn poll(reader: &mut Reader, entries: Vec<Entry>, position: u64) {
    let polled = Polled::Entries {
        entries,
        cursor: cursor(position),
        more: false,
        time: NOW,
    };
    reader.answer(now(), Answer::Polled(polled), now());
}

fn reader_position(reader: &mut Reader) -> u64 {
    use cloakroom_revocation::{Next, Question};
    let late = Moment {
        tick: Tick::from_millis(u64::MAX / 2),
        ..now()
    };
    match reader.next(late) {
        Next::Ask(Question::Poll(cursor)) => cursor.position,
        other => panic!("a reader that has loaded polls, and does not {other:?}"),
    }
}

/// A reader that has loaded so many entries.
pub(crate) fn filled(size: u64) -> Reader {
    const PAGE: u64 = 10_000;
    let settings = ReaderSettings {
        spread: Duration::ZERO,
        ..ReaderSettings::default()
    };
    let mut reader = Reader::new(Fleet::default(), settings);
    let head = Head {
        cursor: cursor(1),
        time: NOW,
    };
    reader.answer(now(), Answer::Head(head), now());
    for begin in (0..size).step_by(PAGE as usize) {
        let end = size.min(begin + PAGE);
        let page = Page {
            entries: (begin..end).map(entry).collect(),
            next: (end < size).then(|| PageMark(end.to_be_bytes().into())),
            time: NOW,
        };
        reader.answer(now(), Answer::Page(page), now());
    }
    poll(&mut reader, Vec::new(), 1);
    assert_eq!(reader.snapshot().entries() as u64, size);
    reader
}

pub(crate) fn check_of(reader: &Reader) -> RevocationCheck {
    let fleet = Fleet::default();
    RevocationCheck::new(fleet, fleet.longest_age, [reader.snapshot()]).expect("the age is the fleet's")
}

/// Whether what has verified passes, at the moment of these benches.
pub(crate) fn passes(check: &RevocationCheck, credential: &Credential<'_>) -> bool {
    check.check(credential, now()).is_ok()
}
