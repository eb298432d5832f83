use std::collections::{BTreeSet, HashMap, VecDeque};
use std::ops::Bound;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_id::Selector;

use super::ledger::{Ledger, cutoff_cost};
use crate::Subject;

/// The sessions and the cut-offs of a shard's subjects.
///
/// Names may be chosen by strangers, so they are hashed with `SipHash`.
#[derive(Default)]
pub(super) struct Subjects {
    all: HashMap<Subject, Entry>,
    /// Each subject that has a cut-off, once, with one that it had: the order in which they are forgotten.
    cutoffs: VecDeque<(UnixTime, Subject)>,
}

struct Entry {
    /// The earliest time when there is none: nothing is at or before it that anybody would cut off.
    cutoff: UnixTime,
    sessions: Selectors,
}

/// The selectors of a subject's sessions, in order. Most subjects have one.
enum Selectors {
    None,
    One(Selector),
    #[expect(
        clippy::box_collection,
        reason = "most entries have no set, and are a third smaller for it"
    )]
    Many(Box<BTreeSet<Selector>>),
}

impl Subjects {
    /// The cut-off of `subject`, or the earliest time when there is none.
    pub(super) fn cutoff(&self, subject: &Subject) -> UnixTime {
        self.all.get(subject).map_or(UnixTime::MIN, |entry| entry.cutoff)
    }

    /// Adds a session, and gives the subject back with the name that all its sessions share.
    pub(super) fn add(&mut self, subject: &Subject, selector: Selector) -> Subject {
        let subject = match self.all.get_key_value(subject) {
            Some((known, _)) => known.clone(),
            None => subject.clone(),
        };
        let entry = self.all.entry(subject.clone()).or_default();
        entry.sessions.insert(selector);
        subject
    }

    pub(super) fn remove(&mut self, subject: &Subject, selector: &Selector) {
        if let Some(entry) = self.all.get_mut(subject) {
            entry.sessions.remove(selector);
            if entry.is_needless() {
                self.all.remove(subject);
            }
        }
    }

    /// The selectors after `after` in order.
    pub(super) fn sessions(
        &self,
        subject: &Subject,
        after: Option<Selector>,
    ) -> impl Iterator<Item = Selector> {
        let entry = self.all.get(subject);
        entry
            .into_iter()
            .flat_map(move |entry| entry.sessions.after(after))
    }

    /// Sets the cut-off to `now` unless it is later already, and tells which it is.
    pub(super) fn cut_off(&mut self, subject: &Subject, now: UnixTime, ledger: &Ledger) -> UnixTime {
        if now == UnixTime::MIN {
            return self.cutoff(subject);
        }
        let entry = self.all.entry(subject.clone()).or_default();
        if entry.cutoff == UnixTime::MIN {
            ledger.note(cutoff_cost(subject.as_str()));
            self.cutoffs.push_back((now, subject.clone()));
        }
        entry.cutoff = entry.cutoff.max(now);
        entry.cutoff
    }

    /// Forgets cut-offs that are older than `retention`; looks at `most` of them.
    pub(super) fn forget_cutoffs(
        &mut self,
        now: UnixTime,
        retention: Duration,
        most: usize,
        ledger: &Ledger,
    ) {
        let is_old = |cutoff: UnixTime| cutoff.checked_add(retention).is_some_and(|end| end <= now);
        for _ in 0..most {
            if !self.cutoffs.front().is_some_and(|(cutoff, _)| is_old(*cutoff)) {
                return;
            }
            let Some((_, subject)) = self.cutoffs.pop_front() else {
                return;
            };
            let Some(entry) = self.all.get_mut(&subject) else {
                continue;
            };
            if !is_old(entry.cutoff) {
                self.cutoffs.push_back((entry.cutoff, subject));
                continue;
            }
            entry.cutoff = UnixTime::MIN;
            ledger.shrink(cutoff_cost(subject.as_str()));
            if entry.is_needless() {
                self.all.remove(&subject);
            }
        }
    }
}

impl Default for Entry {
    fn default() -> Self {
        Self {
            cutoff: UnixTime::MIN,
            sessions: Selectors::None,
        }
    }
}

impl Entry {
    fn is_needless(&self) -> bool {
        self.cutoff == UnixTime::MIN && matches!(self.sessions, Selectors::None)
    }
}

impl Selectors {
    fn insert(&mut self, selector: Selector) {
        match self {
            Self::None => *self = Self::One(selector),
            Self::One(first) => *self = Self::Many(Box::new(BTreeSet::from([*first, selector]))),
            Self::Many(all) => {
                all.insert(selector);
            }
        }
    }

    fn remove(&mut self, selector: &Selector) {
        match self {
            Self::None => {}
            Self::One(only) => {
                if only == selector {
                    *self = Self::None;
                }
            }
            Self::Many(all) => {
                all.remove(selector);
                if all.len() < 2 {
                    *self = all.first().map_or(Self::None, |&last| Self::One(last));
                }
            }
        }
    }

    fn after(&self, after: Option<Selector>) -> impl Iterator<Item = Selector> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let (one, many) = match self {
            Self::None => (None, None),
            Self::One(only) => (Some(*only), None),
            Self::Many(all) => (None, Some(all.range((start, Bound::Unbounded)).copied())),
        };
        one.filter(move |&only| after.is_none_or(|after| only > after))
            .into_iter()
            .chain(many.into_iter().flatten())
    }
}
