//! A store with one planted mistake. Without one it is right, and passes every case.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::{Selector, VerifierHash};
use cloakroom_store::{
    Authentication, Change, Created, MAX_PAYLOAD, NewRecord, Previous, Rotated, Rotation, RotationReason,
    SessionStore, StoreError, StoreErrorKind, Stored, Subject, Touched, Updated, Version,
};
use tokio::task::yield_now;

use crate::mistake::Mistake;

mod subjects;

#[derive(Debug)]
pub(crate) struct Wrong {
    mistake: Mistake,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    rows: BTreeMap<Selector, Stored>,
    /// What each row was when it was first seen.
    first: HashMap<Selector, Stored>,
    cutoffs: HashMap<Subject, UnixTime>,
    cutoff: Option<UnixTime>,
}

impl Wrong {
    pub(crate) fn new(mistake: Mistake) -> Self {
        Self {
            mistake,
            state: Mutex::default(),
        }
    }

    fn is(&self, mistake: Mistake) -> bool {
        self.mistake == mistake
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn tear(&self, mistake: Mistake) {
        if self.is(mistake) {
            yield_now().await;
        }
    }

    fn check(&self, payload: &[u8]) -> Result<(), StoreError> {
        if payload.len() <= MAX_PAYLOAD || self.is(Mistake::PayloadHasNoEnd) {
            return Ok(());
        }
        Err(if self.is(Mistake::TooLargeIsOther) {
            StoreErrorKind::Other.into()
        } else {
            StoreErrorKind::TooLarge.into()
        })
    }

    fn cutoff(&self, state: &State, known: Option<&Authentication>) -> Option<UnixTime> {
        let own = known.and_then(|known| state.cutoffs.get(&known.subject).copied());
        if known.is_none() && self.is(Mistake::RevokeAllSparesVisitors) {
            return None;
        }
        if own.is_some() && self.is(Mistake::RevokeAllReplacesTheSubjects) {
            return own;
        }
        state.cutoff.max(own)
    }

    fn is_cut_off(&self, state: &State, row: &Stored) -> bool {
        let cutoff = self.cutoff(state, row.authentication.as_ref());
        cutoff.is_some_and(|cutoff| match self.mistake {
            Mistake::CutOffIsExclusive => row.lineage_at < cutoff,
            _ => row.lineage_at <= cutoff,
        })
    }

    /// Whether a creation of `row` comes too late.
    fn refuses(&self, state: &State, row: &Stored) -> bool {
        match self.mistake {
            Mistake::CreateIgnoresTheCutOff | Mistake::CreateKeepsNoAuthentication => false,
            Mistake::CreateForgetsThatVisitorsAreRevoked if row.authentication.is_none() => false,
            _ => self.is_cut_off(state, row),
        }
    }

    fn is_live(&self, state: &State, row: &Stored, now: UnixTime) -> bool {
        let (idle, absolute) = (now < row.idle_deadline, now < row.absolute_deadline);
        let before = match self.mistake {
            Mistake::LoadGoesByIdleAlone => idle || row.idle_deadline == row.absolute_deadline,
            Mistake::LoadGoesByAbsoluteAlone => absolute,
            Mistake::LoadAtTheDeadline => now <= row.idle_deadline,
            _ => idle && absolute,
        };
        before && (self.is(Mistake::LoadIgnoresTheCutOff) || !self.is_cut_off(state, row))
    }

    fn live(&self, state: &State, selector: &Selector, now: UnixTime) -> Option<Stored> {
        let row = state.rows.get(selector)?;
        self.is_live(state, row, now).then(|| row.clone())
    }

    fn touched(&self, row: &mut Stored, asked: UnixTime, now: UnixTime) {
        row.idle_deadline = match self.mistake {
            Mistake::TouchShortens => asked.min(row.absolute_deadline),
            Mistake::TouchPassesTheAbsoluteDeadline => asked.max(row.idle_deadline),
            _ => row.touched_deadline(asked),
        };
        row.last_seen_at = match self.mistake {
            Mistake::TouchForgetsTheTime => row.last_seen_at,
            Mistake::TouchGoesBackInTime => now,
            _ => row.last_seen_at.max(now),
        };
    }

    /// What is kept of a payload.
    fn kept(&self, payload: &std::sync::Arc<[u8]>) -> std::sync::Arc<[u8]> {
        match self.mistake {
            Mistake::PayloadIsText => String::from_utf8_lossy(payload).as_bytes().into(),
            Mistake::PayloadIsShorter => payload[..payload.len().min(65_535)].into(),
            _ => payload.clone(),
        }
    }

    fn put(&self, state: &mut State, mut row: Stored) {
        let kept = |time: UnixTime| match self.mistake {
            Mistake::TimesAreSeconds => UnixTime::from_millis(time.as_millis() / 1000 * 1000),
            Mistake::TimesAreClamped => time.min(UnixTime::from_millis(1 << 53)),
            _ => time,
        };
        for time in [
            &mut row.idle_deadline,
            &mut row.absolute_deadline,
            &mut row.created_at,
        ] {
            *time = kept(*time);
        }
        row.payload = self.kept(&row.payload);
        state.first.entry(row.selector).or_insert_with(|| row.clone());
        state.rows.insert(row.selector, row);
    }

    /// How many it ended, and the spared row, if it is to be put back.
    fn end_all(&self, subject: &Subject, except: Option<&Selector>, now: UnixTime) -> (u64, Option<Stored>) {
        let mut state = self.lock();
        let spared = except
            .and_then(|selector| match self.mistake {
                Mistake::EndAllRevivesTheSpared => state.rows.get(selector).cloned(),
                _ => self.live(&state, selector, now),
            })
            .filter(|row| is_of(row, subject) || self.is(Mistake::EndAllSparesAnything))
            .filter(|_| !self.is(Mistake::EndAllSparesNothing));
        let own: Vec<Stored> = state
            .rows
            .values()
            .filter(|row| match self.mistake {
                Mistake::EndAllGoesByTheTag => row.selector.tag() == subject.tag(),
                _ => is_of(row, subject),
            })
            .filter(|row| {
                spared
                    .as_ref()
                    .is_none_or(|spared| spared.selector != row.selector)
            })
            .cloned()
            .collect();
        let counted =
            |row: &&Stored| self.is(Mistake::EndAllCountsTheEnded) || self.is_live(&state, row, now);
        let count = own.iter().filter(counted).count();
        for row in &own {
            state.rows.remove(&row.selector);
        }
        let old = state.cutoffs.get(subject).copied();
        let cutoff = match self.mistake {
            Mistake::EndAllMovesTheCutOffBack => now,
            _ => old.map_or(now, |old| now.max(old)),
        };
        if !self.is(Mistake::EndAllSetsNoCutOff) {
            state.cutoffs.insert(subject.clone(), cutoff);
        }
        if let Some(mut row) = spared {
            let just_after = UnixTime::from_millis(cutoff.as_millis() + 1);
            row.lineage_at = match self.mistake {
                Mistake::EndAllForgetsTheLineage => row.lineage_at,
                Mistake::EndAllMovesTheLineageBack => just_after,
                _ => row.lineage_at.max(just_after),
            };
            if self.is(Mistake::EndAllReplacesTheSpared) {
                state.rows.remove(&row.selector);
                return (count as u64, Some(row));
            }
            self.put(&mut state, row);
        }
        (count as u64, None)
    }

    /// Under one lock; or takes the row out, to be put back after a while.
    fn rotate_at_once(
        &self,
        torn: Option<Stored>,
        selector: &Selector,
        old: &VerifierHash,
        rotation: &Rotation,
        now: UnixTime,
    ) -> Result<Rotated, Box<Stored>> {
        let mut state = self.lock();
        let row = match self.mistake {
            Mistake::TornRotate => torn,
            Mistake::RotateRevivesTheCutOff if rotation.authenticated_at.is_some() => {
                state.rows.get(selector).filter(|row| row.is_live(now)).cloned()
            }
            _ => self.live(&state, selector, now),
        };
        let Some(mut row) = row else {
            return Ok(Rotated::Gone);
        };
        if let Some(time) = rotation.authenticated_at {
            let cutoff = self.cutoff(&state, row.authentication.as_ref());
            let refused = cutoff.is_some_and(|cutoff| time <= cutoff);
            match &mut row.authentication {
                Some(_) if refused && !self.is(Mistake::RotateIgnoresTheCutOff) => {
                    return Ok(Rotated::Refused);
                }
                Some(known) if !self.is(Mistake::RotateForgetsTheAuthentication) => known.at = time,
                None if !self.is(Mistake::RotateAuthenticatesVisitors) => return Ok(Rotated::Refused),
                _ => {}
            }
            row.lineage_at = match self.mistake {
                Mistake::RotateMovesTheLineageBack => time,
                _ => row.lineage_at.max(time),
            };
        }
        if let Some(asked) = rotation.absolute_deadline
            && (rotation.authenticated_at.is_some() || self.is(Mistake::RotateExtendsUnasked))
        {
            row.absolute_deadline = match self.mistake {
                Mistake::RotateShortensTheLife => asked,
                _ => row.absolute_deadline.max(asked),
            };
        }
        let previous = row.previous.as_ref().map(|previous| previous.verifier_hash);
        let fits = match self.mistake {
            Mistake::RotateIgnoresTheVerifier => true,
            Mistake::RotateTakesThePreviousVerifier => row.verifier_hash == *old || previous == Some(*old),
            _ => row.verifier_hash == *old,
        };
        let expect = rotation.data.as_ref().map(|(version, _)| *version);
        let other = expect.is_some_and(|expect| expect != row.version);
        if !fits || (other && !self.is(Mistake::RotateIgnoresTheVersion)) {
            return Ok(Rotated::Stale);
        }
        row.previous = (!self.is(Mistake::RotateKeepsNoPrevious)).then(|| {
            Box::new(Previous {
                verifier_hash: row.verifier_hash,
                rotated_at: now,
                reason: match self.mistake {
                    Mistake::RotateForgetsTheReason => RotationReason::Periodic,
                    _ => rotation.reason,
                },
            })
        });
        row.verifier_hash = rotation.verifier_hash;
        row.version = row.version.next();
        if let Some((_, payload)) = &rotation.data {
            row.payload = payload.clone();
        }
        self.touched(&mut row, rotation.idle_deadline, now);
        if self.is(Mistake::RotateByDeleting) {
            state.rows.remove(selector);
            return Err(Box::new(row));
        }
        let version = row.version;
        self.put(&mut state, row);
        Ok(Rotated::Done(version))
    }

    /// A row of nothing but a selector.
    fn invented(selector: &Selector, idle_deadline: UnixTime, now: UnixTime) -> Stored {
        Stored {
            selector: *selector,
            verifier_hash: VerifierHash::from_bytes([0; 32]),
            previous: None,
            authentication: None,
            lineage_at: now,
            created_at: now,
            last_seen_at: now,
            idle_deadline,
            absolute_deadline: idle_deadline,
            version: Version::FIRST,
            payload: [].into(),
        }
    }
}

impl SessionStore for Wrong {
    async fn create(&self, record: &NewRecord, now: UnixTime) -> Result<Created, StoreError> {
        self.check(record.payload())?;
        let exists = {
            let state = self.lock();
            let row = state.rows.get(&record.selector());
            match self.mistake {
                Mistake::CreateOverwrites => false,
                Mistake::CreateReplacesTheEnded => row.is_some_and(|row| self.is_live(&state, row, now)),
                _ => row.is_some(),
            }
        };
        self.tear(Mistake::TornCreate).await;
        if exists {
            return Ok(Created::Exists);
        }
        let mut row = record.clone().into_stored(now);
        let refused = self.refuses(&self.lock(), &row);
        self.tear(Mistake::TornEndAll).await;
        if refused {
            return Ok(Created::Refused);
        }
        if self.is(Mistake::CreateKeepsNoAuthentication) {
            row.authentication = None;
        }
        let mut state = self.lock();
        // Between the locks another one may have come.
        let torn = self.is(Mistake::TornCreate) || self.is(Mistake::TornEndAll);
        if !torn && !self.is(Mistake::CreateOverwrites) && !self.is(Mistake::CreateReplacesTheEnded) {
            if state.rows.contains_key(&row.selector) {
                return Ok(Created::Exists);
            }
            if self.refuses(&state, &row) {
                return Ok(Created::Refused);
            }
        }
        self.put(&mut state, row);
        Ok(Created::Done)
    }

