use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::{Selector, VerifierHash};
use cloakroom_store::{
    Change, Created, JointLoads, MAX_PAYLOAD, NewRecord, Previous, Rotated, Rotation, Row, SessionStore,
    StoreError, StoreErrorKind, Stored, Touched, Updated, Version,
};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Error, Row as _};

use crate::database::Database;
use crate::error::store_error;
use crate::session::{load, purge, row, sql};
use crate::{Builder, OpenError};

/// Sessions in an SQLite database. A clone is the same store.
///
/// Each operation is one statement, which ends whether or not its future does: dropping that leaves the old state or
/// the new one, and never an open transaction.
#[derive(Clone, Debug)]
pub struct SqliteSessionStore(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) database: Database,
    pub(super) cutoff_retention: Duration,
    pub(super) loads: JointLoads,
}

impl SqliteSessionStore {
    /// Opens the database at `path` with the [settings](Builder) as they are by default.
    ///
    /// # Errors
    ///
    /// Those of [`Builder::open`].
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::builder(path).open().await
    }

    /// Settings for the database at `path`.
    pub fn builder(path: impl AsRef<Path>) -> Builder<Self> {
        Builder::new(path.as_ref())
    }

    /// A database in memory, for tests: on one connection, and gone with the store.
    ///
    /// # Errors
    ///
    /// Those of [`Builder::open`].
    pub async fn open_in_memory() -> Result<Self, OpenError> {
        Builder::<Self>::in_memory().open().await
    }

    pub(super) fn over(database: Database, cutoff_retention: Duration) -> Self {
        Self(Arc::new(Inner {
            database,
            cutoff_retention,
            loads: JointLoads::default(),
        }))
    }

    /// Waits for the operations under way and closes the database; all later ones answer `Unavailable`. Without it the
    /// file is closed with the last clone, at no loss, though its log may stay beside it.
    pub async fn close(&self) {
        self.0.database.close().await;
    }

    /// Loads together with others.
    async fn joint_load(
        &self,
        selector: &Selector,
        now: UnixTime,
        limit: Option<Duration>,
    ) -> Result<Option<Stored>, StoreError> {
        let answer = |round| load::answer(Arc::clone(&self.0), round);
        self.0.loads.load(selector, now, limit, answer).await
    }
}

impl SessionStore for SqliteSessionStore {
    async fn create(&self, record: &NewRecord, now: UnixTime) -> Result<Created, StoreError> {
        check_size(record.payload())?;
        let mut writer = self.0.database.writer().await.map_err(store_error)?;
        let result = create(&mut writer, record, now).await;
        writer.settle(result).map_err(store_error)
    }

    async fn load(&self, selector: &Selector, now: UnixTime) -> Result<Option<Stored>, StoreError> {
        self.joint_load(selector, now, None).await
    }

    fn load_within<'a>(
        &'a self,
        selector: &'a Selector,
        now: UnixTime,
        limit: Duration,
    ) -> Option<impl Future<Output = Result<Option<Stored>, StoreError>> + Send> {
        Some(self.joint_load(selector, now, Some(limit)))
    }

    async fn update(
        &self,
        selector: &Selector,
        expect: Version,
        change: &Change,
        now: UnixTime,
    ) -> Result<Updated, StoreError> {
        check_size(&change.payload)?;
        let mut writer = self.0.database.writer().await.map_err(store_error)?;
        let result = update(&mut writer, selector, expect, change, now).await;
        writer.settle(result).map_err(store_error)
    }

    async fn touch(
        &self,
        selector: &Selector,
        idle_deadline: UnixTime,
        now: UnixTime,
    ) -> Result<Touched, StoreError> {
        let query = sqlx::query(sql::TOUCH)
            .bind(&selector.as_bytes()[..])
            .bind(now.as_millis())
            .bind(idle_deadline.as_millis());
        match self.0.database.execute(query).await.map_err(store_error)? {
            0 => Ok(Touched::Gone),
            _ => Ok(Touched::Done),
        }
    }

    async fn rotate(
        &self,
        selector: &Selector,
        old: &VerifierHash,
        rotation: &Rotation,
        now: UnixTime,
    ) -> Result<Rotated, StoreError> {
        if let Some((_, payload)) = &rotation.data {
            check_size(payload)?;
        }
        let mut writer = self.0.database.writer().await.map_err(store_error)?;
        let result = rotate(&mut writer, selector, old, rotation, now).await;
        writer.settle(result).map_err(store_error)
    }

    async fn delete(&self, selector: &Selector) -> Result<bool, StoreError> {
        let query = sqlx::query(sql::DELETE).bind(&selector.as_bytes()[..]);
        Ok(self.0.database.execute(query).await.map_err(store_error)? > 0)
    }

    async fn purge_expired(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        purge::purge(&self.0, now, max).await.map_err(store_error)
    }
}

