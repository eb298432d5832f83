//! A store with one planted mistake. Without one it is right, and passes every case.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cloakroom_revocation::cloakroom_core::UnixTime;
use cloakroom_revocation::conformance::fixture::NOW;
use cloakroom_revocation::{
    Credential, Cursor, Denial, Denied, Entry, FeedId, Fleet, Found, Head, Page, PageMark, Polled,
    RevocationFeed, RevocationStore, StoreError,
};
use tokio::task::yield_now;

/// What a store can do wrong. Those whose names begin with `Torn` are two steps where one is needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mistake {
    None,
    DenyNeverProlongs,
    DenyShortens,
    DenyAlwaysSteps,
    DenyIgnoresTheGreatestAge,
    DenyCountsTheDead,
    DenyCountsRepetitions,
    DenyCountsTo63,
    DenyCutsOffByNow,
    DenyNeverCutsOff,
    DenyIgnoresTheCap,
    CapCountsTheCutOffOfAll,
    TornCount,
    CutOffLiesNow,
    CutOffCountsByTheCaller,
    CutOffCountsByTheStore,
    CutOffGoesBack,
    CutOffIsKeptShorter,
    LookUpForgetsAll,
    NamesFoldCase,
    NamesForgetTheIssuer,
    NamesAreNotChecked,
    PurgeAtTheBound,
    PurgeCountsByTheCaller,
    PurgeCountsByTheStore,
    PurgeForgetsTheSkew,
    PurgeDropsAll,
    PurgeIgnoresItsBatch,
    PurgeIsAStep,
    PurgeForgetsSteps,
    PollSkipsAtItsEnd,
    PollIsUnordered,
    PollIgnoresTheTag,
    PollIgnoresTheFeed,
    PollBelievesAnyPosition,
    PollLeavesChangesAtTheirOldPlace,
    PageSkipsAtItsEnd,
    TimeIsThatOfTheOperations,
    /// The position is drawn, as from a sequence, before the entry is there.
    TornStep,
    /// The clock is read some time before the cut-off is there.
    TornCutOff,
}

type Key = (u8, String, String);

struct Row {
    entry: Entry,
    subject: String,
    position: u64,
}

#[derive(Default)]
struct State {
    rows: BTreeMap<Key, Row>,
    head: u64,
    kept_from: u64,
}

pub(crate) struct Wrong {
    mistake: Mistake,
    fleet: Fleet,
    state: Mutex<State>,
}

const FEED: FeedId = FeedId([9; 16]);

