//! The user agent's side, row by row: B9 and B10 of docs/CONFORMANCE.md.
#![cfg(feature = "parse")]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use cloakroom_cookie::parse::{RequestUri, SetCookieLine};
use cloakroom_core::UnixTime;

mod date;
mod line;
mod request;
mod round_trip;

const NOW: UnixTime = UnixTime::from_millis(1_750_000_000_123);
const HTTPS: RequestUri<'static> = RequestUri {
    host: "www.Example.com",
    path: "/a/b",
    secure: true,
};

#[track_caller]
fn parse(line: &str) -> SetCookieLine<'_> {
    SetCookieLine::parse(line.as_bytes()).unwrap()
}

fn seconds(seconds: i64) -> UnixTime {
    UnixTime::from_secs(seconds).unwrap()
}
