use crate::Client;

/// Who calls an endpoint, after the program has authenticated it (RFC 7662 section 2.1, RFC 7009 section 2.1).
///
/// There is no endpoint without one. Making one says that the credentials of the request were checked, or, for the
/// revocation of a public client's own token, that it is one without credentials.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Caller {
    pub(crate) id: Client,
    pub(crate) sees_all: bool,
}

impl Caller {
    /// An authenticated client: it learns of its own tokens and ends its own.
    pub const fn client(id: Client) -> Self {
        Self { id, sees_all: false }
    }

    /// An authenticated resource server: it learns of the access tokens of all clients, and ends those of its own id alone.
    pub const fn resource_server(id: Client) -> Self {
        Self { id, sees_all: true }
    }
}
