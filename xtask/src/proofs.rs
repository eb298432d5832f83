use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use xshell::cmd;

use crate::project::Project;

/// What a program that only wants cookies must not get.
const STRANGERS_TO_COOKIES: &[&str] = &[
    "tokio",
    "async-std",
    "smol",
    "futures",
    "futures-core",
    "futures-util",
    "hmac",
    "sha1",
    "sha2",
    "digest",
    "aes",
    "aes-gcm",
    "aes-gcm-siv",
    "hkdf",
    "ring",
    "aws-lc-rs",
    "rustls",
    "openssl",
    "rand",
    "rand_core",
    "getrandom",
    "time",
    "chrono",
    "jiff",
    "httpdate",
    "serde",
    "serde_json",
    "url",
    "idna",
    "percent-encoding",
];
const MOST_CRATES: usize = 6;
const LONGEST_BUILD: Duration = Duration::from_secs(5);

/// A program without the standard library, allocating and not, still compiles; and would not if a crate pulled it in.
pub(crate) fn no_std(project: &Project) -> Result<()> {
    // Copied below target/ with our lock file, so that it is checked with the versions that the tests use and leaves
    // nothing behind. It lies as deep there as in the repository: its paths stay right.
    let dir = fresh_copy(project, "no-std")?;
    let (sh, target) = (&project.sh, project.under_target("proofs/build-no-std"));
    let manifest = dir.join("Cargo.toml");
    for features in ["", "alloc"] {
        cmd!(
            sh,
            "cargo check --quiet --manifest-path {manifest} --target-dir {target} --features={features}"
        )
        .run()?;
    }
    // The proof can fail. With `std` there are two panic handlers, which is E0152.
    for (features, error) in [
        ("core-with-std", "error[E0152]"),
        ("cookie-with-std", "error[E0152]"),
        (
            "alloc-without-allocator",
            "error: no global memory allocator found",
        ),
    ] {
        let output = cmd!(
            sh,
            "cargo check --quiet --manifest-path {manifest} --target-dir {target} --features={features}"
        )
        .ignore_status()
        .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            !output.status.success() && said.contains(error),
            "with {features} the build was meant to fail with `{error}`, and did not:\n{said}"
        );
    }
    println!(
        "no_std: cloakroom-core alone, and cloakroom-cookie with an allocator; with std both break it, as they must"
    );
    Ok(())
}

/// A project of its own that adds cloakroom-cookie and nothing else gets few crates, none of a kind it did not ask for,
/// and builds them soon.
pub(crate) fn stranger(project: &Project) -> Result<()> {
    let sh = &project.sh;
    let dir = fresh_copy(project, "stranger")?;
    let manifest = dir.join("Cargo.toml");
    let tree = cmd!(
        sh,
        "cargo tree --manifest-path {manifest} --edges normal,build --prefix none --no-dedupe"
    )
    .read()?;
    let mut crates: Vec<_> = tree
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    crates.sort_unstable();
    crates.dedup();
    ensure!(
        crates.contains(&"cloakroom-cookie"),
        "the tree does not hold cloakroom-cookie:\n{tree}"
    );
    ensure!(
        crates.len() <= MOST_CRATES,
        "cloakroom-cookie brings {} crates: {}",
        crates.len(),
        crates.join(", ")
    );
    if let Some(odd) = crates.iter().find(|name| STRANGERS_TO_COOKIES.contains(name)) {
        bail!("cloakroom-cookie brings {odd}");
    }

    cmd!(sh, "cargo fetch --quiet --manifest-path {manifest}").run()?;
    let target = project.under_target("proofs/build-stranger");
    let mut best = Duration::MAX;
    // The best of three, so that a busy machine is not taken for a slow build.
    for _ in 0..3 {
        sh.remove_path(&target)?;
        let start = Instant::now();
        cmd!(
            sh,
            "cargo build --quiet --offline --manifest-path {manifest} --target-dir {target}"
        )
        .run()?;
        best = best.min(start.elapsed());
        if best <= LONGEST_BUILD {
            break;
        }
    }
    ensure!(
        best <= LONGEST_BUILD,
        "cloakroom-cookie took {best:.1?} to build; {LONGEST_BUILD:?} is the most"
    );
    let program = target.join("debug/stranger");
    let said = cmd!(sh, "{program}").read()?;
    ensure!(said == "sid=31d4", "the stranger's program said {said:?}");
    println!(
        "a stranger's project: {} crates ({}), built cold in {best:.1?}",
        crates.len(),
        crates.join(", ")
    );
    Ok(())
}

/// Copies `xtask/proofs/NAME` to `target/proofs/NAME` and puts our lock file beside it.
fn fresh_copy(project: &Project, name: &str) -> Result<std::path::PathBuf> {
    let from = project.root.join("xtask/proofs").join(name);
    let to = project.under_target("proofs").join(name);
    project.sh.remove_path(&to)?;
    copy(&from, &to).with_context(|| format!("{} cannot be copied", from.display()))?;
    project.sh.copy_file(project.root.join("Cargo.lock"), &to)?;
    Ok(to)
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
