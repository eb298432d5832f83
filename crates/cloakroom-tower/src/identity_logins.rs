use std::fmt;
use std::sync::Arc;

use cloakroom_cookie::SetCookie;
use cloakroom_core::UnixTime;
use cloakroom_lineage::cloakroom_revocation::Refused;
use cloakroom_lineage::{Ended, Stamp};
use cloakroom_seal::Ticket;
use http::{Extensions, HeaderMap};

use crate::identity_carrier::{Brought, By, Carrier, Kind, Verified};
use crate::identity_settings::{Settings, not_configured};
use crate::identity_slot::{Presented, Slot};
use crate::identity_switch::{Ending, Switch};
use crate::identity_ticket::TicketCarrier;
use crate::{
    CsrfPassed, Error, Identity, IdentityError, IdentityErrorKind, SealedCookie, Session, SessionSource,
};

/// Logs people in and out, by whichever carrier.
///
/// An extractor with the feature `axum`; elsewhere [`Logins::read`] makes one.
///
/// **A login** takes effect when the handler answers below 400. Then the cookies of the other carriers are removed, and
/// whatever the request was logged in by has ended: the session, the ticket, the JWT. Should that fail, the answer is 503
/// and nobody is logged in. A JWT that nobody can judge just then is removed and not ended, since whoever can plant one must
/// not be able to keep anybody from logging in. Of several logins in one request the last counts. A [`Session::login`] past
/// this leaves the other carriers as they are.
///
/// [`Session::login`]: cloakroom_session::Session::login
///
/// **A logout** is done whatever the handler answers. Tickets and JWTs are denied before the method returns; the session
/// ends when the [`SessionLayer`](crate::SessionLayer) commits. Where the request has an Authorization field, what it
/// carries is all that a logout ends, and no cookie is touched.
///
/// Without [`with_lineages`](crate::IdentityLayerBuilder::with_lineages) nothing is denied: the browser forgets a ticket
/// or a JWT, and a copy of it lasts until it expires.
pub struct Logins {
    slot: Slot,
    presented: Arc<Presented>,
    /// Begun, where sessions are a carrier; nobody has asked the store for it.
    session: Option<Session>,
}

impl Logins {
    /// Those of the request with these headers and extensions. No store is asked, and no gate.
    ///
    /// # Errors
    ///
    /// [`Error::MissingIdentityLayer`]; [`IdentityErrorKind::NotPassed`] where a carrier has a cookie and no
    /// [`CsrfLayer`](crate::CsrfLayer) let the request pass, since no other site may log anybody in or out;
    /// [`Error::Limit`], [`Error::MissingLayer`], [`Error::MissingSessionLayer`].
    pub fn read(headers: &HeaderMap, extensions: &Extensions) -> Result<Self, Error> {
        let slot = Slot::of(extensions)?.clone();
        let carriers = &slot.settings().carriers;
        let has_cookies = carriers.iter().any(|carrier| carrier.cookie().is_some());
        if has_cookies && extensions.get::<CsrfPassed>().is_none() {
            return Err(IdentityError::from(IdentityErrorKind::NotPassed).into());
        }
        let presented = slot.presented(headers, extensions)?;
        let session = if carriers.iter().any(|carrier| carrier.kind() == Kind::Session) {
            Some(Session::read(headers, extensions)?)
        } else {
            None
        };
        Ok(Self {
            slot,
            presented,
            session,
        })
    }

    /// The time for what is minted for `subject`, if among it is a JWT: for its `iat` and `auth_time`. Take it before the
    /// password is looked at, as [`Stamp`] says. Right after "log out everywhere" that takes up to a second.
    ///
    /// # Errors
    ///
    /// [`IdentityErrorKind::Store`]; [`IdentityErrorKind::NotConfigured`] without lineages.
    pub async fn stamp(&self, subject: &str) -> Result<Stamp, Error> {
        let stamp = self.slot.settings().lineages()?.stamp(subject).await;
        stamp.map_err(|error| IdentityError::from(IdentityErrorKind::Store(error)).into())
    }

    /// The same for a session or a [`Ticket`], which know milliseconds: right after "log out everywhere" it takes a few.
    ///
    /// # Errors
    ///
    /// Those of [`stamp`](Self::stamp).
    pub async fn authenticated_at(&self, subject: &str) -> Result<UnixTime, Error> {
        let at = self.slot.settings().lineages()?.authenticated_at(subject).await;
        at.map_err(|error| IdentityError::from(IdentityErrorKind::Store(error)).into())
    }

