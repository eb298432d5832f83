use std::any::Any;
use std::fmt;

use cloakroom_cookie::{CookieName, SetCookie};
use cloakroom_lineage::Gate;
use cloakroom_lineage::cloakroom_revocation::LOCAL;
use cloakroom_seal::Ticket;
use http::{Extensions, HeaderMap};

use crate::identity_carrier::{Brought, By, Carrier, Kind, Verified};
use crate::jar::Jar;
use crate::sealed::{Handle, Held, Look};
use crate::{Error, IdentitySource, InvalidIdentityLayer, SealedCookie, Sealer};

/// Tickets in a sealed cookie.
pub(crate) struct TicketCarrier<T>(pub(crate) Sealer<T>);

impl<T: SealedCookie + AsRef<Ticket>> Carrier for TicketCarrier<T> {
    fn cookie(&self) -> Option<&CookieName> {
        Some(self.0.name())
    }

    fn takes_authorization(&self) -> bool {
        false
    }

    fn removal(&self) -> Result<Option<SetCookie>, Error> {
        self.0.removal().map(Some)
    }

    fn look(
        &self,
        by: By,
        jar: &Jar,
        headers: &HeaderMap,
        _: &Extensions,
        brought: &mut Vec<Brought>,
    ) -> Result<(), Error> {
        if by == By::Authorization {
            return Ok(());
        }
        let handle = Handle::new(jar.clone(), self.0.clone());
        brought.push(match handle.look(headers)? {
            Look::Nothing => return Ok(()),
            Look::Conflict(all) => {
                Brought::Conflict(all.iter().map(|held| self.verified(held, None)).collect())
            }
            Look::Held(held, resealed) => Brought::Verified(Box::new(self.verified(&held, resealed))),
        });
        Ok(())
    }

    fn check_revocable(&self, gate: &Gate) -> Result<(), InvalidIdentityLayer> {
        if T::MAX_TTL > gate.max_age() {
            let cookie = self.0.name().clone();
            return Err(InvalidIdentityLayer::LivesTooLong { cookie });
        }
        Ok(())
    }

    fn kind(&self) -> Kind {
        Kind::Ticket
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl<T: SealedCookie + AsRef<Ticket>> TicketCarrier<T> {
    fn verified(&self, held: &Held<T>, resealed: Option<SetCookie>) -> Verified {
        let ticket = held.value.as_ref();
        Verified {
            issuer: LOCAL.to_owned(),
            subject: Some(ticket.subject().to_owned()),
            issued_at: Some(ticket.authenticated_at()),
            authenticated_at: Some(ticket.authenticated_at()),
            expires_at: Some(held.expires_at),
            token_id: Some(ticket.id_text()),
            source: IdentitySource::Ticket,
            cookie: Some(self.0.name().clone()),
            resealed,
        }
    }
}

impl<T> fmt::Debug for TicketCarrier<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("cookie", &self.0.name().as_str())
            .finish()
    }
}
