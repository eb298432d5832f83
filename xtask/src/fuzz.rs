use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::{fs, thread};

use anyhow::{Context, Result, anyhow, bail, ensure};
use toml_edit::DocumentMut;
use xshell::cmd;

use crate::project::{Pipe, Project, watch};
use crate::tools;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) target: Option<String>,
    /// For each target.
    pub(crate) seconds: u32,
    pub(crate) list: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            target: None,
            seconds: 6,
            list: false,
        }
    }
}

/// Fuzzes as many targets at a time as there are cores, from the seeds and the past crashes in the repository, and changes neither: what is found lies under
/// `target/fuzz-corpus` and `target/fuzz-artifacts`.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    let mut targets = targets(&project.sh.read_file(project.root.join("fuzz/Cargo.toml"))?)?;
    if options.list {
        for target in &targets {
            println!("{target}");
        }
        return Ok(());
    }
    if let Some(wanted) = &options.target {
        if !targets.contains(wanted) {
            bail!(
                "there is no fuzz target `{wanted}`; there are: {}",
                targets.join(", ")
            );
        }
        targets.retain(|target| target == wanted);
    }
    let programs = build(project, &targets)?;
    let work = Mutex::new(targets.iter().zip(&programs));
    let next = || work.lock().unwrap_or_else(PoisonError::into_inner).next();
    let places = Places {
        root: project.root.clone(),
        corpus: project.under_target("fuzz-corpus"),
        artifacts: project.under_target("fuzz-artifacts"),
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let worker = || -> Result<()> {
            while let Some((name, program)) = next() {
                fuzz(&places, name, program, options.seconds)?;
            }
            Ok(())
        };
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().map_err(|_| anyhow!("a thread panicked"))?)
    })
}

/// The names of the `[[bin]]` entries, in order.
fn targets(manifest: &str) -> Result<Vec<String>> {
    let manifest: DocumentMut = manifest.parse().context("fuzz/Cargo.toml is not TOML")?;
    let bins = manifest.get("bin").and_then(|bins| bins.as_array_of_tables());
    let names = bins
        .into_iter()
        .flatten()
        .filter_map(|bin| bin.get("name")?.as_str());
    let names: Vec<_> = names.map(str::to_owned).collect();
    ensure!(!names.is_empty(), "fuzz/Cargo.toml names no target");
    Ok(names)
}

/// Builds `targets` and returns their programs. A nightly compiler adds the address sanitizer; stable does without.
fn build(project: &Project, targets: &[String]) -> Result<Vec<PathBuf>> {
    let cargo_fuzz = tools::CARGO_FUZZ.install(project)?;
    let sh = &project.sh;
    let has_nightly = cmd!(sh, "cargo +nightly --version")
        .quiet()
        .ignore_stdout()
        .ignore_stderr()
        .run()
        .is_ok();
    // The toolchain's proxy sets the variable for us, and reads it for the cargo that cargo-fuzz starts.
    let toolchain = has_nightly.then(|| sh.push_env("RUSTUP_TOOLCHAIN", "nightly"));
    let sanitizer = if has_nightly { "address" } else { "none" };
    println!(
        "fuzzing with {} and sanitizer {sanitizer}",
        if toolchain.is_some() { "nightly" } else { "stable" }
    );
    // Link-time optimisation is for releases: here it would only make the build slow.
    let _lto = sh.push_env("CARGO_PROFILE_RELEASE_LTO", "off");

    let target_dir = project.under_target("fuzz");
    // Without a name it builds every target, the library once.
    let name = match targets {
        [one] => Some(one),
        _ => None,
    };
    cmd!(
        sh,
        "{cargo_fuzz} build --sanitizer {sanitizer} --target-dir {target_dir} {name...}"
    )
    .run()?;
    let version = cmd!(sh, "rustc -vV").quiet().read()?;
    let triple = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc names its host")?;
    let programs = target_dir.join(triple).join("release");
    Ok(targets.iter().map(|target| programs.join(target)).collect())
}

/// What every target needs to know of the project.
struct Places {
    root: PathBuf,
    corpus: PathBuf,
    artifacts: PathBuf,
}

fn fuzz(places: &Places, target: &str, program: &Path, seconds: u32) -> Result<()> {
    let corpus = places.corpus.join(target);
    let artifacts = places.artifacts.join(target);
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&artifacts)?;
    // The first folder is read and written, the others are only read.
    let seeds = ["seeds", "crashes"].map(|kind| places.root.join("fuzz").join(kind).join(target));
    let seeds = seeds.into_iter().filter(|dir| dir.is_dir());
    let mut command = Command::new(program);
    command.arg(format!("-max_total_time={seconds}")).args([
        "-timeout=10",
        "-print_final_stats=1",
        "-print_funcs=0",
    ]);
    command.arg(format!(
        "-artifact_prefix={}{}",
        artifacts.display(),
        std::path::MAIN_SEPARATOR
    ));
    command
        .arg(&corpus)
        .args(seeds)
        .current_dir(&places.root)
        .env("ASAN_OPTIONS", "detect_odr_violation=0");
    println!("fuzzing {target} for {seconds} s");
    let mut output = Output::default();
    let status = watch(&mut command, Pipe::Errors, |line| {
        if output.shows(line) {
            eprintln!("{target}: {line}");
        }
    })?;
    ensure!(
        status.success(),
        "{target} broke its law. The input lies in target/fuzz-artifacts/{target}. See it fail again with\n  \
         {} target/fuzz-artifacts/{target}/NAME\nand keep it as a test:\n  \
         mkdir -p fuzz/crashes/{target} && cp target/fuzz-artifacts/{target}/NAME fuzz/crashes/{target}/",
        program.display()
    );
    Ok(())
}

/// Which lines of libFuzzer's output are worth a reader's time: all but each new input and the dictionary at the end.
#[derive(Default)]
struct Output {
    in_dictionary: bool,
}

impl Output {
    fn shows(&mut self, line: &str) -> bool {
        if line.starts_with("###### Recommended") {
            self.in_dictionary = true;
        } else if line.starts_with("###### End") {
            self.in_dictionary = false;
            return false;
        }
        let is_input = line.starts_with('#') && line[1..].starts_with(|c: char| c.is_ascii_digit());
        !self.in_dictionary && (!is_input || line.contains("\tpulse ") || line.contains("\tDONE "))
    }
}

#[cfg(test)]
mod tests {
    use super::{Output, targets};

    #[test]
    fn targets_are_the_binaries_of_the_manifest() {
        let manifest = "[package]\nname = \"x\"\n[[bin]]\nname = \"open\"\npath = \"a.rs\"\n[[bin]]\nname = \"cookie_date\"\n";
        assert_eq!(targets(manifest).expect("there are two"), ["open", "cookie_date"]);
        assert!(targets("[package]\nname = \"x\"\n").is_err());
        assert!(targets("[[bin]").is_err());
    }

    #[test]
    fn the_report_is_shown_and_the_noise_is_not() {
        let mut output = Output::default();
        let lines = [
            ("INFO: seed corpus: files: 15", true),
            ("#17\tNEW    cov: 20 ft: 21", false),
            ("#65536\tpulse  cov: 20 ft: 21", true),
            ("==1==ERROR: AddressSanitizer", true),
            ("    #1 0x55 in f", true),
            ("###### Recommended dictionary. ######", false),
            ("\"sid\" # Uses: 3", false),
            ("###### End of recommended dictionary. ######", false),
            ("stat::number_of_executed_units: 3", true),
        ];
        for (line, shown) in lines {
            assert_eq!(output.shows(line), shown, "{line}");
        }
    }
}
