//! Replays the seeds and the past crashes of each target on stable, through the same laws.

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use cloakroom_fuzz::TARGETS;

#[test]
fn every_seed_and_every_past_crash_keeps_the_law() {
    for &(target, law) in TARGETS {
        for file in files(&["seeds", target])
            .into_iter()
            .chain(files(&["crashes", target]))
        {
            let data = fs::read(&file).unwrap();
            assert!(
                catch_unwind(|| law(&data)).is_ok(),
                "{} breaks the law of {target}",
                file.display()
            );
        }
    }
}

#[test]
fn every_target_has_seeds_a_program_and_a_place_in_the_list() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    for target in &targets {
        assert!(!files(&["seeds", target]).is_empty(), "{target} has no seeds");
    }
    assert_eq!(names("seeds"), targets, "seeds of an unknown target");
    assert!(
        names("crashes").is_subset(&targets),
        "crashes of an unknown target"
    );
    assert_eq!(names("targets"), targets, "programs and laws differ");
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    for target in &targets {
        let source = fs::read_to_string(root().join(format!("targets/{target}.rs"))).unwrap();
        assert!(
            source.contains(&format!("cloakroom_fuzz::{target}(data)")),
            "{target} runs another law"
        );
        assert!(
            manifest.contains(&format!("path = \"targets/{target}.rs\"")),
            "{target} is not in the manifest"
        );
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files in a folder, in the order of their names; none when there is no such folder.
fn files(folder: &[&str]) -> Vec<PathBuf> {
    let folder = folder
        .iter()
        .fold(root().to_owned(), |path, part| path.join(part));
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    files.sort();
    files
}

/// The names in a folder without their endings.
fn names(folder: &str) -> BTreeSet<String> {
    files(&[folder])
        .iter()
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect()
}