    async fn load(&self, selector: &Selector, now: UnixTime) -> Result<Option<Stored>, StoreError> {
        let state = self.lock();
        let kept = |row: &&Stored| self.is(Mistake::TornEndAll) && row.is_live(now);
        let row = self.live(&state, selector, now);
        Ok(row.or_else(|| state.rows.get(selector).filter(kept).cloned()))
    }

    fn load_now(&self, selector: &Selector, now: UnixTime) -> Poll<Option<Arc<Stored>>> {
        let state = self.lock();
        let row = state.rows.get(selector).filter(|row| match self.mistake {
            Mistake::LoadNowForgetsTheDeadlines => !self.is_cut_off(&state, row),
            Mistake::LoadNowForgetsTheCutOff => row.is_live(now),
            _ => self.is_live(&state, row, now),
        });
        Poll::Ready(row.cloned().map(Arc::new))
    }

    fn load_within<'a>(
        &'a self,
        selector: &'a Selector,
        now: UnixTime,
        _: Duration,
    ) -> Option<impl Future<Output = Result<Option<Stored>, StoreError>> + Send> {
        Some(async move {
            let state = self.lock();
            let row = state.rows.get(selector).filter(|row| match self.mistake {
                Mistake::LoadWithinForgetsTheDeadlines => !self.is_cut_off(&state, row),
                Mistake::LoadWithinForgetsTheCutOff => row.is_live(now),
                _ => self.is_live(&state, row, now),
            });
            Ok(row.cloned())
        })
    }

