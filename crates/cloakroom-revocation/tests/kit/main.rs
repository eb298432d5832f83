//! The conformance kit itself: each wrong store fails the case made for it.

mod catches;
mod wrong;
