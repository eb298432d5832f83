#![doc = include_str!("../README.md")]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks to its user"
)]

mod bench;
mod ci;
mod fuzz;
mod packages;
mod peers;
mod project;
mod proofs;
mod services;
mod test;
mod tidy;
mod tools;

use std::process::ExitCode;

use lexopt::Arg;

use crate::project::{Missing, Project};

const USAGE: &str = "\
cargo xtask COMMAND

  ci [--full] [--after-test] [--list] [STEP..]   everything a change must pass; --full adds the slow checks,
                                                 --after-test leaves out the tests, STEP runs only the steps named
  test [--no-install] [FILTER]                   every test there is, after installing what they need;
                                                 FILTER runs only the tests whose names contain it
  services up|down|status                        Redis, Redis Cluster and PostgreSQL on loopback, for tests by hand;
                                                 `up` prints what the shell has to export
  fuzz [TARGET] [--seconds N] [--list]           fuzzes one target, or all of them, N seconds each
                                                 (10; 0 is until it is stopped)
  bench [FILTER] [--quick] [--write]             our crates beside their peers and the bare primitives
  tidy [--write]                                 the rules of the house; --write refreshes what is generated
";

fn main() -> ExitCode {
    let command = match parse(lexopt::Parser::from_env()) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("xtask: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::from(if error.is::<Missing>() { 2 } else { 1 })
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Command {
    Help,
    Ci(ci::Options),
    Test(test::Options),
    Fuzz(fuzz::Options),
    Bench(bench::Options),
    Services(services::Action),
    Tidy { write: bool },
}

fn run(command: Command) -> anyhow::Result<()> {
    if command == Command::Help {
        print!("{USAGE}");
        return Ok(());
    }
    let project = Project::find()?;
    match command {
        Command::Help => Ok(()),
        Command::Ci(options) => ci::run(&project, &options),
        Command::Test(options) => test::run(&project, &options),
        Command::Fuzz(options) => fuzz::run(&project, &options),
        Command::Bench(options) => bench::run(&project, &options),
        Command::Services(action) => services::run(&project, action),
        Command::Tidy { write } => tidy::run(&project, write),
    }
}

fn parse(mut args: lexopt::Parser) -> Result<Command, lexopt::Error> {
    use lexopt::ValueExt;

    let mut command = match args.next()? {
        None | Some(Arg::Long("help") | Arg::Short('h')) => return Ok(Command::Help),
        Some(Arg::Value(name)) => match name.string()?.as_str() {
            "help" => return Ok(Command::Help),
            "ci" => Command::Ci(ci::Options::default()),
            "test" => Command::Test(test::Options::default()),
            "fuzz" => Command::Fuzz(fuzz::Options::default()),
            "bench" => Command::Bench(bench::Options::default()),
            "services" => Command::Services(match args.value()?.string()?.as_str() {
                "up" => services::Action::Up,
                "down" => services::Action::Down,
                "status" => services::Action::Status,
                other => return Err(format!("services are `up`, `down` or `status`, not `{other}`").into()),
            }),
            "tidy" => Command::Tidy { write: false },
            other => return Err(format!("there is no command `{other}`").into()),
        },
        Some(other) => return Err(other.unexpected()),
    };
    while let Some(arg) = args.next()? {
        match (&mut command, arg) {
            (_, Arg::Long("help") | Arg::Short('h')) => return Ok(Command::Help),
            (Command::Ci(o), Arg::Long("full")) => o.full = true,
            (Command::Ci(o), Arg::Long("after-test")) => o.after_test = true,
            (Command::Ci(o), Arg::Long("list")) => o.list = true,
            (Command::Ci(o), Arg::Value(step)) => o.steps.push(step.string()?),
            (Command::Test(o), Arg::Long("no-install")) => o.no_install = true,
            (Command::Test(o), Arg::Value(filter)) if o.filter.is_none() => o.filter = Some(filter.string()?),
            (Command::Fuzz(o), Arg::Long("list")) => o.list = true,
            (Command::Fuzz(o), Arg::Long("seconds")) => o.seconds = args.value()?.parse()?,
            (Command::Fuzz(o), Arg::Value(target)) if o.target.is_none() => o.target = Some(target.string()?),
            (Command::Bench(o), Arg::Long("quick")) => o.quick = true,
            (Command::Bench(o), Arg::Long("write")) => o.write = true,
            (Command::Bench(o), Arg::Value(filter)) if o.filter.is_none() => {
                o.filter = Some(filter.string()?);
            }
            (Command::Tidy { write }, Arg::Long("write")) => *write = true,
            (_, other) => return Err(other.unexpected()),
        }
    }
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::{Command, bench, ci, fuzz, parse, services, test};

    #[track_caller]
    fn check(line: &str, expected: &Command) {
        let args = lexopt::Parser::from_args(line.split_whitespace());
        assert_eq!(&parse(args).expect(line), expected);
    }

    #[test]
    fn commands_take_their_options() {
        check("", &Command::Help);
        check("fuzz --help", &Command::Help);
        check("services up", &Command::Services(services::Action::Up));
        check("services down", &Command::Services(services::Action::Down));
        check("services status", &Command::Services(services::Action::Status));
        check("tidy", &Command::Tidy { write: false });
        check("tidy --write", &Command::Tidy { write: true });
        check(
            "ci --full clippy doc",
            &Command::Ci(ci::Options {
                full: true,
                steps: vec!["clippy".into(), "doc".into()],
                ..ci::Options::default()
            }),
        );
        check(
            "test --no-install c3_",
            &Command::Test(test::Options {
                no_install: true,
                filter: Some("c3_".into()),
            }),
        );
        check(
            "fuzz open --seconds 60",
            &Command::Fuzz(fuzz::Options {
                target: Some("open".into()),
                seconds: 60,
                list: false,
            }),
        );
        check(
            "bench find --quick",
            &Command::Bench(bench::Options {
                filter: Some("find".into()),
                quick: true,
                write: false,
                without_peers: false,
            }),
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for line in [
            "no-such",
            "--full",
            "tidy --full",
            "fuzz a b",
            "fuzz --seconds",
            "fuzz --seconds x",
            "bench --list",
            "services",
            "services sideways",
            "services up --full",
        ] {
            let args = lexopt::Parser::from_args(line.split_whitespace());
            assert!(parse(args).is_err(), "{line}");
        }
    }
}
