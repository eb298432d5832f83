#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(any(feature = "jwt", feature = "session"))]
mod authorization;
#[cfg(feature = "jwt")]
mod bearer;
#[cfg(feature = "jwt")]
mod bearer_error;
#[cfg(feature = "jwt")]
mod bearer_verifier;
mod cookies;
#[cfg(feature = "csrf")]
mod csrf_form;
#[cfg(feature = "csrf")]
mod csrf_future;
#[cfg(feature = "csrf")]
mod csrf_layer;
#[cfg(feature = "csrf")]
mod csrf_passed;
#[cfg(feature = "csrf")]
mod csrf_settings;
#[cfg(feature = "csrf")]
mod csrf_slot;
#[cfg(feature = "csrf")]
mod csrf_token;
mod error;
#[cfg(feature = "session")]
mod forwarded_for;
#[cfg(feature = "identity")]
mod identity;
#[cfg(feature = "identity")]
mod identity_builder;
#[cfg(feature = "identity")]
mod identity_carrier;
#[cfg(feature = "identity")]
mod identity_error;
#[cfg(feature = "identity")]
mod identity_future;
#[cfg(feature = "identity")]
mod identity_invalid;
#[cfg(feature = "identity")]
mod identity_layer;
#[cfg(feature = "identity")]
mod identity_logins;
#[cfg(feature = "identity")]
mod identity_session;
#[cfg(feature = "identity")]
mod identity_settings;
#[cfg(feature = "identity")]
mod identity_slot;
#[cfg(feature = "identity")]
mod identity_switch;
#[cfg(all(feature = "identity", feature = "testing"))]
mod identity_testing;
#[cfg(feature = "identity")]
mod identity_ticket;
#[cfg(feature = "identity")]
mod identity_token;
#[cfg(feature = "jwt")]
mod invalid_bearer_verifier;
#[cfg(feature = "sealed")]
mod invalid_cutoff;
#[cfg(feature = "sealed")]
mod invalid_sealed_cookie;
#[cfg(feature = "session")]
mod invalid_session_cookie;
mod jar;
mod layer;
#[cfg(any(feature = "csrf", feature = "identity"))]
mod layered;
mod observer;
mod on_error;
#[cfg(any(feature = "jwt", feature = "sealed", feature = "session"))]
mod reach;
#[cfg(feature = "sealed")]
mod required;
#[cfg(feature = "sealed")]
mod sealed;
#[cfg(feature = "sealed")]
mod sealed_cookie;
#[cfg(feature = "sealed")]
mod sealer;
#[cfg(feature = "session")]
mod session;
#[cfg(feature = "session")]
mod session_cookie;
#[cfg(feature = "session")]
mod session_future;
#[cfg(feature = "session")]
mod session_layer;
#[cfg(feature = "session")]
mod session_slot;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "jwt")]
mod token_verifier;

/// The crate `cloakroom-cookie`, whose types stand in the signatures here.
pub use cloakroom_cookie;
/// The crate `cloakroom-core`, whose `UnixTime` stands in the signatures here.
pub use cloakroom_core;
/// The crate `cloakroom-csrf`, whose `CsrfPolicy` stands in the signatures here.
#[cfg(feature = "csrf")]
pub use cloakroom_csrf;
/// The crate `cloakroom-jwks`, whose `JwksVerifier` stands in the signatures here.
#[cfg(feature = "jwks")]
pub use cloakroom_jwks;
/// The crate `cloakroom-jwt`, whose `Verifier` stands in the signatures here.
#[cfg(feature = "jwt")]
pub use cloakroom_jwt;
/// The crate `cloakroom-keyring`, whose `KeyRing` stands in the signatures here.
#[cfg(any(feature = "csrf", feature = "sealed"))]
pub use cloakroom_keyring;
/// The crate `cloakroom-lineage`, whose `Gate` and `Lineages` stand in the signatures here.
#[cfg(feature = "identity")]
pub use cloakroom_lineage;
/// The crate `cloakroom-seal`, whose errors stand in the signatures here.
#[cfg(feature = "sealed")]
pub use cloakroom_seal;
/// The crate `cloakroom-session`, whose `Sessions` and `Session` stand in the signatures here.
#[cfg(feature = "session")]
pub use cloakroom_session;

#[cfg(feature = "jwt")]
pub use bearer::{Bearer, BearerSource};
#[cfg(feature = "jwt")]
pub use bearer_error::{BearerError, BearerErrorKind};
#[cfg(feature = "jwt")]
pub use bearer_verifier::BearerVerifier;
pub use cookies::Cookies;
#[cfg(feature = "csrf")]
pub use csrf_form::{CsrfFormFuture, CsrfFormLayer, CsrfFormService};
#[cfg(feature = "csrf")]
pub use csrf_future::CsrfFuture;
#[cfg(feature = "csrf")]
pub use csrf_layer::{CsrfLayer, CsrfService};
#[cfg(feature = "csrf")]
pub use csrf_passed::CsrfPassed;
#[cfg(feature = "csrf")]
pub use csrf_token::CsrfToken;
pub use error::Error;
#[cfg(feature = "session")]
pub use forwarded_for::forwarded_for;
#[cfg(feature = "identity")]
pub use identity::{Identity, IdentitySource};
#[cfg(feature = "identity")]
pub use identity_builder::IdentityLayerBuilder;
#[cfg(feature = "identity")]
pub use identity_error::{IdentityError, IdentityErrorKind};
#[cfg(feature = "identity")]
pub use identity_future::IdentityFuture;
#[cfg(feature = "identity")]
pub use identity_invalid::InvalidIdentityLayer;
#[cfg(feature = "identity")]
pub use identity_layer::{IdentityLayer, IdentityService};
#[cfg(feature = "identity")]
pub use identity_logins::Logins;
#[cfg(feature = "jwt")]
pub use invalid_bearer_verifier::InvalidBearerVerifier;
#[cfg(feature = "sealed")]
pub use invalid_cutoff::InvalidCutoff;
#[cfg(feature = "sealed")]
pub use invalid_sealed_cookie::InvalidSealedCookie;
#[cfg(feature = "session")]
pub use invalid_session_cookie::InvalidSessionCookie;
pub use layer::{CookieLayer, CookieService, ResponseFuture};
pub use observer::{Event, EventKind, Observer};
pub use on_error::{DefaultResponse, OnError};
#[cfg(any(feature = "jwt", feature = "sealed", feature = "session"))]
pub use reach::Reach;
#[cfg(feature = "sealed")]
pub use required::Required;
#[cfg(feature = "sealed")]
pub use sealed::Sealed;
#[cfg(feature = "sealed")]
pub use sealed_cookie::{Persistence, SealedCookie};
#[cfg(feature = "sealed")]
pub use sealer::Sealer;
#[cfg(feature = "session")]
pub use session::{Session, SessionSource};
#[cfg(feature = "session")]
pub use session_cookie::SessionCookie;
#[cfg(feature = "session")]
pub use session_future::SessionFuture;
#[cfg(feature = "session")]
pub use session_layer::{SessionLayer, SessionService};
#[cfg(feature = "jwt")]
pub use token_verifier::TokenVerifier;
