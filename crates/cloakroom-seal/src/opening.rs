use cloakroom_core::{UnixTime, ct_eq};
use cloakroom_keyring::KeyState;
use zeroize::Zeroize;

use crate::opened::Place;
use crate::sealer::SubKeys;
use crate::times::Times;
use crate::{OpenError, Opened, Sealer};

/// How many values of one cookie-name [`Opening::open_any`] tries.
pub const MAX_CANDIDATES: usize = 4;

/// A [`Sealer`] about to open values at a given time, made by [`Sealer::opening`].
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    sealer: &'a Sealer,
    now: UnixTime,
    cutoff: i64,
}

impl<'a> Opening<'a> {
    pub(crate) fn new(sealer: &'a Sealer, now: UnixTime, cutoff: i64) -> Self {
        Self { sealer, now, cutoff }
    }

    /// Refuses values that were issued at or before `cutoff`, too. The ring's own cut-off always applies; this one can
    /// only be later.
    pub fn cutoff(self, cutoff: UnixTime) -> Self {
        Self {
            cutoff: self.cutoff.max(cutoff.as_millis()),
            ..self
        }
    }

    /// Opens the value of one cookie: the exact bytes on the wire.
    ///
    /// # Errors
    ///
    /// [`OpenError::Rejected`] for everything that is wrong before the tag is verified; after it
    /// [`OpenError::NotYetValid`], then [`OpenError::Expired`], then [`OpenError::Revoked`].
    pub fn open(&self, value: impl AsRef<[u8]>) -> Result<Opened, OpenError> {
        self.open_bytes(value.as_ref())
    }

    /// Opens the one value that opens among those of several cookies of one name, the first [`MAX_CANDIDATES`] of them.
    ///
    /// A browser may send several: one for each path and domain, and a neighbouring subdomain can plant them. **Those
    /// beyond the fourth are not looked at**: four planted ones before it hide a good value, and one of them may be
    /// genuine, of a login of the planter. Under a `__Host-` name a browser keeps one cookie (one more when it is
    /// partitioned), which this host alone can set, so nothing can be planted. Where two open with the same payload,
    /// the one that expires later is taken.
    ///
    /// # Errors
    ///
    /// [`OpenError::Conflict`] when two values open with different payloads. Values that are genuine and expired,
    /// revoked or not yet valid do not open, so they conflict with nothing. When none opens, the first error other than
    /// [`OpenError::Rejected`], if there is one.
    pub fn open_any<I>(&self, values: I) -> Result<Opened, OpenError>
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let mut best: Option<Opened> = None;
        let mut refusal = OpenError::Rejected;
        for value in values.into_iter().take(MAX_CANDIDATES) {
            match self.open(value) {
                Ok(opened) => match &best {
                    Some(other) if !ct_eq(opened.value(), other.value()) => return Err(OpenError::Conflict),
                    Some(other) if opened.expires_at() <= other.expires_at() => {}
                    _ => best = Some(opened),
                },
                Err(error) if refusal == OpenError::Rejected => refusal = error,
                Err(_) => {}
            }
        }
        best.ok_or(refusal)
    }

    fn open_bytes(&self, value: &[u8]) -> Result<Opened, OpenError> {
        let shared = self.sealer.shared();
        let mut raw = shared
            .text
            .decode(value, shared.mode.overhead())
            .ok_or(OpenError::Rejected)?;
        match self.open_raw(&mut raw) {
            Ok((times, place, key)) => {
                let max_ttl = self.sealer.max_ttl_secs();
                Ok(Opened::new(
                    raw,
                    place,
                    times,
                    max_ttl,
                    key,
                    self.now,
                    shared.binding,
                ))
            }
            Err(error) => {
                raw.zeroize();
                Err(error)
            }
        }
    }

    /// Verifies and decrypts in place. Tells the times, where the payload is, and the state of the key.
    #[inline]
    fn open_raw(&self, raw: &mut [u8]) -> Result<(Times, Place, KeyState), OpenError> {
        let shared = self.sealer.shared();
        let (&[version, a, b, c, d], _) = raw.split_first_chunk().ok_or(OpenError::Rejected)?;
        if version != shared.mode.version() {
            return Err(OpenError::Rejected);
        }
        let index = shared.find([a, b, c, d]).ok_or(OpenError::Rejected)?;
        let (times, place) = match &shared.keys {
            SubKeys::Signed(keys) => keys[index].open(raw),
            SubKeys::Encrypted(keys) => keys[index].open(raw),
        }
        .ok_or(OpenError::Rejected)?;
        times.check(self.now, self.sealer.max_ttl_secs(), self.cutoff)?;
        Ok((times, place, shared.states[index]))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cloakroom_cookie::CookieName;
    use cloakroom_core::UnixTime;
    use cloakroom_keyring::{Key, KeyRing};

    use crate::{OpenError, Sealer};

    #[test]
    fn c7_one_key_is_tried_and_it_is_chosen_by_its_id() {
        let now = UnixTime::from_millis(1_750_000_000_123);
        let name = CookieName::from_static("id");
        let active = Key::generate().unwrap();
        let mut ring = KeyRing::single(active.clone());
        for _ in 1..16 {
            ring = ring.announce(Key::generate().unwrap()).unwrap();
        }
        for build in [Sealer::signed, Sealer::encrypted] {
            let alone = build(&KeyRing::single(active.clone()), &name, "p").unwrap();
            let value = alone.seal(b"x", now, Duration::from_secs(60)).unwrap();
            let sealer = build(&ring, &name, "p").unwrap();
            assert_eq!(sealer.opening(now).open(&value).unwrap().value(), b"x");

            // The key is still there, at the place of another id: it is not tried.
            let moved = build(&ring, &name, "p").unwrap().with_ids_rotated();
            assert_eq!(moved.opening(now).open(&value).err(), Some(OpenError::Rejected));
        }
    }
}
