//! Server-side sessions, from the request to the response.
#![expect(
    clippy::unwrap_used,
    reason = "the exception for tests does not reach their helpers"
)]

mod carrying;
mod committing;
mod desk;
mod failing;
mod http2;
mod kept;
mod probe;
mod reading;
mod telling;
