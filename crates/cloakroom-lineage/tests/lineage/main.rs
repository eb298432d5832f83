//! Gates and lineages over stores in memory.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod at_once;
mod clock;
mod followers;
mod gates;
mod lineages;
mod parked_store;
mod renewals;
mod slow_store;
mod stamps;
