//! A store with one planted mistake. Without one it is right, and passes every case.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    reason = "these are mistakes that a store can make"
)]

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::ops::Bound::{Excluded, Included, Unbounded};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cloakroom_token::cloakroom_core::UnixTime;
use cloakroom_token::cloakroom_id::{Selector, Subject, TokenHash};
use cloakroom_token::conformance::Tested;
use cloakroom_token::{
    AccessToken, Client, Created, Family, MAX_DATA, NewFamily, Presented, Rotated, StoreError,
    StoreErrorKind, TokenStore,
};
use tokio::task::yield_now;

use crate::mistake::Mistake;

#[derive(Debug)]
pub(crate) struct Wrong {
    mistake: Mistake,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    families: BTreeMap<Selector, Row>,
    access: HashMap<[u8; 32], AccessToken>,
    cutoffs: HashMap<Subject, UnixTime>,
    cutoff: Option<UnixTime>,
}

#[derive(Clone, Debug)]
struct Row {
    family: Family,
    secret_hash: TokenHash,
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

    fn check(&self, data: &[u8]) -> Result<(), StoreError> {
        if data.len() <= MAX_DATA || self.is(Mistake::DataHasNoEnd) {
            return Ok(());
        }
        Err(StoreErrorKind::TooLarge.into())
    }

    fn is_cut_off(&self, state: &State, subject: &Subject, authenticated_at: UnixTime) -> bool {
        let own = state.cutoffs.get(subject).copied();
        let cutoff = match own {
            Some(_) if self.is(Mistake::RevokeAllReplacesTheSubjects) && state.cutoff.is_some() => {
                state.cutoff
            }
            _ => state.cutoff.max(own),
        };
        cutoff.is_some_and(|cutoff| match self.mistake {
            Mistake::CutOffIsExclusive => authenticated_at < cutoff,
            _ => authenticated_at <= cutoff,
        })
    }

    fn is_live(&self, state: &State, row: &Row, now: UnixTime) -> bool {
        let family = &row.family;
        let before = match self.mistake {
            Mistake::LoadAtTheDeadline => now <= family.idle_deadline && now <= family.absolute_deadline,
            _ => now < family.idle_deadline && now < family.absolute_deadline,
        };
        let is_cut_off = self.is_cut_off(state, &family.subject, family.authenticated_at);
        before && (!is_cut_off || self.is(Mistake::LoadIgnoresTheCutOff))
    }

    fn live(&self, state: &State, id: &Selector, now: UnixTime) -> Option<Row> {
        let row = state.families.get(id)?;
        self.is_live(state, row, now).then(|| row.clone())
    }

    fn stands(&self, state: &State, token: &AccessToken, now: UnixTime) -> bool {
        let is_cut_off = self.is_cut_off(state, &token.subject, token.authenticated_at);
        let has_family = |id: &Selector| self.live(state, id, now).is_some();
        (!is_cut_off || self.is(Mistake::AccessOutlivesItsSubject))
            && (token.family.as_ref().is_none_or(has_family) || self.is(Mistake::AccessOutlivesItsFamily))
    }

    /// The client's own row, or not.
    fn same_client(&self, family: &Family, client: &Client) -> bool {
        match self.mistake {
            Mistake::RotateIgnoresTheClient => true,
            Mistake::RotateFoldsTheClientsCase => {
                family.client.as_str().eq_ignore_ascii_case(client.as_str())
            }
            _ => family.client == *client,
        }
    }

    fn proves(&self, family: &Family, token: &Presented, is_retry: bool) -> bool {
        match self.mistake {
            Mistake::RotateIgnoresTheKey => true,
            Mistake::RetryIgnoresTheKey if is_retry => true,
            Mistake::RotateAsksUnboundForNone => family.confirmation == token.confirmation,
            _ => family.confirmation.is_none() || family.confirmation == token.confirmation,
        }
    }

