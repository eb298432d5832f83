use http::HeaderMap;
use http::header::AUTHORIZATION;

/// What the Authorization field of a request says to somebody who knows the scheme `Bearer` alone (RFC 9110 section
/// 11.6.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Authorization<'a> {
    Absent,
    /// Credentials of a scheme that is not ours: no bearer token, and no absence of credentials either.
    OtherScheme,
    /// What follows `Bearer` and its spaces. Whether it is a `b64token` is for the caller to ask.
    Bearer(&'a str),
    /// The field is there twice, or is no `auth-scheme` with what may follow it.
    Malformed,
}

impl<'a> Authorization<'a> {
    /// Reads the scheme and not a byte of the token but for being text, so a long one costs next to nothing.
    pub(crate) fn of(headers: &'a HeaderMap) -> Self {
        let mut fields = headers.get_all(AUTHORIZATION).iter();
        let field = match (fields.next(), fields.next()) {
            (None, _) => return Self::Absent,
            (Some(field), None) => field,
            // Two proxies, or a smuggler: whose word counts is not for us to guess.
            (Some(_), Some(_)) => return Self::Malformed,
        };
        let Ok(text) = str::from_utf8(field.as_bytes()) else {
            return Self::Malformed;
        };
        let (scheme, rest) = match text.split_once(' ') {
            Some((scheme, rest)) => (scheme, Some(rest)),
            None => (text, None),
        };
        if scheme.eq_ignore_ascii_case("Bearer") {
            // 1*SP (RFC 9110 section 11.4, RFC 6750 section 2.1).
            let token = rest.map(|rest| rest.trim_start_matches(' '));
            return token.map_or(Self::Malformed, Self::Bearer);
        }
        // A scheme's name is short; the bound keeps a long field without a space from being looked through.
        if scheme.len() <= 64 && is_token(scheme) {
            Self::OtherScheme
        } else {
            Self::Malformed
        }
    }
}

/// Whether `text` is a `b64token` (RFC 6750 section 2.1): everything that can be a JWT is.
#[cfg(feature = "jwt")]
pub(crate) fn is_b64token(text: &str) -> bool {
    let unpadded = text.trim_end_matches('=');
    !unpadded.is_empty()
        && unpadded
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

/// Whether `text` is a `token` (RFC 9110 section 5.6.2), as each `auth-scheme` is.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use http::header::AUTHORIZATION;
    use http::{HeaderMap, HeaderValue};

    use super::Authorization::{self, Absent, Bearer, Malformed, OtherScheme};
    #[cfg(feature = "jwt")]
    use super::is_b64token;

    #[test]
    fn one_field_one_scheme_and_spaces() {
        for (fields, expected) in [
            (&[][..], Absent),
            (&[&b"Bearer a.b.c"[..]], Bearer("a.b.c")),
            (&[b"bearer a"], Bearer("a")),
            (&[b"BEARER a"], Bearer("a")),
            (&[b"Bearer "], Bearer("")),
            (&[b"Bearer  a"], Bearer("a")),
            (&[b"Bearer    a.b.c"], Bearer("a.b.c")),
            (&[b"Bearer  "], Bearer("")),
            (&[b"Bearer \ta"], Bearer("\ta")),
            (&[b"Basic  dTpw"], OtherScheme),
            (&[b"Bearer a b"], Bearer("a b")),
            (&[b"Bearer"], Malformed),
            (&[b"Bearer\ta"], Malformed),
            (&[b"Bearer,a"], Malformed),
            (&[b""], Malformed),
            (&[b" "], Malformed),
            (&[b" Bearer a"], Malformed),
            (&[b"Bearer \xff"], Malformed),
            (&[b"Basic dTpw"], OtherScheme),
            (&[b"Negotiate"], OtherScheme),
            (&[b"Bearers a"], OtherScheme),
            (&[b"DPoP a"], OtherScheme),
            (&[b"Basic dTpw", b"Bearer a"], Malformed),
            (&[b"Bearer a", b"Bearer a"], Malformed),
            (&[&[b'x'; 65]], Malformed),
        ] {
            let mut headers = HeaderMap::new();
            for field in fields {
                headers.append(AUTHORIZATION, HeaderValue::from_bytes(field).unwrap());
            }
            assert_eq!(Authorization::of(&headers), expected, "{fields:?}");
        }
    }

    #[cfg(feature = "jwt")]
    #[test]
    fn a_b64token_is_spelled_as_the_rfc_says() {
        for (text, expected) in [
            ("a", true),
            ("aZ09-._~+/", true),
            ("a==", true),
            ("", false),
            ("=", false),
            ("a=b", false),
            ("a b", false),
            ("a,b", false),
            ("a\"", false),
            ("\u{e4}", false),
        ] {
            assert_eq!(is_b64token(text), expected, "{text:?}");
        }
    }
}
