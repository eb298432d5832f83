use toml_edit::{Item, TableLike};

use super::at;
use super::house::{House, Kind, Member};
use super::levels::Level;

/// Crates whose types carry no serde derive unless a feature asks for it.
const SERDE_BY_FEATURE: &[&str] = &["cloakroom-cookie", "cloakroom-id", "cloakroom-seal"];

/// Crates that know serde's traits, because their users' types have them, and never its derive.
const SERDE_WITHOUT_DERIVE: &[&str] = &["cloakroom-jwt"];

/// A member inherits what the workspace decides once, and says why each of its features is there.
pub(super) fn check(house: &House) -> Vec<String> {
    house.members.iter().flat_map(check_member).collect()
}

fn check_member(member: &Member) -> Vec<String> {
    let path = member.manifest_path();
    let mut findings = Vec::new();
    let mut report = |key: &str, what: String| findings.push(at(&path, member.line_of(key), what));

    // The benches are a workspace of their own: there is nothing that they could inherit.
    let inherits = member.manifest.get("workspace").is_none();
    let package = &member.manifest["package"];
    if inherits {
        for key in ["version", "edition", "license", "rust-version"] {
            // What stands on sqlx needs a newer compiler, and says so itself.
            let may_differ = key == "rust-version" && !member.level().is_some_and(Level::is_pure);
            let item = package.get(key);
            if !item.is_some_and(|item| is_workspace(item) || (may_differ && item.is_str())) {
                report(key, format!("`{key}` is not inherited from the workspace"));
            }
        }
        if !member.manifest.get("lints").is_some_and(is_workspace) {
            report("lints", "the workspace's lints are not inherited".into());
        }
    }
    if package.get("description").is_none() {
        report("description", "has no description".into());
    }
    match (member.level(), member.is_published()) {
        (Some(Level::Unpublished | Level::Harness), true) => {
            report("name", "does not say `publish = false`".into());
        }
        (Some(Level::Published(_)), false) => report("publish", "says `publish = false`".into()),
        _ => {}
    }

    for dependency in member.dependencies() {
        let key = dependency.key;
        if member.is_published() && !is_workspace(dependency.item) && !dependency.is_itself(member) {
            report(
                key,
                format!("`{key}` does not take its version from the workspace"),
            );
        }
        if dependency.kind == Kind::Normal && key == "thiserror" && member.level().is_some_and(Level::is_pure)
        {
            report(key, "errors are written by hand up to level 2".into());
        }
        if dependency.kind == Kind::Normal
            && key == "serde"
            && SERDE_BY_FEATURE.contains(&member.name.as_str())
        {
            let default = enabled_by_default(member);
            if !dependency.is_optional()
                || default
                    .iter()
                    .any(|entry| entry == "dep:serde" || entry == "serde")
            {
                report(key, "serde is there by default".into());
            }
        }
        if dependency.kind == Kind::Normal
            && key == "serde"
            && SERDE_WITHOUT_DERIVE.contains(&member.name.as_str())
            && has_feature(dependency.item, "derive")
        {
            report(key, "serde's derive is there by default".into());
        }
    }

    for feature in features_without_reason(member) {
        report(
            &feature,
            format!("feature `{feature}` has no comment above it that says what it adds"),
        );
    }
    findings
}

fn has_feature(dependency: &Item, feature: &str) -> bool {
    let features = dependency.get("features").and_then(Item::as_array);
    features
        .into_iter()
        .flatten()
        .any(|known| known.as_str() == Some(feature))
}

fn is_workspace(item: &Item) -> bool {
    item.get("workspace").and_then(Item::as_bool) == Some(true)
}

/// Everything that the feature `default` turns on, directly or through other features of the crate.
fn enabled_by_default(member: &Member) -> Vec<String> {
    let features = member.manifest.get("features").and_then(Item::as_table_like);
    let mut enabled = vec!["default".to_owned()];
    let mut next = 0;
    while next < enabled.len() {
        let entries = features
            .and_then(|features| features.get(&enabled[next]))
            .and_then(Item::as_array);
        for entry in entries.into_iter().flatten().filter_map(toml_edit::Value::as_str) {
            if !enabled.iter().any(|known| known == entry) {
                enabled.push(entry.to_owned());
            }
        }
        next += 1;
    }
    enabled
}

