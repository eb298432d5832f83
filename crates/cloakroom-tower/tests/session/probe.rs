//! A store that writes down what it is asked, and fails on demand.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use cloakroom_tower::cloakroom_core::UnixTime;
use cloakroom_tower::cloakroom_session::cloakroom_store::cloakroom_id::{Selector, VerifierHash};
use cloakroom_tower::cloakroom_session::cloakroom_store::{
    Change, Created, Listed, MemoryStore, NewRecord, Page, Rotated, Rotation, SessionStore, StoreError,
    StoreErrorKind, Stored, Subject, SubjectIndex, Touched, Updated, Version,
};

use crate::desk::Gate;

#[derive(Clone)]
pub(crate) struct Probe {
    pub(crate) inner: Arc<MemoryStore>,
    calls: Arc<Mutex<Vec<&'static str>>>,
    failing: Arc<Mutex<Option<Fault>>>,
    held: Arc<Mutex<Option<(&'static str, Gate)>>>,
}

#[derive(Clone, Copy)]
struct Fault {
    /// `None`: every operation.
    operation: Option<&'static str>,
    kind: StoreErrorKind,
}

impl Probe {
    pub(crate) fn new() -> Self {
        Self {
            inner: Arc::new(MemoryStore::new()),
            calls: Arc::default(),
            failing: Arc::default(),
            held: Arc::default(),
        }
    }

    /// The operations that were asked for since the last call.
    pub(crate) fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    /// Lets every operation fail with `kind` from now on.
    pub(crate) fn fail(&self, kind: StoreErrorKind) {
        *self.failing.lock().unwrap() = Some(Fault {
            operation: None,
            kind,
        });
    }

    /// Lets this operation alone fail.
    pub(crate) fn fail_at(&self, operation: &'static str, kind: StoreErrorKind) {
        *self.failing.lock().unwrap() = Some(Fault {
            operation: Some(operation),
            kind,
        });
    }

    pub(crate) fn mend(&self) {
        *self.failing.lock().unwrap() = None;
    }

    /// Lets the next one of this operation wait at `gate`.
    pub(crate) fn hold(&self, operation: &'static str, gate: &Gate) {
        *self.held.lock().unwrap() = Some((operation, gate.clone()));
    }

    async fn call(&self, operation: &'static str) -> Result<(), StoreError> {
        self.calls.lock().unwrap().push(operation);
        let held = self.held.lock().unwrap().take_if(|(held, _)| *held == operation);
        if let Some((_, gate)) = held {
            gate.wait().await;
        }
        match *self.failing.lock().unwrap() {
            Some(fault) if fault.operation.is_none_or(|failing| failing == operation) => {
                Err(StoreError::from(fault.kind))
            }
            _ => Ok(()),
        }
    }
}

impl SessionStore for Probe {
    async fn create(&self, record: &NewRecord, now: UnixTime) -> Result<Created, StoreError> {
        self.call("create").await?;
        self.inner.create(record, now).await
    }

    async fn load(&self, selector: &Selector, now: UnixTime) -> Result<Option<Stored>, StoreError> {
        self.call("load").await?;
        self.inner.load(selector, now).await
    }

    async fn update(
        &self,
        selector: &Selector,
        expect: Version,
        change: &Change,
        now: UnixTime,
    ) -> Result<Updated, StoreError> {
        self.call("update").await?;
        self.inner.update(selector, expect, change, now).await
    }

    async fn touch(
        &self,
        selector: &Selector,
        idle_deadline: UnixTime,
        now: UnixTime,
    ) -> Result<Touched, StoreError> {
        self.call("touch").await?;
        self.inner.touch(selector, idle_deadline, now).await
    }

    async fn rotate(
        &self,
        selector: &Selector,
        old: &VerifierHash,
        rotation: &Rotation,
        now: UnixTime,
    ) -> Result<Rotated, StoreError> {
        self.call("rotate").await?;
        self.inner.rotate(selector, old, rotation, now).await
    }

    async fn delete(&self, selector: &Selector) -> Result<bool, StoreError> {
        self.call("delete").await?;
        self.inner.delete(selector).await
    }

    async fn purge_expired(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        self.call("purge_expired").await?;
        self.inner.purge_expired(now, max).await
    }
}

impl SubjectIndex for Probe {
    async fn list_by_subject(
        &self,
        subject: &Subject,
        page: Page,
        now: UnixTime,
    ) -> Result<Listed, StoreError> {
        self.call("list_by_subject").await?;
        self.inner.list_by_subject(subject, page, now).await
    }

    async fn delete_one(&self, subject: &Subject, selector: &Selector) -> Result<bool, StoreError> {
        self.call("delete_one").await?;
        self.inner.delete_one(subject, selector).await
    }

    async fn delete_by_subject(
        &self,
        subject: &Subject,
        except: Option<&Selector>,
        now: UnixTime,
    ) -> Result<u64, StoreError> {
        self.call("delete_by_subject").await?;
        self.inner.delete_by_subject(subject, except, now).await
    }

    async fn revoke_all(&self, now: UnixTime) -> Result<(), StoreError> {
        self.call("revoke_all").await?;
        self.inner.revoke_all(now).await
    }
}
