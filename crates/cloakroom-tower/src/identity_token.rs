use std::any::Any;
use std::fmt;

use cloakroom_cookie::{CookieName, SetCookie};
use cloakroom_lineage::Gate;
use http::{Extensions, HeaderMap};
use serde::de::DeserializeOwned;

use crate::bearer::{Found, Look, Registered, look};
use crate::identity_carrier::{Brought, By, Carrier, Kind, Verified};
use crate::jar::Jar;
use crate::{
    BearerErrorKind, BearerSource, BearerVerifier, Error, IdentitySource, InvalidIdentityLayer, Reach,
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

    fn look(
        &self,
        by: By,
        _: &Jar,
        headers: &HeaderMap,
        extensions: &Extensions,
        brought: &mut Vec<Brought>,
    ) -> Result<(), Error> {
        let is_asked = match by {
            By::Authorization => self.takes_authorization(),
            By::Cookies => self.cookie().is_some(),
        };
        if !is_asked {
            return Ok(());
        }
        let Look {
            found,
            others,
            early,
            unjudged,
        } = look(headers, extensions, &self.verifier)?;
        let mut others = others.into_iter().map(|one| self.verified(by, one));
        match found {
            Found::Token(bearer) => {
                let verified = self.verified(by, bearer.into_registered());
                brought.push(Brought::Verified(Box::new(verified)));
            }
            Found::Conflict => brought.push(Brought::Conflict(others.collect())),
            Found::Refused(kind @ BearerErrorKind::KeysUnavailable { .. }) => {
                brought.push(Brought::Unknown(self.verifier.error(kind).into()));
            }
            Found::Cookies(_) | Found::Refused(_) | Found::Nothing => {
                let unread = others.next().map(Box::new).map(Brought::Unread);
                brought.extend(unread);
            }
        }
        let early = early.into_iter().map(|one| self.verified(by, one));
        brought.extend(early.map(Box::new).map(Brought::Unread));
        let unjudged = unjudged.map(|kind| Brought::Unjudged(self.verifier.error(kind).into()));
        brought.extend(unjudged);
        Ok(())
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

impl<C> TokenCarrier<C> {
    fn verified(&self, by: By, token: Registered) -> Verified {
        let (source, cookie) = match by {
            By::Authorization => (BearerSource::Authorization, None),
            By::Cookies => (BearerSource::Cookie, self.verifier.cookie()),
        };
        Verified {
            issuer: token.issuer,
            subject: token.subject,
            issued_at: token.issued_at,
            authenticated_at: token.auth_time,
            expires_at: token.expires_at,
            token_id: token.token_id,
            source: IdentitySource::Token(source),
            cookie: cookie.cloned(),
            resealed: None,
        }
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

impl<C> fmt::Debug for TokenCarrier<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Token").field(&self.verifier).finish()
    }
}
