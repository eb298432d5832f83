use std::fs::DirBuilder;
use std::io;
use std::path::{Path, PathBuf};

use crate::args::Args;
use crate::store_choice::StoreChoice;

/// Where the users, the keys and the sessions lie, as absolute paths: what SQLite takes for a URI or for memory is a name here.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Places {
    pub(crate) db: PathBuf,
    pub(crate) key_file: PathBuf,
    /// The index secret of the sessions.
    pub(crate) index_file: PathBuf,
    /// What the key that signs access tokens is made of.
    pub(crate) signing_file: PathBuf,
    pub(crate) store: StoreChoice,
}

impl Places {
    /// The places that the arguments name, or those of the platform.
    pub(crate) fn of(args: &Args) -> Result<Self, PlacesError> {
        let db = match &args.db {
            Some(db) => absolute(db)?,
            None => data_folder()?.join("users.db"),
        };
        let key_file = match &args.key_file {
            Some(key_file) => absolute(key_file)?,
            None => db.with_extension("keys.json"),
        };
        let index_file = key_file.with_extension("index");
        let signing_file = key_file.with_extension("signing");
        let store = match &args.store {
            Some(StoreChoice::Sqlite(path)) => StoreChoice::Sqlite(absolute(path)?),
            Some(other) => other.clone(),
            None => StoreChoice::Sqlite(db.with_extension("sessions.db")),
        };
        if db == key_file {
            return Err(PlacesError::Same);
        }
        let mut files = vec![&db, &key_file, &index_file, &signing_file];
        if let StoreChoice::Sqlite(path) = &store {
            files.push(path);
        }
        if (1..files.len()).any(|at| files[at..].contains(&files[at - 1])) {
            return Err(PlacesError::SameSessions);
        }
        Ok(Self {
            db,
            key_file,
            index_file,
            signing_file,
            store,
        })
    }

    /// Makes the platform's folder, for its owner alone, when the arguments name no other.
    pub(crate) fn make_folder(&self, args: &Args) -> Result<(), PlacesError> {
        let Some(folder) = self.db.parent().filter(|_| args.db.is_none()) else {
            return Ok(());
        };
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(|source| PlacesError::Folder {
            folder: folder.to_owned(),
            source,
        })
    }
}

/// Why there is no place for things.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlacesError {
    #[error("this system names no data folder; say where with --db PATH")]
    NoDataFolder,
    #[error("the database and the key file are the same file; name another with --key-file PATH")]
    Same,
    #[error(
        "the sessions, their index secret or the key that signs tokens lie in the same file as something else; name another with --store \
         sqlite:PATH or --key-file PATH"
    )]
    SameSessions,
    #[error("cannot make the folder {}: {source}", folder.display())]
    Folder { folder: PathBuf, source: io::Error },
    #[error("cannot tell where {} is: {source}", path.display())]
    Path { path: PathBuf, source: io::Error },
}

fn data_folder() -> Result<PathBuf, PlacesError> {
    directories::ProjectDirs::from("", "", "cloakroom-demo")
        .map(|folders| folders.data_local_dir().to_owned())
        .ok_or(PlacesError::NoDataFolder)
}

fn absolute(path: &Path) -> Result<PathBuf, PlacesError> {
    std::path::absolute(path).map_err(|source| PlacesError::Path {
        path: path.to_owned(),
        source,
    })
}
