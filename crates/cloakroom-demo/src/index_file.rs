use std::io;
use std::path::Path;

use cloakroom_store::cloakroom_id::{IndexSecret, InvalidIndexSecret};

use crate::key_file::{KeyFile, KeyFileError, Replaced};

/// The index secret in the file at `path`; `None` when there is no file. Nothing is changed.
///
/// It places sessions in the store, so it is made once and never replaced: under another one nobody's list of devices
/// would be found.
pub(crate) fn read(path: &Path) -> Result<Option<IndexSecret>, IndexFileError> {
    match KeyFile::at(path)?.read()? {
        Some(text) => parse(&text).map(Some),
        None => Ok(None),
    }
}

/// A new index secret, in a file that is made for it. Should another process make one at this very moment, its secret
/// is taken.
pub(crate) fn create(path: &Path) -> Result<IndexSecret, IndexFileError> {
    let secret = IndexSecret::generate()?;
    let text = secret.export();
    match KeyFile::at(path)?.replace(None, &text)? {
        Replaced::Yes => Ok(secret),
        Replaced::No(Some(theirs)) => parse(&theirs),
        Replaced::No(None) => Err(IndexFileError::Vanished),
    }
}

/// An editor may have put a line break at the end.
fn parse(text: &str) -> Result<IndexSecret, IndexFileError> {
    Ok(IndexSecret::from_base64(text.strip_suffix('\n').unwrap_or(text))?)
}

/// Why the file cannot be used. Each reads on after "cannot use the index secret PATH: "; none tells what is in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IndexFileError {
    #[error(transparent)]
    File(#[from] KeyFileError),
    #[error(transparent)]
    Secret(#[from] InvalidIndexSecret),
    #[error("the system gave no randomness to make one with: {0}")]
    Random(#[from] io::Error),
    #[error("it is not there any more")]
    Vanished,
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt as _;

    use super::{create, read};

    #[test]
    fn the_secret_is_made_once_and_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index");
        assert!(read(&path).unwrap().is_none());
        let made = create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let text = fs::read(&path).unwrap();
        for again in [read(&path).unwrap().unwrap(), create(&path).unwrap()] {
            assert_eq!(*again.export(), *made.export());
        }
        assert_eq!(fs::read(&path).unwrap(), text);
    }
}
