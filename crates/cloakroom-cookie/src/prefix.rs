use core::fmt;

/// A cookie-name prefix that user agents enforce, in any letter case (RFC 6265bis section 4.1.3; `__Http-` and
/// `__Host-Http-` come from the layered-cookies draft).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Prefix {
    /// `__Secure-`: the cookie is `Secure`.
    Secure,
    /// `__Host-`: the cookie is `Secure`, has `Path=/` and no `Domain`, so it belongs to one host alone.
    Host,
    /// `__Http-`: the cookie is `Secure` and `HttpOnly`, so it was set by a server and not by a script.
    Http,
    /// `__Host-Http-`: everything that `__Host-` and `__Http-` ask for.
    HostHttp,
}

impl Prefix {
    /// The prefix as it is written, with its hyphen.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Secure => "__Secure-",
            Self::Host => "__Host-",
            Self::Http => "__Http-",
            Self::HostHttp => "__Host-Http-",
        }
    }

    /// The prefix that a user agent sees at the start of `name`, in any letter case; the longest one that fits.
    pub fn of(name: impl AsRef<[u8]>) -> Option<Self> {
        let name = name.as_ref();
        if !name.starts_with(b"__") {
            return None;
        }
        [Self::HostHttp, Self::Host, Self::Http, Self::Secure]
            .into_iter()
            .find(|prefix| starts_with_ignoring_case(name, prefix.as_str().as_bytes()))
    }

    /// Whether the prefix promises `HttpOnly`.
    pub(crate) const fn needs_http_only(self) -> bool {
        matches!(self, Self::Http | Self::HostHttp)
    }

    /// Whether the prefix promises `Path=/` and no `Domain`.
    pub(crate) const fn needs_host_only(self) -> bool {
        matches!(self, Self::Host | Self::HostHttp)
    }
}

fn starts_with_ignoring_case(name: &[u8], prefix: &[u8]) -> bool {
    name.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Prefix;

    #[test]
    fn the_longest_prefix_is_found_in_any_letter_case() {
        for (name, prefix) in [
            ("__Secure-a", Some(Prefix::Secure)),
            ("__sECURE-a", Some(Prefix::Secure)),
            ("__Host-a", Some(Prefix::Host)),
            ("__HOST-a", Some(Prefix::Host)),
            ("__Http-a", Some(Prefix::Http)),
            ("__http-", Some(Prefix::Http)),
            ("__Host-Http-a", Some(Prefix::HostHttp)),
            ("__hOST-hTTP-a", Some(Prefix::HostHttp)),
            ("__Host-Htt", Some(Prefix::Host)),
            ("__Host", None),
            ("_Host-a", None),
            ("Host-a", None),
            ("___Host-a", None),
            ("__Http_a", None),
            ("__", None),
            ("", None),
        ] {
            assert_eq!(Prefix::of(name), prefix, "{name}");
        }
    }
}
