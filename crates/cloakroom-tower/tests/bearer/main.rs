//! Bearer tokens through the layer, in an axum application whose clock the tests hold.
#![expect(
    clippy::unwrap_used,
    reason = "the exception for tests does not reach their helpers"
)]

mod accepting;
mod authorization;
mod cookies;
mod desk;
mod mapping;
mod optional;
