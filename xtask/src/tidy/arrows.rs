use super::house::House;
use super::levels::{Level, level};
use super::{at, house};

/// An arrow points to a lower level only, in tests as well, and nothing depends on what is not published but a harness.
pub(super) fn check(house: &House) -> Vec<String> {
    let mut findings = Vec::new();
    for member in &house.members {
        let path = member.manifest_path();
        for dependency in member.dependencies() {
            if dependency.is_itself(member) {
                continue;
            }
            if let Err(why) = arrow(&member.name, dependency.package, dependency.kind) {
                findings.push(at(&path, member.line_of(dependency.key), why));
            }
        }
    }
    findings
}

fn arrow(from: &str, to: &str, kind: house::Kind) -> Result<(), String> {
    let Some(to_level) = level(to) else {
        return if to.starts_with("cloakroom") {
            Err(format!("`{to}` has no level in the house"))
        } else if level(from) == Some(Level::Harness) && kind != house::Kind::Dev {
            Err(format!("`{from}` depends on nothing outside its tests"))
        } else {
            Ok(())
        };
    };
    match (level(from), to_level) {
        (Some(Level::Unpublished), Level::Harness | Level::Published(_)) => Ok(()),
        (_, Level::Unpublished | Level::Harness) => Err(format!("nothing depends on `{to}`")),
        (None, _) => Err(format!("`{from}` has no level in the house")),
        (Some(Level::Harness), Level::Published(_)) if kind == house::Kind::Dev => Ok(()),
        (Some(Level::Harness), Level::Published(_)) => {
            Err(format!("`{from}` depends on nothing outside its tests"))
        }
        (Some(Level::Published(above)), Level::Published(below)) if below < above => Ok(()),
        (Some(Level::Published(above)), Level::Published(below)) => {
            let kind = if kind == house::Kind::Dev {
                "dev-dependency"
            } else {
                "dependency"
            };
            Err(format!(
                "{kind} `{to}` (level {below}) is not below `{from}` (level {above})"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::arrow;
    use crate::tidy::house::Kind;

    #[test]
    fn a_harness_has_dependencies_in_its_tests_alone() {
        for to in ["cloakroom-session", "tokio"] {
            for (kind, ok) in [(Kind::Normal, false), (Kind::Dev, true), (Kind::Build, false)] {
                assert_eq!(
                    arrow("cloakroom-servers", to, kind).is_ok(),
                    ok,
                    "{to} ({kind:?})"
                );
            }
        }
    }

    #[test]
    fn arrows_point_down() {
        for (from, to, ok) in [
            ("cloakroom-cookie", "cloakroom-core", true),
            ("cloakroom-tower", "cloakroom-core", true),
            ("cloakroom-seal", "cloakroom-cookie", true),
            ("cloakroom-seal", "serde", true),
            ("cloakroom-core", "cloakroom-cookie", false),
            ("cloakroom-cookie", "cloakroom-keyring", false),
            ("cloakroom-seal", "cloakroom-csrf", false),
            ("cloakroom-seal", "cloakroom-tower", false),
            ("cloakroom-cookie", "cloakroom-cookie", false),
            ("cloakroom-demo", "cloakroom-tower", true),
            ("cloakroom-interop", "cloakroom-demo", false),
            ("xtask", "cloakroom-servers", true),
            ("cloakroom-demo", "cloakroom-servers", true),
            ("cloakroom-redis", "cloakroom-servers", false),
            ("cloakroom-servers", "xtask", false),
            ("cloakroom-tower", "xtask", false),
            ("xtask", "cloakroom-fuzz", false),
            ("cloakroom-tower", "cloakroom-novel", false),
            ("cloakroom-novel", "cloakroom-core", false),
        ] {
            for kind in [Kind::Normal, Kind::Dev, Kind::Build] {
                assert_eq!(arrow(from, to, kind).is_ok(), ok, "{from} -> {to} ({kind:?})");
            }
        }
    }
}
