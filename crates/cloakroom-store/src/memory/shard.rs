use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, VerifierHash};

use super::hasher::SelectorState;
use super::ledger::{Ledger, NoRoom, cost};
use super::row::Row;
use super::rows::Rows;
use super::subjects::Subjects;
use crate::{
    Authentication, Change, Created, Listed, NewRecord, Page, Previous, Rotated, Rotation, Stored, Subject,
    Touched, Updated, Version,
};

/// The most rows that one purge looks at while it holds the lock.
const BATCH: usize = 256;

/// The sessions whose tags end in one byte. Everything here happens under the shard's lock.
///
/// Its fields lie in this order: the rows' header, which every look-up reads, in the cache line of the lock.
#[repr(C)]
pub(super) struct Shard {
    rows: Rows,
    /// Each row once, by a time that is not after its idle deadline. A touch leaves it: a purge that meets a row whose
    /// deadline has moved moves the entry.
    queue: BTreeSet<(UnixTime, Selector)>,
    subjects: Subjects,
    sweep: Sweep,
}

/// How far rows that the store-wide cut-off ends have been looked for. Whatever is created later is not among them.
struct Sweep {
    cutoff: UnixTime,
    /// The last entry of the queue that was looked at.
    position: Option<(UnixTime, Selector)>,
    is_done: bool,
}

/// What a purge took out.
#[must_use]
pub(super) struct Batch {
    pub(super) rows: Vec<Row>,
    /// Whether it stopped before it had seen all that is due.
    pub(super) more: bool,
}

impl Shard {
    pub(super) fn new(hasher: SelectorState) -> Self {
        Self {
            rows: Rows::new(hasher),
            queue: BTreeSet::new(),
            subjects: Subjects::default(),
            sweep: Sweep {
                cutoff: UnixTime::MIN,
                position: None,
                is_done: true,
            },
        }
    }

    pub(super) fn create(
        &mut self,
        record: &NewRecord,
        now: UnixTime,
        cutoff: UnixTime,
        ledger: &Ledger,
    ) -> Result<Created, NoRoom> {
        let selector = record.selector();
        if self.rows.get(&selector).is_some() {
            return Ok(Created::Exists);
        }
        let mut row = record.clone().into_stored(now);
        if row.is_cut_off(self.cutoff(row.authentication.as_ref(), cutoff)) {
            return Ok(Created::Refused);
        }
        ledger.enter(cost(&row), row.authentication.is_none())?;
        if let Some(known) = &mut row.authentication {
            known.subject = self.subjects.add(&known.subject, selector);
        }
        let queued = row.idle_deadline;
        self.queue.insert((queued, selector));
        self.rows.insert(Row::new(row), queued);
        Ok(Created::Done)
    }

    pub(super) fn load(&self, selector: &Selector, now: UnixTime, cutoff: UnixTime) -> Option<&Row> {
        let row = self.rows.get(selector)?;
        row.fetch_payload();
        row.is_served(now, cutoff).then_some(row)
    }

    pub(super) fn update(
        &mut self,
        selector: &Selector,
        expect: Version,
        change: &Change,
        now: UnixTime,
        cutoff: UnixTime,
        ledger: &Ledger,
    ) -> Result<Updated, NoRoom> {
        let Some(row) = self.live(selector, now, cutoff) else {
            return Ok(Updated::Gone);
        };
        if row.version != expect {
            return Ok(Updated::Conflict(Box::new(Stored::clone(row))));
        }
        let row = Row::make_mut(row);
        replace_data(row, &change.payload, ledger)?;
        row.version = row.version.next();
        row.seen(change.idle_deadline, now);
        Ok(Updated::Done(row.version))
    }

    pub(super) fn touch(
        &mut self,
        selector: &Selector,
        idle_deadline: UnixTime,
        now: UnixTime,
        cutoff: UnixTime,
    ) -> Touched {
        let Some(row) = self.live(selector, now, cutoff) else {
            return Touched::Gone;
        };
        Row::make_mut(row).seen(idle_deadline, now);
        Touched::Done
    }

