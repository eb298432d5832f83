//! D14: where the bytes of tokens and secrets come from.

#![allow(
    clippy::unwrap_used,
    reason = "these are tests, and clippy sees that in their functions alone"
)]

use std::path::Path;

/// Tokens from a generator in the process would differ, too, and no test of values could tell: so this one reads the
/// code. Each token that is generated is read from the operating system, or from the source that the caller names.
#[test]
fn d14_random_bytes_come_from_the_operating_system_or_from_the_callers_source() {
    let expected = [
        (
            "index_secret.rs",
            "getrandom::fill(&mut bytes[..]).map_err(std::io::Error::from)?;",
        ),
        (
            "opaque_token.rs",
            "Self::generate_from(&mut getrandom::SysRng).map_err(std::io::Error::from)",
        ),
        ("opaque_token.rs", "rng.try_fill_bytes(&mut *secret)?;"),
        (
            "session_token.rs",
            "Self::generate_from(subject, &mut getrandom::SysRng).map_err(std::io::Error::from)",
        ),
        (
            "session_token.rs",
            "Self::with_verifier_from(selector, &mut getrandom::SysRng).map_err(std::io::Error::from)",
        ),
        ("session_token.rs", "rng.try_fill_bytes(&mut *verifier)?;"),
        ("session_token.rs", "rng.try_fill_bytes(&mut selector)?;"),
    ];
    let lines = random_lines();
    let lines: Vec<_> = lines.iter().map(|(file, line)| (&**file, &**line)).collect();
    assert_eq!(lines, expected);
}

const WORDS: [&str; 7] = [
    "getrandom",
    "rand::",
    "use rand;",
    "use rand as",
    "thread_rng",
    "fill(",
    "fill_bytes(",
];

/// Each line of this crate's code that draws random bytes, with its file; no comments.
fn random_lines() -> Vec<(String, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.lines().map(str::trim).filter(|line| !line.starts_with("//"));
        lines.extend(
            code.filter(|line| WORDS.iter().any(|word| line.contains(word)))
                .map(|line| (name.clone(), line.to_owned())),
        );
    }
    lines.sort();
    lines
}
