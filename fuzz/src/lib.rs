#![doc = include_str!("../README.md")]

mod cookie_header;

pub use cookie_header::cookie_header;

/// A target's law: it panics when `data` breaks it.
pub type Law = fn(&[u8]);

/// Every target, by the name of its program, its seeds and its crashes.
pub const TARGETS: [(&str, Law); 1] = [("cookie_header", cookie_header)];