    pub(super) fn rotate(
        &mut self,
        selector: &Selector,
        old: &VerifierHash,
        rotation: &Rotation,
        now: UnixTime,
        cutoff: UnixTime,
        ledger: &Ledger,
    ) -> Result<Rotated, NoRoom> {
        let Some(row) = self.rows.get_mut(selector) else {
            return Ok(Rotated::Gone);
        };
        if !row.is_served(now, cutoff) {
            return Ok(Rotated::Gone);
        }
        if let Some(at) = rotation.authenticated_at {
            let Some(known) = &row.authentication else {
                return Ok(Rotated::Refused);
            };
            if at <= self.subjects.cutoff(&known.subject).max(cutoff) {
                return Ok(Rotated::Refused);
            }
        }
        let data = rotation.data.as_ref();
        if row.verifier_hash != *old || data.is_some_and(|(expect, _)| *expect != row.version) {
            return Ok(Rotated::Stale);
        }
        let row = Row::make_mut(row);
        if let Some((_, payload)) = data {
            replace_data(row, payload, ledger)?;
        }
        row.previous = Some(Box::new(Previous {
            verifier_hash: row.verifier_hash,
            rotated_at: now,
            reason: rotation.reason,
        }));
        row.verifier_hash = rotation.verifier_hash;
        row.version = row.version.next();
        if let (Some(at), Some(known)) = (rotation.authenticated_at, &mut row.authentication) {
            known.at = at;
            row.lineage_at = row.lineage_at.max(at);
            let asked = rotation.absolute_deadline.unwrap_or(UnixTime::MIN);
            row.absolute_deadline = row.absolute_deadline.max(asked);
        }
        row.seen(rotation.idle_deadline, now);
        Ok(Rotated::Done(row.version))
    }

    /// Takes a session out, live or not.
    pub(super) fn remove(&mut self, selector: &Selector, ledger: &Ledger) -> Option<Row> {
        let (row, queued) = self.rows.remove(selector)?;
        self.queue.remove(&(queued, *selector));
        if let Some(known) = &row.authentication {
            self.subjects.remove(&known.subject, selector);
        }
        ledger.leave(cost(&row));
        Some(row)
    }

    /// The same if it belongs to `subject`.
    pub(super) fn remove_of(
        &mut self,
        subject: &Subject,
        selector: &Selector,
        ledger: &Ledger,
    ) -> Option<Row> {
        let owner = self
            .rows
            .get(selector)?
            .authentication
            .as_ref()
            .map(|known| &known.subject);
        if owner != Some(subject) {
            return None;
        }
        self.remove(selector, ledger)
    }

    pub(super) fn list(&self, subject: &Subject, page: Page, now: UnixTime, cutoff: UnixTime) -> Listed {
        let (size, most) = (page.size() as usize, Page::MAX.get() as usize);
        let mut listed = Listed::default();
        let mut last = None;
        for (seen, selector) in self.subjects.sessions(subject, page.after).enumerate() {
            if listed.sessions.len() == size || seen == most {
                listed.next = last;
                break;
            }
            let row = self.load(&selector, now, cutoff);
            listed.sessions.extend(row.map(|row| Stored::clone(row)));
            last = Some(selector);
        }
        listed
    }

    /// Cuts the subject off at `now` and takes its sessions out; tells how many of them were live.
    pub(super) fn end_all(
        &mut self,
        subject: &Subject,
        except: Option<&Selector>,
        now: UnixTime,
        cutoff: UnixTime,
        ledger: &Ledger,
    ) -> (u64, Vec<Row>) {
        let own_cutoff = self.subjects.cut_off(subject, now, ledger);
        let selectors: Vec<_> = self.subjects.sessions(subject, None).collect();
        let mut rows = Vec::with_capacity(selectors.len());
        for selector in &selectors {
            // At the end of time nothing is after the cut-off, so nothing is spared. Nor is what is not live: to move
            // its lineage would bring back what the store-wide cut-off ended.
            let spared = after(own_cutoff)
                .filter(|_| except == Some(selector))
                .zip(self.live(selector, now, cutoff));
            match spared {
                Some((lineage_at, row)) => {
                    let row = Row::make_mut(row);
                    row.lineage_at = row.lineage_at.max(lineage_at);
                }
                None => rows.extend(self.remove(selector, ledger)),
            }
        }
        let ended = rows.iter().filter(|row| row.is_served(now, cutoff)).count();
        (ended as u64, rows)
    }

