use std::fmt;

use cloakroom_core::UnixTime;

/// What a check has to know of a credential that has verified: a JWT, a sealed ticket, a session. Never the string that
/// the client sent.
///
/// A credential that lacks one of these is refused: nothing could be revoked by it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Credential<'a> {
    /// Who issued it: `iss`, or [`LOCAL`](crate::LOCAL).
    pub issuer: &'a str,
    /// Whose it is: `sub`.
    pub subject: Option<&'a str>,
    /// Since when it holds: the `iat` of a JWT, rounded down to the millisecond; what a ticket or a session carries as the
    /// time of its authentication.
    pub issued_at: Option<UnixTime>,
    /// Which one it is: `jti`, a ticket's or a session's id.
    pub token_id: Option<&'a str>,
}

/// Prints nothing of it: ids and subjects end up in logs.
impl fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(..)")
    }
}