    async fn update(
        &self,
        selector: &Selector,
        expect: Version,
        change: &Change,
        now: UnixTime,
    ) -> Result<Updated, StoreError> {
        self.check(&change.payload)?;
        let row = self.live(&self.lock(), selector, now);
        self.tear(Mistake::TornUpdate).await;
        let mut state = self.lock();
        let row = match self.mistake {
            Mistake::TornUpdate => row,
            Mistake::UpdateOfTheEnded => state.rows.get(selector).cloned(),
            _ => self.live(&state, selector, now),
        };
        let Some(mut row) = row else {
            if let (Mistake::ConflictOfTheEnded, Some(ended)) = (self.mistake, state.rows.get(selector))
                && ended.version != expect
            {
                return Ok(Updated::Conflict(Box::new(ended.clone())));
            }
            if self.is(Mistake::UpdateResurrects)
                && !state.rows.contains_key(selector)
                && let Some(mut row) = state.first.get(selector).cloned()
            {
                row.payload = change.payload.clone();
                self.put(&mut state, row);
            }
            return Ok(Updated::Gone);
        };
        if row.version != expect && !self.is(Mistake::UpdateIgnoresTheVersion) {
            if self.is(Mistake::LostConflict) {
                return Ok(Updated::Gone);
            }
            if self.is(Mistake::ConflictIsStale) {
                // As under READ COMMITTED a snapshot taken before the row's lock was.
                row.version = row.version.min(expect);
            }
            let answer = Updated::Conflict(Box::new(row.clone()));
            if self.is(Mistake::ConflictWrites) {
                row.payload = change.payload.clone();
                self.put(&mut state, row);
            }
            return Ok(answer);
        }
        row.version = row.version.next();
        if self.is(Mistake::UpdateCountsByTwo) {
            row.version = row.version.next();
        }
        row.payload = change.payload.clone();
        if !self.is(Mistake::UpdateForgetsToTouch) {
            self.touched(&mut row, change.idle_deadline, now);
        }
        let version = row.version;
        self.put(&mut state, row);
        Ok(Updated::Done(version))
    }

