use cloakroom_csrf::Reason;

/// In a request's extensions, for what stands behind a [`CsrfLayer`](crate::CsrfLayer): the layer let the request pass.
///
/// Only the layer makes one, so whoever takes a login from a cookie can ask for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CsrfPassed {
    reason: Reason,
}

impl CsrfPassed {
    pub(crate) const fn new(reason: Reason) -> Self {
        Self { reason }
    }

    /// Whether it was let pass as one that may be logged in by a cookie, and not because the policy has seen no carrier's
    /// cookie: then a carrier is missing in its list.
    #[cfg(feature = "identity")]
    pub(crate) const fn allows_cookies(self) -> bool {
        !matches!(
            self.reason,
            Reason::NoCarrierCookie | Reason::TokenInAuthorization
        )
    }

    /// Why. In [report-only](crate::CsrfLayer::report_only) mode it may be a reason to deny.
    pub const fn reason(self) -> Reason {
        self.reason
    }
}
