use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_revocation::{
    Answer, Credential, Denial, Fleet, LOCAL, MemoryRevocationStore, Moment, Next, Polled, Question, Reader,
    ReaderEvent, ReaderSettings, Refused, RevocationCheck, RevocationFeed as _, RevocationStore as _,
};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

use crate::clock::Clock;
use crate::node::Node;
use crate::ready::ready;
use crate::{Report, Settings};

/// What a node may lag behind, in milliseconds.
const BOUND: u64 = 1000;
/// How long the nodes get to load before anything happens.
const QUIET: u64 = 2000;
/// How long a token lives.
const LIFE: Duration = Duration::from_secs(900);
/// Tokens of one subject.
const TOKENS_A_SUBJECT: u64 = 4;
/// How long after a fault a node may still be catching up.
const AFTER_FAULT: u64 = 5000;
/// How many milliseconds of propagation are told apart.
const PROPAGATION: usize = 5000;

/// Simulates a fleet.
///
/// # Panics
///
/// When the code under simulation breaks a promise of its own: a store in memory that waits.
pub fn simulate(settings: Settings) -> Report {
    let mut world = World::new(settings);
    world.run();
    world.report
}

/// What happens at some time.
enum Event {
    /// A node asks its reader what to do.
    Wake { node: usize, start: u32 },
    /// A question reaches the store.
    Serve {
        node: usize,
        start: u32,
        asked: Moment,
        question: Question,
    },
    /// An answer reaches its node, or the node gives up.
    Arrive {
        node: usize,
        start: u32,
        asked: Moment,
        answer: Option<Answer>,
    },
    /// Somebody revokes a token.
    Revoke,
    /// Requests arrive at nodes.
    Request,
    /// Nodes lose the network for three seconds.
    Partition,
    /// Nodes start anew.
    Restart,
    /// Wall clocks of nodes jump by an hour, and come back three seconds later.
    Jump { back: bool },
    /// The replica takes the place of the store.
    FailOver,
    /// A backup takes the place of the store.
    Restore,
}

/// An event and its time. Of two at one time the one that was made first comes first.
struct Due {
    at: u64,
    number: u64,
    event: Event,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.number) == (other.at, other.number)
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

/// One revocation of the feed as it is now.
struct Logged {
    position: u64,
    acknowledged_at: u64,
}

struct World {
    settings: Settings,
    fleet: Fleet,
    clock: Clock,
    rng: ChaCha8Rng,
    due: BinaryHeap<Reverse<Due>>,
    number: u64,
    nodes: Vec<Node>,
    store: MemoryRevocationStore,
    /// Is told each revocation before it is acknowledged.
    replica: MemoryRevocationStore,
    /// What was written last night, so to speak.
    backup: MemoryRevocationStore,
    log: Vec<Logged>,
    /// When the tokens at hand were issued.
    issued_at: UnixTime,
    /// The tokens revoked since then, and when that was acknowledged.
    revoked: Vec<(u64, u64)>,
    report: Report,
}

impl World {
    fn new(settings: Settings) -> Self {
        let fleet = Fleet {
            max_skew: Duration::from_millis(settings.skew.into()),
            longest_age: LIFE,
            max_entries: 10_000_000,
            ..Fleet::default()
        };
        let clock = Clock::default();
        let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
        let store = || {
            let clock = clock.clone();
            MemoryRevocationStore::new(fleet, move || clock.wall(0))
        };
        let (store, replica, backup) = (store(), store(), store());
        let half = i64::from(settings.skew) / 2;
        let nodes = (0..settings.nodes)
            .map(|_| {
                // The store's clock stands in the middle, so no two nodes lie further apart than they may.
                let offset = rng.random_range(-half..=half);
                let (reader, check) = start(fleet, &mut rng);
                Node {
                    reader,
                    check,
                    offset,
                    start: 0,
                    cut_until: 0,
                    fault_at: None,
                    known: 0,
                }
            })
            .collect();
        let issued_at = clock.wall(0);
        Self {
            settings,
            fleet,
            rng,
            due: BinaryHeap::new(),
            number: 0,
            nodes,
            store,
            replica,
            backup,
            log: Vec::new(),
            issued_at,
            revoked: Vec::new(),
            report: Report::empty(settings, PROPAGATION),
            clock,
        }
    }

    fn run(&mut self) {
        for node in 0..self.nodes.len() {
            let at = self.rng.random_range(0..200);
            self.at(at, Event::Wake { node, start: 0 });
        }
        self.at(QUIET, Event::Revoke);
        self.at(QUIET, Event::Request);
        let end = QUIET + u64::from(self.settings.seconds) * 1000;
        let part = (end - QUIET) / 8;
        self.at(QUIET + part, Event::Partition);
        self.at(QUIET + 2 * part, Event::Restart);
        self.at(QUIET + 3 * part, Event::Jump { back: false });
        self.at(QUIET + 5 * part, Event::FailOver);
        self.at(QUIET + 6 * part, Event::Restore);
        while let Some(Reverse(due)) = self.due.pop() {
            if due.at > end {
                break;
            }
            self.clock.set(due.at);
            self.happen(due.event);
        }
        if let Some(node) = self.nodes.first() {
            let snapshot = node.reader.snapshot();
            self.report.entries = snapshot.entries();
            self.report.bytes = snapshot.bytes();
        }
    }

