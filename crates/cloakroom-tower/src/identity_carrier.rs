use std::any::Any;
use std::fmt;

use cloakroom_cookie::{CookieName, SetCookie};
use cloakroom_core::UnixTime;
use cloakroom_lineage::Gate;
use cloakroom_lineage::cloakroom_revocation::{Credential, Denial};
use http::{Extensions, HeaderMap};

use crate::jar::Jar;
use crate::{Error, IdentitySource, InvalidIdentityLayer, Session};

/// Something that identities come by.
pub(crate) trait Carrier: fmt::Debug + Send + Sync + 'static {
    /// The wire name of its cookie, where it has one.
    fn cookie(&self) -> Option<&CookieName>;

    /// Whether it looks into the Authorization field.
    fn takes_authorization(&self) -> bool;

    /// What removes its cookie.
    ///
    /// # Errors
    ///
    /// [`Error::Attributes`].
    fn removal(&self) -> Result<Option<SetCookie>, Error>;

    /// Adds what a request has brought; `by` says where to look, and nowhere else is looked.
    ///
    /// # Errors
    ///
    /// What keeps the request from being read at all.
    fn look(
        &self,
        by: By,
        jar: &Jar,
        headers: &HeaderMap,
        extensions: &Extensions,
        brought: &mut Vec<Brought>,
    ) -> Result<(), Error>;

    /// Whether `gate` can end all that this one carries.
    ///
    /// # Errors
    ///
    /// Why not.
    fn check_revocable(&self, gate: &Gate) -> Result<(), InvalidIdentityLayer>;

    fn kind(&self) -> Kind;

    /// Itself, to be told from others by its type.
    fn as_any(&self) -> &dyn Any;
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Session,
    Ticket,
    Token,
}

/// Where a request may carry credentials. Authorization, when present, decides alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum By {
    Authorization,
    Cookies,
}

/// What a carrier found in a request.
pub(crate) enum Brought {
    /// A session, which the store is still to be asked for.
    Session(Session),
    /// A ticket or a token that has verified.
    Verified(Box<Verified>),
    /// Cookies of one name that authenticate and differ: no more of them than are tried.
    Conflict(Vec<Verified>),
    /// Something that may be good, and nobody can say: 503.
    Unknown(Error),
    /// The same, but it counts against nobody: beside something that has verified, and under a key that its issuer may use
    /// since a moment ago. No logout can say that it has ended.
    Unjudged(Error),
    /// A token that is signed well, and whose claims nobody here can read, or that is not valid yet: no identity, and a login
    /// all the same.
    Unread(Box<Verified>),
}

/// A ticket or a token that has verified, and that nobody has asked the gate about.
pub(crate) struct Verified {
    pub(crate) issuer: String,
    pub(crate) subject: Option<String>,
    /// What cut-offs are compared with.
    pub(crate) issued_at: Option<UnixTime>,
    pub(crate) authenticated_at: Option<UnixTime>,
    pub(crate) expires_at: Option<UnixTime>,
    pub(crate) token_id: Option<String>,
    pub(crate) source: IdentitySource,
    /// The wire name of the cookie that it came in.
    pub(crate) cookie: Option<CookieName>,
    /// The cookie under the active key, which goes out if the identity counts.
    pub(crate) resealed: Option<SetCookie>,
}

impl Verified {
    pub(crate) fn credential(&self) -> Credential<'_> {
        Credential {
            issuer: &self.issuer,
            subject: self.subject.as_deref(),
            issued_at: self.issued_at,
            token_id: self.token_id.as_deref(),
        }
    }

    /// What ends it; `None` for what no gate lets pass either.
    pub(crate) fn denial(&self) -> Option<Denial> {
        let (subject, token_id) = (self.subject.as_deref()?, self.token_id.as_deref()?);
        // Without an end it is kept for the fleet's greatest age.
        let expires_at = self.expires_at.unwrap_or(UnixTime::MAX);
        Denial::new(&self.issuer, subject, token_id, self.issued_at?, expires_at).ok()
    }
}
