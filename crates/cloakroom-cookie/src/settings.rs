use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{CookieName, InvalidSetCookie, SameSite, SetCookie, SetCookieBuilder};

/// Everything of a cookie but its value, as it stands in a configuration file (feature `serde`).
///
/// | field | default | |
/// |---|---|---|
/// | `name` | none: it must be given | on the wire, prefix included |
/// | `path` | `"/"` | `"unset"`: no `Path`, which is left to the user agent |
/// | `domain` | the host that sets the cookie alone | |
/// | `max_age_s` | until the user agent's session ends | seconds, at most 400 days |
/// | `same_site` | `"lax"` | `"strict"`, `"lax"`, `"none"`; `"unset"`: no `SameSite`, which is left to the user agent |
/// | `secure`, `http_only` | `true` | |
/// | `partitioned` | `false` | |
///
/// Unknown fields are refused, and so are settings from which no cookie can be built, so a program with a wrong file
/// does not start. What is written is read back as it was, in formats without a null as well:
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
    /// The settings of the cookies that `builder` builds; its value counts for nothing.
    ///
    /// ```
    /// # fn main() -> Result<(), cloakroom_cookie::InvalidSetCookie> {
    /// use cloakroom_cookie::{CookieSettings, SetCookie};
    ///
    /// let settings = CookieSettings::new(SetCookie::host("id", ""))?;
    /// assert_eq!(settings.name().as_str(), "__Host-id");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`SetCookieBuilder::finish`].
    pub fn new<P>(builder: SetCookieBuilder<P>) -> Result<Self, InvalidSetCookie> {
        let mut template = builder.finish()?;
        template.value = String::new();
        Ok(Self { template })
    }

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
    /// A path, which begins with a slash, or [`UNSET`].
    #[serde(default = "Fields::path")]
    path: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_age_s: Option<u64>,
    #[serde(default = "Fields::same_site")]
    same_site: SameSiteWord,
    #[serde(default = "Fields::on")]
    secure: bool,
    #[serde(default = "Fields::on")]
    http_only: bool,
    #[serde(default)]
    partitioned: bool,
}

/// What stands for an attribute that is left out. Formats such as TOML have no null.
const UNSET: &str = "unset";

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum SameSiteWord {
    Strict,
    Lax,
    None,
    Unset,
}

impl Fields {
    const fn path() -> Cow<'static, str> {
        Cow::Borrowed("/")
    }

    const fn same_site() -> SameSiteWord {
        SameSiteWord::Lax
    }

    const fn on() -> bool {
        true
    }
}

impl TryFrom<Fields> for CookieSettings {
    type Error = InvalidSetCookie;

    fn try_from(fields: Fields) -> Result<Self, InvalidSetCookie> {
        let mut builder = SetCookie::new(fields.name, "");
        builder = if fields.path == UNSET {
            builder.without_path()
        } else {
            builder.path(fields.path)
        };
        if let Some(domain) = fields.domain {
            builder = builder.domain(domain);
        }
        if let Some(seconds) = fields.max_age_s {
            builder = builder.persistent(Duration::from_secs(seconds));
        }
        builder = match fields.same_site {
            SameSiteWord::Strict => builder.same_site(SameSite::Strict),
            SameSiteWord::Lax => builder.same_site(SameSite::Lax),
            SameSiteWord::None => builder.same_site(SameSite::None),
            SameSiteWord::Unset => builder.without_same_site(),
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
        Self::new(builder)
    }
}

impl From<CookieSettings> for Fields {
    fn from(settings: CookieSettings) -> Self {
        let cookie = settings.template;
        Self {
            domain: cookie.domain().map(ToString::to_string),
            max_age_s: cookie.max_age().map(|max_age| max_age.as_secs()),
            name: cookie.name,
            path: cookie.path.unwrap_or(Cow::Borrowed(UNSET)),
            same_site: match cookie.same_site {
                Some(SameSite::Strict) => SameSiteWord::Strict,
                Some(SameSite::Lax) => SameSiteWord::Lax,
                Some(SameSite::None) => SameSiteWord::None,
                None => SameSiteWord::Unset,
            },
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

    use core::time::Duration;

    use super::CookieSettings;
    use crate::SetCookie;

    fn read(json: &str) -> Result<CookieSettings, std::string::String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    fn read_toml(toml: &str) -> Result<CookieSettings, std::string::String> {
        toml::from_str(toml).map_err(|error: toml::de::Error| error.message().to_string())
    }

    #[test]
    fn what_is_left_to_the_user_agent_is_spelled_out() {
        let json = r#"{"name":"a","path":"unset","same_site":"unset","secure":true,"http_only":true,"partitioned":false}"#;
        let toml = "name = \"a\"\npath = \"unset\"\nsame_site = \"unset\"\nsecure = true\nhttp_only = true\n\
                    partitioned = false\n";
        let settings = read(json).unwrap();
        assert_eq!(
            settings.set_cookie("v").unwrap().to_string(),
            "a=v; Secure; HttpOnly"
        );
        assert_eq!(read_toml(toml).unwrap(), settings);
        assert_eq!(serde_json::to_string(&settings).unwrap(), json);
        assert_eq!(toml::to_string(&settings).unwrap(), toml);
        // It is one word, and no path: a path begins with a slash.
        let path = read(r#"{"name":"a","path":"/unset"}"#).unwrap();
        assert_eq!(path.removal().path(), Some("/unset"));
        assert_eq!(
            read(r#"{"name":"a","path":"Unset"}"#).unwrap_err(),
            "path-value does not begin with a slash at byte 0"
        );
        for null in [r#"{"name":"a","path":null}"#, r#"{"name":"a","same_site":null}"#] {
            assert!(read(null).is_err(), "{null}");
        }
    }

    #[test]
    fn settings_are_made_of_what_builds_a_cookie() {
        let host = SetCookie::host("a", "dropped").persistent(Duration::from_secs(60));
        let settings = CookieSettings::new(host).unwrap();
        assert_eq!(settings, read(r#"{"name":"__Host-a","max_age_s":60}"#).unwrap());
        assert_eq!(
            settings.set_cookie("").unwrap().to_string(),
            "__Host-a=; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            CookieSettings::new(SetCookie::new("a", "").partitioned().insecure())
                .unwrap_err()
                .to_string(),
            "Partitioned needs Secure"
        );
    }

    #[test]
    fn all_fields_are_read_and_written_back() {
        for (json, written) in [
            (r#"{"name":"a"}"#, "a=v; Path=/; Secure; HttpOnly; SameSite=Lax"),
            (
                r#"{"name":"a","path":"unset","same_site":"unset","secure":false,"http_only":false}"#,
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
            assert_eq!(read_toml(&toml::to_string(&settings).unwrap()).unwrap(), settings);
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
        assert!(
            read_toml("name = \"a\"\nsamesite = \"lax\"")
                .unwrap_err()
                .starts_with("unknown field `samesite`")
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
