use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_core::UnixTime;
use cloakroom_keyring::RandomError;

/// The payload of a login: who logged in, when, and an id of this one login by which it can be denied.
///
/// With the feature `json` it is written as
/// `{"sub":"u1","auth_time_ms":1750000000123,"ticket_id":"<22 characters of base64url>"}`; unknown members are skipped,
/// so that a later version may add some.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    subject: String,
    authenticated_at: UnixTime,
    id: [u8; 16],
}

impl Ticket {
    /// A ticket for `subject`, who was authenticated at the time `now`, with a fresh id from the operating system: never
    /// from a generator whose state a fork or a cloned machine could repeat.
    ///
    /// # Errors
    ///
    /// When the operating system has no random bytes to give.
    pub fn issue(subject: impl Into<String>, now: UnixTime) -> Result<Self, RandomError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|error| RandomError::Source(error.into()))?;
        Ok(Self {
            subject: subject.into(),
            authenticated_at: now,
            id,
        })
    }

    /// Who logged in, in the application's own terms.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// When the subject was authenticated. Re-sealing keeps it.
    pub fn authenticated_at(&self) -> UnixTime {
        self.authenticated_at
    }

    /// The id of this login, by which it can be denied.
    pub fn ticket_id(&self) -> &[u8; 16] {
        &self.id
    }

    /// The same as text, 22 characters of base64url: what a revocation names it by.
    pub fn id_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.id)
    }
}

/// Shows when the subject was authenticated; neither who, nor the id.
impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("authenticated_at", &self.authenticated_at)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "json")]
mod json {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use cloakroom_core::UnixTime;
    use serde::de::{Deserialize, Deserializer, Error as _};
    use serde::ser::{Serialize, Serializer};

    use super::Ticket;

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Members<S> {
        sub: S,
        auth_time_ms: i64,
        ticket_id: S,
    }

    impl Serialize for Ticket {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let ticket_id = self.id_text();
            let auth_time_ms = self.authenticated_at.as_millis();
            Members {
                sub: self.subject.as_str(),
                auth_time_ms,
                ticket_id: ticket_id.as_str(),
            }
            .serialize(serializer)
        }
    }

    impl<'de> Deserialize<'de> for Ticket {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let members = Members::<String>::deserialize(deserializer)?;
            let id = URL_SAFE_NO_PAD
                .decode(members.ticket_id)
                .ok()
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or_else(|| D::Error::custom("ticket_id is not 16 bytes of base64url"))?;
            let authenticated_at = UnixTime::from_millis(members.auth_time_ms);
            Ok(Self {
                subject: members.sub,
                authenticated_at,
                id,
            })
        }
    }
}