    /// What becomes of the row, and what is answered.
    fn decide(&self, row: &Row, token: &Presented, now: UnixTime) -> (Option<Row>, Rotated) {
        let kept = || Some(row.clone());
        let family = &row.family;
        let refused = |ends: bool, answer| (if ends { None } else { kept() }, answer);
        if row.secret_hash != token.secret_hash && !self.is(Mistake::RotateIgnoresTheSecret) {
            return refused(self.is(Mistake::WrongSecretEnds), Rotated::WrongSecret);
        }
        if !self.same_client(family, &token.client) {
            return refused(self.is(Mistake::WrongClientEnds), Rotated::WrongClient);
        }
        let shown = u64::from(token.generation);
        if !self.proves(family, token, shown + 1 == family.generation) {
            return refused(self.is(Mistake::WrongKeyEnds), Rotated::WrongConfirmation);
        }
        let newest = family.generation;
        if self.is_above(shown, newest) {
            return match self.mistake {
                Mistake::AheadIsReuse => (None, Rotated::Reused(family.clone())),
                mistake => refused(mistake == Mistake::AheadEnds, Rotated::Ahead),
            };
        }
        let in_grace = self.is_in_grace(family, token, now);
        if shown == newest || self.rounds_to(shown, newest) {
            return self.rotated(row, token, now);
        }
        match newest.saturating_sub(shown) {
            1 if in_grace => self.retried(row, token, now),
            2 if in_grace && self.is(Mistake::LateIsRetry) => (kept(), Rotated::Retry(family.clone())),
            2 if in_grace => refused(self.is(Mistake::LateEnds), Rotated::Late),
            _ if in_grace && self.is(Mistake::GraceCoversAncestors) => (kept(), Rotated::Late),
            _ if self.is(Mistake::ReuseIsOnlyRefused) => (kept(), Rotated::Reused(family.clone())),
            _ => (None, Rotated::Reused(family.clone())),
        }
    }

    fn is_above(&self, shown: u64, newest: u64) -> bool {
        let signed = |number: u64| number as u32 as i32;
        match self.mistake {
            Mistake::GenerationIsSigned => signed(shown) > signed(newest),
            _ => shown > newest,
        }
    }

    fn rounds_to(&self, shown: u64, newest: u64) -> bool {
        let float = |number: u64| (number as f32).to_bits();
        self.is(Mistake::GenerationIsAFloat) && float(shown) == float(newest)
    }

    fn is_in_grace(&self, family: &Family, token: &Presented, now: UnixTime) -> bool {
        let begin = match self.mistake {
            Mistake::GraceCountsFromCreation => family.created_at,
            _ => family.rotated_at,
        };
        let end = begin.saturating_add(token.grace);
        match self.mistake {
            Mistake::GraceIsInclusive => now <= end && !token.grace.is_zero(),
            Mistake::GraceEndsNever => true,
            Mistake::GraceOfNothingIsSome => now < end,
            _ => now < end && token.grace.as_millis() > 0,
        }
    }

    fn rotated(&self, row: &Row, token: &Presented, now: UnixTime) -> (Option<Row>, Rotated) {
        let mut next = row.clone();
        let family = &mut next.family;
        if family.generation >= u64::from(u32::MAX) && !self.is(Mistake::GenerationWraps) {
            let exhausted = Rotated::Exhausted(family.clone());
            return (self.is(Mistake::ExhaustedStays).then_some(next), exhausted);
        }
        family.generation = match self.mistake {
            Mistake::GenerationWraps => u64::from((family.generation as u32).wrapping_add(1)),
            _ => family.generation + 1,
        };
        if !self.is(Mistake::RotateKeepsTheKey) {
            family.key_id = token.next_key;
        }
        if !self.is(Mistake::RotateForgetsTheTime) {
            family.rotated_at = now;
        }
        let (old, asked) = (family.idle_deadline, token.idle_deadline);
        family.idle_deadline = match self.mistake {
            Mistake::RotateShortens => asked.min(family.absolute_deadline),
            Mistake::RotatePassesTheAbsoluteDeadline => old.max(asked),
            _ => old.max(asked).min(family.absolute_deadline),
        };
        let family = family.clone();
        (Some(next), Rotated::Done(family))
    }