    /// Logs `subject` in by a session, as [`Session::login_at`](cloakroom_session::Session::login_at) does, at the time that
    /// [`authenticated_at`](Self::authenticated_at) or the [stamp](Self::stamp) gave, or that it was when the password was
    /// looked at.
    ///
    /// # Errors
    ///
    /// Those of that; [`IdentityErrorKind::NotConfigured`] when sessions are no carrier here; [`Error::ResponseSent`].
    pub fn log_in_by_session(&self, subject: &str, authenticated_at: UnixTime) -> Result<(), Error> {
        let session = self.session.as_ref();
        let session = session.ok_or_else(|| not_configured("sessions carry no identities here"))?;
        session.login_at(subject, authenticated_at)?;
        let sets_cookie = session.source() == SessionSource::Cookie;
        self.switch_to(|carrier| carrier.kind() == Kind::Session, sets_cookie, None)
    }

    /// Logs the subject of a ticket in, by `value` in its sealed cookie, for [`SealedCookie::TTL`] from now.
    ///
    /// # Errors
    ///
    /// As [`Sealed::set`](crate::Sealed::set); [`IdentityErrorKind::NotConfigured`] when `T` is no carrier here.
    pub fn log_in_by_ticket<T: SealedCookie + AsRef<Ticket>>(&self, value: &T) -> Result<(), Error> {
        let is_it = |carrier: &dyn Carrier| carrier.as_any().is::<TicketCarrier<T>>();
        let carriers = self.slot.settings().carriers.iter();
        let mut found = carriers.filter_map(|carrier| carrier.as_any().downcast_ref::<TicketCarrier<T>>());
        let TicketCarrier(sealer) = found
            .next()
            .ok_or_else(|| not_configured("this sealed cookie carries no identities here"))?;
        let jar = &self.presented.jar;
        jar.put_on_success(sealer.seal_at(value, jar.now(), T::TTL)?.cookie)?;
        let ticket = value.as_ref();
        let ticket = (ticket.subject().to_owned(), ticket.authenticated_at());
        self.switch_to(is_it, true, Some(ticket))
    }

    /// Logs somebody in by a JWT in `cookie`, whose name is that of a verifier's. Not for a refreshed JWT, which is no login:
    /// send that with [`Cookies::set_on_success`](crate::Cookies::set_on_success).
    ///
    /// # Errors
    ///
    /// [`IdentityErrorKind::NotConfigured`] when no verifier here reads a cookie of this name; [`Error::ResponseSent`].
    pub fn log_in_by_token_cookie(&self, cookie: SetCookie) -> Result<(), Error> {
        let name = cookie.name().clone();
        let is_it = |carrier: &dyn Carrier| carrier.kind() == Kind::Token && carrier.cookie() == Some(&name);
        if !self.slot.settings().carriers.iter().any(|one| is_it(&**one)) {
            return Err(not_configured("no verifier here reads a cookie of this name"));
        }
        self.presented.jar.put_on_success(cookie)?;
        self.switch_to(is_it, true, None)
    }

    /// Logs somebody in by a JWT, or whatever else, that the handler's answer hands out and that no cookie keeps.
    ///
    /// # Errors
    ///
    /// [`Error::ResponseSent`].
    pub fn log_in_by_answer(&self) -> Result<(), Error> {
        self.switch_to(|_| false, false, None)
    }

    /// Ends what the request is logged in by, and removes the cookies of all carriers. In a conflict that is each login that
    /// verified, also a JWT whose claims are not of the type that its verifier asks for, and one that is not valid yet.
    ///
    /// # Errors
    ///
    /// [`IdentityErrorKind::Store`] when a ticket or a JWT could not be denied; the error of a carrier that could not say
    /// whether what it brought is good, also beside something that is: a JWT is 503, since it may live on, where the keys of
    /// its issuer are not at hand, and where they are fetched and have none of its key id, for the issuer may have begun to
    /// use that key a moment ago. Whoever plants such a cookie causes one 503, with which it is gone.
    ///
    /// What could be done was done, and the cookies are removed all the same: somebody who leaves a shared computer must not
    /// stay logged in there because an issuer is away. So a logout cannot be repeated after an error. What it could not end
    /// lasts until it expires, or until its subject, logged in again, calls
    /// [`log_out_everywhere`](Self::log_out_everywhere): say so on the page of this error.
    pub async fn log_out(&self) -> Result<(), Error> {
        let here = self.end_here();
        let denied = self.ending().run().await.map(drop);
        let unknown = self.presented.brought.iter().find_map(|brought| match brought {
            Brought::Unknown(error) | Brought::Unjudged(error) => Some(error.clone()),
            _ => None,
        });
        here.and(denied).and(unknown.map_or(Ok(()), Err))
    }

