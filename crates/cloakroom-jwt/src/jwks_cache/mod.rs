mod answer;
mod cache_control;

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use cloakroom_core::Tick;

pub use answer::{FetchOutcome, FetchTicket, Lookup};

use crate::{Algorithm, VerifyingKey};

/// The fetched keys of one issuer and the rules for fetching them again: a state machine without a clock or a socket.
///
/// A driver asks [`lookup`](Self::lookup), does the fetches that it is told to do and hands their outcome to
/// [`fetched`](Self::fetched) or [`failed`](Self::failed). `cloakroom-jwks` is such a driver.
///
/// - The set is fetched anew when its lifetime ends, whatever key ids are seen. The lifetime is what the answer's
///   Cache-Control says, within a minute and an hour, and else [`refresh_every`](Self::refresh_every).
/// - A key id that the set lacks asks for one fetch per [`COOLDOWN`](Self::COOLDOWN), and is unknown until that has
///   brought it. Nothing is kept per key id, so made-up ones cost one fetch and no memory.
/// - A good answer replaces the set whole: a key that the issuer has withdrawn is gone. An answer without a usable
///   key is a failure.
/// - Failures are retried with growing distance, up to [`MAX_BACKOFF`](Self::MAX_BACKOFF); neither they nor the retries
///   touch the cooldown.
/// - A set is used for [`max_stale`](Self::max_stale) past its lifetime (RFC 5861 section 4), counted from the start of
///   the fetch that brought it, and then no more: [`Lookup::Wait`].
/// - One fetch is out at a time. One that has not been answered within [`FETCH_LIMIT`](Self::FETCH_LIMIT) has failed,
///   and what it still brings is not taken.
///
/// A reading that goes back is harmless: fetches come later, never more often.
///
/// ```
/// use cloakroom_jwt::cloakroom_core::Tick;
/// use cloakroom_jwt::{JwksCache, Lookup};
///
/// let mut cache = JwksCache::new();
/// let now = Tick::from_millis(5);
/// let Lookup::Fetch(ticket) = cache.lookup(Some("k1"), now) else { unreachable!("nothing was fetched yet") };
/// assert!(matches!(cache.lookup(Some("k1"), now), Lookup::Wait { .. }), "the fetch is out");
///
/// // The driver reports how it ended: here, badly. It is told when to try again.
/// cache.failed(ticket, now);
/// assert_eq!(cache.next_due(), Tick::from_millis(1_005));
/// ```
#[derive(Clone)]
pub struct JwksCache {
    refresh_every: Duration,
    max_stale: Duration,
    set: Option<Set>,
    fetch: Option<Started>,
    /// When the next fetch is due, whoever asks.
    next_at: Tick,
    /// Failures since the last good answer.
    failures: u32,
    /// When a missing key id last began a fetch.
    missed_at: Option<Tick>,
}

#[derive(Clone)]
struct Set {
    keys: Vec<VerifyingKey>,
    dead_at: Tick,
}

struct Started {
    ticket: FetchTicket,
    at: Tick,
}

/// The copy of a cache awaits the same fetch.
impl Clone for Started {
    fn clone(&self) -> Self {
        Self {
            ticket: self.ticket.stub(),
            at: self.at,
        }
    }
}

impl JwksCache {
    /// The shortest lifetime of a set.
    pub const MIN_LIFETIME: Duration = Duration::from_secs(60);
    /// The longest lifetime of a set.
    pub const MAX_LIFETIME: Duration = Duration::from_secs(60 * 60);
    /// The lifetime of a set whose answer says nothing about it.
    pub const LIFETIME: Duration = Duration::from_secs(10 * 60);
    /// How long a set is used past its lifetime when it cannot be fetched anew.
    pub const MAX_STALE: Duration = Duration::from_secs(60 * 60);
    /// Between two fetches that missing key ids ask for.
    pub const COOLDOWN: Duration = Duration::from_secs(30);
    /// Between a first failure and the next fetch; each further failure doubles it.
    pub const MIN_BACKOFF: Duration = Duration::from_secs(1);
    /// The longest time between a failure and the next fetch.
    pub const MAX_BACKOFF: Duration = Duration::from_secs(60);
    /// How long a fetch may be out.
    pub const FETCH_LIMIT: Duration = Duration::from_secs(30);
    /// The longest body of a set, in bytes, that a driver reads.
    pub const MAX_BODY: usize = 256 * 1024;
    /// The most keys of a set; more are a failure.
    pub const MAX_KEYS: usize = 100;
    /// The longest key id in bytes. A longer one is unknown and asks for nothing.
    pub const MAX_KID: usize = 256;

