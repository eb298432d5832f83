#![doc = include_str!("../README.md")]

mod cookie_date;
mod cookie_header;
mod counter;
mod csrf_decision;
mod hs256;
mod input;
mod introspection_request;
mod jwk;
mod jwks_cache;
mod jwt_claims;
mod jwt_header;
mod key_ring;
mod now;
mod open;
mod refresh_token;
mod revocation_entry;
mod revocation_feed;
mod session_payload;
mod session_row;
mod session_store;
mod session_token;
mod set_cookie;
mod set_cookie_build;
mod strict_json;
mod verify;

pub use cookie_date::cookie_date;
pub use cookie_header::cookie_header;
pub use csrf_decision::csrf_decision;
pub use introspection_request::introspection_request;
pub use jwk::jwk;
pub use jwks_cache::jwks_cache;
pub use jwt_claims::jwt_claims;
pub use jwt_header::jwt_header;
pub use key_ring::key_ring;
pub use open::open;
pub use refresh_token::refresh_token;
pub use revocation_entry::revocation_entry;
pub use revocation_feed::revocation_feed;
pub use session_payload::session_payload;
pub use session_row::session_row;
pub use session_store::session_store;
pub use session_token::session_token;
pub use set_cookie::set_cookie;
pub use set_cookie_build::set_cookie_build;
pub use verify::verify;

/// A target's law: it panics when `data` breaks it.
pub type Law = fn(&[u8]);

/// Every target, by the name of its program, its seeds and its crashes.
pub const TARGETS: &[(&str, Law)] = &[
    ("cookie_header", cookie_header),
    ("set_cookie", set_cookie),
    ("set_cookie_build", set_cookie_build),
    ("cookie_date", cookie_date),
    ("key_ring", key_ring),
    ("open", open),
    ("jwt_header", jwt_header),
    ("jwt_claims", jwt_claims),
    ("verify", verify),
    ("jwk", jwk),
    ("jwks_cache", jwks_cache),
    ("session_token", session_token),
    ("session_row", session_row),
    ("session_payload", session_payload),
    ("session_store", session_store),
    ("revocation_entry", revocation_entry),
    ("revocation_feed", revocation_feed),
    ("refresh_token", refresh_token),
    ("introspection_request", introspection_request),
    ("csrf_decision", csrf_decision),
];

/// The example of the root README, kept true. This is the one library that sees every crate in it and is seen by none.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct RootReadme;
