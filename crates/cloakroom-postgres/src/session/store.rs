use std::sync::Arc;
use std::time::Duration;

use cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::{Selector, VerifierHash};
use cloakroom_store::{
    Change, Created, JointLoads, MAX_PAYLOAD, NewRecord, Rotated, Rotation, SessionStore, StoreError,
    StoreErrorKind, Stored, Touched, Updated, Version,
};
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{PgPool, Row as _};

use crate::connections::{Again, Statement};
use crate::error::{OpenError, corrupt, store_error};
use crate::opened::{Opened, options};
use crate::purge::bucket;
use crate::session::load;
use crate::session::row::{COLUMNS, FORMAT, decode};
use crate::session::schema::SESSION;
use crate::session::statements::Statements;
use crate::settings::Settings;
use crate::sql::query;

/// Sessions in PostgreSQL. Clones share their connections.
#[derive(Clone, Debug)]
pub struct PostgresSessionStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) opened: Opened,
    pub(crate) statements: Statements,
    pub(crate) loads: JointLoads,
}

impl PostgresSessionStore {
    /// A store on a pool that the caller holds, in the schema `cloakroom`. Nothing is sent before the first operation;
    /// call [`migrate`](Self::migrate) or [`check`](Self::check) once before.
    pub fn new(pool: PgPool) -> Self {
        Self::with_settings(pool, Settings::new())
    }

    /// A store on a pool that the caller holds.
    pub fn with_settings(pool: PgPool, settings: Settings) -> Self {
        Self::over(Opened::on_a_pool(pool, settings, SESSION))
    }

    /// A store with connections of its own, in the schema `cloakroom`, which is migrated. `url` reads
    /// `postgres://user:password@host:port/database`.
    ///
    /// # Errors
    ///
    /// When the URL is none, the server cannot be reached or refuses, or the tables are of a later version.
    pub async fn connect(url: &str) -> Result<Self, OpenError> {
        Self::connect_with_settings(url, Settings::new()).await
    }

    /// A store with connections of its own, whose schema is migrated.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect).
    pub async fn connect_with_settings(url: &str, settings: Settings) -> Result<Self, OpenError> {
        let store = Self::with_options(options(url)?, settings);
        store.migrate().await?;
        Ok(store)
    }

    /// A store with connections of its own. Nothing is sent before the first operation; call
    /// [`migrate`](Self::migrate) or [`check`](Self::check) once before.
    pub fn with_options(options: PgConnectOptions, settings: Settings) -> Self {
        Self::over(Opened::with_options(options, settings, SESSION))
    }

    fn over(opened: Opened) -> Self {
        let statements = Statements::new(&opened.schema);
        Self {
            inner: Arc::new(Inner {
                opened,
                statements,
                loads: JointLoads::default(),
            }),
        }
    }

    /// Makes the schema and its tables, or brings those of an earlier version up to this one. Any number of processes
    /// may do so at once, and as often as they like.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached or refuses, or the tables are of a later version. Nothing was changed then.
    pub async fn migrate(&self) -> Result<(), OpenError> {
        self.inner.opened.migrate().await
    }

