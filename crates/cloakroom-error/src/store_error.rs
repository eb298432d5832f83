use alloc::boxed::Box;
use alloc::sync::Arc;
use core::error::Error;
use core::fmt;

/// A store could not do what it was asked to. Whether it was done nevertheless is unknown, save for the kinds that say so.
#[derive(Clone, Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// What the caller can do about a [`StoreError`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The store cannot be reached, lost the connection, or takes no writes: try again later.
    Unavailable,
    /// It did not answer in time.
    Timeout,
    /// What it holds is no record of a known format: somebody has to look at it. Nothing was changed.
    Corrupt,
    /// The data is larger than the store takes. Nothing was changed.
    TooLarge,
    /// The store holds as much as it may. Nothing was changed.
    Full,
    /// This store cannot do that. Nothing was changed.
    Unsupported,
    /// Anything else: a mistake in a program or a configuration.
    Other,
}

impl StoreErrorKind {
    /// A name in `snake_case` for logs and metrics; it does not change between versions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Corrupt => "corrupt",
            Self::TooLarge => "too_large",
            Self::Full => "full",
            Self::Unsupported => "unsupported",
            Self::Other => "other",
        }
    }
}

impl StoreError {
    /// An error of this kind, and what caused it.
    pub fn new(kind: StoreErrorKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            kind,
            source: Some(Arc::from(source.into())),
        }
    }

    /// What the caller can do about it.
    pub const fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

impl From<StoreErrorKind> for StoreError {
    fn from(kind: StoreErrorKind) -> Self {
        Self { kind, source: None }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            StoreErrorKind::Unavailable => "the store is unavailable",
            StoreErrorKind::Timeout => "the store did not answer in time",
            StoreErrorKind::Corrupt => "the store holds a record that cannot be read",
            StoreErrorKind::TooLarge => "the record is larger than its store takes",
            StoreErrorKind::Full => "the store is full",
            StoreErrorKind::Unsupported => "the store cannot do that",
            StoreErrorKind::Other => "the store failed",
        })
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
