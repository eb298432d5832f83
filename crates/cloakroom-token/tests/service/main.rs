//! The services on the store in memory, as an attacker, two tabs and a key rotation meet them.

#![allow(
    clippy::unwrap_used,
    reason = "these are tests, and clippy sees that in their functions alone"
)]

mod access;
mod endpoints;
mod format;
mod ring;
mod rotation;
mod spy;
mod world;
