#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod store_error;

pub use store_error::{StoreError, StoreErrorKind};
