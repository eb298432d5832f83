use std::fmt;

/// What a [`CsrfPolicy`](crate::CsrfPolicy) says about a request, and what it read to know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decision {
    reason: Reason,
    read: Read,
}

impl Decision {
    pub(crate) const fn new(reason: Reason, read: Read) -> Self {
        Self { reason, read }
    }

    /// Whether the request may go on.
    pub const fn is_allowed(self) -> bool {
        self.reason.allows()
    }

    /// The first rule that matched.
    pub const fn reason(self) -> Reason {
        self.reason
    }

    /// The names for the response's `Vary` field (RFC 9110 section 12.5.5): the request's fields that the decision read,
    /// in the order of the alphabet. None for a method that changes nothing and for an exemption. `Upgrade` is not
    /// among them, because it concerns one connection alone, nor `Host`, which is a part of the address.
    pub fn vary(self) -> impl Iterator<Item = &'static str> {
        Read::ALL
            .into_iter()
            .filter_map(move |(read, name)| self.read.contains(read).then_some(name))
    }
}

/// Why a request may go on, or may not. Which of the two follows from it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Reason {
    /// Allowed: GET, HEAD or OPTIONS, and no WebSocket.
    SafeMethod,
    /// Allowed: the method and the path are exempt.
    Exempt,
    /// Allowed: a `Bearer` or `DPoP` token in Authorization, and no cookie that carries a login.
    TokenInAuthorization,
    /// Allowed: the origin is trusted.
    TrustedOrigin,
    /// Allowed: `Sec-Fetch-Site: same-origin`.
    SameOrigin,
    /// Allowed: `Sec-Fetch-Site: none`, which is the user's own doing, and no other origin than ours.
    UserInitiated,
    /// Allowed: no `Sec-Fetch-Site`, and `Origin` is the public origin.
    PublicOrigin,
    /// Allowed: no `Sec-Fetch-Site`, no public origin is configured, and the host in `Origin` is that of the request.
    SameHost,
    /// Allowed: neither `Sec-Fetch-Site` nor `Origin`, and no cookie that carries a login.
    NoCarrierCookie,
    /// Allowed: neither `Sec-Fetch-Site` nor `Origin`, and the token is good.
    Token,
    /// Denied: `Sec-Fetch-Site: same-site`, another origin of the same site.
    SameSite,
    /// Denied: `Sec-Fetch-Site: cross-site`.
    CrossSite,
    /// Denied: `Sec-Fetch-Site` says something that it cannot say.
    UnknownSite,
    /// Denied: `Sec-Fetch-Site` is there more than once.
    RepeatedSite,
    /// Denied: `Sec-Fetch-Site: none` beside an origin that is not ours.
    ContradictoryOrigin,
    /// Denied: no `Sec-Fetch-Site`, and `Origin: null`.
    NullOrigin,
    /// Denied: no `Sec-Fetch-Site`, and `Origin` is not ours.
    ForeignOrigin,
    /// Denied: no `Sec-Fetch-Site`, and `Origin` is there more than once.
    RepeatedOrigin,
    /// Denied: a token was needed, and there was none.
    TokenMissing,
    /// Denied: a token was needed, and the one that came is not good for this login.
    TokenRejected,
    /// Denied: a token was needed, and the one that came was good until it expired: the page was open for too long.
    TokenExpired,
}

impl Reason {
    /// Every reason: for counters that begin at zero.
    pub const ALL: [Self; 21] = [
        Self::SafeMethod,
        Self::Exempt,
        Self::TokenInAuthorization,
        Self::TrustedOrigin,
        Self::SameOrigin,
        Self::UserInitiated,
        Self::PublicOrigin,
        Self::SameHost,
        Self::NoCarrierCookie,
        Self::Token,
        Self::SameSite,
        Self::CrossSite,
        Self::UnknownSite,
        Self::RepeatedSite,
        Self::ContradictoryOrigin,
        Self::NullOrigin,
        Self::ForeignOrigin,
        Self::RepeatedOrigin,
        Self::TokenMissing,
        Self::TokenRejected,
        Self::TokenExpired,
    ];

    /// Whether the request may go on.
    pub const fn allows(self) -> bool {
        match self {
            Self::SafeMethod
            | Self::Exempt
            | Self::TokenInAuthorization
            | Self::TrustedOrigin
            | Self::SameOrigin
            | Self::UserInitiated
            | Self::PublicOrigin
            | Self::SameHost
            | Self::NoCarrierCookie
            | Self::Token => true,
            Self::SameSite
            | Self::CrossSite
            | Self::UnknownSite
            | Self::RepeatedSite
            | Self::ContradictoryOrigin
            | Self::NullOrigin
            | Self::ForeignOrigin
            | Self::RepeatedOrigin
            | Self::TokenMissing
            | Self::TokenRejected
            | Self::TokenExpired => false,
        }
    }

    /// A name in `snake_case` for logs and metrics; it does not change between versions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SafeMethod => "safe_method",
            Self::Exempt => "exempt",
            Self::TokenInAuthorization => "token_in_authorization",
            Self::TrustedOrigin => "trusted_origin",
            Self::SameOrigin => "same_origin",
            Self::UserInitiated => "user_initiated",
            Self::PublicOrigin => "public_origin",
            Self::SameHost => "same_host",
            Self::NoCarrierCookie => "no_carrier_cookie",
            Self::Token => "token",
            Self::SameSite => "same_site",
            Self::CrossSite => "cross_site",
            Self::UnknownSite => "unknown_site",
            Self::RepeatedSite => "repeated_site",
            Self::ContradictoryOrigin => "contradictory_origin",
            Self::NullOrigin => "null_origin",
            Self::ForeignOrigin => "foreign_origin",
            Self::RepeatedOrigin => "repeated_origin",
            Self::TokenMissing => "token_missing",
            Self::TokenRejected => "token_rejected",
            Self::TokenExpired => "token_expired",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of the request's fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Read(u8);

impl Read {
    pub(crate) const NOTHING: Self = Self(0);
    pub(crate) const AUTHORIZATION: Self = Self(1);
    pub(crate) const COOKIE: Self = Self(2);
    pub(crate) const ORIGIN: Self = Self(4);
    pub(crate) const SITE: Self = Self(8);
    pub(crate) const TOKEN: Self = Self(16);

    const ALL: [(Self, &'static str); 5] = [
        (Self::AUTHORIZATION, "Authorization"),
        (Self::COOKIE, "Cookie"),
        (Self::ORIGIN, "Origin"),
        (Self::SITE, "Sec-Fetch-Site"),
        (Self::TOKEN, "X-CSRF-Token"),
    ];

    pub(crate) fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    const fn contains(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Reason;

    #[test]
    fn names_are_distinct_and_in_snake_case() {
        let names: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(names.len(), Reason::ALL.len());
        assert!(
            names
                .iter()
                .all(|name| name.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()))
        );
    }
}
