//! The stores of cloakroom-postgres against a real server: the kits that every store must pass, and what they promise beyond.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod cancelled;
mod crash;
mod dump;
mod faults;
mod interleaved;
mod kit;
mod migrate;
mod opening;
mod place;
mod plans;
mod purge;
mod refused;
mod revocation;
mod round_trips;
mod token;
mod touches;
