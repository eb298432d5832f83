use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::process::Watchdog;

/// A new folder below the system's folder for temporary files, which everybody may search. It is removed when this is
/// dropped, or when this process ends in any other way.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    watchdog: Option<Watchdog>,
}

impl Scratch {
    /// Makes the folder. Its path is short: the path of a socket has room for about a hundred bytes.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new() -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = std::env::temp_dir().join(format!("cloakroom-{}-{number}", std::process::id()));
            match fs::create_dir(&path) {
                Ok(()) => {
                    open_to_search(&path)?;
                    let watchdog = Some(Watchdog::removing(&path)?);
                    return Ok(Self { path, watchdog });
                }
                // Left over from another process of this number.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps the folder.
    pub(crate) fn leave(mut self) {
        self.watchdog = None;
        self.path = PathBuf::new();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.watchdog = None;
        if self.path != Path::new("") {
            // What is in use is left to whoever cleans the folder for temporary files.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(unix)]
fn open_to_search(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn open_to_search(_: &Path) -> io::Result<()> {
    Ok(())
}
