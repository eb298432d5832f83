use super::house::{House, Member};
use super::rust::{paths, tokens, without_tests};
use super::{at, levels};

/// What a crate up to level 2 never touches outside its tests: clocks, timers, threads, files, sockets, a runtime.
const FORBIDDEN: &[&[&str]] = &[
    &["SystemTime", "now"],
    &["Instant", "now"],
    &["UnixTime", "now"],
    &["std", "fs"],
    &["std", "net"],
    &["std", "process"],
    &["std", "thread"],
    &["thread", "sleep"],
    &["thread", "spawn"],
    &["tokio"],
];

/// The one place that reads a clock for everybody, under the feature `std`, the one that gathers loads for the stores of
/// level 3, under the feature `joint`, which they alone turn on, and the case that compares a store's clock with this
/// machine's.
const EXCEPT: &[(&str, &str)] = &[
    (
        "crates/cloakroom-core/src/unix_time.rs",
        "std::time::SystemTime::now",
    ),
    ("crates/cloakroom-store/src/joint_loads.rs", "tokio::spawn"),
    (
        "crates/cloakroom-store/src/joint_loads.rs",
        "tokio::task::yield_now",
    ),
    (
        "crates/cloakroom-store/src/joint_loads.rs",
        "tokio::time::timeout_at",
    ),
    (
        "crates/cloakroom-store/src/joint_loads/batch.rs",
        "tokio::runtime::Id",
    ),
    (
        "crates/cloakroom-store/src/joint_loads/batch.rs",
        "tokio::runtime::Handle",
    ),
    (
        "crates/cloakroom-store/src/joint_loads/batch.rs",
        "tokio::time::Instant",
    ),
    ("crates/cloakroom-store/src/joint_loads/batch.rs", "Instant::now"),
    (
        "crates/cloakroom-store/src/joint_loads/batch.rs",
        "std::thread::panicking",
    ),
    (
        "crates/cloakroom-revocation/src/conformance/feed.rs",
        "UnixTime::now",
    ),
];

/// The cases that every store must pass race tasks and make them hang, on the runtime of the tests. They are behind the
/// feature `conformance`, which only tests turn on, and so is what they are made of.
const KITS: &[&str] = &["/src/conformance/", "cloakroom-kit/src/"];

/// Time comes in as an argument, and nothing is read or written, up to level 2.
pub(super) fn check(house: &House) -> Vec<String> {
    let pure = house
        .members
        .iter()
        .filter(|member| member.level().is_some_and(levels::Level::is_pure));
    pure.flat_map(check_member).collect()
}

fn check_member(member: &Member) -> Vec<String> {
    let sources = format!("{}/src/", member.dir);
    let mut findings = Vec::new();
    for file in &member.files {
        if file.path.starts_with(&sources) && !is_test_file(&file.path) {
            findings.extend(check_file(&file.path, &file.text));
        }
    }
    findings
}

fn check_file(path: &str, text: &str) -> Vec<String> {
    let tokens = without_tests(&tokens(text));
    let mut findings = Vec::new();
    for (segments, line) in paths(&tokens) {
        let is_forbidden = FORBIDDEN
            .iter()
            .any(|pattern| segments.windows(pattern.len()).any(|part| part == *pattern));
        let whole = segments.join("::");
        let is_kit = KITS.iter().any(|kit| path.contains(kit));
        let is_forbidden = is_forbidden && !(is_kit && segments.first() == Some(&"tokio"));
        if is_forbidden && !EXCEPT.contains(&(path, whole.as_str())) {
            findings.push(at(
                path,
                line,
                format_args!("`{whole}` does not belong below level 3"),
            ));
        }
    }
    findings
}

fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.ends_with("_tests.rs") || path.contains("/tests/")
}

#[cfg(test)]
mod tests {
    use super::check_file;

    #[test]
    fn clocks_and_files_are_found_outside_tests_alone() {
        for (source, expected) in [
            ("let now = SystemTime::now();", Some("`SystemTime::now`")),
            (
                "let now = std::time::Instant::now();",
                Some("`std::time::Instant::now`"),
            ),
            ("use std::{fmt, fs};", Some("`std::fs`")),
            ("use std::net::IpAddr;", Some("`std::net::IpAddr`")),
            ("let f = UnixTime::now;", Some("`UnixTime::now`")),
            ("tokio::spawn(f)", Some("`tokio::spawn`")),
            ("use core::net::IpAddr;", None),
            ("fn now(at: Instant) {}", None),
            ("// std::fs\nfn f() -> &str { \"std::fs::read\" }", None),
            ("#[cfg(test)] mod tests { use std::fs; }", None),
            ("let fs = std::fmt::Error;", None),
        ] {
            let found = check_file("crates/x/src/f.rs", source);
            assert_eq!(
                found.len(),
                usize::from(expected.is_some()),
                "{source}: {found:?}"
            );
            assert!(expected.is_none_or(|text| found[0].contains(text)), "{found:?}");
        }
    }

    #[test]
    fn a_kit_has_tasks_and_no_clock() {
        for kit in [
            "crates/x/src/conformance/races.rs",
            "crates/cloakroom-kit/src/race.rs",
        ] {
            assert_eq!(check_file(kit, "tokio::spawn(f)"), [""; 0]);
            assert_eq!(check_file(kit, "std::time::Instant::now()").len(), 1);
            assert_eq!(check_file(kit, "std::thread::spawn(f)").len(), 1);
        }
    }

    #[test]
    fn the_exception_is_one_path_in_one_file() {
        let core = "crates/cloakroom-core/src/unix_time.rs";
        assert_eq!(check_file(core, "std::time::SystemTime::now().into()"), [""; 0]);
        assert_eq!(check_file(core, "std::time::Instant::now()").len(), 1);
        assert_eq!(
            check_file(
                "crates/cloakroom-core/src/tick.rs",
                "std::time::SystemTime::now()"
            )
            .len(),
            1
        );
    }
}
