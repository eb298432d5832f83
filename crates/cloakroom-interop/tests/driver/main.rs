//! The driver alone: what each line and each argument is answered with.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod commands;
mod csrf;
mod jose;
mod lines;
mod options;
mod sealing;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

/// 32 bytes, 00 to 1f.
const SECRET: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn driver() -> Command {
    Command::new(env!("CARGO_BIN_EXE_cloakroom-interop"))
}

fn run(args: &[&str], input: &[u8]) -> Output {
    let mut child = driver()
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // The pipe breaks when the driver ends without reading, as it does for unusable options.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// Hands in `lines` at once and expects exactly one answer to each, in order.
#[track_caller]
fn check(args: &[&str], lines: &[(&str, &str)]) {
    let mut input = String::new();
    for (line, _) in lines {
        input.push_str(line);
        input.push('\n');
    }
    let output = run(args, input.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<&str> = answers.lines().collect();
    let expected: Vec<&str> = lines.iter().map(|(_, answer)| *answer).collect();
    assert_eq!(answers, expected);
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// A file of keys or policies.
struct File {
    path: PathBuf,
    _folder: TempDir,
}

impl File {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.json");
        std::fs::write(&path, text).unwrap();
        Self {
            path,
            _folder: folder,
        }
    }

    fn path(&self) -> &str {
        self.path.to_str().unwrap()
    }
}

/// A ring file, and the arguments that every sealing command shares.
struct Ring {
    path: PathBuf,
    _folder: TempDir,
}

impl Ring {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ring.json");
        std::fs::write(&path, text).unwrap();
        Self {
            path,
            _folder: folder,
        }
    }

    fn good() -> Self {
        Self::new(&format!(r#"{{"keys":[{{"state":"active","key":"{SECRET}"}}]}}"#))
    }

    fn args<'a>(&'a self, command: &'a str, mode: &'a str, others: &[&'a str]) -> Vec<&'a str> {
        let ring = self.path.to_str().unwrap();
        let mut args = vec![
            command,
            "--ring",
            ring,
            "--name",
            "__Host-id",
            "--purpose",
            "login",
        ];
        args.extend(["--mode", mode, "--now", "1750000000123"]);
        args.extend(others);
        args
    }
}
