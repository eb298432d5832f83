#![doc = include_str!("../README.md")]

mod cookie_header;
mod key_ring;
mod set_cookie_build;

pub use cookie_header::cookie_header;
pub use key_ring::key_ring;
pub use set_cookie_build::set_cookie_build;

/// A target's law: it panics when `data` breaks it.
pub type Law = fn(&[u8]);

/// Every target, by the name of its program, its seeds and its crashes.
pub const TARGETS: [(&str, Law); 3] = [
    ("cookie_header", cookie_header),
    ("key_ring", key_ring),
    ("set_cookie_build", set_cookie_build),
];
