//! The reader, its snapshot and the check, with a feed that is written by hand and clocks that are numbers.

mod check;
mod clocks;
mod common;
mod feed;
mod limits;
mod threads;
