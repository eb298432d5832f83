use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use cloakroom_cookie::{CookieName, Cookies, SetCookie, Transport};
use cloakroom_core::UnixTime;
use cloakroom_csrf::{Binding, CsrfPolicy, CsrfTokens, TokenError, Visitor};
use http::{Extensions, HeaderMap};

use crate::csrf_form::FormToken;
use crate::{Event, EventKind, Observer};

/// Where a script puts the token: it has to be of the page's own origin to add the field.
pub(crate) const TOKEN_FIELD: &str = "x-csrf-token";
const VISITOR: CookieName = CookieName::from_static("__Host-csrf");

/// The settings of a [`CsrfLayer`](crate::CsrfLayer).
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) policy: CsrfPolicy,
    pub(crate) tokens: Arc<RwLock<CsrfTokens>>,
    pub(crate) binders: Vec<Arc<Binder>>,
    pub(crate) transport: Transport,
    pub(crate) report_only: bool,
    pub(crate) clock: Arc<dyn Fn() -> UnixTime + Send + Sync>,
    pub(crate) observer: Arc<dyn Observer>,
}

pub(crate) type Binder = dyn Fn(&HeaderMap, &Extensions) -> Found + Send + Sync;

/// What a binder finds in a request.
pub(crate) enum Found {
    Nothing,
    Login(Binding),
    /// Two logins that differ: tokens are good for neither.
    #[cfg(feature = "session")]
    Several,
}

/// Whose tokens a request may bring.
pub(crate) enum Holder {
    Login(Binding),
    Visitor(Visitor),
    /// Nobody, or more than one.
    Nobody,
}

impl Settings {
    pub(crate) fn tokens(&self) -> CsrfTokens {
        self.tokens.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the request has brought a good token.
    pub(crate) fn verify(&self, headers: &HeaderMap, extensions: &Extensions) -> Result<(), TokenError> {
        let mut lines = headers.get_all(TOKEN_FIELD).iter();
        let token = match (lines.next(), lines.next()) {
            (Some(line), None) => line.as_bytes(),
            (Some(_), Some(_)) => return Err(TokenError::Rejected),
            (None, _) => match extensions.get::<FormToken>() {
                Some(FormToken(field)) => field.as_deref().map_err(|error| *error)?.as_bytes(),
                None => return Err(TokenError::Missing),
            },
        };
        let binding = match self.holder(headers, extensions) {
            Holder::Login(binding) => binding,
            Holder::Visitor(visitor) => visitor.binding(),
            Holder::Nobody => return Err(TokenError::Rejected),
        };
        self.tokens().verify(token, &binding, (self.clock)())
    }

    pub(crate) fn holder(&self, headers: &HeaderMap, extensions: &Extensions) -> Holder {
        for binder in &self.binders {
            match binder(headers, extensions) {
                Found::Login(binding) => return Holder::Login(binding),
                #[cfg(feature = "session")]
                Found::Several => return Holder::Nobody,
                Found::Nothing => {}
            }
        }
        self.visitor(headers).map_or(Holder::Nobody, Holder::Visitor)
    }

    /// The visitor of the request's cookie, if it has one that is one.
    pub(crate) fn visitor(&self, headers: &HeaderMap) -> Option<Visitor> {
        let cookies = Cookies::from_headers(headers).ok()?;
        let name = self.visitor_name();
        let mut values = cookies.all(&name);
        let value = values.next()?;
        let same = values.all(|other| other.as_bytes() == value.as_bytes());
        Visitor::parse(value.as_bytes()).ok().filter(|_| same)
    }

    pub(crate) fn visitor_name(&self) -> CookieName {
        self.transport.name(&VISITOR)
    }

    /// The cookie of `visitor`, until the browser's session ends.
    pub(crate) fn visitor_cookie(&self, visitor: &Visitor) -> SetCookie {
        self.outgoing(visitor.to_text().to_string())
    }

    pub(crate) fn visitor_removal(&self) -> SetCookie {
        self.outgoing(String::new()).removal()
    }

    fn outgoing(&self, value: String) -> SetCookie {
        let cookie = SetCookie::new(VISITOR, value).finish();
        let cookie = cookie.expect("`__Host-csrf` with the default attributes and base64url is a cookie");
        self.transport.outgoing(cookie)
    }

    pub(crate) fn observe(&self, kind: EventKind, reason: cloakroom_csrf::Reason) {
        self.observer.observe(&Event::of_csrf(kind, reason));
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfSettings")
            .field("policy", &self.policy)
            .field("report_only", &self.report_only)
            .finish_non_exhaustive()
    }
}
