use std::fs;
use std::path::Path;

use super::at;
use super::house::House;

/// What a Markdown file links to in the repository is there. Links to elsewhere are not followed.
pub(super) fn check(house: &House) -> Vec<String> {
    let members = house.members.iter().map(|member| member.dir.as_str());
    let dirs = ["", "docs"].into_iter().chain(members);
    let mut findings = Vec::new();
    for dir in dirs {
        let Ok(entries) = fs::read_dir(house.root.join(dir)) else {
            continue;
        };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.extension().is_some_and(|extension| extension == "md") {
                let text = fs::read_to_string(&path).unwrap_or_default();
                let name = super::relative(&house.root, &path);
                findings.extend(check_text(&name, &text, |target| exists(&path, target)));
            }
        }
    }
    findings
}

fn exists(file: &Path, target: &str) -> bool {
    file.parent().is_some_and(|dir| dir.join(target).exists())
}

fn check_text(path: &str, text: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for target in targets(line) {
            if !exists(target) {
                findings.push(at(
                    path,
                    index + 1,
                    format_args!("links to `{target}`, which is not there"),
                ));
            }
        }
    }
    findings
}

/// The paths that a line links to, as in `[text](path#section)`. A target without `/` and `.` names an item of the
/// crate whose documentation this is, and rustdoc checks those.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let targets = line
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target);
    targets
        .filter_map(|target| target.split('#').next())
        .filter(|target| {
            !target.contains(':') && (target.contains('/') || Path::new(target).extension().is_some())
        })
}

#[cfg(test)]
mod tests {
    use super::{check_text, targets};

    #[test]
    fn links_into_the_repository_are_told_from_others() {
        for (line, expected) in [
            ("see [A](docs/A.md#x) and [B](B.md).", vec!["docs/A.md", "B.md"]),
            (
                "| [`a1_x`](../crates/x/src/f.rs)<br>[`y`](../y.rs) |",
                vec!["../crates/x/src/f.rs", "../y.rs"],
            ),
            (
                "[x](https://example.com/a.md) [y](#part) [z](crate::Secret) [w](Secret)",
                vec![],
            ),
            ("a](b/c", vec![]),
        ] {
            assert_eq!(targets(line).collect::<Vec<_>>(), expected, "{line}");
        }
        let findings = check_text("R.md", "\n[a](there.md) [b](gone.md)", |target| {
            target == "there.md"
        });
        assert_eq!(findings, ["R.md:2: links to `gone.md`, which is not there"]);
    }
}
