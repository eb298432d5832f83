//! What keys accept and refuse, in every backend.

mod backends;
mod common;
mod encodings;
mod hmac;
mod redaction;
mod rsa;
mod strict;
