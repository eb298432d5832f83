//! The attack corpus against our own verifiers, and against verifiers that are broken in one way each.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod broken;
mod expected;
mod keys;
mod ours;
