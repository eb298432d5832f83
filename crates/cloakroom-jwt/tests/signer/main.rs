//! Signing: the bytes of tokens, what claims may be, signatures from elsewhere, messages that are no JWTs.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod bytes;
mod claims;
mod elsewhere;
mod once;
mod spelling;
