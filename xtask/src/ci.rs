use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use xshell::cmd;

use crate::project::Project;
use crate::{bench, fuzz, proofs, test, tidy, tools};

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) full: bool,
    pub(crate) after_test: bool,
    pub(crate) list: bool,
    pub(crate) steps: Vec<String>,
}

struct Step {
    name: &'static str,
    what: &'static str,
    /// Left out of a plain `ci`, for its cost.
    is_slow: bool,
    run: fn(&Project) -> Result<()>,
}

const fn step(name: &'static str, what: &'static str, run: fn(&Project) -> Result<()>) -> Step {
    Step {
        name,
        what,
        is_slow: false,
        run,
    }
}

const fn slow(name: &'static str, what: &'static str, run: fn(&Project) -> Result<()>) -> Step {
    Step {
        name,
        what,
        is_slow: true,
        run,
    }
}

/// In this order: what is cheap and often wrong comes first.
const STEPS: &[Step] = &[
    step("fmt", "every workspace is formatted", fmt),
    step("tidy", "the rules of the house", tidy),
    step("lock", "the lock files are what the manifests ask for", lock),
    step("clippy", "no lint, with all targets and features", clippy),
    step("test", "every test there is", test),
    step("doc", "the documentation builds, links included", doc),
    step("features", "each combination of features builds", features),
    step(
        "no-std",
        "core, cookie, id and jwt do without std",
        proofs::no_std,
    ),
    step(
        "stranger",
        "a crate added alone brings what it says and builds soon",
        proofs::strangers,
    ),
    step("fuzz", "each target, 6 seconds", fuzz),
    step("bench", "the benchmarks run and their answers are right", bench),
    slow("deny", "licences, sources, duplicate versions", deny),
    slow("fleet", "1,000 simulated nodes let nothing revoked pass", fleet),
    slow("fuzz-long", "each target, 2 minutes", fuzz_long),
    slow("bench-full", "the benchmarks, measured with care", bench_full),
];

pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    if options.list {
        for Step {
            name, what, is_slow, ..
        } in STEPS
        {
            println!("{name:10} {what}{}", if *is_slow { " (--full)" } else { "" });
        }
        return Ok(());
    }
    let steps = chosen(options)?;
    let mut summary = Vec::new();
    let start = Instant::now();
    for (index, step) in steps.iter().enumerate() {
        println!(
            "\n=== {} ({}/{}): {}",
            step.name,
            index + 1,
            steps.len(),
            step.what
        );
        let start = Instant::now();
        (step.run)(project).with_context(|| {
            let rest: Vec<_> = steps[index + 1..].iter().map(|step| step.name).collect();
            let rest = if rest.is_empty() {
                "nothing".to_owned()
            } else {
                rest.join(", ")
            };
            format!(
                "step `{0}` failed (alone: cargo xtask ci {0}); not run after it: {rest}",
                step.name
            )
        })?;
        println!("=== {} passed in {}", step.name, seconds(start.elapsed()));
        summary.push((step.name, start.elapsed()));
    }
    println!("\n=== summary");
    for (name, took) in &summary {
        println!("{name:10} passed {:>9}", seconds(*took));
    }
    println!("{:10} passed {:>9}", "all", seconds(start.elapsed()));
    if let Some(counts) = test::counts(project).filter(|_| options.steps.is_empty()) {
        println!("{counts}");
    }
    Ok(())
}

/// The steps to run, in the order of the list.
fn chosen(options: &Options) -> Result<Vec<&'static Step>> {
    if let Some(unknown) = options
        .steps
        .iter()
        .find(|name| !STEPS.iter().any(|step| step.name == name.as_str()))
    {
        let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
        bail!("there is no step `{unknown}`; there are: {}", names.join(", "));
    }
    let is_chosen = |step: &&Step| {
        if options.steps.is_empty() {
            (options.full || !step.is_slow) && !(options.after_test && step.name == "test")
        } else {
            options.steps.iter().any(|name| name == step.name)
        }
    };
    Ok(STEPS.iter().filter(is_chosen).collect())
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

fn fmt(project: &Project) -> Result<()> {
    let sh = &project.sh;
    cmd!(sh, "cargo fmt --all --check").run()?;
    for manifest in [
        "benches/Cargo.toml",
        "benches/peers/Cargo.toml",
        "xtask/proofs/no-std/Cargo.toml",
        "xtask/proofs/stranger/Cargo.toml",
        "xtask/proofs/stranger-jwt/Cargo.toml",
        "xtask/proofs/stranger-session/Cargo.toml",
        "xtask/proofs/stranger-sqlite/Cargo.toml",
    ] {
        cmd!(sh, "cargo fmt --check --manifest-path {manifest}").run()?;
    }
    Ok(())
}

fn tidy(project: &Project) -> Result<()> {
    tidy::run(project, false)
}

