//! The stores of cloakroom-redis against a real server: the kits that every store must pass, and what they promise beyond.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod cost;
mod crash;
mod faults;
mod kit;
mod open;
mod place;
mod raw;
mod replicas;
mod revocation;
mod scripts;
mod token;
