use cloakroom_cookie::CookieName;

use crate::decision::Read;
use crate::origin::{Origin, host_of};
use crate::request::Field;
use crate::route::Route;
use crate::{CsrfPolicyBuilder, Decision, Reason, Request, TokenError};

/// Who may change something: the rules of one site, by which each request is judged before its handler runs.
///
/// The README has the rules in their order.
#[derive(Clone, Debug)]
pub struct CsrfPolicy {
    pub(crate) public: Option<Origin>,
    pub(crate) trusted: Vec<Origin>,
    pub(crate) exempt: Vec<Route>,
    pub(crate) carriers: Vec<CookieName>,
    pub(crate) token_routes: TokenRoutes,
}

#[derive(Clone, Debug)]
pub(crate) enum TokenRoutes {
    All,
    These(Vec<Route>),
}

impl CsrfPolicy {
    /// A policy in the making.
    pub fn builder() -> CsrfPolicyBuilder {
        CsrfPolicyBuilder::default()
    }

    /// Judges `request`, which has brought no token.
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        self.decide_with(request, || Err(TokenError::Missing))
    }

    /// Judges `request`. `token` says whether it has brought a good token, and is asked when that counts.
    pub fn decide_with(
        &self,
        request: &Request<'_>,
        token: impl FnOnce() -> Result<(), TokenError>,
    ) -> Decision {
        let mut read = Read::NOTHING;
        let reason = self.reason(request, token, &mut read);
        Decision::new(reason, read)
    }

    /// The wire names of the cookies that carry a login.
    pub fn carriers(&self) -> &[CookieName] {
        &self.carriers
    }

    fn reason(
        &self,
        request: &Request<'_>,
        token: impl FnOnce() -> Result<(), TokenError>,
        read: &mut Read,
    ) -> Reason {
        if is_safe(request.method) && !request.opens_websocket {
            return Reason::SafeMethod;
        }
        let is = |route: &Route| route.is(request.method, request.path);
        if self.exempt.iter().any(is) {
            return Reason::Exempt;
        }
        let needs_token = match &self.token_routes {
            TokenRoutes::All => true,
            TokenRoutes::These(routes) => routes.iter().any(is),
        };
        let reason = match self.by_origin(request, read) {
            // The token decides.
            None => Reason::Token,
            Some(reason) => reason,
        };
        if !reason.allows() || !(needs_token || reason == Reason::Token) {
            return reason;
        }
        read.add(Read::TOKEN);
        read.add(Read::COOKIE);
        match token() {
            Ok(()) => reason,
            Err(TokenError::Missing) => Reason::TokenMissing,
            Err(TokenError::Expired) => Reason::TokenExpired,
            Err(TokenError::Rejected | TokenError::NotYetValid | TokenError::Revoked) => {
                Reason::TokenRejected
            }
        }
    }

    /// What the fields say that no script of another origin can choose; `None` when there are none, and a login.
    fn by_origin(&self, request: &Request<'_>, read: &mut Read) -> Option<Reason> {
        read.add(Read::AUTHORIZATION);
        if is_token_in_authorization(request.authorization) {
            read.add(Read::COOKIE);
            if !self.has_carrier(request) {
                return Some(Reason::TokenInAuthorization);
            }
        }
        if !self.trusted.is_empty() {
            read.add(Read::ORIGIN);
            if let Field::One(origin) = request.origin
                && self.trusted.iter().any(|trusted| trusted.as_bytes() == origin)
            {
                return Some(Reason::TrustedOrigin);
            }
        }
        read.add(Read::SITE);
        match request.site {
            Field::One(b"same-origin") => return Some(Reason::SameOrigin),
            Field::One(b"none") => {
                read.add(Read::ORIGIN);
                return Some(match request.origin {
                    Field::Absent => Reason::UserInitiated,
                    Field::One(origin) if self.ours(origin, request.host).is_some() => Reason::UserInitiated,
                    Field::One(_) | Field::Repeated => Reason::ContradictoryOrigin,
                });
            }
            Field::One(b"same-site") => return Some(Reason::SameSite),
            Field::One(b"cross-site") => return Some(Reason::CrossSite),
            Field::One(_) => return Some(Reason::UnknownSite),
            Field::Repeated => return Some(Reason::RepeatedSite),
            Field::Absent => {}
        }
        read.add(Read::ORIGIN);
        match request.origin {
            Field::One(b"null") => return Some(Reason::NullOrigin),
            Field::One(origin) => {
                return Some(self.ours(origin, request.host).unwrap_or(Reason::ForeignOrigin));
            }
            Field::Repeated => return Some(Reason::RepeatedOrigin),
            Field::Absent => {}
        }
        read.add(Read::COOKIE);
        (!self.has_carrier(request)).then_some(Reason::NoCarrierCookie)
    }

    /// Why `origin` is ours, if it is.
    fn ours(&self, origin: &[u8], host: Field<'_>) -> Option<Reason> {
        match &self.public {
            Some(public) => (public.as_bytes() == origin).then_some(Reason::PublicOrigin),
            None => host_of(origin)
                .is_some_and(|text| host.is(text))
                .then_some(Reason::SameHost),
        }
    }

    /// Whether a cookie of a carrier's name is there, whatever its value: what this server does not take may be good for
    /// another one. Cookies that are too many to look through count as one.
    fn has_carrier(&self, request: &Request<'_>) -> bool {
        match &request.cookies {
            Some(cookies) => self
                .carriers
                .iter()
                .any(|name| cookies.first(name.as_bytes()).is_some()),
            None => !self.carriers.is_empty(),
        }
    }
}

/// Methods that change nothing (RFC 9110 section 9.2.1), but for TRACE, which no browser sends. Methods have letter cases.
pub(crate) fn is_safe(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS")
}

/// Whether the field is one `Bearer` or `DPoP` token, good or not: a page of another origin cannot make a browser send
/// one, as it can the credentials of all other schemes.
fn is_token_in_authorization(field: Field<'_>) -> bool {
    let Field::One(line) = field else { return false };
    let Some(space) = line.iter().position(|&byte| byte == b' ') else {
        return false;
    };
    let (scheme, rest) = line.split_at(space);
    let known = scheme.eq_ignore_ascii_case(b"Bearer") || scheme.eq_ignore_ascii_case(b"DPoP");
    let spaces = rest.iter().take_while(|&&byte| byte == b' ').count();
    known && is_token68(&rest[spaces..])
}

/// RFC 9110 section 11.2.
fn is_token68(text: &[u8]) -> bool {
    let padding = text.iter().rev().take_while(|&&byte| byte == b'=').count();
    let letters = &text[..text.len() - padding];
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
    !letters.is_empty() && letters.iter().all(letter)
}
