use std::num::NonZeroU32;
use std::sync::Arc;

use cloakroom_revocation::cloakroom_core::UnixTime;
use cloakroom_revocation::{
    Credential, Denial, Denied, Entry, EntryRow, Fleet, Found, RevocationStore, StoreError, StoreErrorKind,
};
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{PgPool, Row as _};

use crate::connections::{Again, Statement};
use crate::error::{OpenError, no_row, store_error};
use crate::opened::{Opened, options};
use crate::revocation::joint::Joint;
use crate::revocation::listening::Listening;
use crate::revocation::schema::REVOCATION;
use crate::revocation::statements::Statements;
use crate::revocation::{row, settled, write};
use crate::settings::Settings;
use crate::sql::query;

/// How many of the newest steps a purge leaves: a minute of 1,000 revocations a second.
const STEPS: i64 = 65_536;
/// How many entries, and how many steps, one statement of a purge deletes at most. The former holds the feed's lock.
const BATCH: i64 = 250;
const STEPS_AT_ONCE: i64 = 10_000;

/// How many connections it has to have: while a writer hangs, one each waits for who writes, who looks before they mint and
/// who purges, and one is left to who follows the feed.
const LEAST_CONNECTIONS: u32 = 4;

/// Revocations and their feed in PostgreSQL. Clones share their connections.
///
/// It opens as [a store of sessions](crate#connections-its-own-or-those-of-a-pool) does, in the same schema or another, and
/// migrates its own tables alone. All who write to it agree on the [`Fleet`]. It needs 4 connections: a pool that the
/// application uses besides should have as many more.
#[derive(Clone, Debug)]
pub struct PostgresRevocationStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) opened: Opened,
    pub(super) statements: Statements,
    pub(super) listening: Listening,
    writing: Joint,
    settled: Joint,
    fleet: Fleet,
}

impl PostgresRevocationStore {
    /// A store on a pool that the caller holds, in the schema `cloakroom`. Nothing is sent before the first operation;
    /// call [`migrate`](Self::migrate) or [`check`](Self::check) once before.
    pub fn new(pool: PgPool, fleet: Fleet) -> Self {
        Self::with_settings(pool, fleet, Settings::new())
    }

    /// A store on a pool that the caller holds.
    pub fn with_settings(pool: PgPool, fleet: Fleet, settings: Settings) -> Self {
        Self::over(Opened::on_a_pool(pool, settings, REVOCATION), fleet)
    }

    /// A store with connections of its own, in the schema `cloakroom`, which is migrated. `url` reads
    /// `postgres://user:password@host:port/database`.
    ///
    /// # Errors
    ///
    /// When the URL is none, the server cannot be reached or refuses, the tables are of a later version, or fewer than 4
    /// connections are allowed.
    pub async fn connect(url: &str, fleet: Fleet) -> Result<Self, OpenError> {
        Self::connect_with_settings(url, fleet, Settings::new()).await
    }

    /// A store with connections of its own, whose schema is migrated.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect).
    pub async fn connect_with_settings(
        url: &str,
        fleet: Fleet,
        settings: Settings,
    ) -> Result<Self, OpenError> {
        let store = Self::with_options(options(url)?, fleet, settings);
        store.migrate().await?;
        Ok(store)
    }

    /// A store with connections of its own. Nothing is sent before the first operation; call
    /// [`migrate`](Self::migrate) or [`check`](Self::check) once before.
    pub fn with_options(options: PgConnectOptions, fleet: Fleet, settings: Settings) -> Self {
        Self::over(Opened::with_options(options, settings, REVOCATION), fleet)
    }

    fn over(opened: Opened, fleet: Fleet) -> Self {
        Self {
            inner: Arc::new(Inner {
                statements: Statements::new(&opened.schema),
                listening: Listening::new(opened.settings.schema_name()),
                writing: Joint::new(&opened, write::LOCK),
                settled: Joint::new(&opened, settled::LOCK),
                opened,
                fleet,
            }),
        }
    }

    /// Makes the schema and the tables of revocations with a new feed, or brings those of an earlier version up to this
    /// one. Any number of processes may do so at once, and as often as they like.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached or refuses, the tables are of a later version, or fewer than 4 connections are
    /// allowed. Nothing was changed then.
    pub async fn migrate(&self) -> Result<(), OpenError> {
        self.inner.opened.has_connections(LEAST_CONNECTIONS)?;
        self.inner.opened.migrate().await
    }

