use std::any::Any;
use std::fmt;

use cloakroom_cookie::{CookieName, SetCookie};
use cloakroom_lineage::Gate;
use http::{Extensions, HeaderMap};
use serde::de::DeserializeOwned;

use crate::bearer::{Found, look};
use crate::identity_carrier::{Brought, By, Carrier, Kind, Verified};
use crate::jar::Jar;
use crate::{
    Bearer, BearerErrorKind, BearerSource, BearerVerifier, Error, IdentitySource, InvalidIdentityLayer, Reach,
};

/// JWTs, in Authorization or in a cookie, as their verifier says.
pub(crate) struct TokenCarrier<C> {
    verifier: BearerVerifier<C>,
    /// What the cookie is removed with, where there is one.
    removal: Option<SetCookie>,
}

impl<C> TokenCarrier<C> {
    /// A carrier whose cookie has the attributes that its name demands, where it has one.
    pub(crate) fn new(verifier: BearerVerifier<C>) -> Result<Self, InvalidIdentityLayer> {
        let removal = verifier.cookie().map(removal_of).transpose()?;
        Ok(Self { verifier, removal })
    }

    /// A carrier whose cookie has the attributes of `cookie`.
    pub(crate) fn with_cookie(
        verifier: BearerVerifier<C>,
        cookie: &SetCookie,
    ) -> Result<Self, InvalidIdentityLayer> {
        if verifier.cookie() != Some(cookie.name()) {
            let cookie = cookie.name().clone();
            return Err(InvalidIdentityLayer::OtherCookie { cookie });
        }
        Ok(Self {
            verifier,
            removal: Some(cookie.removal()),
        })
    }
}

impl<C: DeserializeOwned + 'static> Carrier for TokenCarrier<C> {
    fn cookie(&self) -> Option<&CookieName> {
        self.verifier.cookie()
    }

    fn takes_authorization(&self) -> bool {
        self.verifier.carriers().authorization
    }

    fn removal(&self) -> Result<Option<SetCookie>, Error> {
        Ok(self.removal.clone())
    }

    fn look(&self, by: By, _: &Jar, headers: &HeaderMap, extensions: &Extensions) -> Result<Brought, Error> {
        let is_asked = match by {
            By::Authorization => self.takes_authorization(),
            By::Cookies => self.cookie().is_some(),
        };
        if !is_asked {
            return Ok(Brought::Nothing);
        }
        match look(headers, extensions, &self.verifier) {
            Ok(Found::Token(bearer)) => Ok(Brought::Verified(Box::new(verified(
                &bearer,
                self.verifier.cookie(),
            )))),
            Ok(Found::Conflict(all)) => {
                let cookie = self.verifier.cookie();
                Ok(Brought::Conflict(
                    all.iter().map(|one| verified(one, cookie)).collect(),
                ))
            }
            Ok(Found::Cookies(_) | Found::Nothing) => Ok(Brought::Nothing),
            Err(Error::Bearer(error)) => Ok(match error.kind() {
                BearerErrorKind::KeysUnavailable { .. } => Brought::Unknown(Error::Bearer(error)),
                _ => Brought::Nothing,
            }),
            Err(error) => Err(error),
        }
    }

    fn check_revocable(&self, gate: &Gate) -> Result<(), InvalidIdentityLayer> {
        let is_revocable = self.verifier.is_revocable_by(gate);
        is_revocable
            .then_some(())
            .ok_or(InvalidIdentityLayer::NotRevocable)
    }

    fn kind(&self) -> Kind {
        Kind::Token
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What removes the cookie `name`, where the name alone says what it was set with: `Path=/`, `Secure`, no Domain.
fn removal_of(name: &CookieName) -> Result<SetCookie, InvalidIdentityLayer> {
    let cookie = SetCookie::new(name, "").finish().ok();
    let cookie = cookie.filter(|_| Reach::Host.admits(name));
    cookie.map(|cookie| cookie.removal()).ok_or_else(|| {
        let cookie = name.clone();
        InvalidIdentityLayer::UnknownCookie { cookie }
    })
}

fn verified<C>(bearer: &Bearer<C>, cookie: Option<&CookieName>) -> Verified {
    let source = bearer.source();
    Verified {
        issuer: bearer.issuer().to_owned(),
        subject: bearer.subject().map(ToOwned::to_owned),
        issued_at: bearer.issued_at(),
        authenticated_at: bearer.auth_time(),
        expires_at: bearer.expires_at(),
        token_id: bearer.token_id().map(ToOwned::to_owned),
        source: IdentitySource::Token(source),
        cookie: cookie.filter(|_| source == BearerSource::Cookie).cloned(),
        resealed: None,
    }
}

impl<C> fmt::Debug for TokenCarrier<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Token").field(&self.verifier).finish()
    }
}
