use std::collections::{HashMap, VecDeque};
use std::future::{Future, pending};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, VerifierHash};
use tokio::sync::Semaphore;
use tokio::task::yield_now;

use crate::{
    Change, Created, Listed, NewRecord, Page, Rotated, Rotation, SessionStore, StoreError, StoreErrorKind,
    Stored, Subject, SubjectIndex, Touched, Updated, Version,
};

/// A store that fails as a script says, to test what is built on stores. It counts what is asked of it.
///
/// A clone is a handle to the same one, so a test keeps one and gives the other away.
#[derive(Debug)]
pub struct Faulty<S>(Arc<Inner<S>>);

#[derive(Debug)]
struct Inner<S> {
    store: S,
    script: Mutex<Script>,
}

#[derive(Debug, Default)]
struct Script {
    next: HashMap<Operation, VecDeque<Option<Fault>>>,
    always: HashMap<Operation, Fault>,
    calls: Vec<Operation>,
}

/// One of a store's operations.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Operation {
    /// [`SessionStore::create`].
    Create,
    /// [`SessionStore::load`].
    Load,
    /// [`SessionStore::update`].
    Update,
    /// [`SessionStore::touch`].
    Touch,
    /// [`SessionStore::rotate`].
    Rotate,
    /// [`SessionStore::delete`].
    Delete,
    /// [`SessionStore::purge_expired`].
    PurgeExpired,
    /// [`SubjectIndex::list_by_subject`].
    ListBySubject,
    /// [`SubjectIndex::delete_one`].
    DeleteOne,
    /// [`SubjectIndex::delete_by_subject`].
    DeleteBySubject,
    /// [`SubjectIndex::revoke_all`].
    RevokeAll,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Create,
        Self::Load,
        Self::Update,
        Self::Touch,
        Self::Rotate,
        Self::Delete,
        Self::PurgeExpired,
        Self::ListBySubject,
        Self::DeleteOne,
        Self::DeleteBySubject,
        Self::RevokeAll,
    ];
}

/// What goes wrong with an operation.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It is not done and answers with an error.
    FailBefore(StoreErrorKind),
    /// It is done, but answers with an error, as when the connection is cut before the answer arrives.
    FailAfter(StoreErrorKind),
    /// It never answers and is not done.
    HangBefore,
    /// It never answers, though it is done.
    HangAfter,
    /// It gives way to other tasks so often before it is done.
    YieldBefore(u32),
    /// It gives way to other tasks so often after it is done.
    YieldAfter(u32),
    /// It waits for the test before it is done.
    PauseBefore(Pause),
    /// It waits for the test after it is done.
    PauseAfter(Pause),
}

/// Where an operation waits for the test. A clone is a handle to the same one.
#[derive(Clone, Debug)]
pub struct Pause(Arc<[Semaphore; 2]>);

impl Pause {
    /// A place to wait at.
    #[expect(clippy::new_without_default, reason = "no value is more usual than another")]
    pub fn new() -> Self {
        Self(Arc::new([Semaphore::new(0), Semaphore::new(0)]))
    }

    /// Waits until an operation waits here; each one is told once.
    pub async fn reached(&self) {
        take(&self.0[0]).await;
    }

    /// Lets one operation go on, or the next one that comes.
    pub fn resume(&self) {
        self.0[1].add_permits(1);
    }

    async fn wait(&self) {
        self.0[0].add_permits(1);
        take(&self.0[1]).await;
    }
}

async fn take(semaphore: &Semaphore) {
    semaphore
        .acquire()
        .await
        .expect("nothing closes the semaphore")
        .forget();
}

impl<S> Faulty<S> {
    /// `store`, which fails at nothing yet.
    pub fn new(store: S) -> Self {
        Self(Arc::new(Inner {
            store,
            script: Mutex::default(),
        }))
    }

    /// The store itself, without faults and uncounted.
    pub fn store(&self) -> &S {
        &self.0.store
    }

    /// Lets the next `operation` that nothing is written for yet meet this fault, and the ones after it none.
    pub fn next(&self, operation: Operation, fault: Fault) {
        self.script(operation, [Some(fault)]);
    }

    /// The fates of the next calls of `operation`, one after the other; `None` is a call without a fault.
    pub fn script(&self, operation: Operation, fates: impl IntoIterator<Item = Option<Fault>>) {
        self.lock().next.entry(operation).or_default().extend(fates);
    }

    /// Lets each `operation` meet this fault, once nothing more is written for the next ones.
    pub fn always(&self, operation: Operation, fault: Fault) {
        self.lock().always.insert(operation, fault);
    }

    /// The same for every operation.
    pub fn always_all(&self, fault: &Fault) {
        for operation in Operation::ALL {
            self.always(operation, fault.clone());
        }
    }

    /// Lets the next `operation` wait before it is done.
    pub fn pause_before(&self, operation: Operation) -> Pause {
        let pause = Pause::new();
        self.next(operation, Fault::PauseBefore(pause.clone()));
        pause
    }

    /// Lets the next `operation` wait after it is done.
    pub fn pause_after(&self, operation: Operation) -> Pause {
        let pause = Pause::new();
        self.next(operation, Fault::PauseAfter(pause.clone()));
        pause
    }

    /// Forgets all faults that have not begun.
    pub fn heal(&self) {
        let mut script = self.lock();
        script.next.clear();
        script.always.clear();
    }

