use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, Subject};
use cloakroom_revocation::{Denial, Denied, LOCAL, RevocationStore, StoreError, StoreErrorKind};
use cloakroom_store::SubjectIndex;
use cloakroom_token::TokenStore;
use tokio::time::sleep;

use crate::event::{Hears, tell};
use crate::holder::{Holder, Revokes, SessionHolder, TokenHolder};
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

    /// The stamp for what is minted for `subject` now, of the store itself. See [`Stamp`] for when to take it.
    ///
    /// It is given out only when every later cut-off is sure to lie at or after it: right after a cut-off that takes up to
    /// a second, for a JWT tells whole seconds.
    ///
    /// # Errors
    ///
    /// Those of the store of revocations; `Unavailable` when this node's clock and the store's are further apart than the
    /// fleet's skew; `Timeout` when cut-offs keep coming, or lie further ahead, set by a clock that was off.
    pub async fn stamp(&self, subject: &str) -> Result<Stamp, StoreError> {
        self.stamp_when(subject, |stamp| stamp.authenticated_at().max(stamp.issued_at()))
            .await
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

    /// A stamp, once no later cut-off, which lies the skew ahead of the store's clock, can lie before what it is `latest`
    /// used for.
    async fn stamp_when(
        &self,
        subject: &str,
        latest: impl Fn(Stamp) -> UnixTime,
    ) -> Result<Stamp, StoreError> {
        let skew = self.revocations.fleet().max_skew;
        for _ in 0..ROUNDS {
            let now = self.clocks.now().wall;
            let (cutoff, time) = self.look_up(subject, now).await?;
            // By the earlier clock, so that without a cut-off nothing is ahead of the store's.
            let stamp = Stamp::after(cutoff, now.min(time));
            let wait = latest(stamp).checked_duration_since(time.saturating_add(skew));
            match wait {
                Some(wait) if !wait.is_zero() => sleep(wait.min(LONGEST_WAIT)).await,
                _ => return Ok(stamp),
            }
        }
        Err(StoreErrorKind::Timeout.into())
    }

    /// The latest cut-off of the subject, and the store's time before any later one.
    async fn look_up(
        &self,
        subject: &str,
        asked: UnixTime,
    ) -> Result<(Option<UnixTime>, UnixTime), StoreError> {
        let (mut cutoff, mut time) = (None, UnixTime::MAX);
        for issuer in &self.issuers {
            let found = self.revocations.find(issuer, subject).await?;
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
    async fn cut_off_at(&self, subject: &str) -> UnixTime {
        let asked = self.clocks.now().wall;
        match self.revocations.find(LOCAL, subject).await {
            Ok(found) if self.is_off(asked, found.time) => found.time,
            // A store that does not answer this will say so again.
            Ok(_) | Err(_) => asked,
        }
    }

    /// Ends whatever `subject` holds, what is being minted included.
    ///
    /// The cut-offs come first, then each store ends what it holds. All of it is tried even when a part fails.
    ///
    /// # Errors
    ///
    /// The first of the stores, in which case something may live on. It may be repeated.
    pub async fn end_all(&self, subject: &Subject) -> Result<Ended, StoreError> {
        self.end_all_but(subject, None).await
    }

    /// The same, but the session of `except` lives on: "log out my other devices".
    ///
    /// # Errors
    ///
    /// Those of [`end_all`](Self::end_all).
    pub async fn end_others(&self, subject: &Subject, except: &Selector) -> Result<Ended, StoreError> {
        self.end_all_but(subject, Some(except)).await
    }

    async fn end_all_but(&self, subject: &Subject, except: Option<&Selector>) -> Result<Ended, StoreError> {
        let now = self.cut_off_at(subject.as_str()).await;
        let mut failed = None;
        let mut cutoff = now;
        for issuer in &self.issuers {
            match self.revocations.cut_off(issuer, subject.as_str(), now).await {
                Ok(at) => cutoff = cutoff.max(at),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        let mut deleted = 0;
        for holder in &self.holders {
            match holder.end(subject, except, cutoff, now).await {
                Ok(ended) => deleted += ended,
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        match failed {
            None => Ok(Ended { cutoff, deleted }),
            Some(error) => Err(error),
        }
    }

    /// Denies one credential: a ticket at its logout, an access token by its `jti`.
    ///
    /// # Errors
    ///
    /// Those of the store of revocations. It may be repeated.
    pub async fn deny(&self, denial: &Denial) -> Result<Denied, StoreError> {
        self.revocations.deny(denial, self.clocks.now().wall).await
    }

    /// Ends everything that anybody holds: the first step after a restored backup. All stores are told even when one fails.
    ///
    /// # Errors
    ///
    /// The first of the stores. It may be repeated.
    pub async fn revoke_all(&self) -> Result<UnixTime, StoreError> {
        // That it is nobody's name does no harm: what is asked for is the time.
        let now = self.cut_off_at("everybody").await;
        let (cutoff, mut failed) = match self.revocations.revoke_all(now).await {
            Ok(cutoff) => (cutoff, None),
            Err(error) => (now, Some(error)),
        };
        for holder in &self.holders {
            failed = failed.or(holder.end_everything(cutoff).await.err());
        }
        failed.map_or(Ok(cutoff), Err)
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
