#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod any_store;
mod api_call;
mod app;
mod args;
mod attempts;
mod decoded_token;
mod fleet;
mod forged_token;
mod handlers;
mod host_check;
mod key_file;
mod keys;
mod layers;
mod login_ticket;
mod loot;
mod outer_fields;
mod page_error;
mod pages;
mod password;
mod password_check;
mod password_hasher;
mod places;
mod posted;
mod refresh;
mod refresh_cookie;
mod revocation_store;
mod secret_file;
mod security_headers;
mod server;
mod session_cookie;
mod session_store;
mod signing_seed;
mod store_choice;
mod stores;
mod token_store;
mod tokens;
mod user_name;
mod users;

use std::io::Write as _;
use std::process::ExitCode;

use args::Command;

/// 2 when something that was asked for cannot be used; the reason is one line on standard error.
fn main() -> ExitCode {
    let command = match args::parse(std::env::args_os().skip(1)) {
        Ok(command) => command,
        Err(error) => return refuse(&error),
    };
    let args = match command {
        Command::Serve(args) => args,
        Command::Help => return say(args::HELP),
        Command::Version => return say(concat!("cloakroom-demo ", env!("CARGO_PKG_VERSION"), "\n")),
    };
    match server::run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(&error),
    }
}

fn refuse(error: &dyn std::error::Error) -> ExitCode {
    // Nobody may be reading; the exit status still tells.
    let _ = writeln!(std::io::stderr(), "cloakroom-demo: {error}");
    ExitCode::from(2)
}

fn say(text: &str) -> ExitCode {
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}
