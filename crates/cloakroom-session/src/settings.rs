use std::num::NonZeroU32;
use std::time::Duration;

use cloakroom_keyring::KeyRing;
use cloakroom_store::MAX_PAYLOAD;
use cloakroom_store::cloakroom_id::IndexSecret;
use thiserror::Error;

use crate::cipher::Cipher;
use crate::payload::Codec;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// How sessions behave. [`Sessions::new`](crate::Sessions::new) refuses combinations that cannot be meant.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) index_secret: IndexSecret,
    pub(crate) transient: Timeouts,
    pub(crate) persistent: Timeouts,
    touch_every: Option<Duration>,
    pub(crate) store_timeout: Duration,
    pub(crate) grace: Duration,
    pub(crate) renew_every: Option<Duration>,
    pub(crate) max_sessions_per_subject: Option<NonZeroU32>,
    carry_over: Vec<Box<str>>,
    pub(crate) codec: Codec,
    invalid: Option<InvalidSettings>,
}

/// How long a session lives without use, and at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    pub(crate) idle: Duration,
    pub(crate) absolute: Duration,
}

impl Settings {
    /// The defaults that each method below names. The secret is the one of the store, on every server, for good.
    pub fn new(index_secret: IndexSecret) -> Self {
        Self {
            index_secret,
            transient: Timeouts {
                idle: 30 * MINUTE,
                absolute: 12 * 60 * MINUTE,
            },
            persistent: Timeouts {
                idle: 7 * DAY,
                absolute: 30 * DAY,
            },
            touch_every: None,
            store_timeout: 2 * SECOND,
            grace: 30 * SECOND,
            renew_every: None,
            max_sessions_per_subject: None,
            carry_over: Vec::new(),
            codec: Codec {
                cipher: None,
                accept_plaintext: false,
                max_payload: 64 * 1024,
            },
            invalid: None,
        }
    }

