use core::fmt;

use crate::{CookieName, SameSite, SetCookie};

/// How the program's cookies travel: over HTTPS, or over plain HTTP on a developer's machine.
///
/// Some browsers (Safari among them) drop `Secure` cookies that come from `http://localhost`, and with them every
/// prefixed one. Plain HTTP is one switch for the whole program, so that names and flags cannot disagree: ask it for
/// the name that is *read* and hand it each cookie that is *written*. Over HTTPS both pass through as they are.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use cloakroom_cookie::{CookieName, SetCookie, Transport};
///
/// static SESSION: CookieName = CookieName::from_static("__Host-id");
///
/// # if cfg!(debug_assertions) {
/// let transport = Transport::plain_http_for_development()?; // an error in a release build
/// let cookie = transport.outgoing(SetCookie::new(&SESSION, "x").finish()?);
/// assert_eq!(cookie.to_header_string(), "--Host-id=x; Path=/; HttpOnly; SameSite=Lax");
/// assert_eq!(cookie.name(), &transport.name(&SESSION));
/// # }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Transport {
    plain_http: bool,
}

impl Transport {
    /// HTTPS, the default: nothing is changed.
    pub const HTTPS: Self = Self { plain_http: false };

    /// Plain HTTP, for development.
    ///
    /// # Errors
    /// When this crate was compiled without debug assertions, as `cargo build --release` does unless the profile
    /// says otherwise. [`danger::plain_http_in_release`](crate::danger::plain_http_in_release) is the way for those
    /// who mean it.
    pub const fn plain_http_for_development() -> Result<Self, RefusedInRelease> {
        Self::plain_http_if(cfg!(debug_assertions))
    }

    const fn plain_http_if(development: bool) -> Result<Self, RefusedInRelease> {
        if development {
            Ok(Self::plain_http())
        } else {
            Err(RefusedInRelease(()))
        }
    }

    pub(crate) const fn plain_http() -> Self {
        Self { plain_http: true }
    }

    /// Whether this is the switch's insecure side.
    pub const fn is_plain_http(self) -> bool {
        self.plain_http
    }

    /// The name under which the cookie travels.
    ///
    /// Over plain HTTP the two underscores of a prefixed name become hyphens (`__Host-id` becomes `--Host-id`): user
    /// agents then see no prefix in it, and it is no longer than it was. No other name is changed, so two cookies get
    /// one name by it only if a program has a `--Host-id` beside its `__Host-id`.
    pub fn name(self, name: &CookieName) -> CookieName {
        if self.plain_http {
            name.unprefixed()
        } else {
            name.clone()
        }
    }

    /// The cookie as it travels. Hand it to [`SetCookies`](crate::SetCookies) after this, not before: the names that
    /// travel are those of which a response has one each.
    ///
    /// Over plain HTTP it has the name that [`name`](Self::name) tells and no `Secure`; what needs `Secure` goes with
    /// it: `Partitioned` is dropped, `SameSite=None` becomes `Lax`.
    #[must_use]
    pub fn outgoing(self, cookie: SetCookie) -> SetCookie {
        if !self.plain_http {
            return cookie;
        }
        SetCookie {
            name: self.name(&cookie.name),
            secure: false,
            partitioned: false,
            same_site: match cookie.same_site {
                Some(SameSite::None) => Some(SameSite::Lax),
                other => other,
            },
            ..cookie
        }
    }
}

/// Cookies for plain HTTP were asked for in a release build.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RefusedInRelease(());

impl fmt::Display for RefusedInRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cookies for plain HTTP are refused in a release build")
    }
}

impl core::error::Error for RefusedInRelease {}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::Transport;
    use crate::{CookieName, SameSite, SetCookie, SetCookies, danger};

    #[test]
    fn the_switch_is_refused_in_release_builds_unless_named() {
        assert_eq!(
            Transport::plain_http_if(false).unwrap_err().to_string(),
            "cookies for plain HTTP are refused in a release build"
        );
        assert_eq!(Transport::plain_http_if(true), Ok(Transport::plain_http()));
        assert_eq!(
            Transport::plain_http_for_development().is_ok(),
            cfg!(debug_assertions)
        );
        assert!(danger::plain_http_in_release().is_plain_http());
        assert_eq!(Transport::default(), Transport::HTTPS);
        assert!(!Transport::HTTPS.is_plain_http());
    }

    #[test]
    fn plain_http_changes_names_and_flags_together() {
        let plain = Transport::plain_http();
        for (name, travels_as) in [
            ("id", "id"),
            ("__Host-id", "--Host-id"),
            ("__hOST-id", "--hOST-id"),
            ("__Secure-id", "--Secure-id"),
            ("__Http-id", "--Http-id"),
            ("__Host-Http-id", "--Host-Http-id"),
            ("__Host-__Host-id", "--Host-__Host-id"),
            ("__Host-", "--Host-"),
            ("__other", "__other"),
            ("Host-id", "Host-id"),
            ("-Host-id", "-Host-id"),
        ] {
            let name = CookieName::from_static(name);
            assert_eq!(plain.name(&name).as_str(), travels_as);
            assert_eq!(plain.name(&name).prefix(), None);
            assert_eq!(Transport::HTTPS.name(&name), name);
            let cookie = SetCookie::new(&name, "x").finish().unwrap();
            assert_eq!(Transport::HTTPS.outgoing(cookie.clone()), cookie);
            let travels = plain.outgoing(cookie);
            assert_eq!(travels.name().as_str(), travels_as);
            assert!(!travels.secure() && travels.http_only());
            assert_eq!(travels.checked_again(), Ok(()));
        }
    }

    #[test]
    fn b7_a_response_over_plain_http_sets_one_cookie_of_each_name() {
        let plain = Transport::plain_http();
        let travels = |name| {
            plain.outgoing(
                SetCookie::new(CookieName::from_static(name), "x")
                    .finish()
                    .unwrap(),
            )
        };
        let mut cookies = SetCookies::new();
        for name in [
            "id",
            "__Host-id",
            "Host-id",
            "__Secure-id",
            "__host-id",
            "__Http-id",
            "__Host-Http-id",
        ] {
            assert_eq!(cookies.insert(travels(name)), Ok(()), "{name}");
        }
        // The one way to give two cookies one name is to write the marker by hand, and it is refused.
        assert_eq!(
            cookies.insert(travels("--Host-id")).unwrap_err().to_string(),
            "the response sets a cookie named --Host-id already"
        );
        assert_eq!(cookies.len(), 7);
    }

    #[test]
    fn a_cookie_at_the_limit_is_at_it_over_plain_http_too() {
        let longest = SetCookie::host("n", "v".repeat(4096 - "__Host-n".len()))
            .finish()
            .unwrap();
        let travels = Transport::plain_http().outgoing(longest);
        assert_eq!(travels.name().as_bytes().len() + travels.value().len(), 4096);
        assert_eq!(travels.checked_again(), Ok(()));
    }

    #[test]
    fn what_needs_secure_goes_with_it() {
        let embedded = SetCookie::host("id", "x").same_site(SameSite::None).partitioned();
        let travels = Transport::plain_http().outgoing(embedded.finish().unwrap());
        assert_eq!(travels.to_string(), "--Host-id=x; Path=/; HttpOnly; SameSite=Lax");
        assert_eq!(travels.checked_again(), Ok(()));
        let strict = SetCookie::new("id", "x")
            .same_site(SameSite::Strict)
            .finish()
            .unwrap();
        assert_eq!(
            Transport::plain_http().outgoing(strict.removal()).to_string(),
            "id=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Strict"
        );
    }
}
