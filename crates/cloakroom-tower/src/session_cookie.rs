use std::time::Duration;

use cloakroom_cookie::{CookieName, InvalidSetCookie, SetCookie, Transport};
use cloakroom_session::cloakroom_store::cloakroom_id::SessionToken;

use crate::{InvalidSessionCookie, Reach};

/// The cookie that carries a session's token: its name and attributes, the same whenever it is set or removed.
///
/// By default it is `__Host-id` with `Secure`, `HttpOnly`, `SameSite=Lax` and `Path=/`, and ends with the browser's
/// session; of a [persistent](cloakroom_session::Session::persistent) session it has the `Max-Age` that is left.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use cloakroom_tower::SessionCookie;
/// use cloakroom_tower::cloakroom_cookie::{SameSite, SetCookie};
///
/// // The value counts for nothing.
/// let cookie = SetCookie::host_http("id", "").same_site(SameSite::Strict).finish()?;
/// let cookie = SessionCookie::new(&cookie)?;
/// assert_eq!(cookie.name().as_str(), "__Host-Http-id");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SessionCookie {
    template: SetCookie,
    transport: Transport,
    /// As the cookie travels.
    name: CookieName,
}

impl SessionCookie {
    /// The cookie with the name and the attributes of `cookie`, which only the server's own host can set.
    ///
    /// # Errors
    ///
    /// When the name has no prefix that binds it to the host, scripts could read the cookie, or it has a `Max-Age`, no
    /// `Path` or no `SameSite`.
    pub fn new(cookie: &SetCookie) -> Result<Self, InvalidSessionCookie> {
        Self::with_reach(cookie, Reach::Host)
    }

    /// The same for a cookie that may be shared with subdomains, which can then plant a session of their own. Its name
    /// needs a prefix all the same: `__Secure-` or `__Http-`.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_reach(cookie: &SetCookie, reach: Reach) -> Result<Self, InvalidSessionCookie> {
        let name = || cookie.name().clone();
        if !reach.admits(cookie.name()) {
            return Err(InvalidSessionCookie::NotHostBound { cookie: name() });
        }
        // Each prefix implies Secure.
        if cookie.name().prefix().is_none() {
            return Err(InvalidSessionCookie::NotPrefixed { cookie: name() });
        }
        if !cookie.http_only() {
            return Err(InvalidSessionCookie::ScriptReadable { cookie: name() });
        }
        if cookie.same_site().is_none() {
            return Err(InvalidSessionCookie::NoSameSite { cookie: name() });
        }
        if cookie.max_age().is_some() {
            return Err(InvalidSessionCookie::MaxAge { cookie: name() });
        }
        if cookie.path().is_none() {
            return Err(InvalidSessionCookie::NoPath { cookie: name() });
        }
        let made = Self {
            template: cookie.clone(),
            transport: Transport::HTTPS,
            name: name(),
        };
        // The longest cookie there will be: a name that leaves no room for a token shows now and not at a login.
        match made.build("A".repeat(SessionToken::TEXT_LEN), Some(Duration::from_secs(1))) {
            Ok(_) => Ok(made),
            Err(source) => Err(InvalidSessionCookie::Attributes {
                cookie: name(),
                source,
            }),
        }
    }

    /// The same cookie over `transport`: plain HTTP on a developer's machine. Name and attributes change as [`Transport`]
    /// says.
    pub fn over(self, transport: Transport) -> Self {
        Self {
            name: transport.name(self.template.name()),
            transport,
            ..self
        }
    }

    /// The cookie's wire name.
    pub const fn name(&self) -> &CookieName {
        &self.name
    }

    /// The cookie that carries `token`.
    pub(crate) fn carrying(
        &self,
        token: &SessionToken,
        max_age: Option<Duration>,
    ) -> Result<SetCookie, InvalidSetCookie> {
        // Less than a second is less than a browser can keep it: until its session ends, then.
        let max_age = max_age.filter(|max_age| *max_age >= Duration::from_secs(1));
        self.build(token.to_text().to_string(), max_age)
    }

    pub(crate) fn removal(&self) -> SetCookie {
        self.transport.outgoing(self.template.removal())
    }

    fn build(&self, value: String, max_age: Option<Duration>) -> Result<SetCookie, InvalidSetCookie> {
        let template = &self.template;
        let mut cookie = SetCookie::new(template.name(), value);
        if let Some(path) = template.path() {
            cookie = cookie.path(path);
        }
        if let Some(domain) = template.domain() {
            cookie = cookie.domain(domain);
        }
        cookie = match template.same_site() {
            Some(same_site) => cookie.same_site(same_site),
            None => cookie.without_same_site(),
        };
        if template.partitioned() {
            cookie = cookie.partitioned();
        }
        if let Some(max_age) = max_age {
            cookie = cookie.persistent_clamped(max_age);
        }
        Ok(self.transport.outgoing(cookie.finish()?))
    }
}

/// `__Host-id`.
impl Default for SessionCookie {
    fn default() -> Self {
        let template = SetCookie::host("id", "").finish();
        let template = template.expect("`__Host-id` with the default attributes is a cookie");
        Self {
            name: template.name().clone(),
            transport: Transport::HTTPS,
            template,
        }
    }
}
