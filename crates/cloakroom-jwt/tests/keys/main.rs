//! What keys accept and refuse, in every backend.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod backends;
mod common;
mod encodings;
mod hmac;
mod redaction;
mod rsa;
mod strict;
