//! The attack corpus against our own verifiers, and against verifiers that are broken in one way each.

mod broken;
mod expected;
mod keys;
mod ours;
