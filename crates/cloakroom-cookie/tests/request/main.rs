//! The request side, row by row: A1 to A11 of docs/CONFORMANCE.md, and its laws.

#![allow(clippy::unwrap_used, reason = "the helpers of tests may panic like the tests")]

mod allocations;
mod check;
mod laws;
mod limits;
mod lists;
mod pairs;
mod values;