    async fn touch(
        &self,
        selector: &Selector,
        idle_deadline: UnixTime,
        now: UnixTime,
    ) -> Result<Touched, StoreError> {
        let row = self.live(&self.lock(), selector, now);
        self.tear(Mistake::TornTouch).await;
        let mut state = self.lock();
        let row = match self.mistake {
            Mistake::TornTouch => row,
            Mistake::TouchRevives => state.rows.get(selector).cloned(),
            _ => self.live(&state, selector, now),
        };
        let Some(mut row) = row else {
            if self.is(Mistake::TouchCreates) {
                self.put(&mut state, Self::invented(selector, idle_deadline, now));
            }
            return Ok(Touched::Gone);
        };
        self.touched(&mut row, idle_deadline, now);
        if self.is(Mistake::TouchBumpsTheVersion) {
            row.version = row.version.next();
        }
        self.put(&mut state, row);
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
            self.check(payload)?;
        }
        let torn = self.live(&self.lock(), selector, now);
        self.tear(Mistake::TornRotate).await;
        match self.rotate_at_once(torn, selector, old, rotation, now) {
            Ok(rotated) => Ok(rotated),
            Err(row) => {
                yield_now().await;
                let version = row.version;
                self.put(&mut self.lock(), *row);
                Ok(Rotated::Done(version))
            }
        }
    }

    async fn delete(&self, selector: &Selector) -> Result<bool, StoreError> {
        let mut state = self.lock();
        if self.is(Mistake::SoftDelete) {
            // It is marked by a deadline in the past, which a fast writer writes over.
            return Ok(state.rows.get_mut(selector).is_some_and(|row| {
                row.idle_deadline = UnixTime::EPOCH;
                true
            }));
        }
        Ok(state.rows.remove(selector).is_some() || self.is(Mistake::DeleteAnswersTrue))
    }

    async fn purge_expired(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        let dead: Vec<Selector> = {
            let state = self.lock();
            let max = match self.mistake {
                Mistake::PurgeIgnoresItsBatch => usize::MAX,
                _ => usize::try_from(max.get()).expect("a batch fits"),
            };
            let ended = |row: &Stored| match self.mistake {
                Mistake::PurgeTakesTheLive => now.as_millis() >= row.created_at.as_millis() + 60_000,
                Mistake::PurgeGoesByAbsoluteAlone => now >= row.absolute_deadline,
                Mistake::PurgeLeavesTheCutOff => !row.is_live(now),
                _ => !self.is_live(&state, row, now),
            };
            let dead = state.rows.values().filter(|row| ended(row));
            dead.map(|row| row.selector).take(max).collect()
        };
        self.tear(Mistake::TornPurge).await;
        let mut state = self.lock();
        let mut count = 0;
        for selector in dead {
            let there = state.rows.remove(&selector).is_some();
            count += u64::from(there || self.is(Mistake::TornPurge));
        }
        if self.is(Mistake::PurgeDropsTheCutOffs) {
            state.cutoffs.clear();
            state.cutoff = None;
        }
        Ok(count)
    }
}

fn is_of(row: &Stored, subject: &Subject) -> bool {
    row.authentication
        .as_ref()
        .is_some_and(|known| known.subject == *subject)
}
