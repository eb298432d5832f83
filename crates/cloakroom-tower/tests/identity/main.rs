//! One identity, whichever carrier it came by.
#![expect(
    clippy::unwrap_used,
    reason = "the exception for tests does not reach their helpers"
)]

mod deciding;
mod desk;
mod entering;
mod gating;
mod guarding;
mod key_server;
mod leaving;
mod making;
mod outage;
#[path = "../session/probe.rs"]
#[expect(dead_code, reason = "the tests of sessions ask for more")]
mod probe;
mod revocations;
mod telling;
