use std::fmt;
use std::hash::RandomState;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use cloakroom_core::{Tick, UnixTime};

use crate::entry::is_name;
use crate::table::{Fingerprint, Table};
use crate::{Credential, Fleet, Moment, Refused};

/// What a node knows of one feed, to look into for each request: no lock, no allocation, and two lines of memory.
///
/// A [`Reader`](crate::Reader) keeps it new. A clone is the same snapshot.
#[derive(Clone)]
pub struct Snapshot(Arc<Shared>);

/// What the reader writes and checks read.
struct Shared {
    table: ArcSwap<Table>,
    /// Its key, of this snapshot alone, drawn anew with each process.
    key: RandomState,
    fleet: Fleet,
    bound: Duration,
    /// When the newest answer was asked for. Entries are written first, then `wall` and `tick`, each with `Release`: who reads
    /// both with `Acquire`, and then looks, finds whatever the answer brought that the newer of the two belongs to.
    wall: AtomicI64,
    tick: AtomicU64,
}

/// The tick of a snapshot of which nothing is known. A clock that starts at 0 does not come to it.
const NEVER: u64 = u64::MAX;

/// A credential with all that it needs to be revocable.
#[derive(Clone, Copy)]
pub(crate) struct Complete<'a> {
    issuer: &'a str,
    subject: &'a str,
    token_id: &'a str,
    pub(crate) issued_at: UnixTime,
}

impl<'a> Complete<'a> {
    /// What could not be denied or cut off is not complete, so neither is a name that no entry can have.
    #[inline]
    pub(crate) fn new(credential: &Credential<'a>) -> Result<Self, Refused> {
        let (Some(subject), Some(token_id), Some(issued_at)) =
            (credential.subject, credential.token_id, credential.issued_at)
        else {
            return Err(Refused::Incomplete);
        };
        if !(is_name(credential.issuer) && is_name(subject) && is_name(token_id)) {
            return Err(Refused::Incomplete);
        }
        Ok(Self {
            issuer: credential.issuer,
            subject,
            token_id,
            issued_at,
        })
    }
}

impl Snapshot {
    pub(crate) fn new(fleet: Fleet, bound: Duration, key: RandomState, table: Arc<Table>) -> Self {
        Self(Arc::new(Shared {
            table: ArcSwap::new(table),
            key,
            fleet,
            bound,
            wall: AtomicI64::new(0),
            tick: AtomicU64::new(NEVER),
        }))
    }

    /// Whether `credential` may pass, by this feed alone and with the fleet's greatest age. A server asks a
    /// [`RevocationCheck`](crate::RevocationCheck).
    ///
    /// # Errors
    ///
    /// Why not, the first that applies in the order of [`RevocationCheck::check`](crate::RevocationCheck::check).
    pub fn check(&self, credential: &Credential<'_>, now: Moment) -> Result<(), Refused> {
        let complete = Complete::new(credential)?;
        self.0
            .fleet
            .check_times(complete.issued_at, self.0.fleet.longest_age, now.wall)?;
        self.check_fresh(now, self.0.bound)?;
        self.look(&complete)
    }

    /// The later of this subject's cut-off and that of everything, however old the snapshot is.
    pub fn cutoff(&self, issuer: &str, subject: &str) -> Option<UnixTime> {
        let fingerprint = Fingerprint::subject(&self.0.key, issuer, subject);
        let table = self.0.table.load();
        table.later_of_all(table.cutoff(fingerprint))
    }

    /// How old what it knows is: the larger of what both clocks say since its newest answer was *asked* for. `None` while
    /// nothing is known, because it was never loaded, is being loaded anew, or this node's clock is off.
    ///
    /// A wall clock that went back by more than the fleet's skew counts by how far: nobody knows what happened in between.
    #[inline]
    pub fn age(&self, now: Moment) -> Option<Duration> {
        let tick = self.0.tick.load(Ordering::Acquire);
        if tick == NEVER {
            return None;
        }
        let wall = UnixTime::from_millis(self.0.wall.load(Ordering::Acquire));
        let by_tick = now.tick.saturating_duration_since(Tick::from_millis(tick));
        let by_wall = match now.wall.checked_duration_since(wall) {
            Some(passed) => passed,
            None => wall
                .checked_duration_since(now.wall)
                .filter(|back| *back > self.0.fleet.max_skew)
                .unwrap_or_default(),
        };
        Some(by_tick.max(by_wall))
    }

    /// How many entries it holds, that of everything not counted.
    pub fn entries(&self) -> usize {
        self.0.table.load().len()
    }

    /// How many bytes its table takes, with what its reader keeps beside it. Twice as many for a moment while it is built
    /// anew.
    pub fn bytes(&self) -> usize {
        let table = self.0.table.load();
        table.bytes() + table.slots() * size_of::<u32>()
    }

    pub(crate) fn fleet(&self) -> &Fleet {
        &self.0.fleet
    }

    /// How old it may be.
    pub fn bound(&self) -> Duration {
        self.0.bound
    }

    /// Asked before the look, never after it: what was fresh then holds whatever is found now.
    #[inline]
    pub(crate) fn check_fresh(&self, now: Moment, bound: Duration) -> Result<(), Refused> {
        match self.age(now) {
            Some(age) if age <= bound => Ok(()),
            _ => Err(Refused::Stale {
                retry_after: self.0.bound.max(Duration::from_secs(1)),
            }),
        }
    }

    #[inline]
    pub(crate) fn look(&self, credential: &Complete<'_>) -> Result<(), Refused> {
        let (subject, token) = Fingerprint::pair(
            &self.0.key,
            credential.issuer,
            credential.subject,
            credential.token_id,
        );
        let table = self.0.table.load();
        let (cutoff, is_denied) = table.find_both(subject, token);
        if table
            .later_of_all(cutoff)
            .is_some_and(|at| credential.issued_at <= at)
        {
            return Err(Refused::CutOff);
        }
        if is_denied {
            return Err(Refused::Denied);
        }
        Ok(())
    }

    /// For the reader: lets checks look into this table from now on.
    pub(crate) fn show(&self, table: &Arc<Table>) -> Option<Arc<Table>> {
        let is_shown = Arc::ptr_eq(&self.0.table.load(), table);
        (!is_shown).then(|| self.0.table.swap(Arc::clone(table)))
    }

    /// For the reader: whatever was there when `asked` has been written.
    pub(crate) fn publish(&self, asked: Moment) {
        self.0.wall.store(asked.wall.as_millis(), Ordering::Release);
        self.0.tick.store(asked.tick.as_millis(), Ordering::Release);
    }

    /// For the reader: nothing is known any more.
    pub(crate) fn forget(&self) {
        self.0.tick.store(NEVER, Ordering::Release);
    }
}

/// Shows how much it holds.
impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("entries", &self.entries())
            .finish_non_exhaustive()
    }
}
