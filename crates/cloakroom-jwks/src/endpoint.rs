use std::net::IpAddr;

use http::Uri;
use http::uri::Scheme;

/// Where a key set is fetched.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) is_tls: bool,
    /// As in the URL, without the brackets of an IPv6 address.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The value of `Host`.
    pub(crate) authority: String,
    /// Path and query.
    pub(crate) target: String,
}

/// Why a URL is no endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refused {
    Unreadable,
    NotHttps,
}

impl Endpoint {
    /// Reads `url`; plain http is taken only for a loopback host, and only when that is allowed.
    pub(crate) fn parse(url: &str, allows_loopback_http: bool) -> Result<Self, Refused> {
        let uri: Uri = url.parse().map_err(|_| Refused::Unreadable)?;
        let is_tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(_) => return Err(Refused::NotHttps),
            None => return Err(Refused::Unreadable),
        };
        let authority = uri.authority().ok_or(Refused::Unreadable)?;
        let host = authority.host();
        let host = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .unwrap_or(host);
        if host.is_empty() || authority.as_str().contains('@') {
            return Err(Refused::Unreadable);
        }
        let is_allowed = is_tls || (allows_loopback_http && is_loopback(host));
        if !is_allowed {
            return Err(Refused::NotHttps);
        }
        // What follows the host is a port that `http` has read, or nothing; a port that is no number is neither.
        let has_port = authority.as_str().len() > authority.host().len();
        let port = match authority.port_u16() {
            Some(port) => port,
            None if has_port => return Err(Refused::Unreadable),
            None if is_tls => 443,
            None => 80,
        };
        Ok(Self {
            is_tls,
            host: host.to_owned(),
            port,
            authority: authority.as_str().to_owned(),
            target: uri
                .path_and_query()
                .map_or_else(|| "/".to_owned(), |target| target.as_str().to_owned()),
        })
    }
}

/// `localhost`, which RFC 6761 section 6.3 keeps for loopback, or an address of it. What a name resolves to is looked at
/// again before there is a connection.
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, Refused};

    #[test]
    fn https_urls_with_a_host_are_endpoints() {
        let table = [
            (
                "https://id.example/jwks.json",
                "id.example",
                443,
                "id.example",
                "/jwks.json",
            ),
            ("HTTPS://id.example", "id.example", 443, "id.example", "/"),
            (
                "https://id.example:8443/a?b=c",
                "id.example",
                8443,
                "id.example:8443",
                "/a?b=c",
            ),
            (
                "https://[2001:db8::1]:1/",
                "2001:db8::1",
                1,
                "[2001:db8::1]:1",
                "/",
            ),
        ];
        for (url, host, port, authority, target) in table {
            let endpoint = Endpoint::parse(url, false).unwrap();
            assert!(endpoint.is_tls, "{url}");
            assert_eq!(
                (
                    &*endpoint.host,
                    endpoint.port,
                    &*endpoint.authority,
                    &*endpoint.target
                ),
                (host, port, authority, target),
                "{url}"
            );
        }
    }

    #[test]
    fn all_else_is_refused() {
        let table = [
            ("", Refused::Unreadable),
            ("/jwks.json", Refused::Unreadable),
            ("id.example", Refused::Unreadable),
            ("https://", Refused::Unreadable),
            ("https:///jwks.json", Refused::Unreadable),
            ("https://user:password@id.example/", Refused::Unreadable),
            ("https://user@id.example/", Refused::Unreadable),
            ("https://id.example:99999/", Refused::Unreadable),
            ("https://id.example:x/", Refused::Unreadable),
            ("https://id example/", Refused::Unreadable),
            ("http://id.example/", Refused::NotHttps),
            ("http://127.0.0.1/", Refused::NotHttps),
            ("ftp://id.example/", Refused::NotHttps),
            ("file://localhost/etc/passwd", Refused::NotHttps),
        ];
        for (url, refused) in table {
            assert_eq!(Endpoint::parse(url, false).unwrap_err(), refused, "{url}");
        }
    }

    #[test]
    fn loopback_http_is_loopback_only() {
        for url in [
            "http://localhost:1/",
            "http://LocalHost/",
            "http://127.0.0.1/",
            "http://127.9.9.9:8/",
            "http://[::1]:8/",
        ] {
            assert!(!Endpoint::parse(url, true).unwrap().is_tls, "{url}");
        }
        for url in [
            "http://id.example/",
            "http://localhost.example/",
            "http://127.0.0.1.example/",
            "http://10.0.0.1/",
            "http://0.0.0.0/",
            "http://[::]/",
            "http://169.254.169.254/",
        ] {
            assert_eq!(
                Endpoint::parse(url, true).unwrap_err(),
                Refused::NotHttps,
                "{url}"
            );
        }
    }
}
