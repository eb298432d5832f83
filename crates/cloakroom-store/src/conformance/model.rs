//! A store as short as its rules: what the others are compared with.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, VerifierHash};

use crate::{
    Authentication, Change, Created, Listed, MAX_PAYLOAD, NewRecord, Page, Previous, Rotated, Rotation,
    SessionStore, StoreError, StoreErrorKind, Stored, Subject, SubjectIndex, Touched, Updated, Version,
};

/// A store that does what the rules say and nothing to be fast: one lock, and every list is a search.
#[derive(Debug, Default)]
pub struct Model(Mutex<State>);

#[derive(Clone, Debug, Default)]
struct State {
    rows: BTreeMap<Selector, Stored>,
    cutoffs: HashMap<Subject, UnixTime>,
    cutoff: Option<UnixTime>,
}

impl Model {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many rows there are, live or not.
    pub fn rows(&self) -> usize {
        self.lock().rows.len()
    }

    /// The row of `selector`, live or not.
    pub(super) fn row(&self, selector: &Selector) -> Option<Stored> {
        self.lock().rows.get(selector).cloned()
    }

    /// The row of `selector`, if it is live.
    pub(super) fn live(&self, selector: &Selector, now: UnixTime) -> Option<Stored> {
        self.lock().live(selector, now)
    }

    /// The cut-off that counts for a session of this authentication.
    pub(super) fn cutoff(&self, known: Option<&Authentication>) -> Option<UnixTime> {
        self.lock().cutoff(known)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A case that failed beside this one poisons nothing: each operation writes once, at its end.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A store that holds the same now, and goes its own way from here.
impl Clone for Model {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.lock().clone()))
    }
}

impl State {
    /// The latest time at or before which a proof of this subject, or of a visitor, is worth nothing.
    fn cutoff(&self, known: Option<&Authentication>) -> Option<UnixTime> {
        let own = known.and_then(|known| self.cutoffs.get(&known.subject).copied());
        self.cutoff.max(own)
    }

    fn is_live(&self, row: &Stored, now: UnixTime) -> bool {
        row.is_live(now)
            && !self
                .cutoff(row.authentication.as_ref())
                .is_some_and(|cutoff| row.is_cut_off(cutoff))
    }

    fn live(&self, selector: &Selector, now: UnixTime) -> Option<Stored> {
        let row = self.rows.get(selector)?;
        self.is_live(row, now).then(|| row.clone())
    }

    fn put(&mut self, row: Stored) {
        self.rows.insert(row.selector, row);
    }
}

fn touch(row: &mut Stored, asked: UnixTime, now: UnixTime) {
    row.idle_deadline = row.touched_deadline(asked);
    row.last_seen_at = row.last_seen_at.max(now);
}

fn check(payload: &[u8]) -> Result<(), StoreError> {
    match payload.len() {
        0..=MAX_PAYLOAD => Ok(()),
        _ => Err(StoreErrorKind::TooLarge.into()),
    }
}

impl SessionStore for Model {
    async fn create(&self, record: &NewRecord, now: UnixTime) -> Result<Created, StoreError> {
        check(record.payload())?;
        let mut state = self.lock();
        if state.rows.contains_key(&record.selector()) {
            return Ok(Created::Exists);
        }
        let row = record.clone().into_stored(now);
        if state
            .cutoff(record.authentication())
            .is_some_and(|cutoff| row.is_cut_off(cutoff))
        {
            return Ok(Created::Refused);
        }
        state.put(row);
        Ok(Created::Done)
    }

    async fn load(&self, selector: &Selector, now: UnixTime) -> Result<Option<Stored>, StoreError> {
        Ok(self.lock().live(selector, now))
    }

    async fn update(
        &self,
        selector: &Selector,
        expect: Version,
        change: &Change,
        now: UnixTime,
    ) -> Result<Updated, StoreError> {
        check(&change.payload)?;
        let mut state = self.lock();
        let Some(mut row) = state.live(selector, now) else {
            return Ok(Updated::Gone);
        };
        if row.version != expect {
            return Ok(Updated::Conflict(Box::new(row)));
        }
        row.version = row.version.next();
        row.payload = change.payload.clone();
        touch(&mut row, change.idle_deadline, now);
        let version = row.version;
        state.put(row);
        Ok(Updated::Done(version))
    }

    async fn touch(
        &self,
        selector: &Selector,
        idle_deadline: UnixTime,
        now: UnixTime,
    ) -> Result<Touched, StoreError> {
        let mut state = self.lock();
        let Some(mut row) = state.live(selector, now) else {
            return Ok(Touched::Gone);
        };
        touch(&mut row, idle_deadline, now);
        state.put(row);
        Ok(Touched::Done)
    }

