#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

// Reading: the Cookie header.
mod cookies;
mod limits;
mod pairs;
mod value;

pub use cookies::{All, Cookies, DuplicateCookie, Iter};
pub use limits::{LimitExceeded, Limits};
pub use pairs::{CookiePair, InvalidPair, Pairs, pairs};
pub use value::{CookieValue, InvalidPercentEncoding};

// Writing: the Set-Cookie header.
