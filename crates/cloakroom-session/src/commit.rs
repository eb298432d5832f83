use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_store::cloakroom_id::SessionToken;
use cloakroom_store::{StoreError, StoreErrorKind};
use tokio::runtime::Handle;

use crate::changes::Said;
use crate::request::Request;
use crate::work::Work;
use crate::{Session, SessionError};

/// The half of a request's session that whoever runs the handler keeps.
///
/// Dropped unfinished, it says that the handler was cancelled or panicked: what takes privilege away (a logout, the
/// end of other sessions) is done in a task of its own, everything else is dropped.
#[must_use = "dropped unfinished, it drops what the handler wrote"]
pub struct Commit {
    /// Taken by [`finish`](Self::finish).
    request: Option<Arc<Request>>,
}

/// How the handler answered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Answer {
    /// With a status below 400.
    Succeeded,
    /// With another status. What gives privilege is dropped: a login, and what was written after it. What takes privilege
    /// away is done, and values are stored.
    Failed,
}

/// What the answer has to tell the client's cookie.
#[derive(Clone, Debug)]
#[must_use]
pub enum Carried {
    /// Nothing.
    Nothing,
    /// A new token.
    Set {
        /// The token.
        token: SessionToken,
        /// How long to keep it; until the browser ends when `None`.
        max_age: Option<Duration>,
    },
    /// This request's own session was ended by it.
    Remove,
}

impl Commit {
    pub(crate) fn new(request: Arc<Request>) -> Self {
        Self {
            request: Some(request),
        }
    }

    /// Another handle to the session of the request. There is one until the commit is finished, which takes it.
    pub fn session(&self) -> Option<Session> {
        self.request.clone().map(Session::new)
    }

    /// Whether nobody has looked at the session nor changed anything: then [`finish`](Self::finish) does nothing and
    /// carries nothing.
    pub fn is_untouched(&self) -> bool {
        self.request.as_ref().is_none_or(|request| request.is_untouched())
    }

    /// Commits what the handler changed, unless it did so [itself](crate::Session::commit).
    ///
    /// What takes privilege away is done in a task of its own, so dropping the future of this does not stop it.
    ///
    /// # Errors
    ///
    /// Why it could not be committed. The answer of the handler is then not true and must not be sent. What
    /// [`Session::take_carried`](crate::Session::take_carried) gives goes out with the error.
    pub async fn finish(self, answer: Answer) -> Result<Carried, SessionError> {
        let mut commit = match self.finish_at_rest() {
            Ok(carried) => return Ok(carried),
            Err(commit) => commit,
        };
        let Some(request) = commit.request.take() else {
            return Ok(Carried::Nothing);
        };
        if let Ok(changes) = request.close() {
            execute(&request, changes, Some(answer), false).await?;
        }
        let carried = request.take_carried();
        Ok(if request.bearer { Carried::Nothing } else { carried })
    }

    /// What [`finish`](Self::finish) would answer, when the store need not be asked for it: for a request that only read,
    /// or whose handler committed itself. Most are; the others get the commit back.
    ///
    /// # Errors
    ///
    /// The commit that is still to be finished.
    pub fn finish_at_rest(mut self) -> Result<Carried, Self> {
        let carried = match &self.request {
            Some(request) if Request::is_alone_at_rest(request) => Some(Carried::Nothing),
            Some(request) => request.close_at_rest(),
            None => Some(Carried::Nothing),
        };
        let Some(carried) = carried else {
            return Err(self);
        };
        self.request = None;
        Ok(carried)
    }
}

impl Drop for Commit {
    fn drop(&mut self) {
        let Some(request) = self.request.take() else {
            return;
        };
        if let Ok(changes) = request.close()
            && changes.takes_away()
            && let Ok(runtime) = Handle::try_current()
        {
            // Its failures are observed; there is nobody else to tell.
            drop(runtime.spawn(Work::new(request, &changes, None, false).run()));
        }
    }
}

/// Commits `changes`; with no answer, for a handler that never gave one. `handed_over`: the handler waits for it and can take
/// the new token.
pub(crate) async fn execute(
    request: &Arc<Request>,
    changes: Said,
    answer: Option<Answer>,
    handed_over: bool,
) -> Result<(), SessionError> {
    let work = Work::new(Arc::clone(request), &changes, answer, handed_over);
    if changes.takes_away()
        && let Ok(runtime) = Handle::try_current()
    {
        return match runtime.spawn(work.run()).await {
            Ok(answer) => answer,
            Err(error) => Err(StoreError::new(StoreErrorKind::Other, error).into()),
        };
    }
    work.run().await
}

impl fmt::Debug for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loaded = self.request.as_ref().and_then(|request| request.loaded());
        f.debug_struct("Commit")
            .field(
                "has_session",
                &loaded.is_some_and(|loaded| loaded.found().is_some()),
            )
            .finish_non_exhaustive()
    }
}
