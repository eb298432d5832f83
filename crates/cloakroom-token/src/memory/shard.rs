use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, Subject, TokenHash};

use crate::{Client, Created, Family, NewFamily, Presented, Rotated};

/// The families and the cut-offs of the subjects that lie in it.
#[derive(Default)]
pub(super) struct Shard {
    rows: HashMap<Selector, Row>,
    subjects: HashMap<Subject, Entry>,
}

struct Row {
    family: Family,
    secret_hash: TokenHash,
}

struct Entry {
    /// The earliest time when there is none: nothing is at or before it that anybody would cut off.
    cutoff: UnixTime,
    families: BTreeSet<Selector>,
}

/// What ended with a subject.
pub(super) struct Ended {
    pub(super) live: u64,
    pub(super) rows: usize,
}

impl Shard {
    pub(super) fn create(&mut self, new: &NewFamily, now: UnixTime, cutoff: UnixTime) -> Created {
        if self.rows.contains_key(&new.id) {
            return Created::Exists;
        }
        if new.authenticated_at <= self.cutoff(&new.subject).max(cutoff) {
            return Created::Refused;
        }
        self.subjects
            .entry(new.subject.clone())
            .or_default()
            .families
            .insert(new.id);
        let row = Row {
            family: new.stored(now),
            secret_hash: new.secret_hash,
        };
        self.rows.insert(new.id, row);
        Created::Done
    }

    pub(super) fn rotate(&mut self, presented: &Presented, now: UnixTime, cutoff: UnixTime) -> Rotated {
        if !self.is_live(&presented.id, now, cutoff) {
            return Rotated::Gone;
        }
        let Some(row) = self.rows.get_mut(&presented.id) else {
            return Rotated::Gone;
        };
        if row.secret_hash != presented.secret_hash {
            return Rotated::WrongSecret;
        }
        let family = &mut row.family;
        if family.client != presented.client {
            return Rotated::WrongClient;
        }
        if family.confirmation.is_some() && family.confirmation != presented.confirmation {
            return Rotated::WrongConfirmation;
        }
        let Some(age) = family.generation.checked_sub(presented.generation.into()) else {
            return Rotated::Ahead;
        };
        // Without a grace there is none, whatever the clocks of two servers say.
        let is_in_grace =
            presented.grace.as_millis() > 0 && now < family.rotated_at.saturating_add(presented.grace);
        match age {
            0 if family.generation < u64::from(u32::MAX) => {
                family.generation += 1;
                family.key_id = presented.next_key;
                family.rotated_at = now;
                let moved = family.idle_deadline.max(presented.idle_deadline);
                family.idle_deadline = moved.min(family.absolute_deadline);
                Rotated::Done(family.clone())
            }
            0 => self
                .remove(&presented.id)
                .map_or(Rotated::Gone, Rotated::Exhausted),
            1 if is_in_grace => Rotated::Retry(family.clone()),
            2 if is_in_grace => Rotated::Late,
            _ => self.remove(&presented.id).map_or(Rotated::Gone, Rotated::Reused),
        }
    }

    pub(super) fn load(
        &self,
        id: &Selector,
        secret_hash: &TokenHash,
        now: UnixTime,
        cutoff: UnixTime,
    ) -> Option<Family> {
        let row = self.rows.get(id)?;
        (row.secret_hash == *secret_hash && self.lives(row, now, cutoff)).then(|| row.family.clone())
    }

    pub(super) fn end(&mut self, id: &Selector, secret_hash: &TokenHash, client: &Client) -> bool {
        let is_theirs = self
            .rows
            .get(id)
            .is_some_and(|row| row.secret_hash == *secret_hash && row.family.client == *client);
        is_theirs && self.remove(id).is_some()
    }

    pub(super) fn end_of(&mut self, subject: &Subject, id: &Selector) -> bool {
        let is_theirs = self
            .rows
            .get(id)
            .is_some_and(|row| row.family.subject == *subject);
        is_theirs && self.remove(id).is_some()
    }

    pub(super) fn list(
        &self,
        subject: &Subject,
        after: Option<&Selector>,
        max: usize,
        now: UnixTime,
        cutoff: UnixTime,
    ) -> Vec<Family> {
        let Some(entry) = self.subjects.get(subject) else {
            return Vec::new();
        };
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        entry
            .families
            .range((start, Bound::Unbounded))
            .filter_map(|id| self.rows.get(id))
            .filter(|row| self.lives(row, now, cutoff))
            .take(max)
            .map(|row| row.family.clone())
            .collect()
    }

    pub(super) fn revoke(
        &mut self,
        subject: &Subject,
        at: UnixTime,
        now: UnixTime,
        cutoff: UnixTime,
    ) -> Ended {
        let families = match self.subjects.get(subject) {
            Some(entry) => entry.families.clone(),
            None => BTreeSet::new(),
        };
        let is_live = |id: &&Selector| self.is_live(id, now, cutoff);
        let live = families.iter().filter(is_live).count() as u64;
        for id in &families {
            self.remove(id);
        }
        let entry = self.subjects.entry(subject.clone()).or_default();
        entry.cutoff = entry.cutoff.max(at);
        Ended {
            live,
            rows: families.len(),
        }
    }

    /// Drops at most `max` families that have ended, and the cut-offs that are older than `retention`.
    pub(super) fn purge(
        &mut self,
        now: UnixTime,
        cutoff: UnixTime,
        retention: Duration,
        max: usize,
    ) -> usize {
        let dead: Vec<Selector> = self
            .rows
            .iter()
            .filter(|(_, row)| !self.lives(row, now, cutoff))
            .map(|(id, _)| *id)
            .take(max)
            .collect();
        for id in &dead {
            self.remove(id);
        }
        self.subjects.retain(|_, entry| {
            !entry.families.is_empty() || entry.cutoff.checked_add(retention).is_none_or(|end| now < end)
        });
        dead.len()
    }

    /// The cut-off of `subject`, or the earliest time when there is none.
    pub(super) fn cutoff(&self, subject: &Subject) -> UnixTime {
        self.subjects
            .get(subject)
            .map_or(UnixTime::MIN, |entry| entry.cutoff)
    }

    pub(super) fn is_live(&self, id: &Selector, now: UnixTime, cutoff: UnixTime) -> bool {
        self.rows.get(id).is_some_and(|row| self.lives(row, now, cutoff))
    }

    #[cfg(feature = "conformance")]
    pub(super) fn set_generation(&mut self, id: &Selector, generation: u64) {
        if let Some(row) = self.rows.get_mut(id) {
            row.family.generation = generation;
        }
    }

    fn lives(&self, row: &Row, now: UnixTime, cutoff: UnixTime) -> bool {
        let family = &row.family;
        now < family.idle_deadline
            && now < family.absolute_deadline
            && family.authenticated_at > self.cutoff(&family.subject).max(cutoff)
    }

    fn remove(&mut self, id: &Selector) -> Option<Family> {
        let row = self.rows.remove(id)?;
        if let Some(entry) = self.subjects.get_mut(&row.family.subject) {
            entry.families.remove(id);
            if entry.families.is_empty() && entry.cutoff == UnixTime::MIN {
                self.subjects.remove(&row.family.subject);
            }
        }
        Some(row.family)
    }
}

impl Default for Entry {
    fn default() -> Self {
        Self {
            cutoff: UnixTime::MIN,
            families: BTreeSet::new(),
        }
    }
}
