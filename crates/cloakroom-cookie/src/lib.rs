#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

// Reading: the Cookie header.
mod cookies;
mod find;
mod limits;
mod pairs;
mod scan;
mod value;

pub use cookies::{All, Cookies, DuplicateCookie, Iter};
pub use limits::{LimitExceeded, Limits};
pub use pairs::{CookiePair, InvalidPair, Pairs, pairs};
pub use value::{CookieValue, InvalidPercentEncoding};

// Writing: the Set-Cookie header.
mod builder;
#[cfg(feature = "cookie-0_18")]
mod compat_cookie_0_18;
pub mod danger;
mod domain;
#[cfg(feature = "http")]
mod http_out;
mod invalid;
mod lifetime;
mod name;
mod octets;
mod path;
mod prefix;
pub mod prefixed;
mod same_site;
mod set_cookie;
mod set_cookies;
#[cfg(feature = "serde")]
mod settings;
mod transport;

pub use builder::SetCookieBuilder;
pub use invalid::InvalidSetCookie;
pub use name::{CookieName, IntoCookieName};
pub use prefix::Prefix;
pub use same_site::SameSite;
pub use set_cookie::SetCookie;
pub use set_cookies::{DuplicateSetCookie, SetCookies};
#[cfg(feature = "serde")]
pub use settings::CookieSettings;
pub use transport::{RefusedInRelease, Transport};

// Reading Set-Cookie: the user agent's side.
#[cfg(feature = "parse")]
pub mod parse;

/// The crate of the times that the signatures here name, with the feature `parse`.
pub use cloakroom_core;
