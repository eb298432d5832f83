//! `cookie-pairs` and `cookie-date`: what a request carries.

use cloakroom_cookie::Cookies;
use cloakroom_cookie::parse::cookie_date;
use serde::{Deserialize, Serialize};

use crate::wire::{Bytes, Refusal};

#[derive(Deserialize)]
pub(crate) struct Headers {
    headers_b64: Vec<Bytes>,
}

#[derive(Serialize)]
pub(crate) struct Pairs {
    pairs: Vec<(Bytes, Bytes)>,
    invalid: usize,
}

/// The pairs of one or many Cookie header values, read as one list.
pub(crate) fn pairs(input: &Headers) -> Result<Pairs, Refusal> {
    let headers: Vec<&[u8]> = input.headers_b64.iter().map(|header| &header.0[..]).collect();
    let cookies = Cookies::from_values(&headers).map_err(|_| Refusal::TooLarge)?;
    let pairs = cookies.iter().flatten();
    Ok(Pairs {
        pairs: pairs
            .map(|pair| (pair.name().into(), pair.value().as_bytes().into()))
            .collect(),
        invalid: cookies.invalid_count(),
    })
}

#[derive(Deserialize)]
pub(crate) struct Date {
    date: String,
}

#[derive(Serialize)]
pub(crate) struct Seconds {
    unix_s: i64,
}

/// What a user agent reads in the value of `Expires`.
pub(crate) fn date(input: &Date) -> Result<Seconds, Refusal> {
    let date = cookie_date(input.date.as_bytes()).ok_or(Refusal::Rejected)?;
    Ok(Seconds {
        unix_s: date.as_secs(),
    })
}
