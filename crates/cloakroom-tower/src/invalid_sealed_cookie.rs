use cloakroom_cookie::{CookieName, InvalidSetCookie};
use cloakroom_seal::InvalidSealer;

/// Why a [`Sealer`](crate::Sealer) cannot be made of what a [`SealedCookie`](crate::SealedCookie) says: a mistake in
/// the program, found at its start.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSealedCookie {
    /// The name lacks a prefix that binds the cookie to its host.
    #[error(
        "the cookie {cookie} begins with neither `__Host-` nor `__Host-Http-`, so other hosts of the domain can set \
         it; say `REACH = Reach::SharedWithSubdomains` if they may"
    )]
    NotHostBound {
        /// The wire name of the cookie.
        cookie: CookieName,
    },
    /// `TTL` is longer than `MAX_TTL`.
    #[error("the cookie {cookie} has a TTL longer than its MAX_TTL")]
    TtlOverMaxTtl {
        /// The wire name of the cookie.
        cookie: CookieName,
    },
    /// `attributes` makes a cookie that browsers would refuse.
    #[error("the cookie {cookie} has attributes that do not go together")]
    Attributes {
        /// The wire name of the cookie.
        cookie: CookieName,
        /// Which.
        source: InvalidSetCookie,
    },
    /// `attributes` changes more than attributes: the name, the value or `Max-Age`.
    #[error(
        "the `attributes` of the cookie {cookie} change its name, its value or its Max-Age, which follow from elsewhere"
    )]
    BeyondAttributes {
        /// The wire name of the cookie.
        cookie: CookieName,
    },
    /// Purpose, greatest life or bucket are out of range.
    #[error("the cookie {cookie} cannot be sealed like this")]
    Sealer {
        /// The wire name of the cookie.
        cookie: CookieName,
        /// Why.
        source: InvalidSealer,
    },
}
