use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cloakroom_cookie::CookieName;
use cloakroom_lineage::cloakroom_revocation::{LOCAL, Refused};
use http::header::AUTHORIZATION;
use http::{Extensions, HeaderMap};
use tokio::sync::OnceCell;

use crate::identity_carrier::{Brought, By, Verified};
use crate::identity_settings::Settings;
use crate::identity_switch::Switch;
use crate::jar::Jar;
use crate::{
    CsrfPassed, Error, Event, EventKind, Identity, IdentityError, IdentityErrorKind, IdentitySource, Session,
};

/// Where a request's identity will be, once somebody asks for it. It travels in the request's extensions; the layer holds
/// it too, for what a login leaves to be done.
#[derive(Clone)]
pub(crate) struct Slot(Arc<Inner>);

struct Inner {
    settings: Arc<Settings>,
    presented: OnceLock<Result<Arc<Presented>, Error>>,
    identity: OnceCell<Result<Option<Identity>, Error>>,
    switch: Mutex<Option<Switch>>,
}

/// What the request brought, by all carriers that count, in their order. No store has been asked.
pub(crate) struct Presented {
    pub(crate) by: By,
    pub(crate) brought: Vec<Brought>,
    pub(crate) jar: Jar,
}

impl Slot {
    pub(crate) fn new(settings: Arc<Settings>) -> Self {
        Self(Arc::new(Inner {
            settings,
            presented: OnceLock::new(),
            identity: OnceCell::new(),
            switch: Mutex::default(),
        }))
    }

    pub(crate) fn of(extensions: &Extensions) -> Result<&Self, Error> {
        extensions.get().ok_or(Error::MissingIdentityLayer)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn required(&self) -> Error {
        self.0.settings.required()
    }

    /// What the request brought, looked for now if this is the first to ask.
    pub(crate) fn presented(
        &self,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<Arc<Presented>, Error> {
        let inner = &self.0;
        let presented = inner
            .presented
            .get_or_init(|| inner.settings.look(headers, extensions).map(Arc::new));
        presented.clone()
    }

    /// Who sent the request, decided now if this is the first to ask.
    pub(crate) async fn identity(
        &self,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<Option<Identity>, Error> {
        let presented = self.presented(headers, extensions)?;
        let is_passed = extensions
            .get::<CsrfPassed>()
            .is_some_and(|passed| passed.allows_cookies());
        let settings = &self.0.settings;
        let identity = self
            .0
            .identity
            .get_or_init(|| settings.decide(&presented, is_passed));
        identity.await.clone()
    }

    /// The login that the request's handler has begun; the last one counts.
    pub(crate) fn set_switch(&self, switch: Switch) {
        *self.0.switch.lock().unwrap_or_else(PoisonError::into_inner) = Some(switch);
    }

    pub(crate) fn take_switch(&self) -> Option<Switch> {
        self.0
            .switch
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

/// Prints nothing of what it holds.
impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slot(..)")
    }
}

impl Settings {
    fn look(&self, headers: &HeaderMap, extensions: &Extensions) -> Result<Presented, Error> {
        let jar = Jar::of(extensions)?;
        // Any such field, whatever its scheme and however often it is there.
        let by = if headers.contains_key(AUTHORIZATION) {
            By::Authorization
        } else {
            By::Cookies
        };
        let mut brought = Vec::new();
        for carrier in &self.carriers {
            carrier.look(by, &jar, headers, extensions, &mut brought)?;
            // There is one credential in it; one that a carrier cannot read or judge may be for the next.
            let is_read = |one: &Brought| !matches!(one, Brought::Unread(_) | Brought::Unjudged(_));
            if by == By::Authorization && brought.iter().any(is_read) {
                brought.retain(|one| !matches!(one, Brought::Unjudged(_)));
                break;
            }
        }
        Ok(Presented { by, brought, jar })
    }

    async fn decide(&self, presented: &Presented, is_passed: bool) -> Result<Option<Identity>, Error> {
        let mut first: Option<(Identity, &Brought)> = None;
        let mut is_conflict = false;
        for brought in &presented.brought {
            let identity = match brought {
                Brought::Unjudged(_) | Brought::Unread(_) => None,
                Brought::Conflict(_) => {
                    is_conflict = true;
                    None
                }
                Brought::Unknown(error) => return Err(error.clone()),
                Brought::Session(session) => {
                    is_conflict |= session.is_ambiguous().await?;
                    in_session(session).await?
                }
                Brought::Verified(verified) => self.admit(verified, presented).await?,
            };
            match (identity, &first) {
                (Some(identity), None) => first = Some((identity, brought)),
                (Some(identity), Some((other, _))) => is_conflict |= !identity.is_same_subject(other),
                (None, _) => {}
            }
        }
        if is_conflict {
            self.tell(presented, Event::new(EventKind::IdentityConflict, None));
            first = None;
            // No cookie is set over any of them, so that of a session is not renewed.
            for brought in &presented.brought {
                if let Brought::Session(session) = brought {
                    session.keep_token();
                }
            }
        }
        match first {
            None if presented.by == By::Authorization => Err(self.rejected()),
            None => Ok(None),
            Some((identity, _)) if identity.source().is_cookie() && !is_passed => {
                self.tell(presented, Event::new(EventKind::CsrfMissing, None));
                Err(IdentityError::from(IdentityErrorKind::NotPassed).into())
            }
            Some((identity, brought)) => {
                if let Brought::Verified(verified) = brought
                    && let Some(cookie) = &verified.resealed
                {
                    presented.jar.put_resealed(cookie.clone());
                }
                Ok(Some(identity))
            }
        }
    }

    /// Asks the gate about what has verified.
    async fn admit(&self, verified: &Verified, presented: &Presented) -> Result<Option<Identity>, Error> {
        let checked = match (&self.gate, &verified.subject) {
            (Some(gate), _) => gate.check(&verified.credential()).await,
            (None, Some(_)) => Ok(()),
            // A token about nobody.
            (None, None) => Err(Refused::Incomplete),
        };
        let cookie = verified.cookie.as_ref().map(CookieName::as_str);
        match (checked, &verified.subject) {
            (Ok(()), Some(subject)) => Ok(Some(Identity::new(
                &verified.issuer,
                subject,
                verified.authenticated_at,
                verified.source,
            ))),
            (Err(Refused::Stale { retry_after }), _) => {
                let event = Event::of_credential(EventKind::CredentialUnjudged, None, cookie);
                self.tell(presented, event);
                Err(IdentityError::from(IdentityErrorKind::Stale { retry_after }).into())
            }
            (checked, _) => {
                let refused = checked.err().unwrap_or(Refused::Incomplete);
                let event = Event::of_credential(EventKind::CredentialRefused, Some(refused), cookie);
                self.tell(presented, event);
                Ok(None)
            }
        }
    }

    /// Tells the layer's own observer, or the jar's where there is none.
    pub(crate) fn tell(&self, presented: &Presented, event: Event<'_>) {
        match &self.observer {
            Some(observer) => observer.observe(&event),
            None => presented.jar.tell(&event),
        }
    }
}

async fn in_session(session: &Session) -> Result<Option<Identity>, Error> {
    let Some(subject) = session.subject().await? else {
        return Ok(None);
    };
    let authenticated_at = session.authenticated_at().await?;
    let source = IdentitySource::Session(session.source());
    Ok(Some(Identity::new(LOCAL, &subject, authenticated_at, source)))
}
