//! A store as short as its rules: what the others are compared with.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, Subject, TokenHash};

use super::Tested;
use crate::{
    AccessToken, Client, Created, Family, MAX_DATA, NewFamily, Presented, Rotated, StoreError,
    StoreErrorKind, TokenStore,
};

/// A store that does what the rules say and nothing to be fast: one lock, and every list is a search.
#[derive(Debug, Default)]
pub struct Model(Mutex<State>);

#[derive(Clone, Debug, Default)]
struct State {
    families: BTreeMap<Selector, (Family, TokenHash)>,
    access: HashMap<[u8; 32], AccessToken>,
    cutoffs: HashMap<Subject, UnixTime>,
    cutoff: Option<UnixTime>,
}

impl Model {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// The row of a family, live or not.
    pub(super) fn family(&self, id: &Selector) -> Option<Family> {
        self.lock().families.get(id).map(|(family, _)| family.clone())
    }

    /// The row of an access token, live or not.
    pub(super) fn access(&self, hash: &TokenHash) -> Option<AccessToken> {
        self.lock().access.get(hash.as_bytes()).cloned()
    }

    /// Drops an access token.
    pub(super) fn forget_access(&self, hash: &TokenHash) {
        self.lock().access.remove(hash.as_bytes());
    }

    /// Whether nothing but its own end, and that of its row, keeps somebody from using it.
    pub(super) fn stands(&self, token: &AccessToken, now: UnixTime) -> bool {
        self.lock().stands(token, now)
    }

    /// Whether the subject's authentication of that time is cut off.
    pub(super) fn is_cut_off(&self, subject: &Subject, authenticated_at: UnixTime) -> bool {
        self.lock().is_cut_off(subject, authenticated_at)
    }

    /// The latest cut-off that counts for `subject`.
    pub(super) fn cutoff(&self, subject: &Subject) -> Option<UnixTime> {
        let state = self.lock();
        state.cutoff.max(state.cutoffs.get(subject).copied())
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

impl Tested for Model {
    type Store = Self;

    fn store(&self) -> &Self {
        self
    }

    async fn set_generation(&self, id: &Selector, generation: u64) {
        if let Some((family, _)) = self.lock().families.get_mut(id) {
            family.generation = generation;
        }
    }
}

impl State {
    fn is_cut_off(&self, subject: &Subject, authenticated_at: UnixTime) -> bool {
        let cutoff = self.cutoff.max(self.cutoffs.get(subject).copied());
        cutoff.is_some_and(|cutoff| authenticated_at <= cutoff)
    }

    fn is_live(&self, family: &Family, now: UnixTime) -> bool {
        now < family.idle_deadline
            && now < family.absolute_deadline
            && !self.is_cut_off(&family.subject, family.authenticated_at)
    }

    fn live(&self, id: &Selector, now: UnixTime) -> Option<(Family, TokenHash)> {
        let row = self.families.get(id)?;
        self.is_live(&row.0, now).then(|| row.clone())
    }

    fn stands(&self, token: &AccessToken, now: UnixTime) -> bool {
        let has_family = |id: &Selector| self.live(id, now).is_some();
        !self.is_cut_off(&token.subject, token.authenticated_at)
            && token.family.as_ref().is_none_or(has_family)
    }
}

fn check(data: &[u8]) -> Result<(), StoreError> {
    match data.len() {
        0..=MAX_DATA => Ok(()),
        _ => Err(StoreErrorKind::TooLarge.into()),
    }
}

impl TokenStore for Model {
    async fn create_family(&self, family: &NewFamily, now: UnixTime) -> Result<Created, StoreError> {
        check(&family.data)?;
        family
            .check()
            .map_err(|error| StoreError::new(StoreErrorKind::Other, error))?;
        let mut state = self.lock();
        if state.families.contains_key(&family.id) {
            return Ok(Created::Exists);
        }
        if state.is_cut_off(&family.subject, family.authenticated_at) {
            return Ok(Created::Refused);
        }
        state
            .families
            .insert(family.id, (family.stored(now), family.secret_hash));
        Ok(Created::Done)
    }

    async fn rotate(&self, token: &Presented, now: UnixTime) -> Result<Rotated, StoreError> {
        let mut state = self.lock();
        let Some((mut family, secret_hash)) = state.live(&token.id, now) else {
            return Ok(Rotated::Gone);
        };
        let (newest, shown) = (family.generation, u64::from(token.generation));
        let grace = i64::try_from(token.grace.as_millis()).unwrap_or(i64::MAX);
        let grace_ends = family.rotated_at.as_millis().saturating_add(grace);
        let in_grace = grace > 0 && now.as_millis() < grace_ends;
        if secret_hash != token.secret_hash {
            return Ok(Rotated::WrongSecret);
        }
        if family.client != token.client {
            return Ok(Rotated::WrongClient);
        }
        if family
            .confirmation
            .is_some_and(|bound| token.confirmation != Some(bound))
        {
            return Ok(Rotated::WrongConfirmation);
        }
        Ok(if shown > newest {
            Rotated::Ahead
        } else if shown == newest && newest >= u64::from(u32::MAX) {
            state.families.remove(&token.id);
            Rotated::Exhausted(family)
        } else if shown == newest {
            family.generation += 1;
            family.key_id = token.next_key;
            family.rotated_at = now;
            family.idle_deadline = family
                .idle_deadline
                .max(token.idle_deadline)
                .min(family.absolute_deadline);
            state.families.insert(token.id, (family.clone(), secret_hash));
            Rotated::Done(family)
        } else if shown + 1 == newest && in_grace {
            Rotated::Retry(family)
        } else if shown + 2 == newest && in_grace {
            Rotated::Late
        } else {
            state.families.remove(&token.id);
            Rotated::Reused(family)
        })
    }

    async fn load_family(
        &self,
        id: &Selector,
        secret_hash: &TokenHash,
        now: UnixTime,
    ) -> Result<Option<Family>, StoreError> {
        let found = self.lock().live(id, now);
        Ok(found
            .filter(|(_, hash)| hash == secret_hash)
            .map(|(family, _)| family))
    }

    async fn end_family(
        &self,
        id: &Selector,
        secret_hash: &TokenHash,
        client: &Client,
    ) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let fits = |(family, hash): &(Family, TokenHash)| hash == secret_hash && family.client == *client;
        let is_theirs = state.families.get(id).is_some_and(fits);
        Ok(is_theirs && state.families.remove(id).is_some())
    }

    async fn end_one(&self, subject: &Subject, id: &Selector) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let is_theirs = state
            .families
            .get(id)
            .is_some_and(|(family, _)| family.subject == *subject);
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
        Ok(state
            .families
            .range((after.map_or(Unbounded, Excluded), Unbounded))
            .map(|(_, (family, _))| family)
            .filter(|family| family.subject == *subject && state.is_live(family, now))
            .take(usize::try_from(max.get()).unwrap_or(usize::MAX))
            .cloned()
            .collect())
    }