async fn create(writer: &mut SqliteConnection, record: &NewRecord, now: UnixTime) -> Result<Created, Error> {
    let selector = record.selector();
    let known = record.authentication();
    let subject = known.map(|known| known.subject.as_str());
    let lineage_at = known.map_or(now, |known| known.at).as_millis();
    loop {
        let done = sqlx::query(sql::CREATE)
            .bind(&selector.as_bytes()[..])
            .bind(now.as_millis())
            .bind(subject)
            .bind(known.map(|known| known.at.as_millis()))
            .bind(lineage_at)
            .bind(record.idle_deadline().as_millis())
            .bind(record.absolute_deadline().as_millis())
            .bind(&record.verifier_hash().as_bytes()[..])
            .bind(Row::FORMAT)
            .bind(&record.payload()[..])
            .execute(&mut *writer)
            .await?;
        if done.rows_affected() > 0 {
            return Ok(Created::Done);
        }
        let why = sqlx::query(sql::CREATE_REFUSED)
            .bind(&selector.as_bytes()[..])
            .bind(now.as_millis())
            .bind(subject)
            .bind(lineage_at)
            .fetch_one(&mut *writer)
            .await?;
        if why.try_get(0)? {
            return Ok(Created::Exists);
        }
        if why.try_get(1)? {
            return Ok(Created::Refused);
        }
        // Another process deleted the row in between: now there is room.
    }
}

/// The second look needs no transaction with the first: a session that is not live does not come to life, and a version
/// only grows, so whatever the second sees is a true answer at that time.
async fn update(
    writer: &mut SqliteConnection,
    selector: &Selector,
    expect: Version,
    change: &Change,
    now: UnixTime,
) -> Result<Updated, Error> {
    loop {
        let done = sqlx::query(sql::UPDATE)
            .bind(&selector.as_bytes()[..])
            .bind(now.as_millis())
            .bind(number(expect))
            .bind(&change.payload[..])
            .bind(change.idle_deadline.as_millis())
            .execute(&mut *writer)
            .await?;
        if done.rows_affected() > 0 {
            return Ok(Updated::Done(expect.next()));
        }
        match load::load(&mut *writer, selector, now).await? {
            None => return Ok(Updated::Gone),
            Some(stored) if stored.version != expect => return Ok(Updated::Conflict(Box::new(stored))),
            // Another process has created the selector anew in between.
            Some(_) => {}
        }
    }
}

async fn rotate(
    writer: &mut SqliteConnection,
    selector: &Selector,
    old: &VerifierHash,
    rotation: &Rotation,
    now: UnixTime,
) -> Result<Rotated, Error> {
    let previous = row::encode_previous(&Previous {
        verifier_hash: *old,
        rotated_at: now,
        reason: rotation.reason,
    });
    let authenticated_at = rotation.authenticated_at.map(UnixTime::as_millis);
    // Only a fresh authentication gives a session more time.
    let absolute_deadline = authenticated_at.and(rotation.absolute_deadline);
    let expect = rotation.data.as_ref().map(|(version, _)| number(*version));
    loop {
        let done = sqlx::query(sql::ROTATE)
            .bind(&selector.as_bytes()[..])
            .bind(now.as_millis())
            .bind(authenticated_at)
            .bind(&old.as_bytes()[..])
            .bind(expect)
            .bind(&rotation.verifier_hash.as_bytes()[..])
            .bind(&previous[..])
            .bind(rotation.idle_deadline.as_millis())
            .bind(absolute_deadline.map(UnixTime::as_millis))
            .bind(rotation.data.as_ref().map(|(_, payload)| &payload[..]))
            // To the end, not to the first row: the statement commits after its rows, and that can fail.
            .fetch_all(&mut *writer)
            .await?;
        if let [row] = &done[..] {
            let version = u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or(u64::MAX);
            return Ok(Rotated::Done(Version::from_number(version)));
        }
        let why = sqlx::query(sql::ROTATE_REFUSED)
            .bind(&selector.as_bytes()[..])
            .bind(now.as_millis())
            .bind(authenticated_at)
            .bind(&old.as_bytes()[..])
            .bind(expect)
            .fetch_optional(&mut *writer)
            .await?;
        let Some(why) = why else {
            return Ok(Rotated::Gone);
        };
        if why.try_get(0)? {
            return Ok(Rotated::Refused);
        }
        if !why.try_get::<bool, _>(1)? {
            return Ok(Rotated::Stale);
        }
        // Another process has created the selector anew in between.
    }
}

/// No stored version is negative, so one that is out of range equals none.
fn number(version: Version) -> i64 {
    i64::try_from(version.number()).unwrap_or(-1)
}

fn check_size(payload: &[u8]) -> Result<(), StoreError> {
    if payload.len() > MAX_PAYLOAD {
        return Err(StoreErrorKind::TooLarge.into());
    }
    Ok(())
}
