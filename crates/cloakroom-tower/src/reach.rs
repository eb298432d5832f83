use cloakroom_cookie::{CookieName, Prefix};

/// Who may set a cookie of a name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reach {
    /// The host alone: browsers refuse a `__Host-` or `__Host-Http-` cookie from anybody else.
    Host,
    /// Sibling hosts too, and on an unprefixed name plain http as well: they can plant a value that they got for
    /// themselves, and so log somebody in as another. For a cookie that really is shared with subdomains.
    SharedWithSubdomains,
}

impl Reach {
    /// Whether a cookie of this name may be set by nobody else.
    pub(crate) fn admits(self, name: &CookieName) -> bool {
        self == Self::SharedWithSubdomains || matches!(name.prefix(), Some(Prefix::Host | Prefix::HostHttp))
    }
}