    /// Whether the tables are those of this version: for programs that may not create any.
    ///
    /// # Errors
    ///
    /// When they are not, the server cannot be reached or refuses, or fewer than 4 connections are allowed.
    pub async fn check(&self) -> Result<(), OpenError> {
        self.inner.opened.has_connections(LEAST_CONNECTIONS)?;
        self.inner.opened.check().await
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.inner
    }
}

impl RevocationStore for PostgresRevocationStore {
    fn fleet(&self) -> Fleet {
        self.inner().fleet
    }

    async fn deny(&self, denial: &Denial, now: UnixTime) -> Result<Denied, StoreError> {
        let Inner {
            opened,
            writing,
            fleet,
            ..
        } = self.inner();
        let statement = write::deny(&opened.schema, fleet, denial, tag()?, now);
        let row = writing.row(statement).await?;
        let kind: i16 = row.try_get(0).map_err(store_error)?;
        if i64::from(kind) == EntryRow::TOKEN {
            return Ok(Denied::Token);
        }
        Ok(Denied::Subject(row::time(&row, 1)?))
    }

    async fn cut_off(&self, issuer: &str, subject: &str, now: UnixTime) -> Result<UnixTime, StoreError> {
        Entry::check_names(&[issuer, subject])?;
        let Inner {
            opened,
            writing,
            fleet,
            ..
        } = self.inner();
        let statement = write::cut_off(&opened.schema, fleet, issuer, subject, tag()?, now);
        let row = writing.row(statement).await?;
        row::time(&row, 1)
    }

    async fn revoke_all(&self, now: UnixTime) -> Result<UnixTime, StoreError> {
        let Inner {
            opened,
            writing,
            fleet,
            ..
        } = self.inner();
        let statement = write::revoke_all(&opened.schema, fleet, tag()?, now);
        let row = writing.row(statement).await?;
        row::time(&row, 1)
    }

    async fn look_up(&self, credential: &Credential<'_>) -> Result<Found, StoreError> {
        let Credential {
            issuer,
            subject,
            token_id,
            ..
        } = *credential;
        let Inner {
            opened, statements, ..
        } = self.inner();
        let row = opened
            .connections
            .row(Again::Reads, || {
                query(&statements.look_up)
                    .bind(name(issuer))
                    .bind(token_id.and_then(name))
                    .bind(subject.and_then(name))
            })
            .await?
            .ok_or_else(no_row)?;
        found(&row)
    }

    async fn look_up_settled(&self, credential: &Credential<'_>) -> Result<Found, StoreError> {
        let Inner {
            statements, settled, ..
        } = self.inner();
        let statement = settled::look_up(&statements.look_up, credential);
        found(&settled.row(statement).await?)
    }

    async fn purge(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        let Inner {
            opened,
            statements,
            fleet,
            ..
        } = self.inner();
        let max = i64::from(max.get());
        let mut deleted = 0;
        while deleted < max {
            let many = (max - deleted).min(BATCH);
            let mut rows = opened
                .connections
                .rows(Again::Writes, || {
                    Statement::Script(write::purge(&opened.schema, fleet, now, many))
                })
                .await?;
            let row = rows.pop().ok_or_else(no_row)?;
            let gone: i64 = row.try_get(0).map_err(store_error)?;
            deleted += gone;
            if gone < many {
                break;
            }
        }
        loop {
            let row = opened
                .connections
                .row(Again::Writes, || {
                    query(&statements.trim).bind(STEPS).bind(STEPS_AT_ONCE)
                })
                .await?
                .ok_or_else(no_row)?;
            let gone: i64 = row.try_get(0).map_err(store_error)?;
            if gone < STEPS_AT_ONCE {
                return Ok(deleted.unsigned_abs());
            }
        }
    }
}

/// What is no name is in no entry.
pub(super) fn name(text: &str) -> Option<&str> {
    Some(text).filter(|name| Entry::check_names(&[name]).is_ok())
}

/// What a look-up answers.
fn found(row: &PgRow) -> Result<Found, StoreError> {
    let cutoff: Option<i64> = row.try_get(1).map_err(store_error)?;
    Ok(Found {
        denied: row.try_get(0).map_err(store_error)?,
        cutoff: cutoff.map(UnixTime::from_millis),
        time: row::time(row, 2)?,
    })
}

/// What no step had before.
fn tag() -> Result<[u8; 8], StoreError> {
    let mut tag = [0; 8];
    getrandom::fill(&mut tag).map_err(|error| StoreError::new(StoreErrorKind::Other, error))?;
    Ok(tag)
}
