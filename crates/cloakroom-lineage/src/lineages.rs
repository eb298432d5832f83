use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, Subject};
use cloakroom_revocation::{Denial, Denied, LOCAL, RevocationStore, StoreError, StoreErrorKind};
use cloakroom_store::SubjectIndex;
use cloakroom_token::TokenStore;
use tokio::time::sleep;

use crate::detached::detached;
use crate::event::{Hears, tell};
use crate::holder::{Holder, Revokes, SessionHolder, TokenHolder};
use crate::within::within;
use crate::{Clocks, Ended, EventKind, Observer, Stamp};

/// All that subjects hold, to be ended together: sessions, families of refresh tokens, sealed tickets, access tokens.
///
/// Tickets and access tokens lie with their holders; they end by a cut-off that every node learns of. Sessions and
/// families are deleted besides, and their stores keep the cut-off, so that a login or a renewal that is under way leaves
/// nothing behind. A clone is a handle to the same.
#[derive(Clone)]
pub struct Lineages {
    revocations: Arc<dyn Revokes>,
    holders: Vec<Arc<dyn Holder>>,
    issuers: Vec<Arc<str>>,
    clocks: Clocks,
    observer: Hears,
}

/// How often a stamp looks for cut-offs at most, and how long it waits between. A cut-off at the store's own time keeps it
/// waiting once, for a second and a little more at most.
const ROUNDS: u32 = 4;
const LONGEST_WAIT: Duration = Duration::from_millis(1001);
/// How long one of its looks may take, waiting for the cut-offs that are under way included, and how long all of them
/// together with what it waits between.
const PATIENCE: Duration = Duration::from_secs(2);
const ALL_PATIENCE: Duration = Duration::from_secs(5);

impl Lineages {
    /// Lineages whose cut-offs and denials go to `revocations`, by the system's clock. Tickets are of the issuer
    /// [`LOCAL`]; name every other under which tokens are minted with [`issuer`](Self::issuer).
    pub fn new(revocations: impl RevocationStore) -> Self {
        Self {
            revocations: Arc::new(revocations),
            holders: Vec::new(),
            issuers: vec![LOCAL.into()],
            clocks: Clocks::system(),
            observer: None,
        }
    }

    /// Ends the sessions of `store`, too.
    pub fn sessions(mut self, store: impl SubjectIndex) -> Self {
        self.holders.push(Arc::new(SessionHolder(store)));
        self
    }

    /// Ends the families and opaque tokens of `store`, too.
    pub fn tokens(mut self, store: impl TokenStore) -> Self {
        self.holders.push(Arc::new(TokenHolder(store)));
        self
    }

    /// Cuts subjects off under this issuer, too: the `iss` of the access tokens that are minted for them.
    pub fn issuer(mut self, issuer: &str) -> Self {
        self.issuers.push(issuer.into());
        self
    }

    /// Reads these clocks in place of the system's.
    pub fn with_clocks(mut self, clocks: Clocks) -> Self {
        self.clocks = clocks;
        self
    }

    /// Tells `observer` when this node's clock and the store's are too far apart ([`EventKind::ClockOff`]).
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Whether subjects are ended under this issuer: of any other one a subject of the same name may be somebody else.
    pub fn covers(&self, issuer: &str) -> bool {
        self.issuers.iter().any(|known| **known == *issuer)
    }

    /// The stamp for what is minted for `subject` now, of the store itself, when it rests on a proof: a password, a passkey.
    /// See [`Stamp`] for when to take it. What rests on a lineage takes [`renewal_stamp`](Self::renewal_stamp).
    ///
    /// It is given out only when every later cut-off is sure to lie at or after it: right after a cut-off that takes up to
    /// a second, for a JWT tells whole seconds.
    ///
    /// # Errors
    ///
    /// Those of the store of revocations; `Unavailable` when this node's clock and the store's are further apart than the
    /// fleet's skew; `Timeout` when the store does not answer within 2 seconds, be it for a cut-off whose commit hangs, and
    /// when cut-offs keep coming, or lie further ahead, set by a clock that was off: after 5 seconds in all at most.
    ///
    /// # Panics
    ///
    /// When it has to wait, for the store or for a later second, and there is no runtime of tokio with its timer.
    pub async fn stamp(&self, subject: &str) -> Result<Stamp, StoreError> {
        self.stamp_when(subject, Stamp::latest).await
    }