    fn retried(&self, row: &Row, token: &Presented, now: UnixTime) -> (Option<Row>, Rotated) {
        let mut row = row.clone();
        match self.mistake {
            Mistake::RetryRotates => return self.rotated(&row, token, now),
            Mistake::RetryChangesTheKey => row.family.key_id = token.next_key,
            Mistake::RetryMovesTheDeadline => {
                row.family.idle_deadline = row.family.idle_deadline.max(token.idle_deadline);
            }
            _ => {}
        }
        let family = row.family.clone();
        (Some(row), Rotated::Retry(family))
    }

    /// What is kept of a family.
    fn kept(&self, mut family: Family, new: &NewFamily) -> Family {
        match self.mistake {
            Mistake::CreateKeepsALongIdleDeadline => family.idle_deadline = new.idle_deadline,
            Mistake::DataIsText => family.data = String::from_utf8_lossy(&new.data).as_bytes().into(),
            Mistake::TimesAreSeconds => {
                family.idle_deadline = UnixTime::from_millis(family.idle_deadline.as_secs() * 1000);
            }
            _ => {}
        }
        family
    }

    fn is_of(&self, family: &Family, subject: &Subject) -> bool {
        match self.mistake {
            Mistake::ListGoesByTheTag => family.subject.tag() == subject.tag(),
            Mistake::ListFoldsCase => family.subject.as_str().eq_ignore_ascii_case(subject.as_str()),
            _ => family.subject == *subject,
        }
    }
}

impl Tested for Wrong {
    type Store = Self;

    fn store(&self) -> &Self {
        self
    }

    async fn set_generation(&self, id: &Selector, generation: u64) {
        if let Some(row) = self.lock().families.get_mut(id) {
            row.family.generation = generation;
        }
    }
}

impl TokenStore for Wrong {
    async fn create_family(&self, new: &NewFamily, now: UnixTime) -> Result<Created, StoreError> {
        self.check(&new.data)?;
        if !self.is(Mistake::CreateIgnoresTheTag) {
            new.check()
                .map_err(|error| StoreError::new(StoreErrorKind::Other, error))?;
        }
        let exists = {
            let state = self.lock();
            let exists = match self.mistake {
                Mistake::CreateOverwrites => false,
                Mistake::CreateReplacesTheEnded => self.live(&state, &new.id, now).is_some(),
                _ => state.families.contains_key(&new.id),
            };
            if exists {
                return Ok(Created::Exists);
            }
            let is_cut_off = self.is_cut_off(&state, &new.subject, new.authenticated_at);
            if is_cut_off && !self.is(Mistake::CreateIgnoresTheCutOff) {
                return Ok(Created::Refused);
            }
            state.families.contains_key(&new.id)
        };
        self.tear(Mistake::TornCreate).await;
        let mut state = self.lock();
        // Without the mistake nothing waits in between, but threads may.
        if !exists && !self.is(Mistake::TornCreate) {
            if state.families.contains_key(&new.id) {
                return Ok(Created::Exists);
            }
            let is_cut_off = self.is_cut_off(&state, &new.subject, new.authenticated_at);
            if is_cut_off && !self.is(Mistake::CreateIgnoresTheCutOff) {
                return Ok(Created::Refused);
            }
        }
        let family = self.kept(new.stored(now), new);
        state.families.insert(
            new.id,
            Row {
                family,
                secret_hash: new.secret_hash,
            },
        );
        Ok(Created::Done)
    }

