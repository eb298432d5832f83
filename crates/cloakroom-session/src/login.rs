//! What a commit does for a login.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::{Selector, SessionToken};
use cloakroom_store::{Page, Rotated, Rotation, RotationReason, SessionStore as _, Stored, Subject};

use crate::changes::{self, Login};
use crate::keep::REPLAYS;
use crate::request::Found;
use crate::values::Values;
use crate::work::{Standing, Work, same_authentication};
use crate::{Event, EventKind, Operation, SessionError};

impl Work {
    /// Logs in over the session `found`, if there is one.
    pub(crate) async fn log_in(&self, found: Option<&Found>) -> Result<Standing, SessionError> {
        let login = self.changes.login.as_ref().ok_or(SessionError::LoginRequired)?;
        if !self.can_carry {
            return Err(SessionError::TokenNotTaken);
        }
        let standing = match found {
            Some(found)
                if !self.changes.logout && !login.switched && found.subject() == Some(&login.subject) =>
            {
                self.reauthenticate(found, login).await?
            }
            found => self.replace(found, login).await?,
        };
        self.limit_sessions(&login.subject, standing.selector).await;
        Ok(standing)
    }

    /// A new session under a new selector, then the end of the old one: a token that was planted before the login opens
    /// nothing, and what is still being written with it lands nowhere.
    async fn replace(&self, found: Option<&Found>, login: &Login) -> Result<Standing, SessionError> {
        let (before, after) = self.deltas().split_at(login.mark);
        let mut values = match found.filter(|_| !self.changes.logout) {
            Some(found) => Values::of(&found.payload),
            None => Values::new(),
        };
        changes::apply_seen(before, &mut values);
        values.retain(|key| self.settings().carries_over(key));
        changes::apply_seen(after, &mut values);
        let made = self.create(Some((&login.subject, login.at)), &values).await?;
        if let Some(found) = found {
            let old = found.stored().selector;
            if let Err(error) = self.delete(old).await
                // A visitor's session gives nobody anything, and ends by itself.
                && (found.subject().is_some() || self.changes.logout)
            {
                // Nobody has been given the new token. If this fails, too, the session ends unused.
                let _ = self.delete(made.selector).await;
                return Err(error.into());
            }
            if found.subject().is_some() {
                self.observe(Event::of(EventKind::LoggedOut, old));
            }
        }
        self.observe(Event::of(EventKind::LoggedIn, made.selector));
        Ok(made)
    }

    /// A new token for the same session, of which no earlier one is served any more.
    async fn reauthenticate(&self, found: &Found, login: &Login) -> Result<Standing, SessionError> {
        let selector = found.stored().selector;
        let persistent = self.changes.persistent || found.payload.persistent();
        // Later than the last authentication, however close the two are: what a request wrote that read the session
        // before is told by it.
        let at = found.authenticated_at().map_or(login.at, |last| {
            login.at.max(last.saturating_add(Duration::from_millis(1)))
        });
        let mut read: Option<Found> = None;
        for replays in 0..=REPLAYS {
            let (stored, data) = match &read {
                None => (found.stored(), self.data_for(found, persistent, false)?),
                Some(now) => (now.stored(), self.data_for(now, persistent, true)?),
            };
            let token =
                SessionToken::renewed(selector).map_err(|error| SessionError::Random(Arc::new(error)))?;
            let now = self.sessions().now();
            let timeouts = self.settings().timeouts(persistent);
            let absolute_deadline = now.saturating_add(timeouts.absolute);
            let rotation = Rotation {
                verifier_hash: token.verifier_hash(),
                reason: RotationReason::Authentication,
                authenticated_at: Some(at),
                idle_deadline: now.saturating_add(timeouts.idle),
                absolute_deadline: Some(absolute_deadline),
                data: data.map(|payload| (stored.version, payload)),
            };
            let work = self
                .sessions()
                .store()
                .rotate(&selector, &stored.verifier_hash, &rotation, now);
            let rotated = match self
                .sessions()
                .call(Operation::Rotate, Some(selector), work)
                .await
            {
                Ok(rotated) => rotated,
                Err(error) => {
                    self.check_done(&token, now, error).await?;
                    Rotated::Done(stored.version.next())
                }
            };
            match rotated {
                Rotated::Done(_) => {
                    let end = absolute_deadline.max(stored.absolute_deadline);
                    self.carry(token, persistent.then_some(end), now);
                    self.observe(Event::of(EventKind::Reauthenticated, selector));
                    return Ok(Standing::of(found));
                }
                Rotated::Refused => return Err(SessionError::Refused),
                Rotated::Gone => return Err(SessionError::Superseded),
                Rotated::Stale if replays == REPLAYS => break,
                Rotated::Stale => read = Some(self.read_again(found.stored(), now).await?),
            }
        }
        Err(SessionError::Contended)
    }

    /// The payload with what this request wrote; `None` when that changes nothing.
    fn data_for(
        &self,
        found: &Found,
        persistent: bool,
        again: bool,
    ) -> Result<Option<std::sync::Arc<[u8]>>, SessionError> {
        let mut values = Values::of(&found.payload);
        if again {
            changes::replay(self.deltas(), &mut values)?;
        } else {
            changes::apply_seen(self.deltas(), &mut values);
        }
        if values.same(&found.payload) && persistent == found.payload.persistent() {
            return Ok(None);
        }
        let codec = &self.settings().codec;
        codec.encode_again(&found.payload, persistent, &values).map(Some)
    }

    /// The session as another request has left it, if it is still the same login.
    async fn read_again(&self, old: &Stored, now: UnixTime) -> Result<Found, SessionError> {
        let stored = self.request.read(old.selector, now).await?;
        let stored = stored
            .filter(|stored| same_authentication(old, stored))
            .ok_or(SessionError::Superseded)?;
        Ok(Found {
            payload: self.settings().codec.decode(Arc::new(stored))?,
            current: false,
        })
    }

    /// Ends the sessions of `subject` that are too many, those first that were not used for longest. A failure is
    /// observed; the next login tries again.
    async fn limit_sessions(&self, subject: &Subject, keep: Selector) {
        let Some(max) = self.settings().max_sessions_per_subject else {
            return;
        };
        let mut others = Vec::new();
        let mut page = Page::first(Page::MAX);
        loop {
            let Ok(listed) = self.sessions().listed(subject, page).await else {
                return;
            };
            let sessions = listed.sessions.iter().filter(|stored| stored.selector != keep);
            others.extend(sessions.map(|stored| (stored.last_seen_at, stored.selector)));
            match listed.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        let spared = usize::try_from(max.get() - 1).unwrap_or(usize::MAX);
        others.sort_unstable();
        let surplus = others.len().saturating_sub(spared);
        for (_, selector) in &others[..surplus] {
            let _ = self.sessions().end(subject, selector).await;
        }
    }
}
