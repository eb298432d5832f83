//! This test program again, in a process of its own, where one test plays a part.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

const DATABASE: &str = "CLOAKROOM_TEST_DATABASE";

/// What each line begins with that a part says: the test runner writes lines too.
const SAID: &str = "said: ";

/// The database of the part to be played; `None` in the process that runs all tests.
pub(crate) fn part() -> Option<PathBuf> {
    std::env::var_os(DATABASE).map(PathBuf::from)
}

/// Says a line to the process that started this one.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // One write each, so that a kill leaves no half of one behind another.
    let written = out.write_all(format!("\n{SAID}{line}\n").as_bytes());
    written.and_then(|()| out.flush()).unwrap();
}

/// Waits until the process that started this one says so.
pub(crate) fn wait_for_the_word() {
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

#[derive(Debug)]
pub(crate) struct Part {
    process: Child,
    lines: BufReader<ChildStdout>,
}

impl Part {
    /// Starts `test`, which has to look at [`part`].
    pub(crate) fn start(test: &str, database: &Path) -> Self {
        Self::spawn(Command::new(std::env::current_exe().unwrap()), test, database)
    }

    /// As the user of this number, from a copy of this program: nobody else may be let into the folder where it is.
    #[cfg(unix)]
    pub(crate) fn start_as(user: u32, program: &Path, test: &str, database: &Path) -> Self {
        use std::os::unix::process::CommandExt as _;
        let mut command = Command::new(program);
        command.uid(user).gid(user).current_dir("/");
        Self::spawn(command, test, database)
    }

    fn spawn(mut command: Command, test: &str, database: &Path) -> Self {
        command
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .env(DATABASE, database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        Self { process, lines }
    }

    /// The next line that it says; `None` when it has ended.
    pub(crate) fn hear(&mut self) -> Option<String> {
        let mut line = String::new();
        loop {
            line.clear();
            // The end, or the half of a line that a kill left.
            if self.lines.read_line(&mut line).unwrap() == 0 || !line.ends_with('\n') {
                return None;
            }
            if let Some(said) = line.trim_end().strip_prefix(SAID) {
                return Some(said.to_owned());
            }
        }
    }

    pub(crate) fn give_the_word(&mut self) {
        let mut input = self.process.stdin.take().unwrap();
        input.write_all(b"\n").unwrap();
    }

    pub(crate) fn kill9(&mut self) {
        self.process.kill().unwrap();
    }

    /// Everything else that it says; its standard error too, if it did not end well.
    pub(crate) fn end(mut self) -> Result<Vec<String>, String> {
        let mut said = Vec::new();
        while let Some(line) = self.hear() {
            said.push(line);
        }
        let output = self.process.wait_with_output().unwrap();
        if output.status.success() {
            return Ok(said);
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Everything else that it said before it was killed, and that it never panicked.
    pub(crate) fn end_of_killed(mut self) -> Vec<String> {
        let mut said = Vec::new();
        while let Some(line) = self.hear() {
            said.push(line);
        }
        let output = self.process.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!errors.contains("panicked"), "{errors}");
        said
    }
}