    async fn revoke_subject(
        &self,
        subject: &Subject,
        cutoff: UnixTime,
        now: UnixTime,
    ) -> Result<u64, StoreError> {
        let mut state = self.lock();
        let is_live =
            |(family, _): &&(Family, TokenHash)| family.subject == *subject && state.is_live(family, now);
        let live = state.families.values().filter(is_live).count();
        state.families.retain(|_, (family, _)| family.subject != *subject);
        let kept = state.cutoffs.entry(subject.clone()).or_insert(cutoff);
        *kept = cutoff.max(*kept);
        Ok(live as u64)
    }

    async fn revoke_all(&self, cutoff: UnixTime) -> Result<(), StoreError> {
        let mut state = self.lock();
        state.cutoff = state.cutoff.max(Some(cutoff));
        Ok(())
    }

    async fn create_access(&self, token: &AccessToken, now: UnixTime) -> Result<Created, StoreError> {
        check(&token.data)?;
        let mut state = self.lock();
        if state.access.contains_key(token.hash.as_bytes()) {
            return Ok(Created::Exists);
        }
        if !state.stands(token, now) {
            return Ok(Created::Refused);
        }
        state.access.insert(*token.hash.as_bytes(), token.clone());
        Ok(Created::Done)
    }

    async fn load_access(&self, hash: &TokenHash, now: UnixTime) -> Result<Option<AccessToken>, StoreError> {
        let state = self.lock();
        let found = state.access.get(hash.as_bytes());
        Ok(found
            .filter(|token| now < token.expires_at && state.stands(token, now))
            .cloned())
    }

    async fn end_access(&self, hash: &TokenHash, client: &Client) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let is_theirs = state
            .access
            .get(hash.as_bytes())
            .is_some_and(|token| token.client == *client);
        Ok(is_theirs && state.access.remove(hash.as_bytes()).is_some())
    }

    async fn purge_expired(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        let mut state = self.lock();
        let max = usize::try_from(max.get()).unwrap_or(usize::MAX);
        let dead: Vec<Selector> = state
            .families
            .values()
            .filter(|(family, _)| !state.is_live(family, now))
            .map(|(family, _)| family.id)
            .take(max)
            .collect();
        let ended: Vec<[u8; 32]> = state
            .access
            .values()
            .filter(|token| now >= token.expires_at)
            .map(|token| *token.hash.as_bytes())
            .take(max - dead.len())
            .collect();
        for id in &dead {
            state.families.remove(id);
        }
        for hash in &ended {
            state.access.remove(hash);
        }
        Ok((dead.len() + ended.len()) as u64)
    }
}
