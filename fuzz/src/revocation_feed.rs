//! A reader of revocations, its feed and two clocks, all of which may do anything.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use cloakroom_core::{Tick, UnixTime};
use cloakroom_revocation::{
    Answer, Credential, Cursor, Entry, FeedId, Fleet, Head, Moment, Next, Page, PageMark, Polled, Question,
    Reader, ReaderEvent, ReaderSettings, Refused,
};

use crate::input::Input;

const FLEET: Fleet = Fleet {
    max_skew: Duration::from_secs(2),
    longest_age: Duration::from_secs(3600),
    leeway: Duration::from_secs(60),
    max_entries: 1000,
};

const BOUND: i64 = 1000;
const SKEW: i64 = 2000;
const BEGIN: i64 = 1_767_225_600_000;

/// Steps of a clock and distances in time, in milliseconds.
const STEPS: [i64; 16] = [
    0, 1, 100, 200, 999, 1000, 1001, 1999, 2000, 2001, 60_000, 3_600_000, -1, -500, -2001, -3_600_000,
];

/// What is denied or cut off, by number.
type Kept = BTreeMap<u8, Known>;

#[derive(Clone, Copy)]
struct Known {
    /// The cut-off that has to be there; of a token nothing.
    at: i64,
    /// Until when it has to be there.
    keep_until: i64,
    /// The cut-off that may be there: one that is over may be dropped, and need not.
    may_be_at: i64,
}

/// What a second writing of the rules makes of the same answers.
enum Phase {
    Head,
    Pages(Kept, Cursor, Option<u8>),
    Polls(Kept, Cursor, bool),
}

struct Model {
    reader: Reader,
    wall: i64,
    tick: u64,
    phase: Phase,
    /// What the snapshot shows.
    shown: Kept,
    /// The latest time that is certain; what is kept until then and S longer may have been dropped.
    certain: i64,
    /// When the newest answer was asked for, while it holds.
    newest: Option<(i64, u64)>,
    is_off: bool,
}

/// Laws, for any sequence of answers, failures, hints and steps of either clock:
///
/// 1. What was loaded or polled is refused until its time, unless all was loaded anew; a cut-off never goes back; what was
///    never named passes.
/// 2. The snapshot has an age just while an answer that left nothing to be asked is the newest of a feed that went on, from
///    a store whose clock was within S; and it lets something pass only when that answer was asked for within the bound by
///    both clocks.
/// 3. The reader says that it loads anew just when the feed did not go on from its cursor, and asks for what its phase needs.
///
/// # Panics
///
/// When a law is broken.
pub fn revocation_feed(data: &[u8]) {
    let settings = ReaderSettings {
        bound: Duration::from_secs(1),
        poll_every: Duration::from_millis(200),
        page: NonZeroU32::MIN,
        spread: Duration::ZERO,
        seed: 1,
    };
    let mut model = Model {
        reader: Reader::new(FLEET, settings),
        wall: BEGIN,
        tick: 5000,
        phase: Phase::Head,
        shown: Kept::new(),
        certain: i64::MIN,
        newest: None,
        is_off: false,
    };
    let mut input = Input(data);
    while !input.is_empty() {
        model.step(&mut input);
        model.compare();
    }
}

impl Model {
    fn now(&self) -> Moment {
        Moment {
            wall: UnixTime::from_millis(self.wall),
            tick: Tick::from_millis(self.tick),
        }
    }

    fn pass(&mut self, input: &mut Input<'_>) {
        let choice = input.byte();
        let step = STEPS[usize::from(choice % 16)];
        match choice >> 4 & 3 {
            // Both go on, one sleeps, one is set.
            0 | 1 => {
                self.wall += step.abs();
                self.tick += step.unsigned_abs();
            }
            2 => self.wall += step,
            _ => self.tick += step.unsigned_abs(),
        }
    }

    fn step(&mut self, input: &mut Input<'_>) {
        match input.below(10) {
            0 => self.pass(input),
            1 => self.reader.failed(self.now()),
            2 => self.reader.hint(),
            3 => self.ask(),
            // Mostly what it asks for.
            4..=8 => match self.phase {
                Phase::Head => self.head(input),
                Phase::Pages(..) => self.page(input),
                Phase::Polls(..) => self.poll(input),
            },
            _ => match input.below(3) {
                0 => self.head(input),
                1 => self.page(input),
                _ => self.poll(input),
            },
        }
    }

