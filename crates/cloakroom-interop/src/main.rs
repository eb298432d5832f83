#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod cookies;
mod csrf;
mod jose;
mod jose_options;
mod lines;
mod options;
mod sealed;
mod set_cookie;
mod wire;

use std::io::{self, Write};
use std::process::ExitCode;

use options::{Asked, Command};

fn main() -> ExitCode {
    match options::parse(std::env::args_os().skip(1)) {
        Ok(Asked::Help) => written(io::stdout().write_all(options::HELP.as_bytes())),
        Ok(Asked::Run(command)) => written(run(&command)),
        Err(error) => {
            // There is nobody left to tell when standard error is closed.
            let _ = writeln!(io::stderr(), "cloakroom-interop: {error}");
            ExitCode::from(2)
        }
    }
}

/// Answers each line of standard input with one line on standard output.
fn run(command: &Command) -> io::Result<()> {
    lines::serve(io::stdin().lock(), io::stdout().lock(), |line, out| {
        command.answer(line, out);
    })
}

impl Command {
    /// Appends the answer to `line`, without a newline.
    fn answer(&self, line: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::CookiePairs => wire::answer(line, out, cookies::pairs),
            Self::CookieDate => wire::answer(line, out, cookies::date),
            Self::CsrfDecide(deciding) => wire::answer(line, out, |input| Ok(deciding.decide(input))),
            Self::SetCookieParse => wire::answer(line, out, set_cookie::parse),
            Self::SetCookieBuild => wire::answer(line, out, set_cookie::build),
            Self::Seal(sealing) => wire::answer(line, out, |input| sealing.seal(input)),
            Self::Open(opening) => wire::answer(line, out, |input| opening.open(input)),
            Self::JwsVerify(verifying) => wire::answer(line, out, |input| verifying.verify(input)),
            Self::JwsSign(signing) => wire::answer(line, out, |input| signing.sign(input)),
            Self::JwtVerify(verifying) => wire::answer(line, out, |input| verifying.verify(input)),
            Self::Refused => wire::refuse_all(line, out),
        }
    }
}

/// A reader that went away is no fault: it has what it wanted.
fn written(result: io::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "cloakroom-interop: {error}");
            ExitCode::FAILURE
        }
    }
}
