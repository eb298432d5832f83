//! What a commit does. The order: what gives a session or changes it, then what takes others away, which has to spare
//! the session that stands by then.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread;

use cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::{Selector, SessionToken};
use cloakroom_store::{
    Created, NewRecord, SessionStore as _, StoreError, StoreErrorKind, Stored, Subject, SubjectIndex as _,
};

use crate::changes::{self, Changes, Delta, Sweep, Whose};
use crate::request::{Found, Loaded, Request};
use crate::values::Values;
use crate::{Answer, Carried, Event, EventKind, Operation, SessionError, Sessions, Settings};

pub(crate) struct Work {
    pub(crate) request: Arc<Request>,
    pub(crate) changes: Changes,
    /// Whether the handler answered below 400.
    pub(crate) succeeded: bool,
    /// Whether somebody can be given a new token.
    pub(crate) can_carry: bool,
    /// Whether no periodic renewal may happen.
    pub(crate) keeps_token: bool,
}

/// The session that stands when what gives and what changes is done.
pub(crate) struct Standing {
    pub(crate) subject: Option<Subject>,
    pub(crate) selector: Selector,
}

impl Work {
    pub(crate) fn new(
        request: Arc<Request>,
        changes: &Changes,
        answer: Option<Answer>,
        handed_over: bool,
    ) -> Self {
        let mut changes = changes.clone();
        let succeeded = answer == Some(Answer::Succeeded);
        if !succeeded {
            changes.drop_gifts();
        }
        if answer.is_none() {
            changes.deltas.clear();
        }
        let can_carry = !request.bearer || handed_over;
        let keeps_token = request.keeps_token();
        Self {
            request,
            changes,
            succeeded,
            can_carry,
            keeps_token,
        }
    }

    /// Does it all; what fails keeps nothing else from being tried.
    pub(crate) async fn run(mut self) -> Result<(), SessionError> {
        let request = Arc::clone(&self.request);
        let loaded = match request.load().await {
            Ok(loaded) => loaded,
            Err(error) => {
                self.end_unreadable(error).await?;
                // Another token may open another session.
                request.load().await?
            }
        };
        if let Some(found) = loaded.found() {
            self.join_own_end(found);
        }
        let (mut failure, mut panic) = (None, None);
        let changed = caught(self.change(loaded)).await.unwrap_or_else(|caught| {
            panic = Some(caught);
            Err(StoreError::from(StoreErrorKind::Other).into())
        });
        let standing = match changed {
            Ok(standing) => standing,
            Err(error) => {
                self.tell(&error, loaded);
                request.set_carried(Carried::Nothing);
                failure = Some(error);
                // What took the session away may have failed; then it stands, and is not to be spared.
                loaded.found().filter(|_| !self.changes.logout).map(Standing::of)
            }
        };
        let swept = self.sweep(loaded, standing.as_ref()).await;
        let ended = self.end(loaded).await;
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
        match failure.map_or(Ok(()), Err).and(swept).and(ended) {
            Ok(()) => Ok(()),
            Err(error) => {
                let own = loaded.found().map(|found| found.stored().selector);
                match request.take_carried() {
                    // The old token of the session is dead, or soon will be.
                    Carried::Set { token, max_age } if Some(token.selector()) == own => {
                        request.set_carried(Carried::Set { token, max_age });
                    }
                    // Nobody will be given the token. If this fails, too, the session ends unused.
                    Carried::Set { token, .. } => _ = self.delete(token.selector()).await,
                    Carried::Nothing | Carried::Remove => {}
                }
                Err(error)
            }
        }
    }

    /// Ends the session whose payload could not be read, which was the `error`, if its holder logs out or in: there is
    /// nothing in it then that anybody needs.
    async fn end_unreadable(&self, error: SessionError) -> Result<(), SessionError> {
        let ends = self.changes.logout || (self.changes.login.is_some() && self.can_carry);
        let Some(selector) = self.request.unreadable().filter(|_| ends) else {
            return Err(error);
        };
        self.delete(selector).await?;
        self.observe(Event::of(EventKind::LoggedOut, selector));
        self.request.set_carried(Carried::Remove);
        Ok(())
    }

    /// The end of the own session, named by its selector, is a logout.
    fn join_own_end(&mut self, found: &Found) {
        let (own, subject) = (found.stored().selector, found.subject());
        let is_own = |(owner, selector): &(Whose, Selector)| {
            let owner = match owner {
                Whose::Subject(owner) => Some(owner),
                Whose::Loaded => subject,
            };
            *selector == own && owner.is_some() && owner == subject
        };
        let before = self.changes.ends.len();
        self.changes.ends.retain(|end| !is_own(end));
        if self.changes.ends.len() != before && !self.changes.logout {
            match self.changes.login.take() {
                None => self.changes.log_out(),
                // What was written for the login, and how long it is to last, stays.
                Some(login) => {
                    let deltas = self.changes.deltas.split_off(login.mark);
                    let persistent = self.changes.persistent;
                    self.changes.log_out();
                    self.changes.deltas = deltas;
                    self.changes.persistent = persistent;
                    self.changes.login = Some(changes::Login {
                        mark: 0,
                        kept: 0,
                        ..login
                    });
                }
            }
        }
    }

