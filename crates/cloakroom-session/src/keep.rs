//! What a commit does for a session that stays: renews its token, stores what was written, or moves its idle deadline.

use std::sync::Arc;

use cloakroom_store::cloakroom_id::SessionToken;
use cloakroom_store::{Change, Rotated, Rotation, RotationReason, SessionStore as _, Touched, Updated};

use crate::changes;
use crate::payload::Payload;
use crate::request::Found;
use crate::values::Values;
use crate::work::{Work, same_authentication};
use crate::{Event, EventKind, Operation, SessionError};

/// How often a change is tried again because another request was quicker.
pub(crate) const REPLAYS: usize = 3;

impl Work {
    pub(crate) async fn keep(&self, found: &Found) -> Result<(), SessionError> {
        let payload = self.first_payload(found)?;
        if self.renewal_is_due(found) && self.renew(found, payload.as_ref()).await? {
            return Ok(());
        }
        let Some(payload) = payload else {
            self.touch(found).await;
            return Ok(());
        };
        self.update(found, payload).await
    }

    /// The payload with what this request wrote, on the ground that nobody else has written; `None` when that
    /// changes nothing.
    fn first_payload(&self, found: &Found) -> Result<Option<Arc<[u8]>>, SessionError> {
        if self.deltas().is_empty() {
            return Ok(None);
        }
        let mut values = Values::of(&found.payload);
        changes::apply_seen(self.deltas(), &mut values);
        if values.same(&found.payload) {
            return Ok(None);
        }
        self.encode_again(&found.payload, &values).map(Some)
    }

    fn encode_again(&self, payload: &Payload, values: &Values<'_>) -> Result<Arc<[u8]>, SessionError> {
        let codec = &self.settings().codec;
        codec.encode_again(payload, payload.persistent(), values)
    }

    /// Stores what was written. Each time that another request was quicker it is written anew, upon what that one
    /// wrote, as long as the session is still the same login.
    async fn update(&self, found: &Found, mut payload: Arc<[u8]>) -> Result<(), SessionError> {
        let selector = found.stored().selector;
        let mut version = found.stored().version;
        let timeouts = self.settings().timeouts(found.payload.persistent());
        for replays in 0..=REPLAYS {
            let now = self.sessions().now();
            let change = Change {
                payload,
                idle_deadline: now.saturating_add(timeouts.idle),
            };
            let work = self.sessions().store().update(&selector, version, &change, now);
            let stored = match self
                .sessions()
                .call(Operation::Update, Some(selector), work)
                .await?
            {
                Updated::Done(_) => return Ok(()),
                Updated::Gone => return Err(SessionError::Superseded),
                Updated::Conflict(stored) => stored,
            };
            if !same_authentication(found.stored(), &stored) {
                return Err(SessionError::Superseded);
            }
            if replays == REPLAYS {
                break;
            }
            let read = self.settings().codec.decode(stored.into())?;
            let mut values = Values::of(&read);
            changes::replay(self.deltas(), &mut values)?;
            payload = self.encode_again(&read, &values)?;
            version = read.stored().version;
        }
        Err(SessionError::Contended)
    }

    /// A renewal gives something, so it needs a success; and somebody who can be given the token.
    fn renewal_is_due(&self, found: &Found) -> bool {
        let Some(age) = self.settings().renew_every else {
            return false;
        };
        let since = match &found.stored().previous {
            Some(previous) => previous.rotated_at,
            None => found.stored().created_at,
        };
        self.succeeded
            && self.can_carry
            && !self.keeps_token
            && found.current
            && self.sessions().now() >= since.saturating_add(age)
    }

    /// Gives the session a new token, and stores `payload` with it. `false` when it was left to another request, and
    /// what was written is still to be stored.
    async fn renew(&self, found: &Found, payload: Option<&Arc<[u8]>>) -> Result<bool, SessionError> {
        let stored = found.stored();
        let selector = stored.selector;
        let token = SessionToken::renewed(selector).map_err(|error| SessionError::Random(Arc::new(error)))?;
        let now = self.sessions().now();
        let persistent = found.payload.persistent();
        let rotation = Rotation {
            verifier_hash: token.verifier_hash(),
            reason: RotationReason::Periodic,
            authenticated_at: None,
            idle_deadline: now.saturating_add(self.settings().timeouts(persistent).idle),
            absolute_deadline: None,
            data: payload.map(|payload| (stored.version, Arc::clone(payload))),
        };
        let work = self
            .sessions()
            .store()
            .rotate(&selector, &stored.verifier_hash, &rotation, now);
        let done = match self
            .sessions()
            .call(Operation::Rotate, Some(selector), work)
            .await
        {
            Ok(Rotated::Done(_)) => true,
            Ok(Rotated::Stale) => false,
            Ok(Rotated::Gone | Rotated::Refused) if payload.is_some() => {
                return Err(SessionError::Superseded);
            }
            Ok(Rotated::Gone | Rotated::Refused) => return Ok(true),
            Err(error) => match self.check_done(&token, now, error).await {
                Ok(()) => true,
                Err(error) if payload.is_some() => return Err(error.into()),
                Err(_) => {
                    // The request only read, and has. The token that the client has is served for the grace at least.
                    self.observe(Event::of(EventKind::RenewalFailed, selector));
                    return Ok(true);
                }
            },
        };
        if done {
            self.carry(token, persistent.then_some(stored.absolute_deadline), now);
            self.observe(Event::of(EventKind::Renewed, selector));
        }
        Ok(done)
    }

    /// Moves the idle deadline, when that was not done for a while. The request does not depend on it.
    async fn touch(&self, found: &Found) {
        let stored = found.stored();
        let window = self.settings().touch_window();
        let now = self.sessions().now();
        if !found.touch_is_due(now, window) {
            return;
        }
        let Some(claim) = self.sessions().inner.touching.claim(stored, now, window) else {
            return;
        };
        let timeouts = self.settings().timeouts(found.payload.persistent());
        let idle_deadline = now.saturating_add(timeouts.idle);
        let work = self
            .sessions()
            .store()
            .touch(&stored.selector, idle_deadline, now);
        match self
            .sessions()
            .call(Operation::Touch, Some(stored.selector), work)
            .await
        {
            Ok(Touched::Done | Touched::Gone) => claim.done(),
            Err(_) => self.observe(Event::of(EventKind::TouchFailed, stored.selector)),
        }
    }
}
