//! `seal` and `open`: sealed cookie values.

use std::num::NonZeroU16;
use std::str::FromStr;
use std::time::Duration;

use cloakroom_cookie::CookieName;
use cloakroom_core::UnixTime;
use cloakroom_keyring::KeyRing;
use cloakroom_seal::{OpenError, SealError, Sealer};
use serde::{Deserialize, Serialize};

use crate::options::Unusable;
use crate::wire::{Bytes, Refusal};

#[derive(Clone, Copy)]
pub(crate) enum Mode {
    Signed,
    Encrypted,
}

impl FromStr for Mode {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "signed" => Ok(Self::Signed),
            "encrypted" => Ok(Self::Encrypted),
            _ => Err("neither signed nor encrypted"),
        }
    }
}

/// What the options say of a sealer, but for the ring.
pub(crate) struct Setting<'a> {
    pub(crate) name: &'a str,
    pub(crate) purpose: &'a str,
    pub(crate) mode: Mode,
    pub(crate) max_ttl: Option<Duration>,
    pub(crate) bucket: Option<NonZeroU16>,
}

impl Setting<'_> {
    /// The sealer; `None` when the library refuses the ring.
    pub(crate) fn sealer(&self, ring: &[u8]) -> Result<Option<Sealer>, Unusable> {
        let name = CookieName::new(self.name.to_owned()).map_err(|error| Unusable::option("name", error))?;
        let Some(ring) = std::str::from_utf8(ring)
            .ok()
            .and_then(|text| KeyRing::parse(text).ok())
        else {
            return Ok(None);
        };
        let made = match self.mode {
            Mode::Signed => Sealer::signed(&ring, &name, self.purpose),
            Mode::Encrypted => Sealer::encrypted(&ring, &name, self.purpose),
        };
        let mut sealer = made.map_err(Unusable::together)?;
        if let Some(max_ttl) = self.max_ttl {
            sealer = sealer
                .max_ttl(max_ttl)
                .map_err(|error| Unusable::option("max-ttl", error))?;
        }
        if let Some(bucket) = self.bucket {
            sealer = sealer
                .bucket(bucket)
                .map_err(|error| Unusable::option("bucket", error))?;
        }
        Ok(Some(sealer))
    }
}

pub(crate) struct Sealing {
    pub(crate) sealer: Sealer,
    pub(crate) now: UnixTime,
    pub(crate) ttl: Duration,
}

#[derive(Deserialize)]
pub(crate) struct Payload {
    payload_b64: Bytes,
}

#[derive(Serialize)]
pub(crate) struct Sealed {
    value: String,
}

impl Sealing {
    pub(crate) fn seal(&self, input: &Payload) -> Result<Sealed, Refusal> {
        match self.sealer.seal(&input.payload_b64.0, self.now, self.ttl) {
            Ok(value) => Ok(Sealed { value }),
            Err(SealError::TooLarge) => Err(Refusal::TooLarge),
            Err(_) => Err(Refusal::Rejected),
        }
    }
}

pub(crate) struct Opening {
    pub(crate) sealer: Sealer,
    pub(crate) now: UnixTime,
    pub(crate) cutoff: Option<UnixTime>,
}

#[derive(Deserialize)]
pub(crate) struct Value {
    value: String,
}

#[derive(Serialize)]
pub(crate) struct Opened {
    payload_b64: Bytes,
    issued_at_ms: i64,
    expires_at_ms: i64,
    needs_reseal: bool,
}

impl Opening {
    pub(crate) fn open(&self, input: &Value) -> Result<Opened, Refusal> {
        let mut opening = self.sealer.opening(self.now);
        if let Some(cutoff) = self.cutoff {
            opening = opening.cutoff(cutoff);
        }
        let opened = opening.open(&input.value).map_err(|error| match error {
            OpenError::NotYetValid => Refusal::NotYetValid,
            OpenError::Expired => Refusal::Expired,
            OpenError::Revoked => Refusal::Revoked,
            _ => Refusal::Rejected,
        })?;
        Ok(Opened {
            payload_b64: opened.value().into(),
            issued_at_ms: opened.issued_at().as_millis(),
            expires_at_ms: opened.expires_at().as_millis(),
            needs_reseal: opened.needs_reseal(),
        })
    }
}