    async fn change(&self, loaded: &Loaded) -> Result<Option<Standing>, SessionError> {
        match loaded {
            Loaded::Ambiguous(selectors) => {
                if self.changes.logout {
                    let mut ended = Ok(());
                    // Whoever brought the tokens holds them all.
                    for selector in selectors {
                        match self.delete(*selector).await {
                            Ok(()) => self.observe(Event::of(EventKind::LoggedOut, *selector)),
                            Err(error) => ended = Err(error),
                        }
                    }
                    ended?;
                }
                if self.changes.login.is_some() || !self.changes.deltas.is_empty() {
                    return Err(SessionError::Ambiguous);
                }
                Ok(None)
            }
            Loaded::Found(found) if self.changes.login.is_some() => self.log_in(Some(found)).await.map(Some),
            Loaded::Nothing | Loaded::Stale if self.changes.login.is_some() => {
                self.log_in(None).await.map(Some)
            }
            Loaded::Found(found) if self.changes.logout => {
                match self.swept_with_all(found) {
                    // First, and in place of the own: while it fails, there is a session that can ask again.
                    Some(subject) => self.sweep_subject(subject, None, true).await?,
                    None => self.delete(found.stored().selector).await?,
                }
                self.observe(Event::of(EventKind::LoggedOut, found.stored().selector));
                self.request.set_carried(Carried::Remove);
                self.write_as_visitor().await
            }
            Loaded::Found(found) => {
                self.keep(found).await?;
                Ok(Some(Standing::of(found)))
            }
            Loaded::Nothing => self.write_as_visitor().await,
            // An anonymous one has nothing to end. What it writes has nowhere to go, and it is told.
            Loaded::Stale if self.changes.deltas.is_empty() => Ok(None),
            Loaded::Stale => Err(SessionError::Superseded),
        }
    }

    /// The first session of a visitor, if there is anything to keep in it.
    async fn write_as_visitor(&self) -> Result<Option<Standing>, SessionError> {
        let mut values = Values::new();
        changes::apply_seen(&self.changes.deltas, &mut values);
        if values.is_empty() {
            return Ok(None);
        }
        if !self.can_carry {
            return Err(SessionError::TokenNotTaken);
        }
        let made = self.create(None, &values).await?;
        self.observe(Event::of(EventKind::Created, made.selector));
        Ok(Some(made))
    }

    /// A new session of `known`, or of a visitor, with `values`.
    pub(crate) async fn create(
        &self,
        known: Option<(&Subject, UnixTime)>,
        values: &Values<'_>,
    ) -> Result<Standing, SessionError> {
        let tag = known.map(|(subject, _)| subject.tag());
        let token = SessionToken::generate(tag).map_err(|error| SessionError::Random(Arc::new(error)))?;
        let selector = token.selector();
        let persistent = self.changes.persistent;
        let settings = self.settings();
        let payload = settings
            .codec
            .encode(selector, &self.request.client, persistent, values)?;
        let now = self.sessions().now();
        let timeouts = settings.timeouts(persistent);
        let authentication = known.map(|(subject, at)| cloakroom_store::Authentication {
            subject: subject.clone(),
            at,
        });
        let record = NewRecord::new(
            selector,
            token.verifier_hash(),
            authentication,
            now.saturating_add(timeouts.idle),
            now.saturating_add(timeouts.absolute),
            payload,
        )
        .map_err(|error| StoreError::new(StoreErrorKind::Other, error))?;
        let work = self.sessions().store().create(&record, now);
        match self
            .sessions()
            .call(Operation::Create, Some(selector), work)
            .await
        {
            Ok(Created::Done) => {}
            Ok(Created::Refused) => return Err(SessionError::Refused),
            // 112 random bits met, or a store repeated what it had done; neither is ever taken over.
            Ok(Created::Exists) => return Err(StoreError::from(StoreErrorKind::Other).into()),
            Err(error) => self.check_done(&token, now, error).await?,
        }
        self.carry(token, persistent.then_some(record.absolute_deadline()), now);
        Ok(Standing {
            subject: known.map(|(subject, _)| subject.clone()),
            selector,
        })
    }

