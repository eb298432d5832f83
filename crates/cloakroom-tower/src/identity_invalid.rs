use cloakroom_cookie::CookieName;

/// Why an [`IdentityLayer`](crate::IdentityLayer) cannot be made like this: a mistake in the program, found at its start.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidIdentityLayer {
    /// Nothing carries an identity.
    #[error("an identity layer needs a carrier")]
    NoCarrier,
    /// Two carriers use one cookie, or there are two of sessions.
    #[error("two carriers of an identity layer are the same")]
    Twice,
    /// How to remove the cookie of a verifier is not known: name it with
    /// [`token_in`](crate::IdentityLayerBuilder::token_in).
    #[error("the cookie {cookie} of a verifier could not be removed: give its attributes with `token_in`")]
    UnknownCookie {
        /// The wire name of the cookie.
        cookie: CookieName,
    },
    /// The attributes are those of another cookie than the verifier's.
    #[error("the cookie {cookie} is not the one that the verifier reads")]
    OtherCookie {
        /// The wire name of the cookie that was given.
        cookie: CookieName,
    },
    /// A ticket may live longer than the gate's check takes any: whoever has a cut-off behind them would be let in again.
    #[error("a ticket in the cookie {cookie} may live longer than the gate takes any")]
    LivesTooLong {
        /// The wire name of the cookie.
        cookie: CookieName,
    },
    /// A policy of a verifier is not [revocable](cloakroom_jwt::Policy::revocable), or takes tokens that are older than the
    /// gate takes any.
    #[error("a policy is not revocable, or takes older tokens than the gate does")]
    NotRevocable,
    /// Logins are to be ended, and no gate would ever ask whether one has.
    #[error("logins that are ended would go on, for there is no gate: call `with_gate`, too")]
    NoGate,
}
