//! The response side, row by row: B1 to B8 and B11 of docs/CONFORMANCE.md.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::time::Duration;

use cloakroom_cookie::{InvalidSetCookie, SetCookieBuilder};

mod attributes;
mod collection;
mod domain;
mod lifetime;
mod limits;
mod prefix;
mod value;
mod writing;

/// What `builder` writes, or its error's text; the position in the text is the one that the error tells.
#[track_caller]
fn finish<P>(builder: SetCookieBuilder<P>) -> Result<String, String> {
    text(builder.finish().map(|cookie| cookie.to_header_string()))
}

#[track_caller]
fn text<T>(result: Result<T, InvalidSetCookie>) -> Result<T, String> {
    result.map_err(|error| {
        let text = error.to_string();
        let told = text.split(" at byte ").nth(1).map(|place| place.parse().unwrap());
        assert_eq!(error.position(), told, "{text}");
        text
    })
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, String>, error: &str) {
    assert_eq!(result.unwrap_err(), error);
}

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
