//! What is SQLite's own: files, locks, processes. The rules of every store are in `conformance.rs`.

#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

mod backup;
mod crash;
mod faults;
mod full;
mod growth;
mod loads;
mod migrations;
mod process;
mod raw;
mod secrets;
