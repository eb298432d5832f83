use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use xshell::cmd;

use crate::project::Project;

/// A project of its own under `proofs/` that adds one of our crates, or two that belong together.
struct Stranger {
    project: &'static str,
    adds: &'static str,
    gets: Gets,
    /// Built cold, with nothing else to do.
    longest_build: Duration,
    says: &'static str,
}

/// Which crates a stranger gets, those of other platforms left out.
#[derive(Clone, Copy)]
enum Gets {
    Exactly(&'static [&'static str]),
    /// So many at most, and none of these: where most are another's choice.
    AtMost(usize, &'static [&'static str]),
}

const STRANGERS: &[Stranger] = &[
    Stranger {
        project: "stranger",
        adds: "cloakroom-cookie",
        gets: Gets::Exactly(&[
            "cloakroom-cookie",
            "cloakroom-core",
            "memchr",
            "subtle",
            "zeroize",
        ]),
        longest_build: Duration::from_secs(5),
        says: "sid=31d4",
    },
    Stranger {
        project: "stranger-jwt",
        adds: "cloakroom-jwt",
        // hmac, sha2, base64, subtle, serde and serde_json, and what they themselves stand on.
        gets: Gets::Exactly(&[
            "base64",
            "base64-simd",
            "block-buffer",
            "cfg-if",
            "cloakroom-core",
            "cloakroom-jwt",
            "cmov",
            "cpufeatures",
            "crypto-common",
            "ctutils",
            "digest",
            "hmac",
            "hybrid-array",
            "itoa",
            "memchr",
            "outref",
            "serde",
            "serde_core",
            "serde_json",
            "sha2",
            "subtle",
            "typenum",
            "vsimd",
            "zeroize",
            "zmij",
        ]),
        // Some 6 s on a quiet machine; a build that takes this long has gained a heavy crate.
        longest_build: Duration::from_secs(30),
        says: "sub=ada",
    },
    Stranger {
        project: "stranger-session",
        adds: "cloakroom-session",
        // The ciphers and the sources of randomness of RustCrypto, serde_json, thiserror and tokio, which the project has.
        gets: Gets::Exactly(&[
            "aead",
            "aes",
            "aes-gcm-siv",
            "base64",
            "block-buffer",
            "cfg-if",
            "chacha20",
            "cipher",
            "cloakroom-core",
            "cloakroom-error",
            "cloakroom-id",
            "cloakroom-keyring",
            "cloakroom-session",
            "cloakroom-store",
            "cmov",
            "cpubits",
            "cpufeatures",
            "crc32fast",
            "crypto-common",
            "ctr",
            "ctutils",
            "digest",
            "getrandom",
            "hkdf",
            "hmac",
            "hybrid-array",
            "inout",
            "itoa",
            "libc",
            "memchr",
            "pin-project-lite",
            "polyval",
            "proc-macro2",
            "quote",
            "rand",
            "rand_core",
            "serde",
            "serde_core",
            "serde_derive",
            "serde_json",
            "sha2",
            "subtle",
            "syn",
            "thiserror",
            "thiserror-impl",
            "tokio",
            "typenum",
            "unicode-ident",
            "universal-hash",
            "zeroize",
            "zmij",
        ]),
        longest_build: Duration::from_secs(90),
        says: "subject=ada",
    },
    Stranger {
        project: "stranger-sqlite",
        adds: "cloakroom-session and cloakroom-sqlite",
        // Some 130, most of them below sqlx. No other database, no TLS, no web framework.
        gets: Gets::AtMost(
            140,
            &[
                "axum",
                "cloakroom-tower",
                "hyper",
                "native-tls",
                "openssl-sys",
                "redis",
                "rustls",
                "sqlx-mysql",
                "sqlx-postgres",
            ],
        ),
        // SQLite itself is compiled too.
        longest_build: Duration::from_secs(250),
        says: "subject=ada",
    },
];

/// A program without the standard library, allocating and not, still compiles; and would not if a crate pulled it in.
pub(crate) fn no_std(project: &Project) -> Result<()> {
    // Copied below target/ with our lock file, so that it is checked with the versions that the tests use and leaves
    // nothing behind. It lies as deep there as in the repository: its paths stay right.
    let dir = fresh_copy(project, "no-std")?;
    let (sh, target) = (&project.sh, project.under_target("proofs/build-no-std"));
    let manifest = dir.join("Cargo.toml");
    for features in ["", "alloc", "id", "jwt", "jwt-with-features"] {
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
        ("id-with-std", "error[E0152]"),
        ("jwt-with-std", "error[E0152]"),
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
        "no_std: cloakroom-core alone, cloakroom-cookie, cloakroom-id and cloakroom-jwt with an allocator; with std each \
         breaks it, as it must"
    );
    Ok(())
}

/// A project of its own that adds one of our crates gets the crates that we say, no other, and builds them soon.
pub(crate) fn strangers(project: &Project) -> Result<()> {
    STRANGERS.iter().try_for_each(|one| stranger(project, one))
}

fn stranger(project: &Project, stranger: &Stranger) -> Result<()> {
    let Stranger {
        project: name,
        adds,
        gets,
        longest_build,
        says,
    } = *stranger;
    let sh = &project.sh;
    let dir = fresh_copy(project, name)?;
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
    check(adds, gets, &crates)?;

    cmd!(sh, "cargo fetch --quiet --manifest-path {manifest}").run()?;
    let target = project.under_target("proofs").join(format!("build-{name}"));
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
        if best <= longest_build {
            break;
        }
    }
    ensure!(
        best <= longest_build,
        "{adds} took {best:.1?} to build; {longest_build:?} is the most"
    );
    let program = target.join("debug").join(name);
    let said = cmd!(sh, "{program}").read()?;
    ensure!(said == says, "the stranger's program said {said:?}");
    println!(
        "the project of a stranger to {adds}: {} crates ({}), built cold in {best:.1?}",
        crates.len(),
        crates.join(", ")
    );
    Ok(())
}

fn check(adds: &str, gets: Gets, crates: &[&str]) -> Result<()> {
    let (more, fewer): (Vec<_>, Vec<_>) = match gets {
        Gets::Exactly(gets) => (
            crates.iter().filter(|name| !gets.contains(name)).collect(),
            gets.iter().filter(|name| !crates.contains(name)).collect(),
        ),
        Gets::AtMost(most, without) => {
            let count = crates.len();
            ensure!(count <= most, "{adds} brings {count} crates; {most} is the most");
            (
                crates.iter().filter(|name| without.contains(name)).collect(),
                Vec::new(),
            )
        }
    };
    ensure!(
        more.is_empty() && fewer.is_empty(),
        "{adds} brings {more:?} unexpectedly, and not {fewer:?}; what it is meant to bring stands in xtask/src/proofs.rs"
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
