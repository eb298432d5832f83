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

    /// Why. In [report-only](crate::CsrfLayer::report_only) mode it may be a reason to deny.
    pub const fn reason(self) -> Reason {
        self.reason
    }
}
