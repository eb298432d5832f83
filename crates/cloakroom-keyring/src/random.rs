use std::error::Error;
use std::{fmt, io};

/// No key could be made, because of the source of random bytes. `E` is that source's own error; for the operating
/// system it is [`std::io::Error`].
#[derive(Debug)]
#[non_exhaustive]
pub enum RandomError<E = io::Error> {
    /// The source failed.
    Source(E),
    /// The source answered with bytes that [`Key::from_bytes`](crate::Key::from_bytes) refuses: it is broken, for a
    /// working one does so less than once in 10^12 keys.
    Unusable,
}

impl<E> fmt::Display for RandomError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source(_) => "the source of random bytes failed",
            Self::Unusable => "the source of random bytes gave bytes that are no key",
        })
    }
}

impl<E: Error + 'static> Error for RandomError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Source(source) => Some(source),
            Self::Unusable => None,
        }
    }
}
