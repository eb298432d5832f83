use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

use cloakroom_core::UnixTime;
use cloakroom_revocation::{
    Credential, Denial, Denied, Entry, Fleet, Found, RevocationStore, StoreError, StoreErrorKind,
};
use tokio::sync::Notify;

use crate::connections::begins_again;
use crate::database::Database;
use crate::error::store_error;
use crate::revocation::look_up::{look_up, look_up_alone};
use crate::revocation::write::{Revocation, write};
use crate::revocation::{purge, sql};
use crate::{Builder, OpenError};

/// Revocations and their feed in an SQLite database. A clone is the same store.
///
/// It may lie in the same file as a store of sessions or of tokens; each has a writer of its own. All who write to it agree
/// on the [`Fleet`]. Its own clock is this machine's.
#[derive(Clone, Debug)]
pub struct SqliteRevocationStore(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) database: Database,
    pub(super) fleet: Fleet,
    /// What this process writes, it tells whoever follows the feed through the same store.
    pub(super) news: Notify,
}

impl SqliteRevocationStore {
    /// Opens the database at `path` with the [settings](Builder) as they are by default.
    ///
    /// # Errors
    ///
    /// Those of [`Builder::open`].
    pub async fn open(path: impl AsRef<Path>, fleet: Fleet) -> Result<Self, OpenError> {
        Self::builder(path).open(fleet).await
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
    pub async fn open_in_memory(fleet: Fleet) -> Result<Self, OpenError> {
        Builder::<Self>::in_memory().open(fleet).await
    }

    /// Waits for the operations under way and closes the database; all later ones answer `Unavailable`. Without it the
    /// file is closed with the last clone, at no loss, though its log may stay beside it.
    pub async fn close(&self) {
        self.0.database.close().await;
    }

    async fn revoke(&self, revocation: &Revocation<'_>, now: UnixTime) -> Result<Denied, StoreError> {
        // What no step had before.
        let mut tag = [0; 8];
        getrandom::fill(&mut tag).map_err(|error| StoreError::new(StoreErrorKind::Other, error))?;
        let Inner { database, fleet, .. } = &*self.0;
        let mut is_first = true;
        loop {
            let mut writer = database.writer().await.map_err(store_error)?;
            let result = write(&mut writer, fleet, revocation, tag, now).await;
            let result = writer.settle(result);
            if !begins_again(&result, &mut is_first) {
                self.0.news.notify_one();
                return result.map_err(store_error);
            }
        }
    }

    /// The cut-off that was set.
    async fn cut(&self, revocation: &Revocation<'_>, now: UnixTime) -> Result<UnixTime, StoreError> {
        match self.revoke(revocation, now).await? {
            Denied::Subject(at) => Ok(at),
            Denied::Token => Err(StoreErrorKind::Corrupt.into()),
        }
    }
}

impl Builder<SqliteRevocationStore> {
    /// Opens the database, which is created where there is none, and brings its tables to the form of this release.
    ///
    /// # Errors
    ///
    /// One clear line, and the tables are as they were: see [`OpenError`].
    pub async fn open(self, fleet: Fleet) -> Result<SqliteRevocationStore, OpenError> {
        let database = self.database(&sql::SCHEMA).await?;
        Ok(SqliteRevocationStore(Arc::new(Inner {
            database,
            fleet,
            news: Notify::new(),
        })))
    }
}

impl RevocationStore for SqliteRevocationStore {
    fn fleet(&self) -> Fleet {
        self.0.fleet
    }

    async fn deny(&self, denial: &Denial, now: UnixTime) -> Result<Denied, StoreError> {
        self.revoke(&Revocation::Denial(denial), now).await
    }

    async fn cut_off(&self, issuer: &str, subject: &str, now: UnixTime) -> Result<UnixTime, StoreError> {
        Entry::check_names(&[issuer, subject])?;
        self.cut(&Revocation::CutOff { issuer, subject }, now).await
    }

    async fn revoke_all(&self, now: UnixTime) -> Result<UnixTime, StoreError> {
        self.cut(&Revocation::All, now).await
    }

    async fn look_up(&self, credential: &Credential<'_>) -> Result<Found, StoreError> {
        let mut reader = self.0.database.reader().await.map_err(store_error)?;
        let result = look_up(&mut reader, credential).await;
        reader.settle(result).map_err(store_error)
    }

    /// A transaction that begins as those of writers do and writes nothing: while it lasts nobody else writes, in this process
    /// or another.
    async fn look_up_settled(&self, credential: &Credential<'_>) -> Result<Found, StoreError> {
        let mut is_first = true;
        loop {
            let mut writer = self.0.database.writer().await.map_err(store_error)?;
            let result = look_up_alone(&mut writer, credential).await;
            let result = writer.settle(result);
            if !begins_again(&result, &mut is_first) {
                return result.map_err(store_error);
            }
        }
    }

    async fn purge(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        purge::purge(&self.0, now, max).await.map_err(store_error)
    }
}