    async fn rotate(&self, token: &Presented, now: UnixTime) -> Result<Rotated, StoreError> {
        if self.is(Mistake::TornRotate) {
            let Some(row) = self.live(&self.lock(), &token.id, now) else {
                return Ok(Rotated::Gone);
            };
            let (next, answer) = self.decide(&row, token, now);
            yield_now().await;
            let mut state = self.lock();
            match next {
                Some(next) => drop(state.families.insert(token.id, next)),
                None => drop(state.families.remove(&token.id)),
            }
            return Ok(answer);
        }
        let mut state = self.lock();
        let found = match self.mistake {
            Mistake::RotateRevivesTheEnded => state.families.get(&token.id).cloned(),
            _ => self.live(&state, &token.id, now),
        };
        let Some(row) = found else {
            return Ok(Rotated::Gone);
        };
        let (next, answer) = self.decide(&row, token, now);
        match next {
            Some(next) => drop(state.families.insert(token.id, next)),
            None => drop(state.families.remove(&token.id)),
        }
        Ok(answer)
    }

    async fn load_family(
        &self,
        id: &Selector,
        hash: &TokenHash,
        now: UnixTime,
    ) -> Result<Option<Family>, StoreError> {
        let row = self.live(&self.lock(), id, now);
        let fits = |row: &Row| row.secret_hash == *hash || self.is(Mistake::LoadIgnoresTheSecret);
        Ok(row.filter(fits).map(|row| row.family))
    }

    async fn end_family(&self, id: &Selector, hash: &TokenHash, client: &Client) -> Result<bool, StoreError> {
        let fits = |row: &Row| {
            (row.secret_hash == *hash || self.is(Mistake::EndIgnoresTheSecret))
                && (row.family.client == *client || self.is(Mistake::EndIgnoresTheClient))
                && !(self.is(Mistake::EndSparesTheExpired)
                    && row.family.idle_deadline <= row.family.created_at)
        };
        if self.is(Mistake::TornEnd) {
            let is_theirs = self.lock().families.get(id).is_some_and(fits);
            yield_now().await;
            self.lock().families.remove(id);
            return Ok(is_theirs);
        }
        let mut state = self.lock();
        let is_theirs = state.families.get(id).is_some_and(fits);
        let ended = is_theirs && state.families.remove(id).is_some();
        Ok(ended || self.is(Mistake::EndAnswersTrue))
    }

