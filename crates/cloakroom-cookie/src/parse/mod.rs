//! The user agent's side: what a browser makes of a `Set-Cookie` header field (RFC 6265bis section 5).
//!
//! - [`SetCookieLine::parse`] is the parser of section 5.6: bytes to name, value and attributes, borrowed. It also
//!   refuses what no request could make acceptable: a line without name and value, and a nameless cookie whose value
//!   looks like a prefixed name.
//! - [`SetCookieLine::receive`] is the part of the storage model (section 5.7) that looks at the request alone: Domain
//!   and Path, `Secure`, prefixes, expiry.
//! - [`SetCookie::try_from`](crate::SetCookie) builds the cookie again that a server of ours would have set.
//! - [`cookie_date`] is the date algorithm of section 5.1.1.
//!
//! Absent: public suffixes, same-site contexts, the comparison with cookies that are stored already, and the choice of
//! the cookies that go with a request, path-match among it. They need a list, a browser and a cookie store.

mod date;
mod line;
mod rebuilt;
mod received;

pub use date::cookie_date;
pub use line::{InvalidLine, SetCookieLine};
pub use received::{Ignored, ReceivedCookie, RequestUri};
