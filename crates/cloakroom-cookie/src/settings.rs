use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{CookieName, InvalidSetCookie, SameSite, SetCookie};

/// Everything of a cookie but its value, as it stands in a configuration file (feature `serde`).
///
/// | field | default | |
/// |---|---|---|
/// | `name` | none: it must be given | on the wire, prefix included |
/// | `path` | `"/"` | `null`: left to the user agent |
/// | `domain` | the host that sets the cookie alone | |
/// | `max_age_s` | until the user agent's session ends | seconds, at most 400 days |
/// | `same_site` | `"lax"` | `"strict"`, `"lax"`, `"none"`; `null`: left to the user agent |
/// | `secure`, `http_only` | `true` | |
/// | `partitioned` | `false` | |
///
/// Unknown fields are refused, and so are settings from which no cookie can be built, so a program with a wrong file
/// does not start:
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use cloakroom_cookie::CookieSettings;
///
/// let settings: CookieSettings = serde_json::from_str(r#"{"name": "__Host-id", "max_age_s": 3600}"#)?;
/// assert_eq!(
///     settings.set_cookie("x")?.to_header_string(),
///     "__Host-id=x; Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Lax",
/// );
/// let wrong = serde_json::from_str::<CookieSettings>(r#"{"name": "__Host-id", "domain": "example.com"}"#);
/// assert_eq!(wrong.unwrap_err().to_string(), "__Host- in cookie-name forbids Domain");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub struct CookieSettings {
    /// A cookie with an empty value.
    template: SetCookie,
}

impl CookieSettings {
    /// The cookie-name, prefix included.
    pub fn name(&self) -> &CookieName {
        self.template.name()
    }

    /// The cookie with `value`.
    ///
    /// # Errors
    /// When `value` is no cookie-value or too long: the settings themselves have been checked.
    pub fn set_cookie(&self, value: impl Into<String>) -> Result<SetCookie, InvalidSetCookie> {
        self.template.with_value(value.into())
    }

    /// The [removal](SetCookie::removal) of the cookie.
    #[must_use]
    pub fn removal(&self) -> SetCookie {
        self.template.removal()
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    name: CookieName,
    #[serde(default = "Fields::path")]
    path: Option<Cow<'static, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_age_s: Option<u64>,
    #[serde(default = "Fields::same_site")]
    same_site: Option<SameSite>,
    #[serde(default = "Fields::on")]
    secure: bool,
    #[serde(default = "Fields::on")]
    http_only: bool,
    #[serde(default)]
    partitioned: bool,
}

impl Fields {
    #[expect(clippy::unnecessary_wraps, reason = "serde wants the field's type")]
    const fn path() -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed("/"))
    }

    #[expect(clippy::unnecessary_wraps, reason = "serde wants the field's type")]
    const fn same_site() -> Option<SameSite> {
        Some(SameSite::Lax)
    }

    const fn on() -> bool {
        true
    }
}

impl TryFrom<Fields> for CookieSettings {
    type Error = InvalidSetCookie;

    fn try_from(fields: Fields) -> Result<Self, InvalidSetCookie> {
        let mut builder = SetCookie::new(fields.name, "");
        builder = match fields.path {
            Some(path) => builder.path(path),
            None => builder.without_path(),
        };
        if let Some(domain) = fields.domain {
            builder = builder.domain(domain);
        }
        if let Some(seconds) = fields.max_age_s {
            builder = builder.persistent(Duration::from_secs(seconds));
        }
        builder = match fields.same_site {
            Some(same_site) => builder.same_site(same_site),
            None => builder.without_same_site(),
        };
        if !fields.secure {
            builder = builder.insecure();
        }
        if !fields.http_only {
            builder = builder.script_readable();
        }
        if fields.partitioned {
            builder = builder.partitioned();
        }
        builder.finish().map(|template| Self { template })
    }
}

impl From<CookieSettings> for Fields {
    fn from(settings: CookieSettings) -> Self {
        let cookie = settings.template;
        Self {
            domain: cookie.domain().map(ToString::to_string),
            max_age_s: cookie.max_age().map(|max_age| max_age.as_secs()),
            name: cookie.name,
            path: cookie.path,
            same_site: cookie.same_site,
            secure: cookie.secure,
            http_only: cookie.http_only,
            partitioned: cookie.partitioned,
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::CookieSettings;

    fn read(json: &str) -> Result<CookieSettings, std::string::String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn all_fields_are_read_and_written_back() {
        for (json, written) in [
            (r#"{"name":"a"}"#, "a=v; Path=/; Secure; HttpOnly; SameSite=Lax"),
            (
                r#"{"name":"a","path":null,"same_site":null,"secure":false,"http_only":false}"#,
                "a=v",
            ),
            (
                r#"{"name":"__Secure-a","path":"/x","domain":".Example.com","max_age_s":34560000,"same_site":"none","partitioned":true}"#,
                "__Secure-a=v; Path=/x; Domain=example.com; Max-Age=34560000; Secure; HttpOnly; SameSite=None; Partitioned",
            ),
        ] {
            let settings = read(json).unwrap();
            assert_eq!(settings.set_cookie("v").unwrap().to_string(), written);
            let again = read(&serde_json::to_string(&settings).unwrap()).unwrap();
            assert_eq!(again, settings);
        }
    }

    #[test]
    fn settings_from_which_no_cookie_can_be_built_are_refused() {
        for (json, error) in [
            ("{}", "missing field `name` at line 1 column 2"),
            (r#"{"name":""}"#, "cookie-name is empty at line 1 column 11"),
            (
                r#"{"name":"a","max_age_s":0}"#,
                "Max-Age is less than one second, which only a removal may have",
            ),
            (
                r#"{"name":"a","max_age_s":34560001}"#,
                "Max-Age is longer than 400 days",
            ),
            (
                r#"{"name":"a","same_site":"none","secure":false}"#,
                "SameSite=None needs Secure",
            ),
            (
                r#"{"name":"a","partitioned":true,"secure":false}"#,
                "Partitioned needs Secure",
            ),
            (
                r#"{"name":"__http-a","http_only":false}"#,
                "__Http- in cookie-name needs HttpOnly",
            ),
            (
                r#"{"name":"a","path":"x"}"#,
                "path-value does not begin with a slash at byte 0",
            ),
        ] {
            assert_eq!(read(json).unwrap_err(), error, "{json}");
        }
        assert!(
            read(r#"{"name":"a","samesite":"lax"}"#)
                .unwrap_err()
                .starts_with("unknown field `samesite`")
        );
        assert!(
            read(r#"{"name":"a","same_site":"Lax"}"#)
                .unwrap_err()
                .starts_with("unknown variant `Lax`")
        );
    }

    #[test]
    fn values_are_checked_when_they_come() {
        let settings = read(r#"{"name":"a"}"#).unwrap();
        assert_eq!(
            settings.set_cookie("a;b").unwrap_err().to_string(),
            "cookie-value has a forbidden octet at byte 1"
        );
        assert_eq!(settings.set_cookie("x".repeat(4095)).unwrap().value().len(), 4095);
        assert_eq!(
            settings.set_cookie("x".repeat(4096)).unwrap_err().to_string(),
            "cookie-name and cookie-value are longer than 4096 octets together"
        );
        assert!(settings.removal().is_removal());
        assert_eq!(settings.name().as_str(), "a");
    }
}
