use cloakroom_cookie::{CookieName, InvalidSetCookie};

/// Why a cookie cannot carry sessions: a mistake in the program, found at its start.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSessionCookie {
    /// The name lacks a prefix that binds the cookie to its host.
    #[error(
        "the cookie {cookie} begins with neither `__Host-` nor `__Host-Http-`, so other hosts of the domain can set \
         it; say `Reach::SharedWithSubdomains` if they may"
    )]
    NotHostBound {
        /// The wire name of the cookie.
        cookie: CookieName,
    },
    /// The name has no prefix at all, so that any page of the domain that came over plain http could set it.
    #[error("the cookie {cookie} begins with no prefix; `__Secure-` is the least")]
    NotPrefixed {
        /// The wire name of the cookie.
        cookie: CookieName,
    },
    /// Scripts could read it.
    #[error("the cookie {cookie} is not HttpOnly, so any script of the page could take the session's token")]
    ScriptReadable {
        /// The wire name of the cookie.
        cookie: CookieName,
    },
    /// It leaves `SameSite` to the browser.
    #[error("the cookie {cookie} has no SameSite, which browsers then choose each in its own way")]
    NoSameSite {
        /// The wire name of the cookie.
        cookie: CookieName,
    },
    /// It has a `Max-Age`, which follows from the session.
    #[error("the cookie {cookie} has a Max-Age, which follows from whether the session is persistent")]
    MaxAge {
        /// The wire name of the cookie.
        cookie: CookieName,
    },
    /// It has no `Path`, so that a login and a logout below different paths would mean different cookies.
    #[error("the cookie {cookie} has no Path, so each directory would have one of its own")]
    NoPath {
        /// The wire name of the cookie.
        cookie: CookieName,
    },
    /// A token does not fit into it.
    #[error("the cookie {cookie} cannot carry a token")]
    Attributes {
        /// The wire name of the cookie.
        cookie: CookieName,
        /// Why.
        source: InvalidSetCookie,
    },
}