fn features_without_reason(member: &Member) -> Vec<String> {
    let Some(features) = member.manifest.get("features").and_then(Item::as_table_like) else {
        return Vec::new();
    };
    let has_reason = |name: &str| {
        let key = TableLike::key(features, name);
        let above = key
            .and_then(|key| key.leaf_decor().prefix())
            .and_then(|prefix| prefix.as_str());
        above.is_some_and(|above| above.lines().any(|line| line.trim_start().starts_with('#')))
    };
    let names = features.iter().map(|(name, _)| name);
    names
        .filter(|name| *name != "default" && !has_reason(name))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::check_member;
    use crate::tidy::house::Member;

    fn check(name: &str, rest: &str) -> Vec<String> {
        let manifest_text = format!(
            "[package]\nname = \"{name}\"\ndescription = \"x\"\nversion.workspace = true\nedition.workspace = true\n\
             license.workspace = true\nrust-version.workspace = true\n{rest}\n[lints]\nworkspace = true\n"
        );
        let member = Member {
            name: name.to_owned(),
            dir: "d".to_owned(),
            manifest: manifest_text.parse().expect("it is TOML"),
            manifest_text,
            files: Vec::new(),
        };
        check_member(&member)
    }

    #[test]
    fn each_rule_finds_its_breach_and_nothing_else() {
        for (name, rest, expected) in [
            ("cloakroom-cookie", "", None),
            (
                "cloakroom-cookie",
                "[dependencies]\nmemchr.workspace = true",
                None,
            ),
            (
                "cloakroom-cookie",
                "[dependencies]\nmemchr = \"2\"",
                Some("d/Cargo.toml:9: `memchr` does not take"),
            ),
            (
                "cloakroom-cookie",
                "[dependencies]\nthiserror.workspace = true",
                Some("by hand up to level 2"),
            ),
            (
                "cloakroom-tower",
                "[dependencies]\nthiserror.workspace = true",
                None,
            ),
            (
                "cloakroom-cookie",
                "[dev-dependencies]\ncloakroom-cookie = { path = \".\", features = [\"parse\"] }",
                None,
            ),
            (
                "cloakroom-cookie",
                "[dev-dependencies]\ncloakroom-cookie = { path = \".\", version = \"0.1.0\" }",
                Some("d/Cargo.toml:9: `cloakroom-cookie` does not take"),
            ),
            (
                "cloakroom-cookie",
                "[dev-dependencies]\ncloakroom-core = { path = \".\" }",
                Some("d/Cargo.toml:9: `cloakroom-core` does not take"),
            ),
            (
                "cloakroom-keyring",
                "[dependencies]\nserde.workspace = true",
                None,
            ),
            (
                "cloakroom-seal",
                "[dependencies]\nserde.workspace = true",
                Some("serde is there by default"),
            ),
            (
                "cloakroom-jwt",
                "[dependencies]\nserde = { workspace = true, features = [\"alloc\"] }",
                None,
            ),
            (
                "cloakroom-jwt",
                "[dependencies]\nserde = { workspace = true, features = [\"alloc\", \"derive\"] }",
                Some("serde's derive is there by default"),
            ),
            (
                "cloakroom-jwt",
                "[dev-dependencies]\nserde = { workspace = true, features = [\"derive\"] }",
                None,
            ),
            (
                "cloakroom-seal",
                "[features]\ndefault = [\"a\"]\n# Adds A.\na = [\"dep:serde\"]\n[dependencies]\n\
                 serde = { workspace = true, optional = true }",
                Some("serde is there by default"),
            ),
            (
                "cloakroom-seal",
                "[features]\n# Adds A.\na = [\"dep:serde\"]\n[dependencies]\n\
                 serde = { workspace = true, optional = true }",
                None,
            ),
            (
                "cloakroom-seal",
                "[features]\n# Adds A.\na = []\nb = []",
                Some("feature `b` has no comment"),
            ),
            ("cloakroom-demo", "", Some("publish = false")),
            ("cloakroom-demo", "publish = false", None),
            ("cloakroom-core", "publish = false", Some("publish = false")),
        ] {
            let found = check(name, rest);
            match expected {
                None => assert_eq!(found, [""; 0], "{name}: {rest}"),
                Some(text) => {
                    assert_eq!(found.len(), 1, "{name}: {rest}: {found:?}");
                    assert!(found[0].contains(text), "{found:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_inherited_is_named() {
        let manifest_text =
            "[package]\nname = \"cloakroom-core\"\nversion = \"1.0.0\"\nrust-version = \"1.94\"\n".to_owned();
        let member = Member {
            name: "cloakroom-core".to_owned(),
            dir: "d".to_owned(),
            manifest: manifest_text.parse().expect("it is TOML"),
            manifest_text,
            files: Vec::new(),
        };
        assert_eq!(
            check_member(&member),
            [
                "d/Cargo.toml:3: `version` is not inherited from the workspace",
                "d/Cargo.toml:1: `edition` is not inherited from the workspace",
                "d/Cargo.toml:1: `license` is not inherited from the workspace",
                "d/Cargo.toml:4: `rust-version` is not inherited from the workspace",
                "d/Cargo.toml:1: the workspace's lints are not inherited",
                "d/Cargo.toml:1: has no description",
            ]
        );
    }
}
