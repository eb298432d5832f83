//! Sealed cookies through the layer, in an axum application whose clock the tests hold.
#![expect(
    clippy::unwrap_used,
    reason = "the exception for tests does not reach their helpers"
)]

mod desk;
mod making;
mod reading;
mod requiring;
mod rotating;
mod updating;
mod writing;
