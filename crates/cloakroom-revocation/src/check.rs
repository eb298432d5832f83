use std::time::Duration;
use std::{error, fmt};

use crate::snapshot::Complete;
use crate::{Credential, Fleet, Moment, Refused, Snapshot};

/// What a server asks before it starts a request on a credential that has verified.
///
/// It is fresh only when each of its snapshots is, one a feed. No node starts a request on a credential whose revocation
/// was acknowledged more than the bound of the snapshots ago, counted on the feed that acknowledged it.
#[derive(Clone, Debug)]
pub struct RevocationCheck {
    fleet: Fleet,
    max_age: Duration,
    snapshots: Box<[Snapshot]>,
}

impl RevocationCheck {
    /// A check for credentials that reach `max_age` at most: `max_age` of the policy, `max_ttl` of the sealer.
    ///
    /// # Errors
    ///
    /// When that is more than the fleet's greatest age: cut-offs are not kept for as long. Or when there is no snapshot, or one
    /// of a fleet that has agreed on something else.
    pub fn new(
        fleet: Fleet,
        max_age: Duration,
        snapshots: impl IntoIterator<Item = Snapshot>,
    ) -> Result<Self, AgeTooLong> {
        let snapshots: Box<[Snapshot]> = snapshots.into_iter().collect();
        let is_of_fleet = |snapshot: &Snapshot| *snapshot.fleet() == fleet;
        if max_age > fleet.longest_age || snapshots.is_empty() || !snapshots.iter().all(is_of_fleet) {
            return Err(AgeTooLong(()));
        }
        Ok(Self {
            fleet,
            max_age,
            snapshots,
        })
    }

    /// Whether `credential` may pass.
    ///
    /// # Errors
    ///
    /// Why not, the first that applies: [`Incomplete`](Refused::Incomplete), [`FromTheFuture`](Refused::FromTheFuture),
    /// [`TooOld`](Refused::TooOld), [`Stale`](Refused::Stale), [`CutOff`](Refused::CutOff), [`Denied`](Refused::Denied).
    /// A snapshot that is too old is never a reason for a 401.
    #[inline]
    pub fn check(&self, credential: &Credential<'_>, now: Moment) -> Result<(), Refused> {
        self.check_within(credential, now, Snapshot::bound)
    }

    /// The same with another bound for the age of the snapshots: for those who would rather serve on old knowledge than
    /// not at all.
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check).
    pub fn check_aged(
        &self,
        credential: &Credential<'_>,
        now: Moment,
        bound: Duration,
    ) -> Result<(), Refused> {
        self.check_within(credential, now, |_| bound)
    }

    #[inline]
    fn check_within(
        &self,
        credential: &Credential<'_>,
        now: Moment,
        bound: impl Fn(&Snapshot) -> Duration,
    ) -> Result<(), Refused> {
        let complete = Complete::new(credential)?;
        self.fleet
            .check_times(complete.issued_at, self.max_age, now.wall)?;
        for snapshot in &self.snapshots {
            snapshot.check_fresh(now, bound(snapshot))?;
        }
        let mut answer = Ok(());
        for snapshot in &self.snapshots {
            match (snapshot.look(&complete), answer) {
                // Cut off by one feed and denied by another: the first of the order.
                (Err(Refused::CutOff), _) => return Err(Refused::CutOff),
                (look, Ok(())) => answer = look,
                (_, Err(_)) => {}
            }
        }
        answer
    }

    /// The greatest age that it lets pass.
    pub const fn max_age(&self) -> Duration {
        self.max_age
    }

    /// How many feeds it asks.
    pub const fn feeds(&self) -> usize {
        self.snapshots.len()
    }

    /// What the fleet has agreed on.
    pub const fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// How old the oldest of its snapshots is; `None` when of one of them nothing is known.
    pub fn age(&self, now: Moment) -> Option<Duration> {
        let ages = self.snapshots.iter().map(|snapshot| snapshot.age(now));
        ages.reduce(|one, other| Some(one?.max(other?))).flatten()
    }
}

/// A carrier lives longer than revocations are kept, or there is no snapshot to check with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AgeTooLong(());

impl fmt::Display for AgeTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a check needs a snapshot, and a greatest age that is within the fleet's")
    }
}

impl error::Error for AgeTooLong {}