fn cursor(position: u64) -> Cursor {
    Cursor {
        feed: FEED,
        position,
        tag: (position.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_be_bytes(),
    }
}

impl Wrong {
    pub(crate) fn new(mistake: Mistake, fleet: Fleet) -> Self {
        Self {
            mistake,
            fleet,
            state: Mutex::default(),
        }
    }

    fn is(&self, mistake: Mistake) -> bool {
        self.mistake == mistake
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn time(&self) -> UnixTime {
        if self.is(Mistake::TimeIsThatOfTheOperations) {
            NOW
        } else {
            UnixTime::now()
        }
    }

    fn later(&self, now: UnixTime) -> UnixTime {
        match self.mistake {
            Mistake::CutOffCountsByTheCaller => now,
            Mistake::CutOffCountsByTheStore => UnixTime::now(),
            _ => now.max(UnixTime::now()),
        }
    }

    fn key(&self, kind: u8, issuer: &str, name: &str) -> Key {
        let name = if self.is(Mistake::NamesFoldCase) {
            name.to_lowercase()
        } else {
            name.into()
        };
        let issuer = if self.is(Mistake::NamesForgetTheIssuer) {
            ""
        } else {
            issuer
        };
        (kind, issuer.into(), name)
    }

    fn is_live(&self, row: &Row, now: UnixTime) -> bool {
        self.is(Mistake::DenyCountsTheDead)
            || row
                .entry
                .keep_until()
                .is_some_and(|until| until.saturating_add(self.fleet.max_skew) > now)
    }

    fn is_over_full(&self, state: &State, issuer: &str, subject: &str, now: UnixTime) -> bool {
        let live = state.rows.iter().filter(|(_, row)| self.is_live(row, now));
        let own = live.clone().filter(|((kind, of, _), row)| {
            *kind == 1 && *of == self.key(1, issuer, "").1 && row.subject == subject
        });
        let most = if self.is(Mistake::DenyCountsTo63) { 63 } else { 64 };
        let all = live.count()
            + usize::from(
                self.is(Mistake::CapCountsTheCutOffOfAll) && state.rows.keys().any(|key| key.0 == 3),
            );
        own.count() >= most && !self.is(Mistake::DenyNeverCutsOff)
            || all as u64 >= self.fleet.max_entries && !self.is(Mistake::DenyIgnoresTheCap)
    }

    async fn put(&self, key: Key, entry: Entry, subject: &str) {
        let position = {
            let mut state = self.lock();
            state.head += 1;
            state.head
        };
        if self.is(Mistake::TornStep) {
            yield_now().await;
        }
        self.insert(&mut self.lock(), key, entry, subject, position);
    }

    fn insert(&self, state: &mut State, key: Key, entry: Entry, subject: &str, position: u64) {
        let old = state.rows.get(&key).map(|row| row.position);
        let position = match old {
            Some(old) if self.is(Mistake::PollLeavesChangesAtTheirOldPlace) => old,
            _ => position,
        };
        let subject = subject.into();
        state.rows.insert(
            key,
            Row {
                entry,
                subject,
                position,
            },
        );
    }

    /// Moves a cut-off in one step, but where that is the mistake.
    async fn move_cut_off(&self, key: Key, now: UnixTime, make: impl Fn(UnixTime) -> Entry) -> UnixTime {
        let mut read = self.later(now);
        if self.is(Mistake::TornCutOff) {
            let until = UnixTime::now().saturating_add(Duration::from_millis(3));
            while UnixTime::now() < until {
                yield_now().await;
            }
        }
        let (at, position) = {
            let mut state = self.lock();
            if !self.is(Mistake::TornCutOff) {
                read = self.later(now);
            }
            let at = if self.is(Mistake::CutOffLiesNow) {
                read
            } else {
                read.saturating_add(self.fleet.max_skew)
            };
            let old = state.rows.get(&key).map(|row| row.entry.clone());
            if let Some(Entry::Subject { at: old, .. } | Entry::All { at: old }) = old
                && (old == at || old > at && !self.is(Mistake::CutOffGoesBack))
            {
                return old;
            }
            state.head += 1;
            if !self.is(Mistake::TornStep) {
                let position = state.head;
                self.insert(&mut state, key, make(at), "", position);
                return at;
            }
            (at, state.head)
        };
        yield_now().await;
        self.insert(&mut self.lock(), key, make(at), "", position);
        at
    }

    /// The entries after a position, in order.
    fn since(&self, state: &State, position: u64, max: NonZeroU32) -> (Vec<(u64, Entry)>, bool) {
        let mut found: Vec<_> = state
            .rows
            .values()
            .filter(|row| row.position > position)
            .map(|row| (row.position, row.entry.clone()))
            .collect();
        if !self.is(Mistake::PollIsUnordered) {
            found.sort_by_key(|(position, _)| *position);
        }
        let more = found.len() > max.get() as usize;
        found.truncate(max.get() as usize);
        (found, more)
    }
}

impl RevocationStore for Wrong {
    fn fleet(&self) -> Fleet {
        self.fleet
    }

    async fn deny(&self, denial: &Denial, now: UnixTime) -> Result<Denied, StoreError> {
        let (issuer, subject, token_id) = (denial.issuer(), denial.subject(), denial.token_id());
        let keep_until = match self.mistake {
            Mistake::DenyIgnoresTheGreatestAge => UnixTime::MAX,
            _ => denial.keep_until(&self.fleet),
        };
        let key = self.key(1, issuer, token_id);
        let mut cut = false;
        let mut old = None;
        // Counted and written in one step, but where that is the mistake.
        for part in 0..2 {
            if part == 1 && !cut && self.is(Mistake::TornCount) {
                yield_now().await;
            }
            let mut state = self.lock();
            if part == 0 || !self.is(Mistake::TornCount) {
                let row = state.rows.get(&key);
                let is_live = row.is_some_and(|row| self.is_live(row, now));
                let is_new = !is_live || self.is(Mistake::DenyCountsRepetitions);
                cut = is_new && self.is_over_full(&state, issuer, subject, now);
                old = row.and_then(|row| row.entry.keep_until());
            }
            if part == 0 || cut || self.is(Mistake::TornStep) {
                continue;
            }
            let changes = match (self.mistake, old) {
                (_, None) | (Mistake::DenyAlwaysSteps, _) => true,
                (Mistake::DenyNeverProlongs, _) => false,
                (Mistake::DenyShortens, Some(old)) => old != keep_until,
                (_, Some(old)) => old < keep_until,
            };
            if changes {
                state.head += 1;
                let position = state.head;
                let entry = token(issuer, token_id, keep_until);
                self.insert(&mut state, key.clone(), entry, subject, position);
            }
        }
        if cut {
            let from = if self.is(Mistake::DenyCutsOffByNow) {
                now
            } else {
                denial.cut_off_from(&self.fleet, self.later(now))
            };
            return Ok(Denied::Subject(self.cut_off(issuer, subject, from).await?));
        }
        if self.is(Mistake::TornStep) && old.is_none_or(|old| old < keep_until) {
            self.put(key, token(issuer, token_id, keep_until), subject).await;
        }
        Ok(Denied::Token)
    }

    async fn cut_off(&self, issuer: &str, subject: &str, now: UnixTime) -> Result<UnixTime, StoreError> {
        if !self.is(Mistake::NamesAreNotChecked) {
            Entry::check_names(&[issuer, subject])?;
        }
        let key = self.key(2, issuer, subject);
        let cut = self.move_cut_off(key, now, |at| Entry::Subject {
            issuer: issuer.into(),
            subject: subject.into(),
            at,
            keep_until: match self.mistake {
                Mistake::CutOffIsKeptShorter => at.saturating_add(self.fleet.longest_age),
                _ => at
                    .saturating_add(self.fleet.longest_age)
                    .saturating_add(self.fleet.leeway),
            },
        });
        Ok(cut.await)
    }

    async fn revoke_all(&self, now: UnixTime) -> Result<UnixTime, StoreError> {
        let key = (3, String::new(), String::new());
        Ok(self.move_cut_off(key, now, |at| Entry::All { at }).await)
    }

    async fn look_up(&self, credential: &Credential<'_>) -> Result<Found, StoreError> {
        let state = self.lock();
        let find = |kind, name: Option<&str>| {
            state
                .rows
                .get(&self.key(kind, credential.issuer, name?))
                .map(|row| &row.entry)
        };
        let at = |entry: Option<&Entry>| match entry {
            Some(Entry::Subject { at, .. } | Entry::All { at }) => Some(*at),
            _ => None,
        };
        let all = at(state
            .rows
            .get(&(3, String::new(), String::new()))
            .map(|row| &row.entry));
        Ok(Found {
            denied: find(1, credential.token_id).is_some(),
            cutoff: at(find(2, credential.subject)).max(all.filter(|_| !self.is(Mistake::LookUpForgetsAll))),
            time: self.time(),
        })
    }

    async fn look_up_settled(&self, credential: &Credential<'_>) -> Result<Found, StoreError> {
        self.look_up(credential).await
    }

    async fn purge(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        let mut state = self.lock();
        let now = match self.mistake {
            Mistake::PurgeCountsByTheCaller => now,
            Mistake::PurgeCountsByTheStore => UnixTime::now(),
            _ => now.min(UnixTime::now()),
        };
        let skew = match self.mistake {
            Mistake::PurgeForgetsTheSkew => Duration::ZERO,
            _ => self.fleet.max_skew,
        };
        let over: Vec<Key> = state
            .rows
            .iter()
            .filter(|(_, row)| match row.entry.keep_until() {
                None => self.is(Mistake::PurgeDropsAll),
                Some(until) if self.is(Mistake::PurgeAtTheBound) => until.saturating_add(skew) <= now,
                Some(until) => until.saturating_add(skew) < now,
            })
            .map(|(key, _)| key.clone())
            .take(match self.mistake {
                Mistake::PurgeIgnoresItsBatch => usize::MAX,
                _ => max.get() as usize,
            })
            .collect();
        for key in &over {
            state.rows.remove(key);
        }
        if self.is(Mistake::PurgeIsAStep) {
            state.head += 1;
        }
        if self.is(Mistake::PurgeForgetsSteps) {
            state.kept_from = state.head;
        }
        Ok(over.len() as u64)
    }
}

impl RevocationFeed for Wrong {
    async fn head(&self) -> Result<Head, StoreError> {
        Ok(Head {
            cursor: cursor(self.lock().head),
            time: self.time(),
        })
    }

    async fn page(&self, after: Option<&PageMark>, max: NonZeroU32) -> Result<Page, StoreError> {
        let begin = after.map_or(0, |mark| {
            mark.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
        });
        let state = self.lock();
        let (mut found, more) = self.since(&state, begin, max);
        let last = found.last().map(|(position, _)| *position);
        if more && self.is(Mistake::PageSkipsAtItsEnd) {
            found.pop();
        }
        Ok(Page {
            entries: found.into_iter().map(|(_, entry)| entry).collect(),
            next: last
                .filter(|_| more)
                .map(|last| PageMark(last.to_be_bytes().into())),
            time: self.time(),
        })
    }

    async fn poll(&self, from: &Cursor, max: NonZeroU32) -> Result<Polled, StoreError> {
        let state = self.lock();
        let is_known = (from.feed == FEED || self.is(Mistake::PollIgnoresTheFeed))
            && (from.tag == cursor(from.position).tag || self.is(Mistake::PollIgnoresTheTag))
            && (from.position <= state.head || self.is(Mistake::PollBelievesAnyPosition))
            && from.position >= state.kept_from;
        // With tags that are a function of the position only a right guess gets this far.
        let is_known = is_known
            || self.is(Mistake::PollBelievesAnyPosition) && from.feed == FEED && from.position > state.head;
        if !is_known {
            return Ok(Polled::Reload);
        }
        let (mut found, more) = self.since(&state, from.position, max);
        let last = found.last().map_or(*from, |(position, _)| cursor(*position));
        if more && self.is(Mistake::PollSkipsAtItsEnd) {
            found.pop();
        }
        Ok(Polled::Entries {
            entries: found.into_iter().map(|(_, entry)| entry).collect(),
            cursor: last,
            more,
            time: self.time(),
        })
    }
}

fn token(issuer: &str, token_id: &str, keep_until: UnixTime) -> Entry {
    Entry::Token {
        issuer: issuer.into(),
        token_id: token_id.into(),
        keep_until,
    }
}