    /// The stamp for what rests on a lineage, and the only one for it: the access token of a refresh, a JWT for a session or
    /// a ticket. `authenticated_at` is the lineage's own, in full precision. `None`: the lineage is over, mint nothing.
    ///
    /// While everything of a subject is being ended, the cut-off is written before the sessions and families are deleted.
    /// Between the two a family still rotates, and a [`stamp`](Self::stamp) lies after that cut-off. What is minted by it
    /// would outlive the family.
    ///
    /// # Errors
    ///
    /// Those of [`stamp`](Self::stamp).
    pub async fn renewal_stamp(
        &self,
        subject: &str,
        authenticated_at: UnixTime,
    ) -> Result<Option<Stamp>, StoreError> {
        self.renewal_when(subject, authenticated_at, Stamp::latest).await
    }

    /// The time of authentication for a session, a family or a ticket that is made for `subject` now: that of a
    /// [`stamp`](Self::stamp), which here need not wait for the whole seconds of a JWT. Right after a cut-off it takes a few
    /// milliseconds.
    ///
    /// # Errors
    ///
    /// Those of [`stamp`](Self::stamp).
    pub async fn authenticated_at(&self, subject: &str) -> Result<UnixTime, StoreError> {
        let stamp = self.stamp_when(subject, Stamp::authenticated_at).await?;
        Ok(stamp.authenticated_at())
    }

    /// The time of authentication for the session that [`end_others`](Self::end_others) left alone, to be logged in anew.
    /// `None`: something later has ended it, too.
    ///
    /// # Errors
    ///
    /// Those of [`stamp`](Self::stamp).
    pub async fn kept_at(&self, subject: &str, ended: &Ended) -> Result<Option<UnixTime>, StoreError> {
        // As if it had been logged in right after the end of the others.
        let since = ended.cutoff.saturating_add(Duration::from_millis(1));
        let stamp = self.renewal_when(subject, since, Stamp::authenticated_at).await?;
        Ok(stamp.map(Stamp::authenticated_at))
    }

    /// A stamp for what rests on a lineage of this time, unless it is over, which nobody has to wait for.
    async fn renewal_when(
        &self,
        subject: &str,
        since: UnixTime,
        latest: impl Fn(Stamp) -> UnixTime,
    ) -> Result<Option<Stamp>, StoreError> {
        let latest = |stamp: Stamp| {
            if stamp.ends(since) {
                UnixTime::MIN
            } else {
                latest(stamp)
            }
        };
        let stamp = self.stamp_when(subject, latest).await?;
        Ok(Some(stamp).filter(|stamp| !stamp.ends(since)))
    }

    /// A stamp, once no later cut-off, which lies the skew ahead of the store's clock, can lie before what it is `latest`
    /// used for.
    async fn stamp_when(
        &self,
        subject: &str,
        latest: impl Fn(Stamp) -> UnixTime,
    ) -> Result<Stamp, StoreError> {
        let skew = self.revocations.fleet().max_skew;
        within(ALL_PATIENCE, async {
            for _ in 0..ROUNDS {
                let now = self.clocks.now().wall;
                let (cutoff, time) = within(PATIENCE, self.look_up(subject, now)).await?;
                // By the earlier clock, so that without a cut-off nothing is ahead of the store's.
                let stamp = Stamp::after(cutoff, now.min(time));
                let wait = latest(stamp).checked_duration_since(time.saturating_add(skew));
                match wait {
                    Some(wait) if !wait.is_zero() => sleep(wait.min(LONGEST_WAIT)).await,
                    _ => return Ok(stamp),
                }
            }
            Err(StoreErrorKind::Timeout.into())
        })
        .await
    }

    /// The latest cut-off of the subject, and the store's time before any later one.
    async fn look_up(
        &self,
        subject: &str,
        asked: UnixTime,
    ) -> Result<(Option<UnixTime>, UnixTime), StoreError> {
        let (mut cutoff, mut time) = (None, UnixTime::MAX);
        for issuer in &self.issuers {
            let found = self.revocations.settled(issuer, subject).await?;
            if self.is_off(asked, found.time) {
                return Err(StoreErrorKind::Unavailable.into());
            }
            cutoff = cutoff.max(found.cutoff);
            time = time.min(found.time);
        }
        Ok((cutoff, time))
    }