    /// An empty cache, whose first fetch is due at once.
    pub const fn new() -> Self {
        Self {
            refresh_every: Self::LIFETIME,
            max_stale: Self::MAX_STALE,
            set: None,
            fetch: None,
            next_at: Tick::ZERO,
            failures: 0,
            missed_at: None,
        }
    }

    /// The lifetime of a set whose answer says nothing about it, brought within
    /// [`MIN_LIFETIME`](Self::MIN_LIFETIME) and [`MAX_LIFETIME`](Self::MAX_LIFETIME).
    #[must_use]
    pub fn refresh_every(mut self, lifetime: Duration) -> Self {
        self.refresh_every = lifetime.clamp(Self::MIN_LIFETIME, Self::MAX_LIFETIME);
        self
    }

    /// How long a set is used past its lifetime, [`MAX_STALE`](Self::MAX_STALE) at most.
    ///
    /// The fetch of the next one begins when the lifetime ends, so with zero each lifetime is followed by
    /// [`Lookup::Wait`] for as long as that fetch takes.
    #[must_use]
    pub fn max_stale(mut self, max_stale: Duration) -> Self {
        self.max_stale = max_stale.min(Self::MAX_STALE);
        self
    }

    /// What to do about a token whose header names `kid`, or no key id.
    ///
    /// [`Lookup::Fetch`] comes once per fetch: start it and look up again for the answer that this token gets now.
    pub fn lookup(&mut self, kid: Option<&str>, now: Tick) -> Lookup<'_> {
        if let Some(ticket) = self.begin_due(now) {
            return Lookup::Fetch(ticket);
        }
        let Some(is_known) = self.live(now).map(|set| set.has(kid)) else {
            return Lookup::Wait {
                retry_after: self.retry_after(now),
            };
        };
        if !is_known
            && kid.is_some_and(|kid| kid.len() <= Self::MAX_KID)
            && let Some(ticket) = self.begin_missed(now)
        {
            return Lookup::Fetch(ticket);
        }
        match &self.set {
            Some(set) if is_known => Lookup::Use(&set.keys),
            _ => Lookup::Unknown,
        }
    }

    /// Begins the fetch that is due at `now`, if one is.
    #[must_use = "the fetch counts as begun"]
    pub fn begin_due(&mut self, now: Tick) -> Option<FetchTicket> {
        self.give_up(now);
        (self.fetch.is_none() && now >= self.next_at).then(|| self.begin(now))
    }

    /// When [`begin_due`](Self::begin_due) may next have something to say, if nothing else happens before.
    pub fn next_due(&self) -> Tick {
        match &self.fetch {
            Some(started) => after(after(started.at, Self::FETCH_LIMIT), self.backoff()),
            None => self.next_at,
        }
    }

    /// Takes the keys that the fetch of `ticket` brought, with the value of the answer's Cache-Control, if it had one.
    ///
    /// Symmetric keys are dropped: whoever publishes one has published what signs. What is left replaces the set whole.
    /// No key left, or more than [`MAX_KEYS`](Self::MAX_KEYS), and the fetch has failed.
    pub fn fetched(
        &mut self,
        ticket: FetchTicket,
        mut keys: Vec<VerifyingKey>,
        cache_control: Option<&str>,
        now: Tick,
    ) -> FetchOutcome {
        let Some(started) = self.finish(ticket, now) else {
            return FetchOutcome::Late;
        };
        keys.retain(|key| !is_symmetric(key.algorithm()));
        if keys.is_empty() || keys.len() > Self::MAX_KEYS {
            self.back_off(now);
            return FetchOutcome::Unusable;
        }
        let lifetime = cache_control::lifetime(cache_control)
            .unwrap_or(self.refresh_every)
            .clamp(Self::MIN_LIFETIME, Self::MAX_LIFETIME);
        self.next_at = after(started.at, lifetime);
        self.failures = 0;
        self.set = Some(Set {
            keys,
            dead_at: after(self.next_at, self.max_stale),
        });
        FetchOutcome::Replaced
    }

    /// Takes note that the fetch of `ticket` brought nothing. `false` when it had been given up before.
    pub fn failed(&mut self, ticket: FetchTicket, now: Tick) -> bool {
        let is_awaited = self.finish(ticket, now).is_some();
        if is_awaited {
            self.back_off(now);
        }
        is_awaited
    }

    /// The keys of the last good answer, however old.
    pub fn keys(&self) -> &[VerifyingKey] {
        self.set.as_ref().map_or(&[], |set| &set.keys)
    }

    /// From when on the keys are used no more. `None` before the first good answer.
    pub fn dead_at(&self) -> Option<Tick> {
        self.set.as_ref().map(|set| set.dead_at)
    }

    /// How long a caller does well to wait before the keys may be there: whole seconds, one at least.
    pub fn retry_after(&self, now: Tick) -> Duration {
        let wait = match &self.fetch {
            Some(_) => Duration::ZERO,
            None => self.next_at.saturating_duration_since(now),
        };
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Duration::from_secs(seconds.max(1))
    }

    fn live(&self, now: Tick) -> Option<&Set> {
        self.set.as_ref().filter(|set| now < set.dead_at)
    }

    /// The fetch that a missing key id begins: not while one is out, and once per cooldown.
    fn begin_missed(&mut self, now: Tick) -> Option<FetchTicket> {
        let is_cooling = self
            .missed_at
            .is_some_and(|at| now.saturating_duration_since(at) < Self::COOLDOWN);
        if is_cooling || self.fetch.is_some() {
            return None;
        }
        self.missed_at = Some(now);
        Some(self.begin(now))
    }

    fn begin(&mut self, now: Tick) -> FetchTicket {
        let ticket = FetchTicket::new();
        self.fetch = Some(Started {
            ticket: ticket.stub(),
            at: now,
        });
        ticket
    }

    /// The awaited fetch that `ticket` stands for. None is out afterwards.
    fn finish(&mut self, ticket: FetchTicket, now: Tick) -> Option<Started> {
        self.give_up(now);
        self.fetch.take_if(|started| ticket.is(&started.ticket))
    }

    /// A fetch that has been out too long has failed, at the moment when its time was over, whoever notices when.
    fn give_up(&mut self, now: Tick) {
        let is_over = |started: &mut Started| now.saturating_duration_since(started.at) >= Self::FETCH_LIMIT;
        if let Some(started) = self.fetch.take_if(is_over) {
            self.back_off(after(started.at, Self::FETCH_LIMIT));
        }
    }

    fn back_off(&mut self, failed_at: Tick) {
        self.next_at = after(failed_at, self.backoff());
        self.failures = self.failures.saturating_add(1);
    }

    /// How long the next failure puts off the next fetch.
    fn backoff(&self) -> Duration {
        2_u32
            .checked_pow(self.failures)
            .and_then(|factor| Self::MIN_BACKOFF.checked_mul(factor))
            .map_or(Self::MAX_BACKOFF, |wait| wait.min(Self::MAX_BACKOFF))
    }
}

impl Default for JwksCache {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for JwksCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwksCache")
            .field("keys", &self.keys().len())
            .field("dead_at", &self.dead_at())
            .field("next_due", &self.next_due())
            .field("failures", &self.failures)
            .finish_non_exhaustive()
    }
}

impl Set {
    /// Whether a key has this id; a token without an id leaves the choice to the verifier.
    fn has(&self, kid: Option<&str>) -> bool {
        kid.is_none_or(|kid| self.keys.iter().any(|key| key.kid() == Some(kid)))
    }
}

/// The last tick of the range is as good as never: no program gets there.
fn after(at: Tick, wait: Duration) -> Tick {
    at.checked_add(wait).unwrap_or(Tick::from_millis(u64::MAX))
}

fn is_symmetric(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512)
}
