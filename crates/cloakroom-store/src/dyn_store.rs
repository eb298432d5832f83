use std::fmt;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, VerifierHash};

use crate::forward::{forward_session_store, forward_subject_index};
use crate::{
    Change, Created, Listed, NewRecord, Page, Rotated, Rotation, SessionStore, StoreError, Stored, Subject,
    SubjectIndex, Touched, Updated, Version,
};

/// Any store as one type: for programs that choose theirs when they start, and for types that are not to be generic.
///
/// Each operation but [`load_now`](SessionStore::load_now) boxes its future, one allocation. A clone is the same store.
#[derive(Clone)]
pub struct DynSessionStore(Arc<dyn Boxing>);

impl DynSessionStore {
    /// `store` behind a pointer. An `Arc` of a store is a store, too, when something else keeps a hold of it.
    pub fn new(store: impl SubjectIndex) -> Self {
        Self(Arc::new(store))
    }
}

impl fmt::Debug for DynSessionStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DynSessionStore(..)")
    }
}

impl SessionStore for DynSessionStore {
    forward_session_store!(self => (*self.0));
}

impl SubjectIndex for DynSessionStore {
    forward_subject_index!(self => (*self.0));
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Both traits with the futures boxed, so that it can be a trait object.
trait Boxing: Send + Sync + 'static {
    fn create<'a>(&'a self, record: &'a NewRecord, now: UnixTime) -> Boxed<'a, Created>;
    fn load<'a>(&'a self, selector: &'a Selector, now: UnixTime) -> Boxed<'a, Option<Stored>>;
    fn load_now(&self, selector: &Selector, now: UnixTime) -> Poll<Option<Arc<Stored>>>;
    fn load_within<'a>(
        &'a self,
        selector: &'a Selector,
        now: UnixTime,
        limit: Duration,
    ) -> Option<Boxed<'a, Option<Stored>>>;
    fn update<'a>(
        &'a self,
        selector: &'a Selector,
        expect: Version,
        change: &'a Change,
        now: UnixTime,
    ) -> Boxed<'a, Updated>;
    fn touch<'a>(
        &'a self,
        selector: &'a Selector,
        idle_deadline: UnixTime,
        now: UnixTime,
    ) -> Boxed<'a, Touched>;
    fn rotate<'a>(
        &'a self,
        selector: &'a Selector,
        old: &'a VerifierHash,
        rotation: &'a Rotation,
        now: UnixTime,
    ) -> Boxed<'a, Rotated>;
    fn delete<'a>(&'a self, selector: &'a Selector) -> Boxed<'a, bool>;
    fn purge_expired(&self, now: UnixTime, max: NonZeroU32) -> Boxed<'_, u64>;
    fn list_by_subject<'a>(&'a self, subject: &'a Subject, page: Page, now: UnixTime) -> Boxed<'a, Listed>;
    fn delete_one<'a>(&'a self, subject: &'a Subject, selector: &'a Selector) -> Boxed<'a, bool>;
    fn delete_by_subject<'a>(
        &'a self,
        subject: &'a Subject,
        except: Option<&'a Selector>,
        now: UnixTime,
    ) -> Boxed<'a, u64>;
    fn revoke_all(&self, now: UnixTime) -> Boxed<'_, ()>;
}

impl<S: SubjectIndex> Boxing for S {
    fn create<'a>(&'a self, record: &'a NewRecord, now: UnixTime) -> Boxed<'a, Created> {
        Box::pin(SessionStore::create(self, record, now))
    }

    fn load<'a>(&'a self, selector: &'a Selector, now: UnixTime) -> Boxed<'a, Option<Stored>> {
        Box::pin(SessionStore::load(self, selector, now))
    }

    fn load_now(&self, selector: &Selector, now: UnixTime) -> Poll<Option<Arc<Stored>>> {
        SessionStore::load_now(self, selector, now)
    }

    fn load_within<'a>(
        &'a self,
        selector: &'a Selector,
        now: UnixTime,
        limit: Duration,
    ) -> Option<Boxed<'a, Option<Stored>>> {
        let load = SessionStore::load_within(self, selector, now, limit)?;
        Some(Box::pin(load))
    }

    fn update<'a>(
        &'a self,
        selector: &'a Selector,
        expect: Version,
        change: &'a Change,
        now: UnixTime,
    ) -> Boxed<'a, Updated> {
        Box::pin(SessionStore::update(self, selector, expect, change, now))
    }

    fn touch<'a>(
        &'a self,
        selector: &'a Selector,
        idle_deadline: UnixTime,
        now: UnixTime,
    ) -> Boxed<'a, Touched> {
        Box::pin(SessionStore::touch(self, selector, idle_deadline, now))
    }

    fn rotate<'a>(
        &'a self,
        selector: &'a Selector,
        old: &'a VerifierHash,
        rotation: &'a Rotation,
        now: UnixTime,
    ) -> Boxed<'a, Rotated> {
        Box::pin(SessionStore::rotate(self, selector, old, rotation, now))
    }

    fn delete<'a>(&'a self, selector: &'a Selector) -> Boxed<'a, bool> {
        Box::pin(SessionStore::delete(self, selector))
    }

    fn purge_expired(&self, now: UnixTime, max: NonZeroU32) -> Boxed<'_, u64> {
        Box::pin(SessionStore::purge_expired(self, now, max))
    }

    fn list_by_subject<'a>(&'a self, subject: &'a Subject, page: Page, now: UnixTime) -> Boxed<'a, Listed> {
        Box::pin(SubjectIndex::list_by_subject(self, subject, page, now))
    }

    fn delete_one<'a>(&'a self, subject: &'a Subject, selector: &'a Selector) -> Boxed<'a, bool> {
        Box::pin(SubjectIndex::delete_one(self, subject, selector))
    }

    fn delete_by_subject<'a>(
        &'a self,
        subject: &'a Subject,
        except: Option<&'a Selector>,
        now: UnixTime,
    ) -> Boxed<'a, u64> {
        Box::pin(SubjectIndex::delete_by_subject(self, subject, except, now))
    }

    fn revoke_all(&self, now: UnixTime) -> Boxed<'_, ()> {
        Box::pin(SubjectIndex::revoke_all(self, now))
    }
}
