use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::{Selector, SessionToken};
use cloakroom_store::{
    DynSessionStore, InvalidSubject, Listed, Page, SessionStore as _, StoreError, Subject, SubjectIndex,
};
use tokio::time::{Instant, sleep};

use crate::payload::Payload;
use crate::request::Request;
use crate::touching::Touching;
use crate::{
    Client, Commit, Device, Devices, Event, EventKind, InvalidSettings, Observer, Operation, Session,
    SessionError, Settings,
};

/// How long the purge loop rests between two operations, at least and at most.
const REST: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(1);

/// The sessions of one store. A clone is a handle to the same ones.
#[derive(Clone)]
pub struct Sessions {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Clone)]
pub(crate) struct Inner {
    pub(crate) store: DynSessionStore,
    pub(crate) settings: Arc<Settings>,
    pub(crate) touching: Arc<Touching>,
    observer: Option<Arc<dyn Observer>>,
    clock: Option<Arc<dyn Fn() -> UnixTime + Send + Sync>>,
}

impl Sessions {
    /// Sessions in `store`. Nothing is asked of it yet.
    ///
    /// # Errors
    ///
    /// When the settings cannot be meant.
    pub fn new(store: impl SubjectIndex, settings: Settings) -> Result<Self, InvalidSettings> {
        settings.check()?;
        let inner = Inner {
            store: DynSessionStore::new(store),
            settings: Arc::new(settings),
            touching: Arc::new(Touching::new()),
            observer: None,
            clock: None,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Tells `observer` what happens. Handles that were cloned before do not.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        Arc::make_mut(&mut self.inner).observer = Some(Arc::new(observer));
        self
    }

    /// Asks `clock` for the time, in place of the system. Handles that were cloned before do not.
    pub fn with_clock(mut self, clock: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.inner).clock = Some(Arc::new(clock));
        self
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// The time.
    pub fn now(&self) -> UnixTime {
        match &self.inner.clock {
            Some(clock) => clock(),
            None => UnixTime::now(),
        }
    }

    /// The store.
    pub fn store(&self) -> &DynSessionStore {
        &self.inner.store
    }

    /// The subject called `id`, for the operations here that ask for one.
    ///
    /// # Errors
    ///
    /// When `id` is empty, longer than 255 bytes or contains NUL.
    pub fn subject(&self, id: &str) -> Result<Subject, InvalidSubject> {
        Subject::new(id, &self.inner.settings.index_secret)
    }

    /// The session of a request that brought these tokens in its cookies, at most four of which are tried, for its
    /// handler; and the other half, with which whoever runs the handler commits it. Nothing is read before somebody
    /// asks.
    pub fn begin(&self, tokens: impl IntoIterator<Item = SessionToken>, client: Client) -> (Session, Commit) {
        Request::begin(self, &mut tokens.into_iter(), client, false)
    }

    /// The same for a request that brought its token in `Authorization`, or would: its answer sets no cookie. Its
    /// handler hands out new tokens with [`Session::commit`] and [`Session::take_renewed`].
    pub fn begin_bearer(&self, token: Option<SessionToken>, client: Client) -> (Session, Commit) {
        Request::begin(self, &mut token.into_iter(), client, true)
    }

    /// A part of the list of a subject's live sessions.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn list(&self, subject: &Subject, page: Page) -> Result<Devices, SessionError> {
        Ok(self.devices(subject, page, None).await?)
    }

    /// Ends a session of `subject`; `false` when it has none of that selector.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn end(&self, subject: &Subject, selector: &Selector) -> Result<bool, SessionError> {
        let work = self.store().delete_one(subject, selector);
        let ended = self.call(Operation::DeleteOne, Some(*selector), work).await?;
        if ended {
            self.observe(Event::of(EventKind::Ended, *selector));
        }
        Ok(ended)
    }

    /// Ends all sessions of `subject`, logins that are under way included, and tells how many were live.
    ///
    /// # Errors
    ///
    /// Those of the store. It may be repeated.
    pub async fn end_all(&self, subject: &Subject) -> Result<u64, SessionError> {
        let work = self.store().delete_by_subject(subject, None, self.now());
        let ended = self.call(Operation::DeleteBySubject, None, work).await?;
        self.observe(Event::new(EventKind::EndedAll(ended)));
        Ok(ended)
    }

    /// Cuts off every session of the store: the first step after a backup was restored.
    ///
    /// # Errors
    ///
    /// Those of the store. It may be repeated.
    pub async fn revoke_all(&self) -> Result<(), SessionError> {
        let work = self.store().revoke_all(self.now());
        self.call(Operation::RevokeAll, None, work).await?;
        self.observe(Event::new(EventKind::Revoked));
        Ok(())
    }

    /// Deletes at most `max` sessions that are over, and tells how many.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn purge_expired(&self, max: NonZeroU32) -> Result<u64, SessionError> {
        let work = self.store().purge_expired(self.now(), max);
        let purged = self.call(Operation::PurgeExpired, None, work).await?;
        if purged > 0 {
            self.observe(Event::new(EventKind::Purged(purged)));
        }
        Ok(purged)
    }

    /// Purges at once and then `every` so often, `batch` sessions an operation, until there are none left that are
    /// over. After each operation it rests for as long as that took (1 ms at least, 1 s at most), so that half of
    /// the store's time is left to others. A failure is observed, and the loop goes on at its next turn. For
    /// `tokio::spawn`; several processes may run it on one store.
    pub fn purge_loop(
        &self,
        every: Duration,
        batch: NonZeroU32,
    ) -> impl Future<Output = Infallible> + Send + 'static {
        let sessions = self.clone();
        async move {
            loop {
                loop {
                    let began = Instant::now();
                    let purged = sessions.purge_expired(batch).await;
                    if !purged.is_ok_and(|purged| purged >= u64::from(batch.get())) {
                        break;
                    }
                    sleep(began.elapsed().clamp(*REST.start(), *REST.end())).await;
                }
                sleep(every).await;
            }
        }
    }

    pub(crate) fn observe(&self, event: Event) {
        if let Some(observer) = &self.inner.observer {
            // Half of a commit must not be left undone for it. The hook has told of the panic.
            let _ = catch_unwind(AssertUnwindSafe(|| observer.observe(&event)));
        }
    }

    pub(crate) async fn devices(
        &self,
        subject: &Subject,
        page: Page,
        current: Option<Selector>,
    ) -> Result<Devices, StoreError> {
        let Listed { sessions, next } = self.listed(subject, page).await?;
        let devices = sessions.into_iter().map(Arc::new).filter_map(|stored| {
            // What cannot be read is listed all the same: its owner has to be able to end it.
            let payload = self.inner.settings.codec.decode(Arc::clone(&stored)).ok();
            Some(Device {
                selector: stored.selector,
                client: payload.as_ref().map(Payload::client).unwrap_or_default(),
                created_at: stored.created_at,
                authenticated_at: stored.authentication.as_ref()?.at,
                last_seen_at: stored.last_seen_at,
                persistent: payload.is_some_and(|payload| payload.persistent()),
                is_current: current == Some(stored.selector),
            })
        });
        Ok(Devices {
            devices: devices.collect(),
            next,
        })
    }

    pub(crate) async fn listed(&self, subject: &Subject, page: Page) -> Result<Listed, StoreError> {
        let work = self.store().list_by_subject(subject, page, self.now());
        self.call(Operation::ListBySubject, None, work).await
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}