    /// Ends the sessions of whole subjects.
    async fn sweep(&self, loaded: &Loaded, standing: Option<&Standing>) -> Result<(), SessionError> {
        let mut answer = Ok(());
        let done = loaded.found().and_then(|found| self.swept_with_all(found));
        for sweep in &self.changes.sweeps {
            let Some(subject) = whose(&sweep.whose, loaded) else {
                continue;
            };
            if done == Some(subject) {
                continue;
            }
            let spared = standing.filter(|standing| standing.subject.as_ref() == Some(subject));
            let spared = spared.map(|standing| &standing.selector);
            if let Err(error) = self.sweep_subject(subject, spared, sweep.everywhere).await {
                answer = answer.and(Err(error.into()));
            }
        }
        answer
    }

    /// The subject of the own session, when that ends with all others.
    fn swept_with_all<'a>(&self, found: &'a Found) -> Option<&'a Subject> {
        let all = |sweep: &Sweep| sweep.everywhere && sweep.whose == Whose::Loaded;
        let ends = self.changes.logout && self.changes.login.is_none();
        found
            .subject()
            .filter(|_| ends && self.changes.sweeps.iter().any(all))
    }

    async fn sweep_subject(
        &self,
        subject: &Subject,
        spared: Option<&Selector>,
        everywhere: bool,
    ) -> Result<(), StoreError> {
        let now = self.sessions().now();
        let work = self.sessions().store().delete_by_subject(subject, spared, now);
        let count = self
            .sessions()
            .call(Operation::DeleteBySubject, None, work)
            .await?;
        self.observe(Event::new(if everywhere {
            EventKind::EndedAll(count)
        } else {
            EventKind::EndedOthers(count)
        }));
        Ok(())
    }

    /// Ends single sessions, each only if it belongs to the subject that named it.
    async fn end(&self, loaded: &Loaded) -> Result<(), SessionError> {
        let mut answer = Ok(());
        for (owner, selector) in &self.changes.ends {
            let Some(subject) = whose(owner, loaded) else {
                continue;
            };
            if let Err(error) = self.sessions().end(subject, selector).await {
                answer = answer.and(Err(error));
            }
        }
        answer
    }

    /// Whether an operation that gave `token` to a session was done, though it failed: nobody would be left with the
    /// token of a session that is there. One look tells; otherwise it is the failure.
    pub(crate) async fn check_done(
        &self,
        token: &SessionToken,
        now: UnixTime,
        error: StoreError,
    ) -> Result<(), StoreError> {
        let unsure = matches!(
            error.kind(),
            StoreErrorKind::Unavailable | StoreErrorKind::Timeout | StoreErrorKind::Other
        );
        if unsure
            && let Ok(Some(stored)) = self.request.read(token.selector(), now).await
            && stored.verifier_hash == token.verifier_hash()
        {
            return Ok(());
        }
        Err(error)
    }

    pub(crate) async fn delete(&self, selector: Selector) -> Result<(), StoreError> {
        let work = self.sessions().store().delete(&selector);
        self.sessions()
            .call(Operation::Delete, Some(selector), work)
            .await?;
        Ok(())
    }

    /// Has the answer carry `token`, to be kept until `end` if there is one.
    pub(crate) fn carry(&self, token: SessionToken, end: Option<UnixTime>, now: UnixTime) {
        let max_age = end.map(|end| end.checked_duration_since(now).unwrap_or_default());
        self.request.set_carried(Carried::Set { token, max_age });
    }

    /// What a wrong token was refused has been heard when it was read.
    fn tell(&self, error: &SessionError, loaded: &Loaded) {
        let kind = match error {
            SessionError::Superseded => EventKind::Superseded,
            SessionError::Contended => EventKind::Contended,
            _ => return,
        };
        if let Some(found) = loaded.found() {
            self.observe(Event::of(kind, found.stored().selector));
        }
    }

    pub(crate) fn observe(&self, event: Event) {
        self.sessions().observe(event);
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.request.sessions
    }

    pub(crate) fn settings(&self) -> &Settings {
        self.sessions().settings()
    }

    pub(crate) fn deltas(&self) -> &[Delta] {
        &self.changes.deltas
    }
}

impl Standing {
    pub(crate) fn of(found: &Found) -> Self {
        Self {
            subject: found.subject().cloned(),
            selector: found.stored().selector,
        }
    }
}

/// Takes a panic of `work`, in a closure of the application or in a store, for its answer: what else is to be taken away
/// is, all the same.
async fn caught<T>(work: impl Future<Output = T>) -> thread::Result<T> {
    let mut work = pin!(work);
    poll_fn(
        |context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        },
    )
    .await
}

fn whose<'a>(whose: &'a Whose, loaded: &'a Loaded) -> Option<&'a Subject> {
    match whose {
        Whose::Subject(subject) => Some(subject),
        Whose::Loaded => loaded.found()?.subject(),
    }
}

/// Whether what was written for a session as `read` may be written to it as it is `now`: nobody else has logged in there,
/// nor the same subject anew.
pub(crate) fn same_authentication(read: &Stored, now: &Stored) -> bool {
    read.authentication == now.authentication
}
