//! The load: `wrk`, with the token of another session in each request.

use std::error::Error;
use std::process::Command;

use super::server::Server;
use crate::stored::VISITS;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/requests/load.lua");

/// How many connections, each used for one request after the other: so many that the cores do not idle while a database
/// answers, as they do for a tenth of the time with 32.
pub(super) const CONNECTIONS: u32 = 128;

/// Requests a second, during a second, every one of them answered with what the session holds.
pub(super) fn load(server: &Server) -> Result<f64, Box<dyn Error>> {
    let Server {
        port, cookie, name, ..
    } = server;
    let output = Command::new("wrk")
        .args(["--threads", "2", "--connections", &CONNECTIONS.to_string()])
        .args(["--duration", "1s", "--script", SCRIPT])
        .arg(format!("http://127.0.0.1:{port}/"))
        .arg("--")
        .arg(&server.tokens)
        .arg(cookie)
        .arg(VISITS.to_string())
        .output()
        .map_err(|error| format!("wrk (Debian's package has its name) cannot be started: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let result = text.lines().find_map(|line| line.strip_prefix("RESULT "));
    let numbers: Vec<f64> = result
        .ok_or_else(|| {
            format!(
                "wrk has no result: {text}{}",
                String::from_utf8_lossy(&output.stderr)
            )
        })?
        .split(' ')
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    match numbers[..] {
        [requests, micros, 0.0] if requests > 0.0 => Ok(requests * 1e6 / micros),
        _ => Err(format!("{name}: not every request was answered rightly: {text}").into()),
    }
}
