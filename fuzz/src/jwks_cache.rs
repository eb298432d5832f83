//! The cache of an issuer's key set, as a state machine.

use std::sync::LazyLock;
use std::time::Duration;

use cloakroom_core::Tick;
use cloakroom_jwt::{Ed25519SigningKey, FetchOutcome, FetchTicket, HmacKey, JwksCache, Lookup, VerifyingKey};

/// Ages of the set, in milliseconds, at which something changes, and times between them.
const STEPS: [u64; 16] = [
    0, 1, 499, 999, 1000, 1001, 5000, 29_999, 30_000, 59_999, 60_000, 60_001, 599_000, 600_000, 3_599_999,
    3_600_000,
];

const CACHE_CONTROL: [(Option<&str>, Option<u64>); 8] = [
    (None, None),
    (Some(""), None),
    (Some("public, max-age=60"), Some(60)),
    (Some("max-age=0"), Some(0)),
    (Some("MAX-AGE=86400"), Some(86_400)),
    (Some("no-store"), Some(0)),
    (Some("max-age=1200, max-age=900"), Some(900)),
    (Some("max-age=x"), Some(0)),
];

static KEY: LazyLock<VerifyingKey> =
    LazyLock::new(|| Ed25519SigningKey::from_seed(&[9; 32]).verifying_key().into());

/// What is known of the cache from what was done to it and what it said.
struct Model {
    cache: JwksCache,
    now: u64,
    default_lifetime: u64,
    max_stale: u64,
    /// Tickets that were not answered yet, with the time at which their fetch began.
    tickets: Vec<(FetchTicket, u64)>,
    /// When the fetch that is out began; nothing when none is.
    out: Option<u64>,
    /// When a missing key id last began one.
    missed_at: Option<u64>,
    /// Before this time nothing is fetched but for a missing key id.
    rest_until: u64,
    failures: u32,
    set: Option<Set>,
}

struct Set {
    kids: Vec<Option<String>>,
    dead_at: u64,
}

/// Laws, for any sequence of look-ups, answers, failures, lost fetches and steps of the clock:
///
/// 1. One fetch is out at a time; one that was not answered in time is given up, and its answer changes nothing.
/// 2. Missing key ids begin one fetch per cooldown, which neither failures nor answers move; every other fetch waits for
///    the end of the lifetime or of the back-off.
/// 3. `Use` gives the keys of the newest good answer, all of them and none that is symmetric, before its end and never
///    after it, and only when they hold the key id.
/// 4. `Wait` is said just when there is no set that may be used, `Unknown` just when the set lacks the key id.
/// 5. After `Fetch`, the same look-up is told something else.
///
/// # Panics
///
/// When a law is broken.
pub fn jwks_cache(data: &[u8]) {
    let [settings, script @ ..] = data else { return };
    let default_lifetime = [600, 60, 3600, 1][usize::from(settings & 3)];
    let max_stale = [3600, 0, 60, 86_400][usize::from(settings >> 2 & 3)];
    let mut model = Model {
        cache: JwksCache::new()
            .refresh_every(Duration::from_secs(default_lifetime))
            .max_stale(Duration::from_secs(max_stale)),
        now: u64::from(settings >> 4) * 1000,
        default_lifetime: default_lifetime.clamp(60, 3600),
        max_stale: max_stale.min(3600),
        tickets: Vec::new(),
        out: None,
        missed_at: None,
        rest_until: 0,
        failures: 0,
        set: None,
    };
    for step in script.chunks_exact(2).take(512) {
        model.step(step[0], step[1]);
        model.holds();
    }
}

impl Model {
    fn step(&mut self, what: u8, with: u8) {
        match what % 8 {
            0 | 1 => self.now += STEPS[usize::from(with % 16)] * u64::from(with / 16 % 4 + 1),
            2 | 3 => self.look_up(with),
            4 => self.answer(with, what / 8),
            5 => self.fail(with),
            6 => {
                // A driver that died: the ticket is lost.
                if !self.tickets.is_empty() {
                    let at = usize::from(with) % self.tickets.len();
                    self.tickets.swap_remove(at);
                }
            }
            _ => {
                let is_due = self.is_due();
                let now = self.tick();
                let ticket = self.cache.begin_due(now);
                assert_eq!(ticket.is_some(), is_due, "begin_due");
                if let Some(ticket) = ticket {
                    self.begun(ticket);
                }
            }
        }
    }

