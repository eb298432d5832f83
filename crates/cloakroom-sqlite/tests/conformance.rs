//! The cases that every store must pass: on a file, on a file that two stores share as two processes would, in memory.

#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cloakroom_sqlite::SqliteSessionStore;
use cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::{Selector, VerifierHash};
use cloakroom_store::{
    Change, Created, Listed, NewRecord, Page, Rotated, Rotation, SessionStore, StoreError, Stored, Subject,
    SubjectIndex, Touched, Updated, Version,
};
use tempfile::TempDir;

mod file {
    cloakroom_store::conformance_tests! { super::in_a_file().await }
}

mod shared_file {
    cloakroom_store::conformance_tests! { super::two_on_a_file().await }
}

mod memory {
    use cloakroom_sqlite::SqliteSessionStore;

    cloakroom_store::conformance_tests! { SqliteSessionStore::open_in_memory().await.unwrap() }
}

/// A store, and the directory that goes with it.
async fn in_a_file() -> (SqliteSessionStore, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).await;
    (store, directory)
}

async fn two_on_a_file() -> (Two, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let stores = [open(directory.path()).await, open(directory.path()).await];
    let two = Two {
        stores,
        next: AtomicUsize::new(0),
    };
    (two, directory)
}

/// It waits long for the other writer: the machine that runs the tests may be busy.
async fn open(directory: &Path) -> SqliteSessionStore {
    SqliteSessionStore::builder(directory.join("sessions.db"))
        .busy_timeout(Duration::from_mins(1))
        .open()
        .await
        .unwrap()
}

/// Two stores on one file, which take turns. Nothing but the file is between them.
#[derive(Debug)]
struct Two {
    stores: [SqliteSessionStore; 2],
    next: AtomicUsize,
}

impl Two {
    fn next(&self) -> &SqliteSessionStore {
        &self.stores[self.next.fetch_add(1, Ordering::Relaxed) % 2]
    }
}

impl SessionStore for Two {
    async fn create(&self, record: &NewRecord, now: UnixTime) -> Result<Created, StoreError> {
        self.next().create(record, now).await
    }

    async fn load(&self, selector: &Selector, now: UnixTime) -> Result<Option<Stored>, StoreError> {
        self.next().load(selector, now).await
    }

    async fn update(
        &self,
        selector: &Selector,
        expect: Version,
        change: &Change,
        now: UnixTime,
    ) -> Result<Updated, StoreError> {
        self.next().update(selector, expect, change, now).await
    }

    async fn touch(
        &self,
        selector: &Selector,
        idle_deadline: UnixTime,
        now: UnixTime,
    ) -> Result<Touched, StoreError> {
        self.next().touch(selector, idle_deadline, now).await
    }

    async fn rotate(
        &self,
        selector: &Selector,
        old: &VerifierHash,
        rotation: &Rotation,
        now: UnixTime,
    ) -> Result<Rotated, StoreError> {
        self.next().rotate(selector, old, rotation, now).await
    }

    async fn delete(&self, selector: &Selector) -> Result<bool, StoreError> {
        self.next().delete(selector).await
    }

    async fn purge_expired(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        self.next().purge_expired(now, max).await
    }
}

impl SubjectIndex for Two {
    async fn list_by_subject(
        &self,
        subject: &Subject,
        page: Page,
        now: UnixTime,
    ) -> Result<Listed, StoreError> {
        self.next().list_by_subject(subject, page, now).await
    }

    async fn delete_one(&self, subject: &Subject, selector: &Selector) -> Result<bool, StoreError> {
        self.next().delete_one(subject, selector).await
    }

    async fn delete_by_subject(
        &self,
        subject: &Subject,
        except: Option<&Selector>,
        now: UnixTime,
    ) -> Result<u64, StoreError> {
        self.next().delete_by_subject(subject, except, now).await
    }

    async fn revoke_all(&self, now: UnixTime) -> Result<(), StoreError> {
        self.next().revoke_all(now).await
    }
}