    /// Takes out at most `max` rows that are not live any more, and looks at [`BATCH`] of each kind.
    pub(super) fn purge(&mut self, now: UnixTime, cutoff: UnixTime, max: usize, ledger: &Ledger) -> Batch {
        let mut batch = Batch {
            rows: Vec::new(),
            more: false,
        };
        self.subjects
            .forget_cutoffs(now, ledger.limits().cutoff_retention, BATCH, ledger);
        self.purge_cut_off(cutoff, max, ledger, &mut batch);
        self.purge_due(now, max, ledger, &mut batch);
        batch
    }

    fn purge_due(&mut self, now: UnixTime, max: usize, ledger: &Ledger, batch: &mut Batch) {
        for _ in 0..BATCH {
            let Some(&(queued, selector)) = self.queue.first().filter(|(queued, _)| *queued <= now) else {
                return;
            };
            match self.rows.get_queued_mut(&selector) {
                Some((row, under)) if row.is_live(now) => {
                    self.queue.remove(&(queued, selector));
                    *under = row.idle_deadline;
                    self.queue.insert((*under, selector));
                }
                _ if batch.rows.len() == max => {
                    batch.more = true;
                    return;
                }
                _ => batch.rows.extend(self.remove(&selector, ledger)),
            }
        }
        batch.more = true;
    }

    fn purge_cut_off(&mut self, cutoff: UnixTime, max: usize, ledger: &Ledger, batch: &mut Batch) {
        if self.sweep.cutoff < cutoff {
            self.sweep = Sweep {
                cutoff,
                position: None,
                is_done: false,
            };
        }
        if self.sweep.is_done {
            return;
        }
        let start = self.sweep.position.map_or(Bound::Unbounded, Bound::Excluded);
        let entries: Vec<_> = self
            .queue
            .range((start, Bound::Unbounded))
            .take(BATCH)
            .copied()
            .collect();
        self.sweep.is_done = entries.len() < BATCH;
        for entry @ (_, selector) in entries {
            let is_dead = self.rows.get(&selector).is_some_and(|row| row.is_cut_off(cutoff));
            if is_dead {
                if batch.rows.len() == max {
                    self.sweep.is_done = false;
                    break;
                }
                batch.rows.extend(self.remove(&selector, ledger));
            }
            self.sweep.position = Some(entry);
        }
        batch.more = !self.sweep.is_done;
    }

    /// What the lineage of a session is compared with.
    fn cutoff(&self, known: Option<&Authentication>, cutoff: UnixTime) -> UnixTime {
        known.map_or(cutoff, |known| self.subjects.cutoff(&known.subject).max(cutoff))
    }

    fn live(&mut self, selector: &Selector, now: UnixTime, cutoff: UnixTime) -> Option<&mut Row> {
        let row = self.rows.get_mut(selector)?;
        row.is_served(now, cutoff).then_some(row)
    }
}

fn replace_data(row: &mut Stored, payload: &Arc<[u8]>, ledger: &Ledger) -> Result<(), NoRoom> {
    let (old, new) = (row.payload.len(), payload.len());
    match new.checked_sub(old) {
        Some(more) => ledger.grow(more, row.authentication.is_none())?,
        None => ledger.shrink(old - new),
    }
    row.payload.clone_from(payload);
    Ok(())
}

/// The first moment after `cutoff`.
fn after(cutoff: UnixTime) -> Option<UnixTime> {
    cutoff.checked_add(std::time::Duration::from_millis(1))
}
