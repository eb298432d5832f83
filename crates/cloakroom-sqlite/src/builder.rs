use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::OpenError;
use crate::database::{Database, Settings};
use crate::schema::Schema;

/// How a store `S` is opened.
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder<S> {
    settings: Settings,
    #[cfg(any(feature = "session", feature = "token"))]
    pub(crate) cutoff_retention: Duration,
    store: PhantomData<fn() -> S>,
}

impl<S> Builder<S> {
    pub(crate) fn new(path: &Path) -> Self {
        Self::at(Some(path.to_owned()))
    }

    pub(crate) fn in_memory() -> Self {
        Self::at(None)
    }

    fn at(path: Option<PathBuf>) -> Self {
        Self {
            settings: Settings {
                path,
                busy_timeout: Duration::from_millis(1500),
                max_readers: 4,
                max_pages: None,
                durable: false,
                read_only: false,
            },
            #[cfg(any(feature = "session", feature = "token"))]
            cutoff_retention: Duration::from_hours(400 * 24),
            store: PhantomData,
        }
    }

    /// How long a statement waits for another process that writes, 1.5 s by default, below the 2 s that
    /// `cloakroom-session` gives its store. Past it the answer is `Timeout`. At most an hour.
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.settings.busy_timeout = timeout;
        self
    }

    /// The most connections that read at once, each with a thread of its own: 4 by default, 1 to 1,000. They are
    /// opened when they are needed.
    pub fn max_readers(mut self, max: u32) -> Self {
        self.settings.max_readers = max;
        self
    }

    /// The most pages (of 4,096 bytes, unless the database was made with others) that this store lets the file grow
    /// to. Past it the answer is `Full`. No limit by default but SQLite's own.
    pub fn max_pages(mut self, max: u32) -> Self {
        self.settings.max_pages = Some(max);
        self
    }

    /// Writes each operation through to the disk before it is acknowledged (`synchronous = FULL`), so that none is
    /// lost with the power. It costs one `fsync` an operation.
    pub fn durable(mut self) -> Self {
        self.settings.durable = true;
        self
    }

    /// Reads alone. The tables have to be there; operations that write answer `Unavailable`.
    pub fn read_only(mut self) -> Self {
        self.settings.read_only = true;
        self
    }

    /// Opens the database, which is created where there is none, and brings its tables to the form of this release.
    pub(crate) async fn database(&self, schema: &Schema) -> Result<Database, OpenError> {
        if !(1..=1000).contains(&self.settings.max_readers) {
            return Err(OpenError::Setting("max_readers must be 1 to 1,000"));
        }
        if self.settings.busy_timeout > Duration::from_hours(1) {
            return Err(OpenError::Setting("busy_timeout must be at most an hour"));
        }
        if self.settings.max_pages == Some(0) {
            return Err(OpenError::Setting("max_pages must not be 0"));
        }
        Database::open(&self.settings, schema).await
    }
}
