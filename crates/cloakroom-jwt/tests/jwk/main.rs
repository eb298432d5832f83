//! JWKs and JWK sets: what is read, what is refused and by which member, what is published.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod common;
mod members;
mod publish;
mod sets;
mod usage;
