use std::collections::HashSet;

use toml_edit::{Item, Value};

use super::at;
use super::house::{House, Kind, Member};
use super::rust::tokens;

/// Every dependency is named by some token of the crate's code, or by its README for the doctests.
///
/// One that is there only for the features it turns on is listed under `package.metadata.cargo-machete.ignored`, the
/// place where others look for it too.
pub(super) fn check(house: &House) -> Vec<String> {
    let mut findings = Vec::new();
    for member in &house.members {
        let readme =
            std::fs::read_to_string(house.root.join(&member.dir).join("README.md")).unwrap_or_default();
        findings.extend(check_member(member, &readme));
    }
    findings
}

fn check_member(member: &Member, readme: &str) -> Vec<String> {
    let sources = format!("{}/src/", member.dir);
    let (mut in_sources, mut anywhere) = (HashSet::new(), HashSet::new());
    for file in &member.files {
        for token in tokens(&file.text).iter().filter(|token| token.is_word) {
            anywhere.insert(token.text);
            if file.path.starts_with(&sources) || member.is_target_elsewhere(&file.path) {
                in_sources.insert(token.text);
            }
        }
    }
    let mut findings = Vec::new();
    for dependency in member.dependencies() {
        let word = dependency.key.replace('-', "_");
        let is_used = match dependency.kind {
            Kind::Normal => in_sources.contains(word.as_str()),
            Kind::Dev => anywhere.contains(word.as_str()) || readme.contains(&word),
            Kind::Build => anywhere.contains(word.as_str()),
        };
        if !is_used && !is_ignored(member, dependency.key) {
            let line = member.line_of(dependency.key);
            findings.push(at(
                &member.manifest_path(),
                line,
                format_args!("`{}` is not used", dependency.key),
            ));
        }
    }
    findings
}

impl Member {
    /// Whether `path` is a binary that lies outside `src/`, as fuzz targets do.
    fn is_target_elsewhere(&self, path: &str) -> bool {
        let bins = self.manifest.get("bin").and_then(Item::as_array_of_tables);
        let mut paths = bins
            .into_iter()
            .flatten()
            .filter_map(|bin| bin.get("path")?.as_str());
        paths.any(|bin| path == format!("{}/{bin}", self.dir))
    }
}

fn is_ignored(member: &Member, key: &str) -> bool {
    let metadata = member.manifest["package"]
        .get("metadata")
        .and_then(|metadata| metadata.get("cargo-machete"));
    let ignored = metadata
        .and_then(|machete| machete.get("ignored"))
        .and_then(Item::as_array);
    ignored
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .any(|name| name == key)
}

#[cfg(test)]
mod tests {
    use super::check_member;
    use crate::tidy::house::{Member, RustFile};

    fn member(dependencies: &str, path: &str, text: &str) -> Member {
        let manifest_text = format!("[package]\nname = \"x\"\n{dependencies}\n");
        Member {
            name: "x".to_owned(),
            dir: "d".to_owned(),
            manifest: manifest_text.parse().expect("it is TOML"),
            manifest_text,
            files: vec![RustFile {
                path: path.to_owned(),
                text: text.to_owned(),
            }],
        }
    }

    #[test]
    fn what_no_token_names_is_unused() {
        let ignored = "[package.metadata.cargo-machete]\nignored = [\"serde-json\"]\n[dependencies]\nserde-json = \"1\"";
        for (dependencies, path, text, used) in [
            (
                "[dependencies]\nserde-json = \"1\"",
                "d/src/lib.rs",
                "use serde_json::Value;",
                true,
            ),
            (
                "[dependencies]\nserde-json = \"1\"",
                "d/src/lib.rs",
                "// serde_json",
                false,
            ),
            (
                "[dependencies]\nserde-json = \"1\"",
                "d/tests/t.rs",
                "use serde_json::Value;",
                false,
            ),
            (
                "[dev-dependencies]\nserde-json = \"1\"",
                "d/tests/t.rs",
                "use serde_json::Value;",
                true,
            ),
            (ignored, "d/src/lib.rs", "", true),
            (
                "[target.'cfg(fuzzing)'.dependencies]\nlib = \"1\"",
                "d/src/lib.rs",
                "",
                false,
            ),
            (
                "[[bin]]\nname = \"t\"\npath = \"t/t.rs\"\n[dependencies]\nlib = \"1\"",
                "d/t/t.rs",
                "lib::fuzz_target!(x);",
                true,
            ),
        ] {
            let found = check_member(&member(dependencies, path, text), "");
            assert_eq!(found.is_empty(), used, "{dependencies} / {path}: {found:?}");
        }
        let dev = member("[dev-dependencies]\nserde-json = \"1\"", "d/src/lib.rs", "");
        assert!(check_member(&dev, "use serde_json::Value;").is_empty());
    }
}
