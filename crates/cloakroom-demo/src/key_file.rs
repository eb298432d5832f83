use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// Far above any ring that makes sense, and soon read.
const MAX_BYTES: usize = 64 * 1024;

/// The file that holds the key ring: readable by its owner alone, replaced as a whole or not at all.
#[derive(Debug)]
pub(crate) struct KeyFile {
    /// Absolute, links followed: replacing it must not turn a link into a file.
    path: PathBuf,
}

impl KeyFile {
    /// The file at `path`, whether it is there or not. Its folder has to be there.
    pub(crate) fn at(path: &Path) -> Result<Self, KeyFileError> {
        let path = match fs::canonicalize(path) {
            Ok(path) => path,
            Err(error) if error.kind() == io::ErrorKind::NotFound => std::path::absolute(path)?,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { path })
    }

    /// The text of the file; `None` when there is none.
    pub(crate) fn read(&self) -> Result<Option<Zeroizing<String>>, KeyFileError> {
        // Without this a pipe would make the next line wait for its writer.
        match fs::metadata(&self.path) {
            Ok(metadata) if !metadata.is_file() => return Err(KeyFileError::NotAFile),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let file = File::open(&self.path)?;
        // Asked of the open file, so that what was looked at is what is read.
        let metadata = file.metadata()?;
        private(&metadata)?;
        if metadata.len() > MAX_BYTES as u64 {
            return Err(KeyFileError::TooLong);
        }
        // Reserved at once: a buffer that grows would leave pieces of keys behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES + 1));
        file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() > MAX_BYTES {
            return Err(KeyFileError::TooLong);
        }
        match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(Some(Zeroizing::new(text.to_owned()))),
            Err(_) => Err(KeyFileError::NotText),
        }
    }

    /// Puts `text` in the place of `expected`, which is `None` when no file is expected.
    ///
    /// The new file is whole and on the disk before it takes the old one's name, so a crash leaves one or the other.
    pub(crate) fn replace(&self, expected: Option<&str>, text: &str) -> Result<Replaced, KeyFileError> {
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        // Held to the end of this function: two servers with one key file take turns.
        let _turn = lock(folder)?;
        let current = self.read()?;
        if current.as_deref().map(String::as_str) != expected {
            return Ok(Replaced::No(current));
        }
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.tmp", std::process::id()));
        let temporary = folder.join(name);
        let written = write_private(&temporary, text).and_then(|()| fs::rename(&temporary, &self.path));
        if let Err(error) = written {
            let _ = fs::remove_file(&temporary);
            return Err(error.into());
        }
        sync(folder)?;
        Ok(Replaced::Yes)
    }
}

/// Whether a new text took the expected one's place.
#[derive(Debug)]
pub(crate) enum Replaced {
    Yes,
    /// Another process was faster: nothing was changed, and this is what the file holds.
    No(Option<Zeroizing<String>>),
}

/// Why a key file cannot be used. Each reads on after "cannot use the key file PATH: ".
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFileError {
    #[error("it is not a file")]
    NotAFile,
    #[error("others than its owner may read or write it (mode {0:04o}); make it private with chmod 600")]
    NotPrivate(u32),
    #[error("it is longer than 64 KiB")]
    TooLong,
    #[error("it is not UTF-8 text")]
    NotText,
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Read, write and execute, for the group and for everybody.
#[cfg(unix)]
const OTHERS: u32 = 0o077;

#[cfg(unix)]
fn private(metadata: &fs::Metadata) -> Result<(), KeyFileError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & OTHERS == 0 {
        Ok(())
    } else {
        Err(KeyFileError::NotPrivate(mode))
    }
}

/// Elsewhere the folder's access list is what keeps others out.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn private(_: &fs::Metadata) -> Result<(), KeyFileError> {
    Ok(())
}

#[cfg(unix)]
fn lock(folder: &Path) -> io::Result<File> {
    let folder = File::open(folder)?;
    folder.lock()?;
    Ok(folder)
}

/// Other systems open no folders as files; there the comparison with the expected text has to do.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn lock(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes a rename in `folder` last through a power cut.
#[cfg(unix)]
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn sync(_: &Path) -> io::Result<()> {
    Ok(())
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    // Left by a process of the same number that died; it never had the real name.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt as _, symlink};

    use super::{KeyFile, Replaced};

    #[test]
    fn a_file_is_replaced_only_when_it_holds_what_is_expected() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::at(&folder.path().join("ring")).unwrap();
        assert_eq!(file.read().unwrap(), None);
        assert!(matches!(
            file.replace(Some("a"), "b").unwrap(),
            Replaced::No(None)
        ));
        assert!(matches!(file.replace(None, "a").unwrap(), Replaced::Yes));
        for expected in [None, Some("b"), Some("")] {
            let replaced = file.replace(expected, "c").unwrap();
            assert!(
                matches!(&replaced, Replaced::No(Some(text)) if text.as_str() == "a"),
                "{expected:?}"
            );
        }
        assert!(matches!(file.replace(Some("a"), "b").unwrap(), Replaced::Yes));
        assert_eq!(file.read().unwrap().unwrap().as_str(), "b");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_stays_a_link_and_leads_to_the_new_text() {
        let folder = tempfile::tempdir().unwrap();
        let (link, target) = (folder.path().join("ring"), folder.path().join("secrets/ring"));
        fs::create_dir(target.parent().unwrap()).unwrap();
        KeyFile::at(&target).unwrap().replace(None, "a").unwrap();
        symlink(&target, &link).unwrap();
        let file = KeyFile::at(&link).unwrap();
        assert!(matches!(file.replace(Some("a"), "b").unwrap(), Replaced::Yes));
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&target).unwrap(), "b");
        assert_eq!(fs::metadata(&target).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_a_dead_process_left_is_no_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join(format!("ring.{}.tmp", std::process::id()));
        fs::write(&left, "half a ri").unwrap();
        let file = KeyFile::at(&folder.path().join("ring")).unwrap();
        assert!(matches!(file.replace(None, "whole").unwrap(), Replaced::Yes));
        assert_eq!(file.read().unwrap().unwrap().as_str(), "whole");
        assert!(!left.exists());
    }
}
