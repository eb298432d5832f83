#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

// The decision.
mod builder;
mod decision;
mod invalid;
mod origin;
mod policy;
mod request;
mod route;

pub use builder::CsrfPolicyBuilder;
pub use decision::{Decision, Reason};
pub use invalid::InvalidCsrfPolicy;
pub use policy::CsrfPolicy;
pub use request::Request;

// The tokens.
mod binding;
mod error;
mod form;
mod tokens;
mod visitor;

pub use binding::Binding;
pub use error::{IssueError, TokenError};
pub use form::form_field;
pub use tokens::CsrfTokens;
pub use visitor::{InvalidVisitor, Visitor};

/// The crate of the cookies that the signatures here name.
pub use cloakroom_cookie;
/// The crate of the times that the signatures here name.
pub use cloakroom_core;
/// The crate of the key rings that the signatures here name.
pub use cloakroom_keyring;
