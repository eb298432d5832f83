use std::fmt;
use std::num::NonZeroU64;
use std::ops::Range;

use cloakroom_core::UnixTime;
use cloakroom_keyring::KeyState;

use crate::times::Times;
use crate::{Codec, DecodeError};

/// A payload whose seal was verified, and that is valid at the time at which it was opened.
pub struct Opened {
    raw: Vec<u8>,
    times: Times,
    expires_at: UnixTime,
    /// `None` for a migrated value.
    binding: Option<Binding>,
    place: Place,
    key: KeyState,
    /// Whether `issued_at` is later than the time at which the value was opened.
    ahead: bool,
}

/// What a sealer is bound to, in short: a hash of mode, purpose and cookie-name.
pub(crate) type Binding = NonZeroU64;

/// Where the payload lies among the bytes of a value, of which there are 4096 at most.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    start: u16,
    end: u16,
}

impl Place {
    /// Both ends are at most 4096.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "no value has more than 4096 bytes"
    )]
    pub(crate) const fn new(range: Range<usize>) -> Self {
        Self {
            start: range.start as u16,
            end: range.end as u16,
        }
    }
}

impl Opened {
    #[inline]
    pub(crate) fn new(
        raw: Vec<u8>,
        place: Place,
        times: Times,
        max_ttl: u32,
        key: KeyState,
        now: UnixTime,
        binding: Binding,
    ) -> Self {
        Self {
            raw,
            times,
            expires_at: times.expires_at(max_ttl),
            binding: Some(binding),
            place,
            key,
            ahead: times.issued_at() > now,
        }
    }

    /// A value of an older format, which does not say when it was issued.
    #[cfg(feature = "migrate-cookie-0_18")]
    pub(crate) fn migrated(raw: Vec<u8>, place: Place, expires_at: UnixTime) -> Self {
        Self {
            raw,
            times: Times::default(),
            expires_at,
            binding: None,
            place,
            key: KeyState::Active,
            ahead: false,
        }
    }

    /// The payload.
    #[inline]
    pub fn value(&self) -> &[u8] {
        &self.raw[usize::from(self.place.start)..usize::from(self.place.end)]
    }

    /// When the payload was sealed first; re-sealing keeps it. 1970 for a migrated value.
    pub fn issued_at(&self) -> UnixTime {
        self.times.issued_at()
    }

    /// The first millisecond in which the value does not open any more: `issued_at` and the ttl, or the sealer's
    /// greatest ttl where that is shorter.
    pub fn expires_at(&self) -> UnixTime {
        self.expires_at
    }

    /// Whether the value was sealed under a retiring key. Then send [`Sealer::reseal`](crate::Sealer::reseal) of it to
    /// the browser.
    ///
    /// Not under an announced key: a node that has it already seals under it, and one that has not would seal the value
    /// back under the old key. Nor while `issued_at` is later than the time of opening: such a value is not sealed anew
    /// until its time has come, so that a cut-off reaches whatever was sealed anew before it.
    pub fn needs_reseal(&self) -> bool {
        self.key == KeyState::Retiring && !self.ahead
    }

    /// Whether the value was issued later than the time at which it was opened.
    pub(crate) fn is_ahead(&self) -> bool {
        self.ahead
    }

    /// The payload as `codec` reads it.
    ///
    /// # Errors
    ///
    /// When the payload is not what `codec` writes for a `T`.
    pub fn decode<T, C: Codec<T>>(&self, codec: &C) -> Result<T, DecodeError> {
        codec.decode(self.value())
    }

    /// The payload as JSON. `T` may borrow from it.
    ///
    /// # Errors
    ///
    /// When the payload is not JSON, or not the JSON of a `T`.
    #[cfg(feature = "json")]
    pub fn json<'a, T: serde::Deserialize<'a>>(&'a self) -> Result<T, DecodeError> {
        serde_json::from_slice(self.value()).map_err(|_| DecodeError::new())
    }

    /// The times as they were sealed, and what the value is bound to; `None` for a migrated value.
    pub(crate) fn sealed(&self) -> Option<(Times, Binding)> {
        Some((self.times, self.binding?))
    }
}

/// Shows the times and the length of the payload, never the payload.
impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("value", &format_args!("({} bytes)", self.value().len()))
            .field("issued_at", &self.issued_at())
            .field("expires_at", &self.expires_at)
            .field("needs_reseal", &self.needs_reseal())
            .finish_non_exhaustive()
    }
}
