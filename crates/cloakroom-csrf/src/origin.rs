use core::net::{Ipv4Addr, Ipv6Addr};
use core::num::NonZeroU16;

/// An origin as browsers write it in `Origin` (RFC 6454 section 6.2): scheme, host, and the port unless it is the
/// scheme's own. Written in this one way, two origins are the same exactly when their bytes are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Origin(String);

/// Why a text is no origin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    Null,
    Scheme,
    NotHttp,
    Host,
    Port,
    DefaultPort,
    Beyond,
}

impl Origin {
    /// The origin of any scheme: `https://app.example`, `chrome-extension://abcdef`.
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
        if text == "null" {
            return Err(Fault::Null);
        }
        let (scheme, rest) = text.split_once("://").ok_or(Fault::Scheme)?;
        if !is_scheme(scheme) {
            return Err(Fault::Scheme);
        }
        if rest.contains(['/', '?', '#', '@']) {
            return Err(Fault::Beyond);
        }
        let (host, port) = split(rest);
        if !is_host(host) {
            return Err(Fault::Host);
        }
        if let Some(port) = port {
            let number: NonZeroU16 = port.parse().map_err(|_| Fault::Port)?;
            if number.to_string() != port {
                return Err(Fault::Port);
            }
            if matches!(
                (scheme, number.get()),
                ("http" | "ws", 80) | ("https" | "wss", 443)
            ) {
                return Err(Fault::DefaultPort);
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// The origin of a site of our own.
    pub(crate) fn parse_http(text: &str) -> Result<Self, Fault> {
        let origin = Self::parse(text)?;
        match text.split_once("://") {
            Some(("http" | "https", _)) => Ok(origin),
            _ => Err(Fault::NotHttp),
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// What stands behind the scheme of an `http` or `https` origin: `host` or `host:port`.
pub(crate) fn host_of(origin: &[u8]) -> Option<&[u8]> {
    let host = origin
        .strip_prefix(b"https://")
        .or_else(|| origin.strip_prefix(b"http://"))?;
    (!host.is_empty()).then_some(host)
}

/// RFC 3986 section 3.1, in lower case.
fn is_scheme(scheme: &str) -> bool {
    let letters = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.');
    scheme.starts_with(|first: char| first.is_ascii_lowercase()) && scheme.bytes().all(letters)
}

/// The port is what stands behind the last colon, if that is not inside of an IPv6 address.
fn split(rest: &str) -> (&str, Option<&str>) {
    match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (rest, None),
    }
}

/// A name, an IPv4 address or an IPv6 address in brackets, as the URL standard serializes them: in lower case, names in
/// punycode, addresses in their shortest form.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address
            .parse::<Ipv6Addr>()
            .is_ok_and(|parsed| is_shortest(parsed, address));
    }
    let letters = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_');
    let named = !host.is_empty() && host.len() <= 253 && host.bytes().all(letters);
    // What ends in a number is an address, and browsers write addresses in four parts.
    let last = host.rsplit('.').next().unwrap_or_default();
    let numeric = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    named && (!numeric || host.parse::<Ipv4Addr>().is_ok())
}

/// The standard library writes the last 32 bits of mapped addresses with dots, which browsers do not.
fn is_shortest(parsed: Ipv6Addr, text: &str) -> bool {
    let written = parsed.to_string();
    if !written.contains('.') {
        return written == text;
    }
    let [.., a, b] = parsed.segments();
    let (head, _) = written.rsplit_once(':').unwrap_or((&written, ""));
    text == format!("{head}:{a:x}:{b:x}")
}

#[cfg(test)]
mod tests {
    use super::{Fault, Origin, host_of};

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for (text, expected) in [
            ("https://app.example", None),
            ("http://localhost:3000", None),
            ("http://127.0.0.1:8080", None),
            ("https://[2001:db8::1]:8443", None),
            ("https://[2001:db8::1]", None),
            ("https://[::ffff:c000:201]", None),
            ("https://xn--bcher-kva.example", None),
            ("chrome-extension://abcdefghijklmnop", None),
            ("https://app.example:80", None),
            ("http://app.example:443", None),
            ("", Some(Fault::Scheme)),
            ("null", Some(Fault::Null)),
            ("*", Some(Fault::Scheme)),
            ("app.example", Some(Fault::Scheme)),
            ("HTTPS://app.example", Some(Fault::Scheme)),
            ("://app.example", Some(Fault::Scheme)),
            ("1https://app.example", Some(Fault::Scheme)),
            ("https://App.example", Some(Fault::Host)),
            ("https://", Some(Fault::Host)),
            ("https://*.app.example", Some(Fault::Host)),
            ("https://b\u{fc}cher.example", Some(Fault::Host)),
            ("https://app.example ", Some(Fault::Host)),
            ("https://1.2.3", Some(Fault::Host)),
            ("https://127.1", Some(Fault::Host)),
            ("https://[2001:DB8::1]", Some(Fault::Host)),
            ("https://[2001:db8:0::1]", Some(Fault::Host)),
            ("https://[::ffff:192.0.2.1]", Some(Fault::Host)),
            ("https://app.example/", Some(Fault::Beyond)),
            ("https://app.example/path", Some(Fault::Beyond)),
            ("https://user@app.example", Some(Fault::Beyond)),
            ("https://app.example?", Some(Fault::Beyond)),
            ("https://app.example:", Some(Fault::Port)),
            ("https://app.example:0", Some(Fault::Port)),
            ("https://app.example:08443", Some(Fault::Port)),
            ("https://app.example:+8443", Some(Fault::Port)),
            ("https://app.example:65536", Some(Fault::Port)),
            ("https://app.example:443", Some(Fault::DefaultPort)),
            ("http://app.example:80", Some(Fault::DefaultPort)),
        ] {
            assert_eq!(Origin::parse(text).err(), expected, "{text:?}");
        }
        assert_eq!(
            Origin::parse_http("app://app.example").err(),
            Some(Fault::NotHttp)
        );
    }

    #[test]
    fn a_host_stands_behind_a_scheme_of_the_web() {
        for (origin, expected) in [
            (&b"https://app.example"[..], Some(&b"app.example"[..])),
            (b"http://app.example:3000", Some(b"app.example:3000")),
            (b"https://", None),
            (b"app://app.example", None),
            (b"null", None),
            (b"", None),
        ] {
            assert_eq!(host_of(origin), expected);
        }
    }
}