    async fn rotate(
        &self,
        selector: &Selector,
        old: &VerifierHash,
        rotation: &Rotation,
        now: UnixTime,
    ) -> Result<Rotated, StoreError> {
        if let Some((_, payload)) = &rotation.data {
            check(payload)?;
        }
        let mut state = self.lock();
        let Some(mut row) = state.live(selector, now) else {
            return Ok(Rotated::Gone);
        };
        if let Some(time) = rotation.authenticated_at {
            let cutoff = state.cutoff(row.authentication.as_ref());
            let Some(known) = &mut row.authentication else {
                return Ok(Rotated::Refused);
            };
            if cutoff.is_some_and(|cutoff| time <= cutoff) {
                return Ok(Rotated::Refused);
            }
            known.at = time;
            row.lineage_at = row.lineage_at.max(time);
            if let Some(later) = rotation.absolute_deadline {
                row.absolute_deadline = row.absolute_deadline.max(later);
            }
        }
        let expect = rotation.data.as_ref().map(|(version, _)| *version);
        if row.verifier_hash != *old || expect.is_some_and(|expect| expect != row.version) {
            return Ok(Rotated::Stale);
        }
        row.previous = Some(Box::new(Previous {
            verifier_hash: row.verifier_hash,
            rotated_at: now,
            reason: rotation.reason,
        }));
        row.verifier_hash = rotation.verifier_hash;
        row.version = row.version.next();
        if let Some((_, payload)) = &rotation.data {
            row.payload = payload.clone();
        }
        touch(&mut row, rotation.idle_deadline, now);
        let version = row.version;
        state.put(row);
        Ok(Rotated::Done(version))
    }

    async fn delete(&self, selector: &Selector) -> Result<bool, StoreError> {
        Ok(self.lock().rows.remove(selector).is_some())
    }

    async fn purge_expired(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        let mut state = self.lock();
        let dead: Vec<Selector> = state
            .rows
            .values()
            .filter(|row| !state.is_live(row, now))
            .map(|row| row.selector)
            .take(usize::try_from(max.get()).unwrap_or(usize::MAX))
            .collect();
        for selector in &dead {
            state.rows.remove(selector);
        }
        Ok(dead.len() as u64)
    }
}

impl SubjectIndex for Model {
    async fn list_by_subject(
        &self,
        subject: &Subject,
        page: Page,
        now: UnixTime,
    ) -> Result<Listed, StoreError> {
        let state = self.lock();
        let after = page.after.map_or(Unbounded, Excluded);
        let mut rest = state
            .rows
            .range((after, Unbounded))
            .map(|(_, row)| row)
            .filter(|row| is_of(row, subject) && state.is_live(row, now))
            .peekable();
        let size = usize::try_from(page.size()).unwrap_or(usize::MAX);
        let sessions: Vec<Stored> = rest.by_ref().take(size).cloned().collect();
        let next = rest
            .peek()
            .and_then(|_| sessions.last())
            .map(|last| last.selector);
        Ok(Listed { sessions, next })
    }

    async fn delete_one(&self, subject: &Subject, selector: &Selector) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let own = state.rows.get(selector).is_some_and(|row| is_of(row, subject));
        Ok(own && state.rows.remove(selector).is_some())
    }

    async fn delete_by_subject(
        &self,
        subject: &Subject,
        except: Option<&Selector>,
        now: UnixTime,
    ) -> Result<u64, StoreError> {
        let mut state = self.lock();
        // A session that is not live is no exception: moving its lineage would bring back what a cut-off ended.
        let spared = except
            .and_then(|selector| state.live(selector, now))
            .filter(|row| is_of(row, subject));
        let own: Vec<Stored> = state
            .rows
            .values()
            .filter(|row| is_of(row, subject))
            .cloned()
            .collect();
        let live = own.iter().filter(|row| state.is_live(row, now)).count();
        for row in &own {
            state.rows.remove(&row.selector);
        }
        let cutoff = state.cutoffs.get(subject).map_or(now, |old| now.max(*old));
        state.cutoffs.insert(subject.clone(), cutoff);
        let kept = spared.is_some();
        if let Some(mut row) = spared {
            let just_after = UnixTime::from_millis(cutoff.as_millis().saturating_add(1));
            row.lineage_at = row.lineage_at.max(just_after);
            state.put(row);
        }
        Ok((live - usize::from(kept)) as u64)
    }

    async fn revoke_all(&self, now: UnixTime) -> Result<(), StoreError> {
        let mut state = self.lock();
        state.cutoff = state.cutoff.max(Some(now));
        Ok(())
    }
}

pub(super) fn is_of(row: &Stored, subject: &Subject) -> bool {
    row.authentication
        .as_ref()
        .is_some_and(|known| known.subject == *subject)
}