    fn at(&mut self, at: u64, event: Event) {
        self.number += 1;
        let number = self.number;
        self.due.push(Reverse(Due { at, number, event }));
    }

    fn later(&mut self, millis: u64, event: Event) {
        self.at(self.clock.millis() + millis, event);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Wake { node, start } => self.wake(node, start),
            Event::Serve {
                node,
                start,
                asked,
                question,
            } => self.serve(node, start, asked, &question),
            Event::Arrive {
                node,
                start,
                asked,
                answer,
            } => self.arrive(node, start, asked, answer),
            Event::Revoke => self.revoke(),
            Event::Request => self.request(),
            Event::Partition => {
                let until = self.clock.millis() + 3000;
                for node in self.every_eighth(0) {
                    self.nodes[node].cut_until = until;
                    self.nodes[node].fault_at = Some(until);
                }
            }
            Event::Restart => {
                for node in self.every_eighth(1) {
                    self.restart(node);
                }
            }
            Event::Jump { back } => {
                for node in self.every_eighth(2) {
                    let hour = if node % 16 < 8 { 3_600_000 } else { -3_600_000 };
                    self.nodes[node].offset += if back { -hour } else { hour };
                    self.nodes[node].fault_at = Some(self.clock.millis() + 3000);
                }
                if !back {
                    self.later(3000, Event::Jump { back: true });
                }
            }
            Event::FailOver => {
                std::mem::swap(&mut self.store, &mut self.replica);
                self.feed_changed();
            }
            Event::Restore => self.restore(),
        }
    }

    fn every_eighth(&self, first: usize) -> Vec<usize> {
        (first..self.nodes.len()).step_by(8).collect()
    }

    fn restart(&mut self, node: usize) {
        let (reader, check) = start(self.fleet, &mut self.rng);
        let known = &mut self.nodes[node];
        (known.reader, known.check, known.known) = (reader, check, 0);
        known.start += 1;
        known.fault_at = Some(self.clock.millis());
        let start = known.start;
        self.later(1, Event::Wake { node, start });
    }

    /// Every node has to load anew.
    fn feed_changed(&mut self) {
        self.log.clear();
        let now = self.clock.millis();
        for node in &mut self.nodes {
            node.known = 0;
            node.fault_at = Some(now);
        }
    }

    /// The backup knows nothing of what was revoked since, so everything is cut off before it serves.
    fn restore(&mut self) {
        std::mem::swap(&mut self.store, &mut self.backup);
        let cutoff = ready(self.store.revoke_all(self.clock.wall(0))).expect("there is room");
        self.feed_changed();
        // Everybody logs in again.
        self.revoked.clear();
        self.issued_at = UnixTime::from_millis(cutoff.as_millis() + 1);
    }

    fn wake(&mut self, node: usize, start: u32) {
        let known = &mut self.nodes[node];
        if known.start != start {
            return;
        }
        let now = self.clock.moment(known.offset);
        match known.reader.next(now) {
            Next::Wait(time) => {
                let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
                self.later(millis, Event::Wake { node, start });
            }
            Next::Ask(question) => {
                let (way, asked) = (self.way(), now);
                let event = Event::Serve {
                    node,
                    start,
                    asked,
                    question,
                };
                self.later(way, event);
            }
        }
    }

    /// How long a message takes: a millisecond or so, and sometimes much longer.
    fn way(&mut self) -> u64 {
        if self.rng.random_range(0..1000) == 0 {
            self.rng.random_range(20..150)
        } else {
            self.rng.random_range(1..4)
        }
    }

    fn serve(&mut self, node: usize, start: u32, asked: Moment, question: &Question) {
        let now = self.clock.millis();
        if self.nodes[node].cut_until > now {
            let event = Event::Arrive {
                node,
                start,
                asked,
                answer: None,
            };
            self.later(1000, event);
            return;
        }
        self.report.questions += 1;
        let page = self.nodes[node].reader.page();
        let answer = match question {
            Question::Head => ready(self.store.head()).map(Answer::Head),
            Question::Page(after) => ready(self.store.page(after.as_ref(), page)).map(Answer::Page),
            Question::Poll(cursor) => ready(self.store.poll(cursor, page)).map(Answer::Polled),
        };
        self.report.entries_sent += match &answer {
            Ok(Answer::Page(page)) => page.entries.len() as u64,
            Ok(Answer::Polled(Polled::Entries { entries, .. })) => entries.len() as u64,
            _ => 0,
        };
        let event = Event::Arrive {
            node,
            start,
            asked,
            answer: answer.ok(),
        };
        let way = self.way();
        self.later(way, event);
    }

    fn arrive(&mut self, node: usize, start: u32, asked: Moment, answer: Option<Answer>) {
        let now = self.clock.millis();
        let known = &mut self.nodes[node];
        if known.start != start {
            return;
        }
        let moment = self.clock.moment(known.offset);
        let Some(answer) = answer else {
            known.reader.failed(moment);
            self.later(1, Event::Wake { node, start });
            return;
        };
        let position = match &answer {
            Answer::Polled(Polled::Entries { cursor, .. }) => Some(cursor.position),
            _ => None,
        };
        for event in known.reader.answer(asked, answer, moment) {
            match event {
                ReaderEvent::Loaded(_) => self.report.loads += 1,
                ReaderEvent::ClockOff(_) => self.report.clocks_off += 1,
                _ => {}
            }
        }
        if let Some(position) = position {
            while let Some(logged) = self
                .log
                .get(known.known)
                .filter(|logged| logged.position <= position)
            {
                let took = usize::try_from(now - logged.acknowledged_at).unwrap_or(usize::MAX);
                // What happened before the node had loaded is no propagation.
                if known
                    .fault_at
                    .is_none_or(|at| at + AFTER_FAULT < logged.acknowledged_at)
                {
                    self.report.propagation[took.min(PROPAGATION - 1)] += 1;
                }
                known.known += 1;
            }
        }
        self.later(1, Event::Wake { node, start });
    }

    fn revoke(&mut self) {
        let token = self.rng.random_range(0..self.settings.tokens);
        let (subject, id) = names(token);
        let expires_at = self.issued_at.saturating_add(LIFE);
        let denial = Denial::new(LOCAL, &subject, &id, self.issued_at, expires_at).expect("short names");
        // The writer's clock is off, too.
        let offset = self.nodes[token as usize % self.nodes.len()].offset;
        let offset = offset.clamp(-i64::from(self.settings.skew), self.settings.skew.into());
        let now = self.clock.wall(offset);
        for store in [&self.store, &self.replica] {
            let _ = ready(store.deny(&denial, now)).expect("there is room");
        }
        let position = ready(self.store.head()).expect("it answers").cursor.position;
        let acknowledged_at = self.clock.millis();
        self.log.push(Logged {
            position,
            acknowledged_at,
        });
        self.revoked.push((token, acknowledged_at));
        // In the mean as many as are wanted, at times that nobody foresees.
        let mean = 1000.0 / f64::from(self.settings.revocations.max(1));
        let pause = -mean * self.rng.random::<f64>().max(1e-9).ln();
        self.later_fraction(pause, Event::Revoke);
    }

    fn request(&mut self) {
        let now = self.clock.millis();
        let at = self.rng.random_range(0..self.nodes.len());
        let node = &self.nodes[at];
        let is_revoked = self.rng.random() && !self.revoked.is_empty();
        let (token, since) = if is_revoked {
            // Those of the last seconds are the ones that could slip through.
            let newest = self
                .revoked
                .len()
                .saturating_sub(3 * self.settings.revocations as usize);
            let (token, at) = self.revoked[self.rng.random_range(newest..self.revoked.len())];
            (token, Some(at))
        } else {
            (
                self.settings.tokens + self.rng.random_range(0..self.settings.tokens),
                None,
            )
        };
        let (subject, id) = names(token);
        let credential = Credential {
            issuer: LOCAL,
            subject: Some(&subject),
            issued_at: Some(self.issued_at),
            token_id: Some(&id),
        };
        let answer = node.check.check(&credential, self.clock.moment(node.offset));
        let report = &mut self.report;
        match since {
            Some(_) => report.revoked += 1,
            None => report.live += 1,
        }
        match (answer, since) {
            (Ok(()), None) | (Err(Refused::Denied | Refused::CutOff), Some(_)) => {}
            (Ok(()), Some(at)) if now <= at + BOUND => report.within_bound += 1,
            (Ok(()), Some(_)) => report.past_bound += 1,
            (Err(Refused::Stale { .. }), _) => {
                report.fail_closed += 1;
                if node.fault_at.is_none_or(|at| at + AFTER_FAULT < now) {
                    report.fail_closed_without_fault += 1;
                }
            }
            (Err(_), _) => {
                // A node whose clock has jumped takes the token for one of another time.
                if node.fault_at.is_none_or(|at| at + AFTER_FAULT < now) {
                    report.wrongly_refused += 1;
                }
            }
        }
        let pause = 1000.0 / f64::from(self.settings.requests);
        self.later_fraction(pause, Event::Request);
    }

    /// Several events may fall into one millisecond.
    fn later_fraction(&mut self, pause: f64, event: Event) {
        let whole = pause.floor();
        let more = u64::from(self.rng.random::<f64>() < pause - whole);
        self.later(whole as u64 + more, event);
    }
}

fn start(fleet: Fleet, rng: &mut ChaCha8Rng) -> (Reader, RevocationCheck) {
    let settings = ReaderSettings {
        seed: rng.random(),
        ..ReaderSettings::default()
    };
    let reader = Reader::new(fleet, settings);
    let check =
        RevocationCheck::new(fleet, fleet.longest_age, [reader.snapshot()]).expect("as old as is kept");
    (reader, check)
}

fn names(token: u64) -> (String, String) {
    (
        format!("user-{}", token / TOKENS_A_SUBJECT),
        format!("token-{token}"),
    )
}
