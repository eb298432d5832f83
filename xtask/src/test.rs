use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use xshell::cmd;

use crate::project::{Pipe, Project, on_path, watch};
use crate::{packages, peers, services};

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) no_install: bool,
    pub(crate) filter: Option<String>,
}

/// Where the counts of the last complete run lie, for the summary of `ci`.
const COUNTS: &str = "xtask/tests.txt";

/// Runs every test there is: with all features, so those against the browser, the peers and the servers
/// too.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    let sh = &project.sh;
    sh.remove_path(project.under_target(COUNTS))?;
    peers::ensure(project, !options.no_install)?;
    packages::BROWSER.ensure(project, !options.no_install)?;
    let services = services::for_tests(project, !options.no_install)?;
    let mut environment = vec![("CLOAKROOM_PEERS", project.under_target("peers").into_os_string())];
    environment.extend(services.urls.iter().map(|(name, url)| (*name, url.into())));
    let _environment: Vec<_> = environment
        .iter()
        .map(|(name, value)| sh.push_env(name, value))
        .collect();

    if let Some(filter) = &options.filter {
        return cmd!(sh, "cargo test --workspace --all-features --locked {filter}")
            .run()
            .map_err(Into::into);
    }
    let mut counts = Counts::default();
    let tests = if on_path("cargo-nextest") {
        let report = junit(project)?;
        sh.remove_path(&report)?;
        let run = cmd!(
            sh,
            "cargo nextest run --profile default --workspace --all-features --locked"
        )
        .run();
        // There is none when the tests did not compile.
        if report.is_file() {
            counts.add_junit(&sh.read_file(report)?)?;
        }
        run.map_err(Into::into)
    } else {
        counts.run(
            project,
            &environment,
            &["--no-fail-fast", "--lib", "--bins", "--tests", "--examples"],
        )
    };
    // Nextest does not run the examples in the documentation. They run whether or not a test failed.
    let examples = counts.run(project, &environment, &["--no-fail-fast", "--doc"]);
    println!(
        "\nall together: {} passed, {} failed, {} ignored",
        counts.passed, counts.failed, counts.ignored
    );
    tests.context("a test failed")?;
    examples.context("an example in the documentation failed")?;
    sh.write_file(project.under_target(COUNTS), counts.to_string())?;
    Ok(())
}

/// The counts of the last complete run.
pub(crate) fn counts(project: &Project) -> Option<String> {
    project.sh.read_file(project.under_target(COUNTS)).ok()
}

/// `.config/nextest.toml` asks for the file; nextest puts it below cargo's target directory, wherever that is.
fn junit(project: &Project) -> Result<PathBuf> {
    let sh = &project.sh;
    let metadata = cmd!(sh, "cargo metadata --no-deps --format-version 1 --locked")
        .quiet()
        .read()?;
    let (_, rest) = metadata
        .split_once("\"target_directory\":\"")
        .context("cargo names its target directory")?;
    let (target, _) = rest.split_once('"').context("cargo names its target directory")?;
    Ok(Path::new(target).join("nextest/default/junit.xml"))
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u32,
    failed: u32,
    ignored: u32,
}

/// As `cargo test` puts it, so that what reads its output reads this too.
impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            passed,
            failed,
            ignored,
        } = self;
        let result = if *failed == 0 { "ok" } else { "FAILED" };
        write!(
            f,
            "test result: {result}. {passed} passed; {failed} failed; {ignored} ignored"
        )
    }
}

impl Counts {
    /// Runs `cargo test` with all features and `arguments`, passes its output on, and counts.
    fn run(&mut self, project: &Project, environment: &[(&str, OsString)], arguments: &[&str]) -> Result<()> {
        let mut command = Command::new("cargo");
        command
            .args(["test", "--workspace", "--all-features", "--locked"])
            .args(arguments);
        command
            .current_dir(&project.root)
            .envs(environment.iter().map(|(name, value)| (name, value)));
        let status = watch(&mut command, Pipe::Output, |line| {
            println!("{line}");
            self.add_line(line);
        })?;
        ensure!(status.success(), "cargo test says so above");
        Ok(())
    }

    /// Adds what a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; ..` says; other lines say nothing.
    fn add_line(&mut self, line: &str) {
        let Some((_, counts)) = line
            .strip_prefix("test result: ")
            .and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            match count.split_once(' ').map(|(n, what)| (n.parse::<u32>(), what)) {
                Some((Ok(n), "passed")) => self.passed += n,
                Some((Ok(n), "failed")) => self.failed += n,
                Some((Ok(n), "ignored")) => self.ignored += n,
                _ => {}
            }
        }
    }

    /// Adds the totals of nextest's `junit.xml`, which stand in the attributes of its `testsuites`.
    fn add_junit(&mut self, report: &str) -> Result<()> {
        let (_, rest) = report
            .split_once("<testsuites ")
            .context("the report of nextest has no testsuites")?;
        let (attributes, _) = rest.split_once('>').context("the report of nextest is cut off")?;
        let number = |name: &str| -> Result<u32> {
            let (_, value) = attributes
                .split_once(&format!("{name}=\""))
                .with_context(|| format!("no {name}"))?;
            let (value, _) = value
                .split_once('"')
                .context("the report of nextest is cut off")?;
            value.parse().with_context(|| format!("{name} is no number"))
        };
        let failed = number("failures")? + number("errors")?;
        self.passed += number("tests")?.saturating_sub(failed);
        self.failed += failed;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn counts_are_read_from_what_the_runners_print() {
        let mut counts = Counts::default();
        counts.add_line("running 3 tests");
        counts.add_line(
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.12s",
        );
        counts.add_line("test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.12s");
        assert_eq!(
            counts,
            Counts {
                passed: 7,
                failed: 2,
                ignored: 1
            }
        );

        let mut counts = Counts::default();
        let report = "<?xml version=\"1.0\"?>\n<testsuites name=\"nextest-run\" tests=\"12\" failures=\"1\" errors=\"1\">\n<testsuite tests=\"9\"";
        counts.add_junit(report).expect("it is a report");
        assert_eq!(
            counts,
            Counts {
                passed: 10,
                failed: 2,
                ignored: 0
            }
        );
        assert!(counts.add_junit("<testsuites tests=\"1\">").is_err());
        assert!(counts.add_junit("").is_err());
    }
}
