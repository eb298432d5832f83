use std::fmt;
use std::hash::RandomState;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::{Tick, UnixTime};

use crate::random::Random;
use crate::table::Table;
use crate::writer::Writer;
use crate::{Cursor, Entry, Fleet, Head, Moment, Page, PageMark, Polled, ReaderSettings, Snapshot};

/// Follows a feed and keeps a [`Snapshot`] as new as it: says what to ask and when, and takes the answers. It reads no
/// clock and no socket; a driver does.
///
/// It loads everything by the head, all pages, and polls from that head; nothing is fresh before. When the feed does not
/// know its cursor, is another one, or goes back, all is loaded anew, and the old entries go when the new ones are in place.
pub struct Reader {
    settings: ReaderSettings,
    fleet: Fleet,
    key: RandomState,
    snapshot: Snapshot,
    phase: Phase,
    /// When to ask next; `None` at once.
    due: Option<Tick>,
    /// How many times in a row nothing came.
    failures: u32,
    hinted: bool,
    /// Whether the wall clock of this node and that of the store differ by more than they may.
    clock_is_off: bool,
    last_sweep: Tick,
    /// Tables that readers may still look into; dropping one takes a while, so it is done here.
    retired: Vec<Arc<Table>>,
    random: Random,
}

enum Phase {
    /// Nothing is known yet, or no longer; `false` until the random wait of this bootstrap has been drawn.
    Head { waited: bool },
    Pages {
        writer: Writer,
        cursor: Cursor,
        mark: Option<PageMark>,
    },
    /// With polls: up to date for the first time after the last of them.
    Polls {
        writer: Writer,
        cursor: Cursor,
        is_loaded: bool,
    },
}

/// What a driver does next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// Put this to the feed, then call [`answer`](Reader::answer) or [`failed`](Reader::failed).
    Ask(Question),
    /// Wait for so long, or until [`changed`](crate::RevocationFeed::changed) ends, and call [`hint`](Reader::hint) then.
    Wait(Duration),
}

/// What to ask of a [`RevocationFeed`](crate::RevocationFeed).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Question {
    /// [`head`](crate::RevocationFeed::head)
    Head,
    /// [`page`](crate::RevocationFeed::page), with [`Reader::page`] entries
    Page(Option<PageMark>),
    /// [`poll`](crate::RevocationFeed::poll), with [`Reader::page`] entries
    Poll(Cursor),
}

/// What a feed answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Where it stands.
    Head(Head),
    /// A part of everything.
    Page(Page),
    /// What came after a cursor.
    Polled(Polled),
}

/// What an operator may want to know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ReaderEvent {
    /// Everything is loaded: so many entries. Checks are answered from now on.
    Loaded(usize),
    /// The feed went back, is another one, or has forgotten where this reader was: everything is loaded anew, and checks
    /// fail closed until then.
    Reloading,
    /// This node's wall clock and the store's, which tells this time, differ by more than the fleet's skew: checks fail
    /// closed until that is mended.
    ClockOff(UnixTime),
    /// They agree again.
    ClockRight,
}

impl Reader {
    /// A reader that knows nothing yet.
    pub fn new(fleet: Fleet, settings: ReaderSettings) -> Self {
        let key = RandomState::new();
        let writer = Writer::new(key.clone(), &fleet);
        let snapshot = Snapshot::new(fleet, settings.bound, key.clone(), Arc::clone(writer.table()));
        Self {
            settings,
            fleet,
            key,
            snapshot,
            phase: Phase::Head { waited: false },
            due: None,
            failures: 0,
            hinted: false,
            clock_is_off: false,
            last_sweep: Tick::ZERO,
            retired: Vec::new(),
            random: Random::new(settings.seed),
        }
    }