fn test(project: &Project) -> Result<()> {
    test::run(project, &test::Options::default())
}

fn lock(project: &Project) -> Result<()> {
    let sh = &project.sh;
    cmd!(sh, "cargo fetch --quiet --locked").run()?;
    for manifest in ["benches/Cargo.toml", "benches/peers/Cargo.toml"] {
        cmd!(sh, "cargo fetch --quiet --locked --manifest-path {manifest}").run()?;
    }
    Ok(())
}

fn clippy(project: &Project) -> Result<()> {
    cmd!(
        project.sh,
        "cargo clippy --quiet --workspace --all-targets --all-features --locked -- -D warnings"
    )
    .run()?;
    Ok(())
}

fn doc(project: &Project) -> Result<()> {
    let _flags = project.sh.push_env("RUSTDOCFLAGS", "-D warnings");
    cmd!(
        project.sh,
        "cargo doc --quiet --workspace --no-deps --all-features --locked"
    )
    .run()?;
    Ok(())
}

/// Every set of features for the crates up to level 2, each feature alone for the others.
fn features(project: &Project) -> Result<()> {
    let cargo_hack = tools::CARGO_HACK.install(project)?;
    let sh = &project.sh;
    let (pure, others) = tidy::members(project)?;
    let package = |name: &String| ["--package".to_owned(), name.clone()];
    let pure: Vec<_> = pure.iter().flat_map(package).collect();
    let others: Vec<_> = others.iter().flat_map(package).collect();
    // `default` names other features and nothing of its own. Two at a time: what only a third one breaks would be a feature
    // that changes what another adds, and the step before builds each crate with all of them.
    cmd!(sh, "{cargo_hack} hack clippy --quiet --feature-powerset --depth 2 --exclude-all-features --exclude-features default {pure...} --locked -- -D warnings")
        .run()?;
    cmd!(
        sh,
        "{cargo_hack} hack clippy --quiet --each-feature --exclude-all-features {others...} --locked -- -D warnings"
    )
    .run()?;
    Ok(())
}

fn fuzz(project: &Project) -> Result<()> {
    fuzz::run(project, &fuzz::Options::default())
}

fn fuzz_long(project: &Project) -> Result<()> {
    fuzz::run(
        project,
        &fuzz::Options {
            seconds: 120,
            ..fuzz::Options::default()
        },
    )
}

/// The benches are a workspace of their own, which the step `clippy` does not see.
fn bench(project: &Project) -> Result<()> {
    let sh = &project.sh;
    let target = project.under_target("benches");
    let manifest = "benches/Cargo.toml";
    cmd!(sh, "cargo clippy --quiet --all-targets --locked --manifest-path {manifest} --target-dir {target} -- -D warnings")
        .run()?;
    bench::run(
        project,
        &bench::Options {
            quick: true,
            without_peers: true,
            ..bench::Options::default()
        },
    )
}

fn bench_full(project: &Project) -> Result<()> {
    bench::run(project, &bench::Options::default())
}

/// What deny.toml says. Advisories are left to whoever has a network: their database is a git repository.
fn deny(project: &Project) -> Result<()> {
    let cargo_deny = tools::CARGO_DENY.install(project)?;
    cmd!(
        project.sh,
        "{cargo_deny} --offline --all-features --locked check licenses bans sources"
    )
    .run()?;
    Ok(())
}

/// It ends with an error when a revoked token was accepted past the bound. The run that the tests do is a smaller one.
fn fleet(project: &Project) -> Result<()> {
    cmd!(
        project.sh,
        "cargo run --quiet --release --locked -p cloakroom-fleet"
    )
    .run()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Options, STEPS, chosen};

    fn names(options: &Options) -> Vec<&'static str> {
        chosen(options)
            .expect("the steps exist")
            .iter()
            .map(|step| step.name)
            .collect()
    }

    #[test]
    fn options_choose_the_steps() {
        let slow: Vec<_> = STEPS
            .iter()
            .filter(|step| step.is_slow)
            .map(|step| step.name)
            .collect();
        let plain = names(&Options::default());
        assert!(plain.contains(&"test") && slow.iter().all(|name| !plain.contains(name)));
        let after_test = names(&Options {
            after_test: true,
            ..Options::default()
        });
        assert_eq!(after_test.len(), plain.len() - 1);
        assert!(!after_test.contains(&"test"));
        assert_eq!(
            names(&Options {
                full: true,
                ..Options::default()
            })
            .len(),
            STEPS.len()
        );
        let some = Options {
            steps: vec!["deny".into(), "fmt".into()],
            ..Options::default()
        };
        assert_eq!(names(&some), ["fmt", "deny"]);
        assert!(
            chosen(&Options {
                steps: vec!["no-such".into()],
                ..Options::default()
            })
            .is_err()
        );
    }
}