    /// Whether this node's clock and the store's, which read `store` after this node's read `asked`, are too far apart.
    /// That is told to the observer.
    fn is_off(&self, asked: UnixTime, store: UnixTime) -> bool {
        let skew = self.revocations.fleet().max_skew;
        let received = self.clocks.now().wall;
        let is_off = store < asked.saturating_sub(skew) || store > received.saturating_add(skew);
        if is_off {
            tell(&self.observer, EventKind::ClockOff(store));
        }
        is_off
    }

    /// The time to cut off at: this node's, or the store's where this node's clock is off, for a cut-off far ahead would keep
    /// people from logging in again.
    async fn cut_off_at(&self) -> UnixTime {
        let asked = self.clocks.now().wall;
        match self.revocations.time().await {
            Ok(time) if self.is_off(asked, time) => time,
            // A store that does not answer this will say so again.
            Ok(_) | Err(_) => asked,
        }
    }

    /// Ends whatever `subject` holds, what is being minted included.
    ///
    /// The cut-offs come first, then each store ends what it holds. All of it is tried even when a part fails, and also when
    /// the future is dropped once it was polled: within a runtime of tokio this is done in a task of its own.
    ///
    /// # Errors
    ///
    /// The first of the stores, in which case something may live on. It may be repeated.
    pub async fn end_all(&self, subject: &Subject) -> Result<Ended, StoreError> {
        self.end_all_but(subject, None).await
    }

    /// The same, but the session of `except` lives on: "log out my other devices". It still has the time of its old login,
    /// by which no JWT is minted any more; [`kept_at`](Self::kept_at) gives it a new one.
    ///
    /// # Errors
    ///
    /// Those of [`end_all`](Self::end_all).
    pub async fn end_others(&self, subject: &Subject, except: &Selector) -> Result<Ended, StoreError> {
        self.end_all_but(subject, Some(*except)).await
    }

    async fn end_all_but(&self, subject: &Subject, except: Option<Selector>) -> Result<Ended, StoreError> {
        let (this, subject) = (self.clone(), subject.clone());
        detached(async move {
            let now = this.cut_off_at().await;
            let mut failed = None;
            let mut cutoff = now;
            for issuer in &this.issuers {
                match this.revocations.cut_off(issuer, subject.as_str(), now).await {
                    Ok(at) => cutoff = cutoff.max(at),
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
            let mut deleted = 0;
            for holder in &this.holders {
                match holder.end(&subject, except.as_ref(), cutoff, now).await {
                    Ok(ended) => deleted += ended,
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
            match failed {
                None => Ok(Ended { cutoff, deleted }),
                Some(error) => Err(error),
            }
        })
        .await
    }

    /// Denies one credential: a ticket at its logout, an access token by its `jti`. That is done, too, when the future is
    /// dropped once it was polled.
    ///
    /// # Errors
    ///
    /// Those of the store of revocations. It may be repeated.
    pub async fn deny(&self, denial: &Denial) -> Result<Denied, StoreError> {
        let (revocations, denial) = (Arc::clone(&self.revocations), denial.clone());
        let now = self.clocks.now().wall;
        detached(async move { revocations.deny(&denial, now).await }).await
    }

    /// Ends everything that anybody holds: the first step after a restored backup. All stores are told even when one fails,
    /// and when the future is dropped once it was polled.
    ///
    /// # Errors
    ///
    /// The first of the stores. It may be repeated.
    pub async fn revoke_all(&self) -> Result<UnixTime, StoreError> {
        let this = self.clone();
        detached(async move {
            let now = this.cut_off_at().await;
            let (cutoff, mut failed) = match this.revocations.revoke_all(now).await {
                Ok(cutoff) => (cutoff, None),
                Err(error) => (now, Some(error)),
            };
            for holder in &this.holders {
                failed = failed.or(holder.end_everything(cutoff).await.err());
            }
            failed.map_or(Ok(cutoff), Err)
        })
        .await
    }
}

impl fmt::Debug for Lineages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lineages")
            .field("holders", &self.holders.len())
            .field("issuers", &self.issuers)
            .finish_non_exhaustive()
    }
}
