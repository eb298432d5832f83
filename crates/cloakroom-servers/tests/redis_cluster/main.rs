//! The stores of cloakroom-redis against a real Cluster: the kits that every store must pass, and what they promise beyond.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod failover;
mod kit;
mod open;
mod place;
mod resharding;
mod revocation;
mod slots;
mod token;