    /// How often `operation` was called.
    pub fn count(&self, operation: Operation) -> usize {
        let script = self.lock();
        script.calls.iter().filter(|&&call| call == operation).count()
    }

    /// All calls since the last time this was asked, in order.
    pub fn take_calls(&self) -> Vec<Operation> {
        std::mem::take(&mut self.lock().calls)
    }

    fn lock(&self) -> MutexGuard<'_, Script> {
        self.0.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the store itself has for a load, which is counted; nothing while anything is written for loads.
    fn load_by_itself<'a, T>(&'a self, ask: impl FnOnce(&'a S) -> Option<T>) -> Option<T> {
        let mut script = self.lock();
        let load = Operation::Load;
        if script.always.contains_key(&load) || script.next.get(&load).is_some_and(|fates| !fates.is_empty())
        {
            return None;
        }
        let answer = ask(self.store())?;
        script.calls.push(load);
        Some(answer)
    }

    fn begin(&self, operation: Operation) -> Option<Fault> {
        let mut script = self.lock();
        script.calls.push(operation);
        match script.next.get_mut(&operation).and_then(VecDeque::pop_front) {
            Some(fate) => fate,
            None => script.always.get(&operation).cloned(),
        }
    }

    async fn run<T>(
        &self,
        operation: Operation,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let fault = self.begin(operation);
        match &fault {
            Some(Fault::FailBefore(kind)) => return Err((*kind).into()),
            Some(Fault::HangBefore) => pending().await,
            Some(Fault::YieldBefore(times)) => yields(*times).await,
            Some(Fault::PauseBefore(pause)) => pause.wait().await,
            _ => {}
        }
        let answer = work.await;
        match &fault {
            Some(Fault::FailAfter(kind)) => return Err((*kind).into()),
            Some(Fault::HangAfter) => pending().await,
            Some(Fault::YieldAfter(times)) => yields(*times).await,
            Some(Fault::PauseAfter(pause)) => pause.wait().await,
            _ => {}
        }
        answer
    }
}

impl<S> Clone for Faulty<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

async fn yields(times: u32) {
    for _ in 0..times {
        yield_now().await;
    }
}

impl<S: SessionStore> SessionStore for Faulty<S> {
    async fn create(&self, record: &NewRecord, now: UnixTime) -> Result<Created, StoreError> {
        self.run(Operation::Create, self.store().create(record, now))
            .await
    }

    async fn load(&self, selector: &Selector, now: UnixTime) -> Result<Option<Stored>, StoreError> {
        self.run(Operation::Load, self.store().load(selector, now)).await
    }

    /// What the store itself answers, counted as a load; `Pending` while anything is written for loads.
    fn load_now(&self, selector: &Selector, now: UnixTime) -> Poll<Option<Arc<Stored>>> {
        let ask = |store: &S| match store.load_now(selector, now) {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => None,
        };
        self.load_by_itself(ask).map_or(Poll::Pending, Poll::Ready)
    }

    /// What the store itself answers, counted as a load; `None` while anything is written for loads: no store keeps the
    /// time of a fault.
    fn load_within<'a>(
        &'a self,
        selector: &'a Selector,
        now: UnixTime,
        limit: Duration,
    ) -> Option<impl Future<Output = Result<Option<Stored>, StoreError>> + Send> {
        self.load_by_itself(|store| store.load_within(selector, now, limit))
    }

    async fn update(
        &self,
        selector: &Selector,
        expect: Version,
        change: &Change,
        now: UnixTime,
    ) -> Result<Updated, StoreError> {
        let work = self.store().update(selector, expect, change, now);
        self.run(Operation::Update, work).await
    }

    async fn touch(
        &self,
        selector: &Selector,
        idle_deadline: UnixTime,
        now: UnixTime,
    ) -> Result<Touched, StoreError> {
        let work = self.store().touch(selector, idle_deadline, now);
        self.run(Operation::Touch, work).await
    }

    async fn rotate(
        &self,
        selector: &Selector,
        old: &VerifierHash,
        rotation: &Rotation,
        now: UnixTime,
    ) -> Result<Rotated, StoreError> {
        let work = self.store().rotate(selector, old, rotation, now);
        self.run(Operation::Rotate, work).await
    }

    async fn delete(&self, selector: &Selector) -> Result<bool, StoreError> {
        self.run(Operation::Delete, self.store().delete(selector)).await
    }

    async fn purge_expired(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        let work = self.store().purge_expired(now, max);
        self.run(Operation::PurgeExpired, work).await
    }
}

impl<S: SubjectIndex> SubjectIndex for Faulty<S> {
    async fn list_by_subject(
        &self,
        subject: &Subject,
        page: Page,
        now: UnixTime,
    ) -> Result<Listed, StoreError> {
        let work = self.store().list_by_subject(subject, page, now);
        self.run(Operation::ListBySubject, work).await
    }

    async fn delete_one(&self, subject: &Subject, selector: &Selector) -> Result<bool, StoreError> {
        let work = self.store().delete_one(subject, selector);
        self.run(Operation::DeleteOne, work).await
    }

    async fn delete_by_subject(
        &self,
        subject: &Subject,
        except: Option<&Selector>,
        now: UnixTime,
    ) -> Result<u64, StoreError> {
        let work = self.store().delete_by_subject(subject, except, now);
        self.run(Operation::DeleteBySubject, work).await
    }

    async fn revoke_all(&self, now: UnixTime) -> Result<(), StoreError> {
        self.run(Operation::RevokeAll, self.store().revoke_all(now)).await
    }
}
