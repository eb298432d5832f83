//! C13: where keys come from.

#![allow(
    clippy::unwrap_used,
    reason = "these are tests, and clippy sees that in their functions alone"
)]

use std::path::Path;

/// Keys from a generator would differ, too, and no test of values could tell: so this one reads the code.
#[test]
fn c13_keys_come_from_the_operating_system_or_from_the_callers_generator() {
    let expected = [
        (
            "key.rs",
            "getrandom::fill(&mut bytes[..]).map_err(|error| RandomError::Source(error.into()))?;",
        ),
        (
            "key.rs",
            "pub fn generate_from<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, RandomError<R::Error>> {",
        ),
        (
            "key.rs",
            "rng.try_fill_bytes(&mut bytes[..]).map_err(RandomError::Source)?;",
        ),
        ("key.rs", "use rand_core::TryCryptoRng;"),
    ];
    let lines = random_lines();
    let lines: Vec<_> = lines.iter().map(|(file, line)| (&**file, &**line)).collect();
    assert_eq!(lines, expected);
}

const WORDS: [&str; 9] = [
    "getrandom",
    "rand::",
    "rand_core",
    "use rand;",
    "use rand as",
    "rng",
    "Rng",
    "fill(",
    "fill_bytes(",
];

/// Each line of this crate's code that names a source of randomness, with its file; neither comments nor unit tests.
fn random_lines() -> Vec<(String, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut lines) = (vec![source.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().unwrap() != "tests.rs" {
                let name = path.strip_prefix(&source).unwrap().to_str().unwrap().to_owned();
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.lines().map(str::trim).filter(|line| !line.starts_with("//"));
                lines.extend(
                    code.filter(|line| WORDS.iter().any(|word| line.contains(word)))
                        .map(|line| (name.clone(), line.to_owned())),
                );
            }
        }
    }
    lines.sort();
    lines
}
