//! The conformance kit itself: each wrong store fails the cases made for it.

mod catches;
mod mistake;
mod wrong;