    fn look_up(&mut self, with: u8) {
        let kid = match with % 8 {
            0 => None,
            1 => Some("k".repeat(256)),
            2 => Some("k".repeat(257)),
            3 => Some(String::new()),
            number => Some(number.to_string()),
        };
        self.give_up();
        let is_due = self.is_due();
        let is_live = self.set.as_ref().is_some_and(|set| self.now < set.dead_at);
        let kids: Option<Vec<_>> = self.set.as_ref().map(|set| set.kids.clone());
        let has = |kids: &Vec<Option<String>>| kid.is_none() || kids.contains(&kid);
        let is_known = kids.as_ref().is_some_and(has);
        let is_cooled = self.missed_at.is_none_or(|at| self.now - at >= 30_000);
        let is_short = kid.as_ref().is_some_and(|kid| kid.len() <= JwksCache::MAX_KID);
        let misses = is_live && !is_known && is_short && is_cooled && self.out.is_none();
        let now = self.tick();
        match self.cache.lookup(kid.as_deref(), now) {
            Lookup::Fetch(ticket) => {
                assert!(is_due || misses, "a fetch that nothing asks for");
                if !is_due {
                    self.missed_at = Some(self.now);
                }
                self.begun(ticket);
                let again = self.cache.lookup(kid.as_deref(), now);
                assert!(!matches!(again, Lookup::Fetch(_)), "two fetches for one look-up");
            }
            Lookup::Use(keys) => {
                assert!(!is_due && is_live && is_known, "keys that may not be used");
                let found: Vec<_> = keys.iter().map(|key| key.kid().map(str::to_owned)).collect();
                assert_eq!(Some(found), kids);
            }
            Lookup::Unknown => assert!(!is_due && !misses && is_live && !is_known),
            Lookup::Wait { retry_after } => {
                assert!(!is_due && !is_live);
                assert!(retry_after >= Duration::from_secs(1) && retry_after.subsec_nanos() == 0);
            }
        }
    }

    /// Tells how a fetch ended: with these keys.
    fn answer(&mut self, with: u8, number: u8) {
        let Some((ticket, began)) = self.ticket(with) else {
            return;
        };
        let (cache_control, lifetime) = CACHE_CONTROL[usize::from(with % 8)];
        // None, some, the most and too many, with a symmetric one among them.
        let count = [0, 1, 2, 3, 4, 100, 101, 2][usize::from(with / 8 % 8)];
        let mut keys: Vec<_> = (0..count)
            .map(|at: usize| match at {
                0 if number & 1 != 0 => KEY.clone(),
                _ => KEY
                    .clone()
                    .with_kid((usize::from(number) % 4 + at + 4).to_string()),
            })
            .collect();
        let kids: Vec<_> = keys.iter().map(|key| key.kid().map(str::to_owned)).collect();
        if number & 2 != 0 {
            let symmetric = HmacKey::hs256(&[3; 32]).expect("32 bytes");
            keys.insert(keys.len() / 2, VerifyingKey::from(symmetric).with_kid("6"));
        }
        let now = self.tick();
        self.give_up();
        let is_awaited = self.out == Some(began);
        let expected = match (is_awaited, count) {
            (false, _) => FetchOutcome::Late,
            (true, 1..=100) => FetchOutcome::Replaced,
            (true, _) => FetchOutcome::Unusable,
        };
        assert_eq!(self.cache.fetched(ticket, keys, cache_control, now), expected);
        match expected {
            FetchOutcome::Late => {}
            FetchOutcome::Replaced => {
                let lifetime = lifetime.unwrap_or(self.default_lifetime).clamp(60, 3600) * 1000;
                self.out = None;
                self.failures = 0;
                self.rest_until = began + lifetime;
                self.set = Some(Set {
                    kids,
                    dead_at: began + lifetime + self.max_stale * 1000,
                });
            }
            FetchOutcome::Unusable => self.failed_at(self.now),
        }
    }

    fn fail(&mut self, with: u8) {
        let Some((ticket, began)) = self.ticket(with) else {
            return;
        };
        let now = self.tick();
        self.give_up();
        let is_awaited = self.out == Some(began);
        assert_eq!(self.cache.failed(ticket, now), is_awaited);
        if is_awaited {
            self.failed_at(self.now);
        }
    }

    /// What holds after each step.
    fn holds(&mut self) {
        assert!(self.cache.keys().len() <= JwksCache::MAX_KEYS);
        let dead_at = self.set.as_ref().map(|set| Tick::from_millis(set.dead_at));
        assert_eq!(self.cache.dead_at(), dead_at);
        let is_due = self.is_due();
        let mut copy = self.cache.clone();
        assert_eq!(
            copy.begin_due(self.tick()).is_some(),
            is_due,
            "a fetch is due or is not"
        );
        if self.out.is_none() {
            assert_eq!(self.cache.next_due() <= self.tick(), is_due);
        }
    }

    fn tick(&self) -> Tick {
        Tick::from_millis(self.now)
    }

    fn ticket(&mut self, with: u8) -> Option<(FetchTicket, u64)> {
        (!self.tickets.is_empty()).then(|| {
            let at = usize::from(with) % self.tickets.len();
            self.tickets.swap_remove(at)
        })
    }

    /// Whether a fetch may begin for no other reason than the time.
    fn is_due(&mut self) -> bool {
        self.give_up();
        self.out.is_none() && self.now >= self.rest_until
    }

    fn begun(&mut self, ticket: FetchTicket) {
        assert_eq!(self.out, None, "two fetches are out");
        self.out = Some(self.now);
        self.tickets.push((ticket, self.now));
    }

    /// A fetch that was out for too long failed when its time was over.
    fn give_up(&mut self) {
        if let Some(began) = self.out.filter(|began| self.now - began >= 30_000) {
            self.failed_at(began + 30_000);
        }
    }

    fn failed_at(&mut self, at: u64) {
        self.out = None;
        let wait = (1000_u64 << self.failures.min(10)).min(60_000);
        self.rest_until = at + wait;
        self.failures += 1;
    }
}