    /// What it keeps new.
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot.clone()
    }

    /// How many entries to ask for.
    pub const fn page(&self) -> NonZeroU32 {
        self.settings.page
    }

    /// Whether the wall clocks of this node and of the store were too far apart at the last answer.
    pub const fn skewed(&self) -> bool {
        self.clock_is_off
    }

    /// What to do at `now`.
    pub fn next(&mut self, now: Moment) -> Next {
        if let Phase::Head {
            waited: waited @ false,
        } = &mut self.phase
        {
            *waited = true;
            let wait = self.draw(self.settings.spread);
            self.due = now.tick.checked_add(wait);
        }
        let is_hinted = self.hinted && self.failures == 0 && self.is_following();
        let wait = self
            .due
            .map_or(Duration::ZERO, |due| due.saturating_duration_since(now.tick));
        if !wait.is_zero() && !is_hinted {
            return Next::Wait(wait);
        }
        Next::Ask(match &self.phase {
            Phase::Head { .. } => Question::Head,
            Phase::Pages { mark, .. } => Question::Page(mark.clone()),
            Phase::Polls { cursor, .. } => Question::Poll(*cursor),
        })
    }

    /// Something may have happened: the next poll is due at once. While everything is being loaded, and after failures,
    /// this changes nothing.
    pub fn hint(&mut self) {
        self.hinted = self.is_following();
    }

    fn is_following(&self) -> bool {
        matches!(self.phase, Phase::Polls { is_loaded: true, .. })
    }

    /// Whether to [take](Self::answer) this would keep a thread busy for more than a fraction of a millisecond, because it
    /// brings many entries, or because a large table is built anew, swept or dropped. A driver whose thread has others to
    /// serve hands that to another one. Checks wait for neither.
    pub fn takes_long(&self, answer: &Answer, received: Moment) -> bool {
        /// So many entries take some 0.2 ms.
        const ENTRIES: usize = 500;
        /// A table with so many slots is built anew in as long.
        const SLOTS: usize = 1 << 12;
        let entries = match answer {
            Answer::Head(_) | Answer::Polled(Polled::Reload) => 0,
            Answer::Page(page) => page.entries.len(),
            Answer::Polled(Polled::Entries { entries, .. }) => entries.len(),
        };
        let is_table_at_work = match &self.phase {
            Phase::Head { .. } => false,
            Phase::Pages { writer, .. } | Phase::Polls { writer, .. } => {
                let is_dropped = matches!(answer, Answer::Polled(Polled::Reload));
                writer.table().slots() > SLOTS
                    && (is_dropped || !writer.table().has_room(entries) || self.is_sweep_due(received))
            }
        };
        entries > ENTRIES || is_table_at_work || self.retired.iter().any(|table| table.slots() > SLOTS)
    }

    fn is_sweep_due(&self, received: Moment) -> bool {
        const SWEEP: Duration = Duration::from_secs(60);
        received.tick.saturating_duration_since(self.last_sweep) >= SWEEP
    }

    /// Takes what was answered. `asked` is from before the question was sent, for that is how new the answer is.
    pub fn answer(&mut self, asked: Moment, answer: Answer, received: Moment) -> Vec<ReaderEvent> {
        let mut events = Vec::new();
        self.hinted = false;
        self.retired.retain(|table| Arc::strong_count(table) > 1);
        let phase = std::mem::replace(&mut self.phase, Phase::Head { waited: true });
        match (phase, answer) {
            (Phase::Head { .. }, Answer::Head(head)) => {
                self.hear(asked, head.time, received, &mut events);
                self.phase = Phase::Pages {
                    writer: Writer::new(self.key.clone(), &self.fleet),
                    cursor: head.cursor,
                    mark: None,
                };
                self.goes_on();
            }
            (Phase::Pages { writer, cursor, mark }, Answer::Page(page)) => {
                self.hear(asked, page.time, received, &mut events);
                self.take_page(writer, cursor, mark.as_ref(), page, received);
            }
            (
                Phase::Polls {
                    writer,
                    cursor,
                    is_loaded,
                },
                Answer::Polled(Polled::Entries {
                    entries,
                    cursor: next,
                    more,
                    time,
                }),
            ) if goes_on_from(&cursor, &next, &entries) => {
                self.hear(asked, time, received, &mut events);
                let mut following = Following {
                    writer,
                    cursor: next,
                    is_loaded,
                };
                following.writer.passes(time.min(received.wall));
                for entry in &entries {
                    following.writer.take(entry);
                }
                if more && next == cursor {
                    // It says that there is more and brings nothing: no answer.
                    self.phase = following.into();
                    self.failed(received);
                } else if more {
                    self.phase = following.into();
                    self.goes_on();
                } else {
                    self.is_up_to_date(following, asked, received, &mut events);
                }
            }
            (Phase::Polls { .. }, Answer::Polled(_)) => self.reload(&mut events),
            (phase, _) => {
                // The answer to another question.
                self.phase = phase;
                self.failed(received);
            }
        }
        events
    }

    fn take_page(
        &mut self,
        mut writer: Writer,
        cursor: Cursor,
        mark: Option<&PageMark>,
        page: Page,
        received: Moment,
    ) {
        writer.passes(page.time.min(received.wall));
        for entry in &page.entries {
            writer.take(entry);
        }
        if page.next.is_none() {
            self.phase = Phase::Polls {
                writer,
                cursor,
                is_loaded: false,
            };
            self.goes_on();
        } else if page.next.as_ref() == mark {
            // The same page for ever.
            self.phase = Phase::Head { waited: true };
            self.failed(received);
        } else {
            self.phase = Phase::Pages {
                writer,
                cursor,
                mark: page.next,
            };
            self.goes_on();
        }
    }

    /// Nothing is left to be asked: what was known at `asked` is in the table.
    fn is_up_to_date(
        &mut self,
        mut following: Following,
        asked: Moment,
        received: Moment,
        events: &mut Vec<ReaderEvent>,
    ) {
        if self.is_sweep_due(received) {
            self.last_sweep = received.tick;
            following.writer.sweep();
        }
        self.retired.extend(self.snapshot.show(following.writer.table()));
        if self.clock_is_off {
            self.snapshot.forget();
        } else {
            self.snapshot.publish(asked);
        }
        if !following.is_loaded {
            following.is_loaded = true;
            events.push(ReaderEvent::Loaded(following.writer.table().len()));
        }
        self.phase = following.into();
        self.failures = 0;
        // A little less each time, so that nodes that began together do not stay together.
        let early = self.draw(self.settings.poll_every / 8);
        self.due = asked
            .tick
            .checked_add(self.settings.poll_every.saturating_sub(early));
    }

    fn reload(&mut self, events: &mut Vec<ReaderEvent>) {
        self.snapshot.forget();
        self.phase = Phase::Head { waited: false };
        self.failures = 0;
        events.push(ReaderEvent::Reloading);
    }

    fn goes_on(&mut self) {
        self.failures = 0;
        self.due = None;
    }

    /// No answer came, or none that could be read. What is known grows old meanwhile. The next attempt waits for
    /// `poll_every`, and after more of them for up to 16 times as long.
    pub fn failed(&mut self, received: Moment) {
        self.hinted = false;
        let wait = self.settings.poll_every.saturating_mul(1 << self.failures.min(4));
        self.failures = self.failures.saturating_add(1);
        let early = self.draw(wait / 4);
        self.due = received.tick.checked_add(wait.saturating_sub(early));
    }

    /// Compares the clocks: the store read its own between `asked` and `received`.
    fn hear(&mut self, asked: Moment, store: UnixTime, received: Moment, events: &mut Vec<ReaderEvent>) {
        let skew = self.fleet.max_skew;
        let is_off = store < asked.wall.saturating_sub(skew) || store > received.wall.saturating_add(skew);
        match (self.clock_is_off, is_off) {
            (false, true) => {
                self.snapshot.forget();
                events.push(ReaderEvent::ClockOff(store));
            }
            (true, false) => events.push(ReaderEvent::ClockRight),
            _ => {}
        }
        self.clock_is_off = is_off;
    }

    /// A random part of `most`.
    fn draw(&mut self, most: Duration) -> Duration {
        let millis = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.random.below(millis.saturating_add(1)))
    }
}

/// The phase of polls, taken apart.
struct Following {
    writer: Writer,
    cursor: Cursor,
    is_loaded: bool,
}

impl From<Following> for Phase {
    fn from(following: Following) -> Self {
        Self::Polls {
            writer: following.writer,
            cursor: following.cursor,
            is_loaded: following.is_loaded,
        }
    }
}

/// Whether an answer with these entries and this new cursor can follow the old one.
fn goes_on_from(old: &Cursor, new: &Cursor, entries: &[Entry]) -> bool {
    new.feed == old.feed && (new.position > old.position || new == old && entries.is_empty())
}

/// Shows what it knows.
impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("snapshot", &self.snapshot)
            .field("is_following", &self.is_following())
            .finish_non_exhaustive()
    }
}
