use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use toml_edit::{DocumentMut, Item, TableLike};

use super::levels::{self, Level};
use super::relative;

/// The project's tree as the checks see it.
pub(super) struct House {
    pub(super) root: PathBuf,
    pub(super) members: Vec<Member>,
}

/// One package: those of the workspace, and `benches/`, which is a workspace of its own.
pub(super) struct Member {
    /// The package's name.
    pub(super) name: String,
    /// Its folder below the root.
    pub(super) dir: String,
    pub(super) manifest: DocumentMut,
    pub(super) manifest_text: String,
    /// Every `.rs` file below the folder, in order of path.
    pub(super) files: Vec<RustFile>,
}

pub(super) struct RustFile {
    /// Below the root.
    pub(super) path: String,
    pub(super) text: String,
}

impl House {
    pub(super) fn read(root: &Path) -> Result<Self> {
        let mut dirs: Vec<_> = ["xtask", "fuzz", "benches"].map(|dir| root.join(dir)).into();
        for entry in fs::read_dir(root.join("crates")).context("crates/ cannot be read")? {
            dirs.push(entry?.path());
        }
        dirs.retain(|dir| dir.join("Cargo.toml").is_file());
        dirs.sort();
        let members = dirs
            .iter()
            .map(|dir| Member::read(root, dir))
            .collect::<Result<_>>()?;
        Ok(Self {
            root: root.to_owned(),
            members,
        })
    }
}

impl Member {
    fn read(root: &Path, dir: &Path) -> Result<Self> {
        let path = dir.join("Cargo.toml");
        let manifest_text =
            fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let manifest: DocumentMut = manifest_text
            .parse()
            .with_context(|| format!("{} is not TOML", path.display()))?;
        let name = manifest["package"]["name"]
            .as_str()
            .context("a package has a name")?
            .to_owned();
        let mut files = Vec::new();
        collect(root, dir, &mut files)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self {
            name,
            dir: relative(root, dir),
            manifest,
            manifest_text,
            files,
        })
    }

    pub(super) fn level(&self) -> Option<Level> {
        levels::level(&self.name)
    }

    pub(super) fn is_published(&self) -> bool {
        self.manifest["package"].get("publish").and_then(Item::as_bool) != Some(false)
    }

    pub(super) fn manifest_path(&self) -> String {
        format!("{}/Cargo.toml", self.dir)
    }

    /// Each dependency with the table that it stands in: `dependencies`, `dev-dependencies`, `build-dependencies`,
    /// those under `target.'cfg(..)'` among them.
    pub(super) fn dependencies(&self) -> Vec<Dependency<'_>> {
        let mut tables: Vec<&dyn TableLike> = vec![self.manifest.as_table()];
        if let Some(targets) = self.manifest.get("target").and_then(Item::as_table_like) {
            tables.extend(targets.iter().filter_map(|(_, target)| target.as_table_like()));
        }
        let mut found = Vec::new();
        for table in tables {
            for kind in [Kind::Normal, Kind::Dev, Kind::Build] {
                let Some(dependencies) = table.get(kind.table()).and_then(Item::as_table_like) else {
                    continue;
                };
                for (key, item) in dependencies.iter() {
                    let package = item.get("package").and_then(Item::as_str).unwrap_or(key);
                    found.push(Dependency {
                        key,
                        package,
                        kind,
                        item,
                    });
                }
            }
        }
        found
    }

    /// The line of the manifest, from 1, on which `key` stands as a key; 1 when it cannot be told.
    pub(super) fn line_of(&self, key: &str) -> usize {
        let is_key = |line: &str| {
            let rest = line.trim_start().strip_prefix(key);
            rest.is_some_and(|rest| rest.trim_start().starts_with(['=', '.']))
        };
        self.manifest_text
            .lines()
            .position(is_key)
            .map_or(1, |index| index + 1)
    }
}

pub(super) struct Dependency<'a> {
    pub(super) key: &'a str,
    pub(super) package: &'a str,
    pub(super) kind: Kind,
    pub(super) item: &'a Item,
}

impl Dependency<'_> {
    /// Whether it is `member` itself, with features for its own tests. By path alone, it is dropped when `member` is
    /// packaged.
    pub(super) fn is_itself(&self, member: &Member) -> bool {
        self.kind == Kind::Dev
            && self.package == member.name
            && self.item.get("path").and_then(Item::as_str) == Some(".")
            && self.item.get("version").is_none()
    }

    pub(super) fn is_optional(&self) -> bool {
        self.item.get("optional").and_then(Item::as_bool) == Some(true)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Normal,
    Dev,
    Build,
}

impl Kind {
    fn table(self) -> &'static str {
        match self {
            Self::Normal => "dependencies",
            Self::Dev => "dev-dependencies",
            Self::Build => "build-dependencies",
        }
    }
}

/// Reads the `.rs` files below `dir`, but not what tools leave there.
fn collect(root: &Path, dir: &Path, files: &mut Vec<RustFile>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("{} cannot be read", dir.display()))? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        if entry.file_type()?.is_dir() {
            if name != "target" && name != "node_modules" && !name.to_string_lossy().starts_with('.') {
                collect(root, &path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text =
                fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
            files.push(RustFile {
                path: relative(root, &path),
                text,
            });
        }
    }
    Ok(())
}
