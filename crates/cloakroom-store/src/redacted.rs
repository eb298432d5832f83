//! How records print themselves: of data, which may be anything that an application keeps of a person, the length.

use std::fmt::{Debug, Formatter, Result};

use crate::{Change, NewRecord, Rotation, Row, Stored};

struct Bytes(usize);

impl Bytes {
    fn of(payload: &[u8]) -> Self {
        Self(payload.len())
    }
}

impl Debug for Bytes {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "[{} bytes]", self.0)
    }
}

/// Shows the length of the data, and nothing of the verifier.
impl Debug for NewRecord {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("NewRecord")
            .field("selector", &self.selector())
            .field("verifier_hash", self.verifier_hash())
            .field("authentication", &self.authentication())
            .field("idle_deadline", &self.idle_deadline())
            .field("absolute_deadline", &self.absolute_deadline())
            .field("payload", &Bytes::of(self.payload()))
            .finish()
    }
}

/// Shows the length of the data, and nothing of the verifiers.
impl Debug for Stored {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self {
            selector,
            verifier_hash,
            previous,
            authentication,
            lineage_at,
            created_at,
            last_seen_at,
            idle_deadline,
            absolute_deadline,
            version,
            payload,
        } = self;
        f.debug_struct("Stored")
            .field("selector", selector)
            .field("verifier_hash", verifier_hash)
            .field("previous", previous)
            .field("authentication", authentication)
            .field("lineage_at", lineage_at)
            .field("created_at", created_at)
            .field("last_seen_at", last_seen_at)
            .field("idle_deadline", idle_deadline)
            .field("absolute_deadline", absolute_deadline)
            .field("version", version)
            .field("payload", &Bytes::of(payload))
            .finish()
    }
}

/// Shows the length of the data.
impl Debug for Change {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("Change")
            .field("payload", &Bytes::of(&self.payload))
            .field("idle_deadline", &self.idle_deadline)
            .finish()
    }
}

/// Shows the length of the data, and nothing of the verifier.
impl Debug for Rotation {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let data = self.data.as_ref();
        f.debug_struct("Rotation")
            .field("verifier_hash", &self.verifier_hash)
            .field("reason", &self.reason)
            .field("authenticated_at", &self.authenticated_at)
            .field("idle_deadline", &self.idle_deadline)
            .field("absolute_deadline", &self.absolute_deadline)
            .field(
                "data",
                &data.map(|(version, payload)| (version, Bytes::of(payload))),
            )
            .finish()
    }
}

/// Shows its format, its version and the length of the data, and nothing of the verifiers and of the subject.
impl Debug for Row<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self {
            format,
            selector,
            version,
            payload,
            ..
        } = self;
        f.debug_struct("Row")
            .field("format", format)
            .field("selector", &Bytes::of(selector))
            .field("version", version)
            .field("payload", &Bytes::of(payload))
            .finish_non_exhaustive()
    }
}
