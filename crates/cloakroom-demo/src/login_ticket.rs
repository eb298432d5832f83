use cloakroom_cookie::CookieName;
use cloakroom_seal::Ticket;
use cloakroom_tower::{Persistence, SealedCookie};
use serde::{Deserialize, Serialize};

/// The wire name of the cookie that carries a ticket.
pub(crate) const COOKIE: &str = "__Host-id";

/// Who is logged in: all of the log-in's state, and the browser alone keeps it.
///
/// A fresh password is the only thing that makes one. Sealing it anew after a rotation keeps its times.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct LoginTicket(pub(crate) Ticket);

impl AsRef<Ticket> for LoginTicket {
    fn as_ref(&self) -> &Ticket {
        &self.0
    }
}

impl SealedCookie for LoginTicket {
    const NAME: CookieName = CookieName::from_static(COOKIE);
    /// Another cookie of another meaning never opens as this one, even under the same key.
    const PURPOSE: &'static str = "login";

    /// The cookie outlives the browser's window, as long as the ticket is good: 12 hours, the trait's default.
    fn persistence(&self) -> Persistence {
        Persistence::UntilExpiry
    }
}
