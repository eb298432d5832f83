use std::fmt;
use std::sync::Arc;

use cloakroom_cookie::SetCookie;
use cloakroom_lineage::cloakroom_id::IndexSecret;
use cloakroom_lineage::{Gate, Lineages};
use cloakroom_seal::Ticket;
use serde::de::DeserializeOwned;

use crate::identity_carrier::{Carrier, Kind};
use crate::identity_session::SessionCarrier;
use crate::identity_settings::{Ends, Settings};
use crate::identity_ticket::TicketCarrier;
use crate::identity_token::TokenCarrier;
use crate::{BearerVerifier, IdentityLayer, InvalidIdentityLayer, SealedCookie, Sealer, SessionLayer};

/// An [`IdentityLayer`] in the making. The carriers count in the order in which they are named.
#[derive(Clone)]
#[must_use]
pub struct IdentityLayerBuilder {
    settings: Settings,
    /// The first mistake.
    invalid: Option<InvalidIdentityLayer>,
}

impl IdentityLayerBuilder {
    pub(crate) const fn new() -> Self {
        Self {
            settings: Settings::new(),
            invalid: None,
        }
    }

    /// Takes the sessions of `layer`, which has to stand further out, by what carries them there.
    pub fn session<F>(self, layer: &SessionLayer<F>) -> Self {
        self.carrier(Ok(SessionCarrier(Arc::clone(layer.carriers()))))
    }

    /// Takes tickets in the sealed cookie `T`.
    pub fn ticket<T: SealedCookie + AsRef<Ticket>>(self, sealer: &Sealer<T>) -> Self {
        self.carrier(Ok(TicketCarrier(sealer.clone())))
    }

    /// Takes the JWTs of `verifier` where that looks for them. Its cookie, if there is one, is `__Host-` or `__Host-Http-`.
    pub fn token<C: DeserializeOwned + 'static>(mut self, verifier: &BearerVerifier<C>) -> Self {
        self.realm_of(verifier);
        self.carrier(TokenCarrier::new(verifier.clone()))
    }

    /// The same for a cookie of any attributes: those of `cookie`, whose value counts for nothing.
    pub fn token_in<C: DeserializeOwned + 'static>(
        mut self,
        verifier: &BearerVerifier<C>,
        cookie: &SetCookie,
    ) -> Self {
        self.realm_of(verifier);
        self.carrier(TokenCarrier::with_cookie(verifier.clone(), cookie))
    }

    /// Asks `gate` about each ticket and each JWT: what was ended is refused.
    pub fn with_gate(mut self, gate: Gate) -> Self {
        self.settings.gate = Some(gate);
        self
    }

    /// Ends logins through `lineages`: with it a logout ends every copy of a ticket and of a JWT, and
    /// [`Logins::log_out_everywhere`](crate::Logins::log_out_everywhere) is there. `index` is the secret of the stores of
    /// sessions and tokens, which places what belongs to a subject.
    pub fn with_lineages(mut self, lineages: Lineages, index: IndexSecret) -> Self {
        self.settings.ends = Some(Ends { lineages, index });
        self
    }

    /// The layer.
    ///
    /// # Errors
    ///
    /// When it contradicts itself, or the gate could not end all that a carrier takes.
    pub fn finish(self) -> Result<IdentityLayer, InvalidIdentityLayer> {
        if let Some(invalid) = self.invalid {
            return Err(invalid);
        }
        let settings = self.settings;
        if settings.carriers.is_empty() {
            return Err(InvalidIdentityLayer::NoCarrier);
        }
        match &settings.gate {
            Some(gate) => settings
                .carriers
                .iter()
                .try_for_each(|carrier| carrier.check_revocable(gate))?,
            None if settings.ends.is_some()
                && settings
                    .carriers
                    .iter()
                    .any(|carrier| carrier.kind() != Kind::Session) =>
            {
                return Err(InvalidIdentityLayer::NoGate);
            }
            None => {}
        }
        Ok(IdentityLayer::new(settings))
    }

    fn carrier<R: Carrier>(mut self, carrier: Result<R, InvalidIdentityLayer>) -> Self {
        let carriers = &mut self.settings.carriers;
        let same = |one: &R, other: &Arc<dyn Carrier>| {
            let both_sessions = one.kind() == Kind::Session && other.kind() == Kind::Session;
            both_sessions || (one.cookie().is_some() && one.cookie() == other.cookie())
        };
        match carrier {
            Ok(carrier) if carriers.iter().any(|other| same(&carrier, other)) => {
                self.invalid.get_or_insert(InvalidIdentityLayer::Twice);
            }
            Ok(carrier) => carriers.push(Arc::new(carrier)),
            Err(invalid) => {
                self.invalid.get_or_insert(invalid);
            }
        }
        self
    }

    /// The realm of the first verifier that has one is that of the challenges.
    fn realm_of<C>(&mut self, verifier: &BearerVerifier<C>) {
        let realm = &mut self.settings.realm;
        *realm = realm.take().or_else(|| verifier.carriers().realm.clone());
    }
}

impl fmt::Debug for IdentityLayerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityLayerBuilder")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
