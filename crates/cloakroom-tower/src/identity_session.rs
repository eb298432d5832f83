use std::any::Any;
use std::fmt;
use std::sync::Arc;

use cloakroom_cookie::{CookieName, SetCookie};
use cloakroom_lineage::Gate;
use cloakroom_session::cloakroom_store::cloakroom_id::SessionToken;
use http::{Extensions, HeaderMap};

use crate::authorization::Authorization;
use crate::identity_carrier::{Brought, By, Carrier, Kind};
use crate::jar::Jar;
use crate::session_slot::{CarriedBy, Carriers, Slot};
use crate::{Error, InvalidIdentityLayer, Session};

/// Sessions of the server. Their store keeps the cut-offs itself, so no gate is asked.
pub(crate) struct SessionCarrier(pub(crate) Arc<Carriers>);

impl Carrier for SessionCarrier {
    fn cookie(&self) -> Option<&CookieName> {
        (self.0.carried_by != CarriedBy::Authorization).then(|| self.0.cookie.name())
    }

    fn takes_authorization(&self) -> bool {
        self.0.carried_by != CarriedBy::Cookie
    }

    fn removal(&self) -> Result<Option<SetCookie>, Error> {
        Ok(self.cookie().map(|_| self.0.cookie.removal()))
    }

    fn look(
        &self,
        by: By,
        jar: &Jar,
        headers: &HeaderMap,
        extensions: &Extensions,
        brought: &mut Vec<Brought>,
    ) -> Result<(), Error> {
        // A mistake in the program shows with the first request, whatever it brings.
        let slot = extensions.get::<Slot>();
        if !slot.is_some_and(|slot| slot.takes_all_of(&self.0)) {
            return Err(Error::MissingSessionLayer);
        }
        let is_there = match by {
            // The text of a token tells it from a JWT, which may be taken there too.
            By::Authorization => match Authorization::of(headers) {
                Authorization::Bearer(token) if self.takes_authorization() => {
                    SessionToken::parse(token.as_bytes()).is_ok()
                }
                _ => false,
            },
            By::Cookies => match self.cookie() {
                Some(name) => jar.read(headers)?.first(name).is_some(),
                None => false,
            },
        };
        if is_there {
            brought.push(Brought::Session(Session::read(headers, extensions)?));
        }
        Ok(())
    }

    fn check_revocable(&self, _gate: &Gate) -> Result<(), InvalidIdentityLayer> {
        Ok(())
    }

    fn kind(&self) -> Kind {
        Kind::Session
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl fmt::Debug for SessionCarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("carried_by", &self.0.carried_by)
            .field("cookie", &self.0.cookie.name().as_str())
            .finish()
    }
}