    fn ask(&mut self) {
        if let Next::Ask(question) = self.reader.next(self.now()) {
            let is_right = match (&self.phase, question) {
                (Phase::Head, Question::Head) => true,
                (Phase::Pages(_, _, mark), Question::Page(asked)) => {
                    asked == mark.map(|mark| PageMark([mark].into()))
                }
                (Phase::Polls(_, cursor, _), Question::Poll(asked)) => asked == *cursor,
                _ => false,
            };
            assert!(is_right, "it asks for something else than it needs");
        }
    }

    fn cursor(input: &mut Input<'_>, old: Option<Cursor>) -> Cursor {
        let any = Cursor {
            feed: FeedId([input.byte() % 2; 16]),
            position: u64::from(input.byte() % 8),
            tag: [input.byte() % 2; 8],
        };
        match (input.below(4), old) {
            (0, _) | (_, None) => any,
            (1, Some(old)) => old,
            (_, Some(old)) => Cursor {
                position: old.position.saturating_add(u64::from(input.byte() % 3)),
                ..old
            },
        }
    }

    fn entries(&self, input: &mut Input<'_>) -> Vec<Entry> {
        let count = input.below(4);
        let time = |input: &mut Input<'_>| {
            UnixTime::from_millis(self.wall + STEPS[input.below(16)] + STEPS[input.below(16)])
        };
        let entry = |input: &mut Input<'_>| {
            let number = input.byte() % 10;
            let name = Box::from(format!("n-{number}"));
            match number {
                0..6 => Entry::Token {
                    issuer: "iss".into(),
                    token_id: name,
                    keep_until: time(input),
                },
                6..9 => Entry::Subject {
                    issuer: "iss".into(),
                    subject: name,
                    at: time(input),
                    keep_until: time(input),
                },
                _ => Entry::All { at: time(input) },
            }
        };
        (0..count).map(|_| entry(input)).collect()
    }

    /// What an answer says of the time, and when it came: the clocks go on before it.
    fn hear(&mut self, input: &mut Input<'_>) -> (Moment, UnixTime) {
        let asked = self.now();
        if input.below(4) == 0 {
            self.pass(input);
        }
        let off = if input.below(4) == 0 {
            STEPS[input.below(16)]
        } else {
            0
        };
        (asked, UnixTime::from_millis(self.wall + off))
    }

    fn heard(&mut self, asked: Moment, store: UnixTime) {
        let store = store.as_millis();
        self.is_off = store < asked.wall.as_millis() - SKEW || store > self.wall + SKEW;
        if self.is_off {
            self.newest = None;
        }
    }

    /// Whether it has to be there: its time and S have not passed at any time that was certain.
    fn must_be_kept(&self, keep_until: i64) -> bool {
        keep_until.saturating_add(SKEW) >= self.certain
    }

    fn learn(&self, kept: &mut Kept, entries: &[Entry]) {
        for entry in entries {
            let (name, at, keep_until) = match entry {
                Entry::Token {
                    token_id, keep_until, ..
                } => (&**token_id, i64::MIN, keep_until.as_millis()),
                Entry::Subject {
                    subject,
                    at,
                    keep_until,
                    ..
                } => (&**subject, at.as_millis(), keep_until.as_millis()),
                Entry::All { at } => ("n-9", at.as_millis(), i64::MAX),
            };
            let number = name.as_bytes()[2] - b'0';
            let old = kept.get(&number);
            let may_be_at = old.map_or(at, |old| old.may_be_at.max(at));
            let old = old.filter(|old| self.must_be_kept(old.keep_until));
            let known = Known {
                at: old.map_or(at, |old| old.at.max(at)),
                keep_until: old.map_or(keep_until, |old| old.keep_until.max(keep_until)),
                may_be_at,
            };
            kept.insert(number, known);
        }
    }

    fn head(&mut self, input: &mut Input<'_>) {
        let cursor = Self::cursor(input, None);
        let (asked, time) = self.hear(input);
        let events = self
            .reader
            .answer(asked, Answer::Head(Head { cursor, time }), self.now());
        assert!(!events.contains(&ReaderEvent::Reloading));
        if matches!(self.phase, Phase::Head) {
            self.heard(asked, time);
            self.phase = Phase::Pages(Kept::new(), cursor, None);
        }
    }

    fn page(&mut self, input: &mut Input<'_>) {
        let entries = self.entries(input);
        let next = (input.below(2) == 0).then(|| input.byte() % 4);
        let (asked, time) = self.hear(input);
        let page = Page {
            entries: entries.clone(),
            next: next.map(|mark| PageMark([mark].into())),
            time,
        };
        let events = self.reader.answer(asked, Answer::Page(page), self.now());
        assert!(!events.contains(&ReaderEvent::Reloading));
        match std::mem::replace(&mut self.phase, Phase::Head) {
            Phase::Pages(mut kept, cursor, mark) => {
                self.heard(asked, time);
                self.certain = self.certain.max(time.as_millis().min(self.wall));
                self.learn(&mut kept, &entries);
                match next {
                    None => self.phase = Phase::Polls(kept, cursor, false),
                    // A circle: it begins anew.
                    Some(_) if next == mark => {}
                    Some(_) => self.phase = Phase::Pages(kept, cursor, next),
                }
            }
            phase => self.phase = phase,
        }
    }

    fn poll(&mut self, input: &mut Input<'_>) {
        let old = match &self.phase {
            Phase::Polls(_, cursor, _) => Some(*cursor),
            _ => None,
        };
        let entries = self.entries(input);
        let cursor = Self::cursor(input, old);
        let more = input.below(4) == 0;
        let says_reload = input.below(16) == 0;
        let (asked, time) = self.hear(input);
        let polled = if says_reload {
            Polled::Reload
        } else {
            Polled::Entries {
                entries: entries.clone(),
                cursor,
                more,
                time,
            }
        };
        let events = self.reader.answer(asked, Answer::Polled(polled), self.now());
        let is_reload = events.contains(&ReaderEvent::Reloading);
        let (mut kept, old, was_loaded) = match std::mem::replace(&mut self.phase, Phase::Head) {
            Phase::Polls(kept, old, was_loaded) => (kept, old, was_loaded),
            phase => {
                assert!(!is_reload, "nobody polled");
                self.phase = phase;
                return;
            }
        };
        let goes_on = !says_reload
            && cursor.feed == old.feed
            && (cursor.position > old.position || cursor == old && entries.is_empty());
        assert_eq!(is_reload, !goes_on, "{old:?} to {cursor:?}");
        if is_reload {
            self.newest = None;
            return;
        }
        self.heard(asked, time);
        self.certain = self.certain.max(time.as_millis().min(self.wall));
        self.learn(&mut kept, &entries);
        let is_loaded = was_loaded || !more;
        assert_eq!(
            events.iter().any(|event| matches!(event, ReaderEvent::Loaded(_))),
            is_loaded && !was_loaded
        );
        if is_loaded {
            self.shown.clone_from(&kept);
        }
        if !more && !self.is_off {
            self.newest = Some((asked.wall.as_millis(), asked.tick.as_millis()));
        }
        self.phase = Phase::Polls(kept, cursor, is_loaded);
    }

    fn compare(&self) {
        let (snapshot, now) = (self.reader.snapshot(), self.now());
        assert_eq!(snapshot.age(now).is_some(), self.newest.is_some());
        let is_fresh = self.newest.is_some_and(|(wall, tick)| {
            self.tick - tick <= BOUND.unsigned_abs() && (-SKEW..=BOUND).contains(&(self.wall - wall))
        });
        let all = self.shown.get(&9).is_some_and(|all| self.wall <= all.at);
        for number in 0..=10 {
            let name = format!("n-{number}");
            let (subject, token_id) = if number < 6 {
                ("nobody", &*name)
            } else {
                (&*name, "nothing")
            };
            let answer = snapshot.check(
                &Credential {
                    issuer: "iss",
                    subject: Some(subject),
                    issued_at: Some(now.wall),
                    token_id: Some(token_id),
                },
                now,
            );
            if !is_fresh {
                assert!(matches!(answer, Err(Refused::Stale { .. })), "{answer:?}");
                continue;
            }
            let is_token = number < 6;
            let known = self.shown.get(&number).filter(|_| number != 9);
            let must = known.is_some_and(|known| {
                self.must_be_kept(known.keep_until) && (is_token || self.wall <= known.at)
            });
            let may = known.is_some_and(|known| is_token || self.wall <= known.may_be_at);
            let refused = if all || !is_token {
                Refused::CutOff
            } else {
                Refused::Denied
            };
            match answer {
                Ok(()) => assert!(!must && !all, "{name} passes"),
                Err(reason) => assert!((may || all) && reason == refused, "{name}: {reason:?}"),
            }
        }
    }
}
