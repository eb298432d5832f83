use cloakroom_cookie::CookieName;

/// Why a [`BearerVerifier`](crate::BearerVerifier) cannot be made like this: a mistake in the program, found at its
/// start.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidBearerVerifier {
    /// The name lacks a prefix that binds the cookie to its host.
    #[error(
        "the cookie {cookie} begins with neither `__Host-` nor `__Host-Http-`, so other hosts of the domain can set \
         it; say `Reach::SharedWithSubdomains` if they may"
    )]
    NotHostBound {
        /// The wire name of the cookie.
        cookie: CookieName,
    },
    /// The realm has a character that a challenge cannot quote.
    #[error("a realm is printable US-ASCII without quotes and backslashes")]
    Realm,
}
