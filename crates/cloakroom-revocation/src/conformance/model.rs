use std::collections::BTreeMap;

use cloakroom_core::UnixTime;

use super::check::{About, about, subject, token};
use super::fixture::after;
use crate::{Denial, Denied, Entry, Fleet};

/// What a store should do, written a second time and as short as can be.
pub(super) struct Model {
    fleet: Fleet,
    /// Each entry with its newest step.
    entries: BTreeMap<About, (Entry, u64)>,
    /// Whose token each denied one is.
    subjects: BTreeMap<About, Box<str>>,
    pub(super) head: u64,
}

impl Model {
    pub(super) fn new(fleet: Fleet) -> Self {
        Self {
            fleet,
            entries: BTreeMap::new(),
            subjects: BTreeMap::new(),
            head: 0,
        }
    }

    fn skew(&self) -> i64 {
        i64::try_from(self.fleet.max_skew.as_millis()).expect("kits have small fleets")
    }

    /// Its entry, while it is live.
    fn live(&self, what: &About, now: UnixTime) -> Option<&Entry> {
        let (entry, _) = self.entries.get(what)?;
        let keep_until = entry.keep_until()?;
        (after(keep_until, self.skew()) > now).then_some(entry)
    }

    /// `from` is the time that a cut-off in its place counts by.
    pub(super) fn deny(&mut self, denial: &Denial, now: UnixTime, from: UnixTime) -> Denied {
        let keep_until = denial.keep_until(&self.fleet);
        let new = token(denial.issuer(), denial.token_id(), keep_until);
        let what = about(&new);
        if self.live(&what, now).is_none() {
            let live: Vec<_> = self
                .entries
                .keys()
                .filter(|what| self.live(what, now).is_some())
                .collect();
            let own = live
                .iter()
                .filter(|what| what.1 == denial.issuer().into())
                .filter(|what| {
                    self.subjects
                        .get(**what)
                        .is_some_and(|own| **own == *denial.subject())
                })
                .count();
            if own >= 64 || live.len() as u64 >= self.fleet.max_entries {
                let from = denial.cut_off_from(&self.fleet, from);
                return Denied::Subject(self.cut_off(denial.issuer(), denial.subject(), from));
            }
        }
        let old = self.entries.get(&what).and_then(|(old, _)| old.keep_until());
        if old.is_none_or(|old| old < keep_until) {
            self.subjects.insert(what, denial.subject().into());
            self.put(new);
        }
        Denied::Token
    }

    pub(super) fn cut_off(&mut self, issuer: &str, name: &str, now: UnixTime) -> UnixTime {
        let at = after(now, self.skew());
        let kept = self.fleet.longest_age + self.fleet.leeway;
        self.move_to(at, subject(issuer, name, at, at.saturating_add(kept)))
    }

    pub(super) fn revoke_all(&mut self, now: UnixTime) -> UnixTime {
        let at = after(now, self.skew());
        self.move_to(at, Entry::All { at })
    }

    fn move_to(&mut self, at: UnixTime, new: Entry) -> UnixTime {
        match self.entries.get(&about(&new)) {
            Some((Entry::Subject { at: old, .. } | Entry::All { at: old }, _)) if *old >= at => *old,
            _ => {
                self.put(new);
                at
            }
        }
    }

    fn put(&mut self, entry: Entry) {
        self.head += 1;
        self.entries.insert(about(&entry), (entry, self.head));
    }

    pub(super) fn look_up(&self, issuer: &str, name: &str, token_id: &str) -> (bool, Option<UnixTime>) {
        let cutoff = |what: About| match self.entries.get(&what) {
            Some((Entry::Subject { at, .. } | Entry::All { at }, _)) => Some(*at),
            _ => None,
        };
        let denied = self.entries.contains_key(&(1, issuer.into(), token_id.into()));
        let own = cutoff((2, issuer.into(), name.into()));
        (denied, own.max(cutoff((3, "".into(), "".into()))))
    }

    pub(super) fn purge(&mut self, now: UnixTime) -> u64 {
        let (before, skew) = (self.entries.len(), self.skew());
        self.entries.retain(|_, (entry, _)| {
            entry
                .keep_until()
                .is_none_or(|keep_until| after(keep_until, skew) >= now)
        });
        (before - self.entries.len()) as u64
    }

    pub(super) fn all(&self) -> Vec<Entry> {
        self.entries.values().map(|(entry, _)| entry.clone()).collect()
    }

    /// The entries of the steps after this position, in order.
    pub(super) fn since(&self, position: u64) -> Vec<(u64, Entry)> {
        let mut entries: Vec<_> = self
            .entries
            .values()
            .filter(|(_, step)| *step > position)
            .map(|(entry, step)| (*step, entry.clone()))
            .collect();
        entries.sort_by_key(|(step, _)| *step);
        entries
    }
}
