use std::fmt;

use cloakroom_cookie::Cookies;

/// What a decision may read of a request, and nothing else of it is read: no forwarded field, no query, no body.
///
/// Call the setter of a field once for each line of it that the request has.
///
/// ```
/// use cloakroom_csrf::Request;
///
/// let request = Request::new("POST", "/transfer")
///     .host(b"app.example")
///     .origin(b"https://app.example");
/// # let _ = request;
/// ```
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) host: Field<'a>,
    pub(crate) authorization: Field<'a>,
    pub(crate) origin: Field<'a>,
    pub(crate) site: Field<'a>,
    pub(crate) opens_websocket: bool,
    /// `None` when there were too many to look through.
    pub(crate) cookies: Option<Cookies<'a>>,
}

/// A field that a request has once, if it means anything.
#[derive(Clone, Copy)]
pub(crate) enum Field<'a> {
    Absent,
    One(&'a [u8]),
    Repeated,
}

impl<'a> Field<'a> {
    fn add(&mut self, line: &'a [u8]) {
        *self = match self {
            Self::Absent => Self::One(line),
            Self::One(_) | Self::Repeated => Self::Repeated,
        };
    }

    pub(crate) fn is(self, expected: &[u8]) -> bool {
        matches!(self, Self::One(line) if line == expected)
    }
}

impl<'a> Request<'a> {
    /// A request without fields. The method is as it was sent, in its letter case; the path is as it was sent, without
    /// the query.
    pub fn new(method: &'a str, path: &'a str) -> Self {
        Self {
            method,
            path,
            host: Field::Absent,
            authorization: Field::Absent,
            origin: Field::Absent,
            site: Field::Absent,
            opens_websocket: false,
            cookies: Cookies::from_values(&[]).ok(),
        }
    }

    /// `Host`, or `:authority`. Where there are both they say the same, or the request has no host.
    #[must_use]
    pub fn host(mut self, line: &'a [u8]) -> Self {
        if !self.host.is(line) {
            self.host.add(line);
        }
        self
    }

    /// `Authorization`.
    #[must_use]
    pub fn authorization(mut self, line: &'a [u8]) -> Self {
        self.authorization.add(line);
        self
    }

    /// `Origin`.
    #[must_use]
    pub fn origin(mut self, line: &'a [u8]) -> Self {
        self.origin.add(line);
        self
    }

    /// `Sec-Fetch-Site`.
    #[must_use]
    pub fn sec_fetch_site(mut self, line: &'a [u8]) -> Self {
        self.site.add(line);
        self
    }

    /// `Upgrade` (RFC 9110 section 7.8). A list that names `websocket`, of any version, opens one (RFC 6455 section 4.1).
    #[must_use]
    pub fn upgrade(mut self, line: &[u8]) -> Self {
        self.opens_websocket |= line.split(|&byte| byte == b',').any(|item| {
            let name = item.split(|&byte| byte == b'/').next().unwrap_or_default();
            name.trim_ascii().eq_ignore_ascii_case(b"websocket")
        });
        self
    }

    /// The request has the pseudo-header field `:protocol`: it is an extended CONNECT (RFC 8441 section 4), which opens a
    /// WebSocket, whatever method a server has made of it.
    #[must_use]
    pub const fn protocol(mut self) -> Self {
        self.opens_websocket = true;
        self
    }

    /// The cookies; `None` when they are over a limit, and may be any.
    #[must_use]
    pub const fn cookies(mut self, cookies: Option<Cookies<'a>>) -> Self {
        self.cookies = cookies;
        self
    }

    /// The request as the crate `http` has it, with cookies within the default limits.
    ///
    /// The path is the one that the request has now: a router that strips a prefix shows the rest of it alone.
    #[cfg(feature = "http")]
    pub fn of<B>(request: &'a http::Request<B>) -> Self {
        Self::of_head(request.method(), request.uri(), request.headers())
    }

    /// The same of the parts of a head.
    #[cfg(feature = "http")]
    pub fn of_head(method: &'a http::Method, uri: &'a http::Uri, headers: &'a http::HeaderMap) -> Self {
        use http::header::{AUTHORIZATION, HOST, ORIGIN, UPGRADE};

        const SEC_FETCH_SITE: http::HeaderName = http::HeaderName::from_static("sec-fetch-site");

        let mut request = Self::new(method.as_str(), uri.path());
        request.cookies = Cookies::from_headers(headers).ok();
        if let Some(authority) = uri.authority() {
            request = request.host(authority.as_str().as_bytes());
        }
        for (name, set) in [
            (HOST, Self::host as fn(Self, &'a [u8]) -> Self),
            (AUTHORIZATION, Self::authorization),
            (ORIGIN, Self::origin),
            (SEC_FETCH_SITE, Self::sec_fetch_site),
            (UPGRADE, |request, line| request.upgrade(line)),
        ] {
            for line in headers.get_all(name) {
                request = set(request, line.as_bytes());
            }
        }
        request
    }
}

/// Prints nothing of the request.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Request(..)")
    }
}