    /// Whether the tables are those of this version: for programs that may not create any.
    ///
    /// # Errors
    ///
    /// When they are not, or the server cannot be reached or refuses.
    pub async fn check(&self) -> Result<(), OpenError> {
        self.inner.opened.check().await
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// Loads together with others.
    async fn joint_load(
        &self,
        selector: &Selector,
        now: UnixTime,
        limit: Option<Duration>,
    ) -> Result<Option<Stored>, StoreError> {
        let answer = |round| load::answer(Arc::clone(&self.inner), round);
        self.inner.loads.load(selector, now, limit, answer).await
    }
}

/// The session that begins at column `first` of the row.
pub(crate) fn stored(row: &PgRow, first: usize) -> Result<Stored, StoreError> {
    let mut columns = [None; COLUMNS];
    for (offset, column) in columns.iter_mut().enumerate() {
        let value = row.try_get_raw(first + offset).map_err(store_error)?;
        // The only error is that of NULL.
        *column = value.as_bytes().ok();
    }
    decode(&columns).map_err(corrupt)
}

/// Refuses a row whose format is not known.
fn known_format(format: i16) -> Result<(), StoreError> {
    if format == FORMAT {
        return Ok(());
    }
    Err(StoreErrorKind::Corrupt.into())
}

/// Refuses what no row takes.
fn fits(payload: &[u8]) -> Result<(), StoreError> {
    if payload.len() <= MAX_PAYLOAD {
        return Ok(());
    }
    Err(StoreErrorKind::TooLarge.into())
}

/// A version as the column holds it. One beyond its range is the version of no row.
fn column(version: Version) -> i64 {
    i64::try_from(version.number()).unwrap_or(-1)
}

fn version(number: i64) -> Result<Version, StoreError> {
    match u64::try_from(number) {
        Ok(number) => Ok(Version::from_number(number)),
        Err(_) => Err(StoreErrorKind::Corrupt.into()),
    }
}

impl SessionStore for PostgresSessionStore {
    async fn create(&self, record: &NewRecord, now: UnixTime) -> Result<Created, StoreError> {
        fits(record.payload())?;
        let Inner {
            opened, statements, ..
        } = self.inner();
        let answer: i32 = opened
            .connections
            .number(|| {
                let known = record.authentication();
                let query = query(match known {
                    None => &statements.create_of_visitor,
                    Some(_) => &statements.create_of_subject,
                })
                .bind(&record.selector().as_bytes()[..])
                .bind(&record.verifier_hash().as_bytes()[..])
                .bind(now.as_millis())
                .bind(record.idle_deadline().as_millis())
                .bind(record.absolute_deadline().as_millis())
                .bind(bucket(record.idle_deadline().as_millis()))
                .bind(&record.payload()[..]);
                Statement::One(match known {
                    None => query,
                    Some(known) => query.bind(known.subject.as_str()).bind(known.at.as_millis()),
                })
            })
            .await?;
        Ok(match answer {
            0 => Created::Done,
            1 => Created::Exists,
            _ => Created::Refused,
        })
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
        fits(&change.payload)?;
        let Inner {
            opened, statements, ..
        } = self.inner();
        let row = opened
            .connections
            .row(Again::Writes, || {
                query(&statements.update)
                    .bind(&selector.as_bytes()[..])
                    .bind(column(expect))
                    .bind(&change.payload[..])
                    .bind(change.idle_deadline.as_millis())
                    .bind(now.as_millis())
            })
            .await?;
        let Some(row) = row else {
            return Ok(Updated::Gone);
        };
        match row.try_get(0).map_err(store_error)? {
            Some(number) => Ok(Updated::Done(version(number)?)),
            None => Ok(Updated::Conflict(Box::new(stored(&row, 1)?))),
        }
    }

    async fn touch(
        &self,
        selector: &Selector,
        idle_deadline: UnixTime,
        now: UnixTime,
    ) -> Result<Touched, StoreError> {
        let Inner {
            opened, statements, ..
        } = self.inner();
        let row = opened
            .connections
            .row(Again::Writes, || {
                query(&statements.touch)
                    .bind(&selector.as_bytes()[..])
                    .bind(idle_deadline.as_millis())
                    .bind(now.as_millis())
            })
            .await?;
        let Some(row) = row else {
            return Ok(Touched::Gone);
        };
        known_format(row.try_get(0).map_err(store_error)?)?;
        Ok(Touched::Done)
    }

    async fn rotate(
        &self,
        selector: &Selector,
        old: &VerifierHash,
        rotation: &Rotation,
        now: UnixTime,
    ) -> Result<Rotated, StoreError> {
        let data = rotation.data.as_ref();
        if let Some((_, payload)) = data {
            fits(payload)?;
        }
        let Inner {
            opened, statements, ..
        } = self.inner();
        let row = opened
            .connections
            .row(Again::Writes, || {
                query(match rotation.authenticated_at {
                    None => &statements.rotate,
                    Some(_) => &statements.rotate_authenticated,
                })
                .bind(&selector.as_bytes()[..])
                .bind(&old.as_bytes()[..])
                .bind(&rotation.verifier_hash.as_bytes()[..])
                .bind(i16::from(rotation.reason.number()))
                .bind(rotation.authenticated_at.map(UnixTime::as_millis))
                .bind(rotation.idle_deadline.as_millis())
                .bind(rotation.absolute_deadline.map(UnixTime::as_millis))
                .bind(data.map(|(version, _)| column(*version)))
                .bind(data.map(|(_, payload)| &payload[..]))
                .bind(now.as_millis())
            })
            .await?;
        let Some(row) = row else {
            return Ok(Rotated::Gone);
        };
        known_format(row.try_get(2).map_err(store_error)?)?;
        if let Some(number) = row.try_get(0).map_err(store_error)? {
            return Ok(Rotated::Done(version(number)?));
        }
        let refused: bool = row.try_get(1).map_err(store_error)?;
        Ok(if refused { Rotated::Refused } else { Rotated::Stale })
    }

    async fn delete(&self, selector: &Selector) -> Result<bool, StoreError> {
        let Inner {
            opened, statements, ..
        } = self.inner();
        opened
            .connections
            .does(|| query(&statements.delete).bind(&selector.as_bytes()[..]))
            .await
    }

    async fn purge_expired(&self, now: UnixTime, max: std::num::NonZeroU32) -> Result<u64, StoreError> {
        crate::session::purge::purge(self.inner(), now, max).await
    }
}
