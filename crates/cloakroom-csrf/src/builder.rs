use cloakroom_cookie::CookieName;

use crate::InvalidCsrfPolicy;
use crate::invalid::Kind;
use crate::origin::Origin;
use crate::policy::{CsrfPolicy, TokenRoutes, is_safe};
use crate::route::Route;

/// Makes a [`CsrfPolicy`]; the first mistake is the error of [`finish`](Self::finish).
#[derive(Clone, Debug, Default)]
pub struct CsrfPolicyBuilder {
    public: Option<Origin>,
    trusted: Vec<Origin>,
    exempt: Vec<Route>,
    carriers: Vec<CookieName>,
    no_carriers: bool,
    token_routes: Vec<Route>,
    token_everywhere: bool,
    invalid: Option<Kind>,
}

impl CsrfPolicyBuilder {
    /// The origin that browsers see this site under: `https://app.example`, or `http://localhost:3000`.
    ///
    /// Without one a request's `Origin` is compared with the host that it was sent to, which knows no scheme: what
    /// comes from plain http on the same host passes too. Name it wherever it is known, above all behind a proxy that
    /// changes `Host`.
    #[must_use]
    pub fn public_origin(mut self, origin: &str) -> Self {
        match Origin::parse_http(origin) {
            Ok(_) if self.public.is_some() => self.fail(Kind::PublicOriginTwice),
            Ok(origin) => self.public = Some(origin),
            Err(fault) => self.fail(Kind::PublicOrigin(fault)),
        }
        self
    }

    /// Another origin whose scripts and forms may change things here: `https://admin.app.example`, a browser extension's.
    /// It is compared byte for byte.
    #[must_use]
    pub fn trusted_origin(mut self, origin: &str) -> Self {
        match Origin::parse(origin) {
            Ok(origin) => self.trusted.push(origin),
            Err(fault) => self.fail(Kind::TrustedOrigin(self.trusted.len() + 1, fault)),
        }
        self
    }

    /// A method and a path that anybody may send to: a webhook whose sender proves itself in another way.
    ///
    /// They are compared byte for byte with what was sent. The query is no part of the path.
    #[must_use]
    pub fn exempt(mut self, method: &str, path: &str) -> Self {
        match Route::new(method, path) {
            Ok(route) => self.exempt.push(route),
            Err(fault) => self.fail(Kind::Exemption(self.exempt.len() + 1, fault)),
        }
        self
    }

    /// The wire name of a cookie that carries a login: a session's, a sealed one, a JWT's. Say it for each.
    #[must_use]
    pub fn carrier_cookie(mut self, name: impl AsRef<str>) -> Self {
        match CookieName::new(name.as_ref().to_owned()) {
            Ok(name) => self.carriers.push(name),
            Err(_) => self.fail(Kind::CarrierName(self.carriers.len() + 1)),
        }
        self
    }

    /// No cookie carries a login here: requests without `Sec-Fetch-Site` and `Origin` pass.
    #[must_use]
    pub fn without_carrier_cookies(mut self) -> Self {
        self.no_carriers = true;
        self
    }

    /// Asks for a token as well on this method and path, whoever sends the request: for what is worth a second lock,
    /// and for a login form, so that nobody can be logged in as somebody else.
    ///
    /// They are compared as those of [`exempt`](Self::exempt). Where a router decodes or normalizes paths before it
    /// compares them, ask on [all](Self::require_token_everywhere) of its routes, so that no other spelling gets around it.
    #[must_use]
    pub fn require_token(mut self, method: &str, path: &str) -> Self {
        let place = self.token_routes.len() + 1;
        match Route::new(method, path) {
            Ok(route) if is_safe(route.method()) => self.fail(Kind::TokenOfSafeMethod(place)),
            Ok(route) => self.token_routes.push(route),
            Err(fault) => self.fail(Kind::TokenRoute(place, fault)),
        }
        self
    }

    /// Asks for a token as well on each request that may change something and is not exempt.
    #[must_use]
    pub fn require_token_everywhere(mut self) -> Self {
        self.token_everywhere = true;
        self
    }

    /// The policy.
    ///
    /// # Errors
    ///
    /// When a setting is not what it says it is, or two contradict each other.
    pub fn finish(self) -> Result<CsrfPolicy, InvalidCsrfPolicy> {
        if let Some(kind) = self.invalid {
            return Err(kind.into());
        }
        match (self.carriers.is_empty(), self.no_carriers) {
            (true, false) => return Err(Kind::CarriersNotSaid.into()),
            (false, true) => return Err(Kind::CarriersContradict.into()),
            _ => {}
        }
        if let Some(place) = self
            .token_routes
            .iter()
            .position(|route| self.exempt.contains(route))
        {
            return Err(Kind::TokenAndExempt(place + 1).into());
        }
        Ok(CsrfPolicy {
            public: self.public,
            trusted: self.trusted,
            exempt: self.exempt,
            carriers: self.carriers,
            token_routes: if self.token_everywhere {
                TokenRoutes::All
            } else {
                TokenRoutes::These(self.token_routes)
            },
        })
    }

    fn fail(&mut self, kind: Kind) {
        self.invalid.get_or_insert(kind);
    }
}
