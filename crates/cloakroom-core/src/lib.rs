#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "std")]
extern crate std;

mod ct;
mod secret;
mod tick;
mod unix_time;

pub use ct::ct_eq;
pub use secret::Secret;
pub use tick::Tick;
pub use unix_time::UnixTime;