    /// Ends whatever the subject of `identity` holds, by all carriers and on all devices, and removes the cookies of this
    /// browser. Ask for a recent proof first (ASVS 7.5.2), as [`Identity::authenticated_at`] tells.
    ///
    /// # Errors
    ///
    /// [`IdentityErrorKind::Store`] when something may live on, in which case it may be repeated;
    /// [`IdentityErrorKind::NotConfigured`] without lineages, and for an issuer that they do not end.
    pub async fn log_out_everywhere(&self, identity: &Identity) -> Result<Ended, Error> {
        let settings = self.slot.settings();
        let lineages = settings.lineages()?;
        if !lineages.covers(identity.issuer()) {
            // The subject of that name may be somebody else.
            return Err(not_configured(
                "the lineages do not end logins of this identity's issuer",
            ));
        }
        let subject = settings.subject(identity.subject())?;
        let here = self.end_here();
        let ended = lineages.end_all(&subject).await;
        let ended = ended.map_err(|error| IdentityError::from(IdentityErrorKind::Store(error)))?;
        here.map(|()| ended)
    }

    /// Removes the cookies, and ends the session when the handler has answered.
    fn end_here(&self) -> Result<(), Error> {
        drop(self.slot.take_switch());
        let mut answer = Ok(());
        if self.presented.by == By::Cookies {
            for carrier in &self.slot.settings().carriers {
                let removed = match carrier.removal() {
                    Ok(Some(removal)) => self.presented.jar.put(removal),
                    Ok(None) => Ok(()),
                    Err(error) => Err(error),
                };
                answer = answer.and(removed);
            }
        }
        match self.counting_session() {
            Some(session) => answer.and(session.logout().map_err(Error::from)),
            None => answer,
        }
    }

    /// What a login by the carriers that are `chosen` leaves to be done. With `sets_cookie` it puts one into the browser, in
    /// which those of the others must not stay.
    fn switch_to(
        &self,
        chosen: impl Fn(&dyn Carrier) -> bool,
        sets_cookie: bool,
        ticket: Option<(String, UnixTime)>,
    ) -> Result<(), Error> {
        let mut is_session = false;
        for carrier in &self.slot.settings().carriers {
            if chosen(&**carrier) {
                is_session = carrier.kind() == Kind::Session;
            } else if (sets_cookie || self.presented.by == By::Cookies)
                && let Some(removal) = carrier.removal()?
            {
                self.presented.jar.put_on_success(removal)?;
            }
        }
        let session = self.counting_session().filter(|_| !is_session);
        self.slot.set_switch(Switch {
            session: session.cloned(),
            old: self.ending(),
            ticket,
        });
        Ok(())
    }

    /// The session, unless it is one of a cookie beside an Authorization field.
    fn counting_session(&self) -> Option<&Session> {
        let by = self.presented.by;
        let counts =
            |session: &&Session| by == By::Cookies || session.source() == SessionSource::Authorization;
        self.session.as_ref().filter(counts)
    }

    /// The end of the tickets and tokens that the request brought, but for those that have ended: there is room for so many
    /// denials of one subject.
    fn ending(&self) -> Ending {
        let Settings { gate, ends, .. } = self.slot.settings();
        let has_ended = |verified: &Verified| {
            let answer = gate.as_ref().map(|gate| gate.check_now(&verified.credential()));
            matches!(
                answer,
                Some(Err(Refused::Denied | Refused::CutOff | Refused::TooOld))
            )
        };
        let verified = self.presented.brought.iter().flat_map(|brought| match brought {
            Brought::Verified(verified) | Brought::Unread(verified) => std::slice::from_ref(&**verified),
            // Nobody can say which of them the logout means, and each is a login.
            Brought::Conflict(all) => all,
            Brought::Session(_) | Brought::Unknown(_) | Brought::Unjudged(_) => &[],
        });
        let denials = verified
            .filter(|one| !has_ended(one))
            .filter_map(Verified::denial);
        Ending {
            denials: denials.collect(),
            lineages: ends.as_ref().map(|ends| ends.lineages.clone()),
        }
    }
}

/// Prints nothing of what the request brought.
impl fmt::Debug for Logins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Logins(..)")
    }
}

#[cfg(feature = "axum")]
impl<S: Sync> axum_core::extract::FromRequestParts<S> for Logins {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut http::request::Parts, _state: &S) -> Result<Self, Error> {
        Self::read(&parts.headers, &parts.extensions)
    }
}
