//! What a verifier accepts and what it rejects, each with its reason.
#![allow(
    clippy::unwrap_used,
    clippy::similar_names,
    reason = "helpers of tests are tests, and what a verifier hands out is called verified"
)]

mod allocations;
mod audience;
mod common;
mod configuration;
mod errors;
mod header;
mod json;
mod keys;
mod laws;
mod sharing;
mod structure;
mod times;
mod typed;
mod types;
mod verified;