    async fn end_one(&self, subject: &Subject, id: &Selector) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let fits = |row: &Row| row.family.subject == *subject || self.is(Mistake::EndOneIgnoresTheSubject);
        let is_theirs = state.families.get(id).is_some_and(fits);
        Ok(is_theirs && state.families.remove(id).is_some())
    }

    async fn list_by_subject(
        &self,
        subject: &Subject,
        after: Option<&Selector>,
        max: NonZeroU32,
        now: UnixTime,
    ) -> Result<Vec<Family>, StoreError> {
        let state = self.lock();
        let start = match after {
            None => Unbounded,
            Some(mark) if self.is(Mistake::ListRepeatsTheMark) && max.get() > 1 => Included(mark),
            Some(mark) => Excluded(mark),
        };
        let max = match self.mistake {
            Mistake::ListIgnoresTheMost => usize::MAX,
            _ => usize::try_from(max.get()).unwrap_or(usize::MAX),
        };
        let mut list: Vec<Family> = state
            .families
            .range((start, Unbounded))
            .map(|(_, row)| row)
            .filter(|row| self.is_of(&row.family, subject))
            .filter(|row| self.is(Mistake::ListShowsGhosts) || self.is_live(&state, row, now))
            .take(max)
            .map(|row| row.family.clone())
            .collect();
        if self.is(Mistake::ListIsUnordered) {
            list.reverse();
        }
        Ok(list)
    }

    async fn revoke_subject(
        &self,
        subject: &Subject,
        cutoff: UnixTime,
        now: UnixTime,
    ) -> Result<u64, StoreError> {
        if self.is(Mistake::TornRevoke) {
            self.lock()
                .families
                .retain(|_, row| row.family.subject != *subject);
            yield_now().await;
        }
        let mut state = self.lock();
        let own = |row: &&Row| row.family.subject == *subject;
        let is_counted =
            |row: &&Row| self.is(Mistake::RevokeCountsTheEnded) || self.is_live(&state, row, now);
        let count = state.families.values().filter(own).filter(is_counted).count();
        if !self.is(Mistake::TornRevoke) {
            state.families.retain(|_, row| {
                row.family.subject != *subject
                    || (self.is(Mistake::RevokeSparesTheNewer) && row.family.authenticated_at > cutoff)
            });
        }
        if !self.is(Mistake::RevokeSetsNoCutOff) {
            let kept = state.cutoffs.entry(subject.clone()).or_insert(cutoff);
            *kept = match self.mistake {
                Mistake::RevokeMovesTheCutOffBack => cutoff,
                _ => cutoff.max(*kept),
            };
        }
        Ok(count as u64)
    }

    async fn revoke_all(&self, cutoff: UnixTime) -> Result<(), StoreError> {
        let mut state = self.lock();
        match self.mistake {
            Mistake::RevokeAllDoesNothing => {}
            Mistake::RevokeAllGoesBack => state.cutoff = Some(cutoff),
            _ => state.cutoff = state.cutoff.max(Some(cutoff)),
        }
        Ok(())
    }

    async fn create_access(&self, token: &AccessToken, now: UnixTime) -> Result<Created, StoreError> {
        self.check(&token.data)?;
        let mut state = self.lock();
        if state.access.contains_key(token.hash.as_bytes()) && !self.is(Mistake::AccessOverwrites) {
            return Ok(Created::Exists);
        }
        if !self.stands(&state, token, now) && !self.is(Mistake::AccessOfAnEndedFamily) {
            return Ok(Created::Refused);
        }
        state.access.insert(*token.hash.as_bytes(), token.clone());
        Ok(Created::Done)
    }

    async fn load_access(&self, hash: &TokenHash, now: UnixTime) -> Result<Option<AccessToken>, StoreError> {
        let state = self.lock();
        let is_live = |token: &&AccessToken| {
            (now < token.expires_at || (self.is(Mistake::AccessAtItsEnd) && now == token.expires_at))
                && self.stands(&state, token, now)
        };
        Ok(state.access.get(hash.as_bytes()).filter(is_live).cloned())
    }

    async fn end_access(&self, hash: &TokenHash, client: &Client) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let fits =
            |token: &AccessToken| token.client == *client || self.is(Mistake::EndAccessIgnoresTheClient);
        let is_theirs = state.access.get(hash.as_bytes()).is_some_and(fits);
        Ok(is_theirs && state.access.remove(hash.as_bytes()).is_some())
    }

    async fn purge_expired(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        let max = match self.mistake {
            Mistake::PurgeIgnoresItsMost => usize::MAX,
            _ => usize::try_from(max.get()).unwrap_or(usize::MAX),
        };
        let find = |state: &State| -> Vec<Selector> {
            let is_dead = |row: &&Row| match self.mistake {
                Mistake::PurgeTakesTheLive => row.family.created_at < now,
                Mistake::PurgeLeavesTheCutOff => {
                    now >= row.family.idle_deadline || now >= row.family.absolute_deadline
                }
                _ => !self.is_live(state, row, now),
            };
            state
                .families
                .values()
                .filter(is_dead)
                .map(|row| row.family.id)
                .take(max)
                .collect()
        };
        let torn = self.is(Mistake::TornPurge).then(|| find(&self.lock()));
        self.tear(Mistake::TornPurge).await;
        let mut state = self.lock();
        let dead = torn.unwrap_or_else(|| find(&state));
        for id in &dead {
            state.families.remove(id);
        }
        let ended: Vec<[u8; 32]> = state
            .access
            .iter()
            .filter(|(_, token)| now >= token.expires_at && !self.is(Mistake::PurgeLeavesAccess))
            .map(|(hash, _)| *hash)
            .take(max - dead.len())
            .collect();
        for hash in &ended {
            state.access.remove(hash);
        }
        if self.is(Mistake::PurgeDropsTheCutOffs) {
            state.cutoffs.clear();
        }
        Ok((dead.len() + ended.len()) as u64)
    }
}
