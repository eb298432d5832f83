use std::fs;

use anyhow::{Context, Result};

use super::house::House;
use super::levels::level;

/// What may stand at the top level. Editors' own folders are nobody's business.
const TOP_LEVEL: &[&str] = &[
    ".cargo",
    ".ci",
    ".config",
    ".editorconfig",
    ".git",
    ".gitattributes",
    ".gitignore",
    ".idea",
    ".vscode",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
    "benches",
    "clippy.toml",
    "crates",
    "deny.toml",
    "docs",
    "fuzz",
    "rustfmt.toml",
    "target",
    "xtask",
];

/// A crate's folder has the crate's name, its README is its documentation, and nothing stands about.
pub(super) fn check(house: &House) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for entry in fs::read_dir(&house.root).context("the root cannot be read")? {
        let name = entry?.file_name();
        if !TOP_LEVEL.iter().any(|allowed| name == *allowed) {
            findings.push(format!(
                "{}: nothing else stands at the top level",
                name.to_string_lossy()
            ));
        }
    }
    for entry in fs::read_dir(house.root.join("crates")).context("crates/ cannot be read")? {
        let entry = entry?;
        if !entry.path().join("Cargo.toml").is_file() {
            findings.push(format!(
                "crates/{}: is no crate",
                entry.file_name().to_string_lossy()
            ));
        }
    }
    for member in &house.members {
        let (name, dir) = (&member.name, &member.dir);
        let expected = match name.as_str() {
            "xtask" => "xtask".to_owned(),
            "cloakroom-fuzz" => "fuzz".to_owned(),
            "cloakroom-benches" => "benches".to_owned(),
            _ => format!("crates/{name}"),
        };
        if *dir != expected {
            findings.push(format!(
                "{dir}: holds the crate `{name}`, which belongs in {expected}"
            ));
        }
        if level(name).is_none() {
            findings.push(format!(
                "{dir}: `{name}` has no level in xtask/src/tidy/levels.rs"
            ));
        }
        if !house.root.join(dir).join("README.md").is_file() {
            findings.push(format!("{dir}: has no README.md"));
        }
        let roots = ["src/lib.rs", "src/main.rs"].map(|root| format!("{dir}/{root}"));
        let Some(root) = roots
            .iter()
            .find_map(|path| member.files.iter().find(|file| file.path == *path))
        else {
            findings.push(format!("{dir}: has neither src/lib.rs nor src/main.rs"));
            continue;
        };
        if !root.text.contains("#![doc = include_str!(\"../README.md\")]") {
            findings.push(format!("{}:1: README.md is not its documentation", root.path));
        }
        if member.is_published() && !root.text.lines().any(|line| line == "#![forbid(unsafe_code)]") {
            findings.push(format!(
                "{}:1: a published crate says #![forbid(unsafe_code)]",
                root.path
            ));
        }
    }
    Ok(findings)
}
