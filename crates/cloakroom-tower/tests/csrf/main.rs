//! Requests that another site may have sent, from the request to the response.
#![expect(
    clippy::unwrap_used,
    reason = "the exception for tests does not reach their helpers"
)]

mod deciding;
mod desk;
mod tokens;
mod visitors;
mod websockets;