    /// A session that is not used for so long is over: 30 minutes.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.transient.idle = timeout;
        self
    }

    /// A session is over so long after its last authentication (of a visitor: after its creation), however much it
    /// is used: 12 hours.
    pub fn absolute_timeout(mut self, timeout: Duration) -> Self {
        self.transient.absolute = timeout;
        self
    }

    /// The idle timeout of [persistent](crate::Session::persistent) sessions: 7 days.
    pub fn persistent_idle_timeout(mut self, timeout: Duration) -> Self {
        self.persistent.idle = timeout;
        self
    }

    /// The absolute timeout of [persistent](crate::Session::persistent) sessions: 30 days.
    pub fn persistent_absolute_timeout(mut self, timeout: Duration) -> Self {
        self.persistent.absolute = timeout;
        self
    }

    /// How often, at most, a request that changes nothing writes that the session is in use: every minute, or half of
    /// the shorter idle timeout where that is less. Deadlines are that much earlier than their timeouts say.
    pub fn touch_every(mut self, window: Duration) -> Self {
        self.touch_every = Some(window);
        self
    }

    /// The greatest size of a session as it is stored, in bytes: 64 KiB; at most 1 MiB.
    pub fn max_payload(mut self, bytes: usize) -> Self {
        self.codec.max_payload = bytes;
        self
    }

    /// How long one operation of the store may take: 2 seconds. A store that loads many sessions at once counts from
    /// the first of them, so a load that joined later gets less.
    pub fn store_timeout(mut self, timeout: Duration) -> Self {
        self.store_timeout = timeout;
        self
    }

    /// How long a token that a [periodic renewal](Self::renew_every) replaced is still served, for requests that were
    /// under way: 30 seconds.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Gives a session a new token when its own is that old. Off by default. A client that misses the answer with the
    /// new token has until the end of the [grace](Self::grace), and then no session any more.
    pub fn renew_every(mut self, age: Duration) -> Self {
        self.renew_every = Some(age);
        self
    }

    /// How many sessions a subject may have. A login beyond it ends the ones that were not used for longest. No limit
    /// by default.
    pub fn max_sessions_per_subject(mut self, max: NonZeroU32) -> Self {
        self.max_sessions_per_subject = Some(max);
        self
    }

    /// The keys whose values a login takes from the visitor's session, or from that of another subject: none. A visitor
    /// can have been given them by somebody else, so they must prove nothing: a basket, a language, the page to go
    /// back to.
    pub fn carry_over<'a>(mut self, keys: impl IntoIterator<Item = &'a str>) -> Self {
        self.carry_over = keys.into_iter().map(Box::from).collect();
        self
    }

    /// Encrypts what sessions hold under the active key of `ring`, and opens what any of its keys encrypted. Keys
    /// retire no sooner than the longest absolute timeout after the last write under them. `store_name` keeps two
    /// stores apart: a payload of one does not open in the other.
    pub fn encrypt(mut self, ring: &KeyRing, store_name: &str) -> Self {
        match Cipher::new(ring, store_name) {
            Ok(cipher) if !store_name.is_empty() => self.codec.cipher = Some(cipher),
            _ => self.invalid = Some(InvalidSettings::StoreName),
        }
        self
    }

    /// Reads what was stored before encryption was turned on, too. Whoever can write to the store can then write
    /// without the key: take it away when the longest absolute timeout has passed.
    pub fn accept_plaintext(mut self) -> Self {
        self.codec.accept_plaintext = true;
        self
    }

    pub(crate) fn timeouts(&self, persistent: bool) -> Timeouts {
        if persistent {
            self.persistent
        } else {
            self.transient
        }
    }

    pub(crate) fn carries_over(&self, key: &[u8]) -> bool {
        self.carry_over.iter().any(|carried| carried.as_bytes() == key)
    }

    /// How often sessions are touched at most.
    pub(crate) fn touch_window(&self) -> Duration {
        self.touch_every.unwrap_or(MINUTE.min(self.shorter_idle() / 2))
    }

    fn shorter_idle(&self) -> Duration {
        self.transient.idle.min(self.persistent.idle)
    }

    pub(crate) fn check(&self) -> Result<(), InvalidSettings> {
        let timeouts = [
            self.transient.idle,
            self.transient.absolute,
            self.persistent.idle,
            self.persistent.absolute,
        ];
        // The cut-offs of subjects are kept for as long; no session may outlive the one that ends it.
        if timeouts
            .iter()
            .any(|&timeout| timeout < SECOND || timeout > 400 * DAY)
        {
            return Err(InvalidSettings::Timeout);
        }
        if self.touch_window().is_zero() || self.touch_window() > self.shorter_idle() / 2 {
            return Err(InvalidSettings::TouchEvery);
        }
        if self.store_timeout.is_zero() {
            return Err(InvalidSettings::StoreTimeout);
        }
        if self.renew_every.is_some_and(|age| age <= self.grace) {
            return Err(InvalidSettings::RenewEvery);
        }
        if !(1..=MAX_PAYLOAD).contains(&self.codec.max_payload) {
            return Err(InvalidSettings::MaxPayload);
        }
        if let Some(invalid) = self.invalid {
            return Err(invalid);
        }
        if self.codec.accept_plaintext && self.codec.cipher.is_none() {
            return Err(InvalidSettings::AcceptPlaintext);
        }
        Ok(())
    }
}

/// [`Settings`] that cannot be meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum InvalidSettings {
    /// A timeout is out of range.
    #[error("the idle and absolute timeouts of sessions lie between 1 second and 400 days")]
    Timeout,
    /// Sessions in use would end.
    #[error("touch_every is longer than half of the shorter idle timeout, or zero")]
    TouchEvery,
    /// No operation would ever succeed.
    #[error("the store timeout is zero")]
    StoreTimeout,
    /// Tokens would be renewed before their predecessors are out of use.
    #[error("renew_every is not longer than the grace of renewed tokens")]
    RenewEvery,
    /// No payload would fit, or the store would refuse it.
    #[error("max_payload lies between 1 byte and 1 MiB")]
    MaxPayload,
    /// The name does not tell stores apart.
    #[error("the store name that encryption is bound to has 1 to 65,535 bytes")]
    StoreName,
    /// There would be nothing but plaintext.
    #[error("accept_plaintext is of use beside encrypt only")]
    AcceptPlaintext,
}
