use std::io;
use std::path::Path;

use cloakroom_store::cloakroom_id::{IndexSecret, InvalidIndexSecret};
use zeroize::Zeroizing;

use crate::key_file::{KeyFile, KeyFileError, Replaced};
use crate::signing_seed::InvalidSeed;

/// A secret that is made once and never replaced, in a file of its own with one line.
pub(crate) trait Lasting: Sized {
    /// A new one, from the system's random bytes.
    fn generate() -> io::Result<Self>;

    fn export(&self) -> Zeroizing<String>;

    fn parse(text: &str) -> Result<Self, SecretFileError>;
}

/// The secret in the file at `path`; `None` when there is no file. Nothing is changed.
pub(crate) fn read<S: Lasting>(path: &Path) -> Result<Option<S>, SecretFileError> {
    match KeyFile::at(path)?.read()? {
        Some(text) => parse(&text).map(Some),
        None => Ok(None),
    }
}

/// A new secret, in a file that is made for it. Should another process make one at this very moment, its secret is taken.
pub(crate) fn create<S: Lasting>(path: &Path) -> Result<S, SecretFileError> {
    let secret = S::generate()?;
    let text = secret.export();
    match KeyFile::at(path)?.replace(None, &text)? {
        Replaced::Yes => Ok(secret),
        Replaced::No(Some(theirs)) => parse(&theirs),
        Replaced::No(None) => Err(SecretFileError::Vanished),
    }
}

/// An editor may have put a line break at the end.
fn parse<S: Lasting>(text: &str) -> Result<S, SecretFileError> {
    S::parse(text.strip_suffix('\n').unwrap_or(text))
}

/// It places sessions in the store, so under another one nobody's list of devices would be found.
impl Lasting for IndexSecret {
    fn generate() -> io::Result<Self> {
        Self::generate()
    }

    fn export(&self) -> Zeroizing<String> {
        Self::export(self)
    }

    fn parse(text: &str) -> Result<Self, SecretFileError> {
        Ok(Self::from_base64(text)?)
    }
}

/// Why the file cannot be used. Each reads on after "cannot use the .. PATH: "; none tells what is in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretFileError {
    #[error(transparent)]
    File(#[from] KeyFileError),
    #[error(transparent)]
    Index(#[from] InvalidIndexSecret),
    #[error(transparent)]
    Seed(#[from] InvalidSeed),
    #[error("the system gave no randomness to make one with: {0}")]
    Random(#[from] io::Error),
    #[error("it is not there any more")]
    Vanished,
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt as _;

    use cloakroom_store::cloakroom_id::IndexSecret;

    use super::{Lasting, create, read};
    use crate::signing_seed::SigningSeed;

    #[expect(clippy::unwrap_used, reason = "the lint knows tests, not their helpers")]
    fn check<S: Lasting>() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        assert!(read::<S>(&path).unwrap().is_none());
        let made: S = create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let text = fs::read(&path).unwrap();
        for again in [read::<S>(&path).unwrap().unwrap(), create(&path).unwrap()] {
            assert_eq!(*again.export(), *made.export());
        }
        assert_eq!(fs::read(&path).unwrap(), text);
    }

    #[test]
    fn a_secret_is_made_once_and_is_private() {
        check::<IndexSecret>();
        check::<SigningSeed>();
    }
}
