//! `set-cookie-parse` and `set-cookie-build`: the Set-Cookie header field from both sides.

use std::time::Duration;

use cloakroom_cookie::parse::{InvalidLine, SetCookieLine};
use cloakroom_cookie::prefixed::{MayBeInsecure, MayBeScoped, MayBeScriptReadable};
use cloakroom_cookie::{InvalidSetCookie, SameSite, SetCookie, SetCookieBuilder};
use serde::{Deserialize, Deserializer, Serialize};

use crate::wire::{Bytes, Refusal};

#[derive(Deserialize)]
pub(crate) struct Line {
    value_b64: Bytes,
}

#[derive(Serialize)]
pub(crate) struct Parsed {
    name_b64: Bytes,
    value_b64: Bytes,
    attributes: Attributes,
}

/// An attribute that is absent, or that means the user agent's default, is null.
#[derive(Serialize)]
struct Attributes {
    path: Option<String>,
    domain: Option<String>,
    secure: bool,
    http_only: bool,
    same_site: Option<&'static str>,
    partitioned: bool,
    max_age_s: Option<i64>,
    expires_s: Option<i64>,
}

/// What a user agent makes of the value of one Set-Cookie header field.
pub(crate) fn parse(input: &Line) -> Result<Parsed, Refusal> {
    let line = SetCookieLine::parse(&input.value_b64.0).map_err(|error| match error {
        InvalidLine::PairTooLong => Refusal::TooLarge,
        _ => Refusal::Rejected,
    })?;
    // Path and Domain are text in the protocol. What is not UTF-8 in them is replaced: such a Domain is refused by the
    // storage model, and such a Path matches no request that a browser sends.
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Parsed {
        name_b64: line.name().into(),
        value_b64: line.value().into(),
        attributes: Attributes {
            path: line.path().map(text),
            domain: line.domain().map(text),
            secure: line.secure(),
            http_only: line.http_only(),
            same_site: line.same_site().map(SameSite::as_str),
            partitioned: line.partitioned(),
            max_age_s: line.max_age(),
            expires_s: line.expires().map(cloakroom_core::UnixTime::as_secs),
        },
    })
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    name: String,
    value_b64: Bytes,
    #[serde(default)]
    path: Member<String>,
    domain: Option<String>,
    secure: Option<bool>,
    http_only: Option<bool>,
    #[serde(default)]
    same_site: Member<SameSiteWord>,
    partitioned: Option<bool>,
    max_age_s: Option<i64>,
    prefix: Option<PrefixWord>,
}

#[derive(Serialize)]
pub(crate) struct Built {
    set_cookie: String,
}

/// The Set-Cookie header field that the members ask for.
pub(crate) fn build(wanted: &Wanted) -> Result<Built, Refusal> {
    let value = String::from_utf8(wanted.value_b64.0.clone()).map_err(|_| Refusal::Rejected)?;
    let name = wanted.name.clone();
    let draft = match wanted.prefix {
        None => {
            let builder = scoped(SetCookie::new(name, value), wanted);
            insecure(script_readable(builder, wanted), wanted).end(wanted)
        }
        Some(PrefixWord::Secure) => {
            let builder = scoped(SetCookie::secure_prefix(name, value), wanted);
            script_readable(builder, wanted).end(wanted)
        }
        Some(PrefixWord::Host) => script_readable(SetCookie::host(name, value), wanted).end(wanted),
        Some(PrefixWord::Http) => scoped(SetCookie::http(name, value), wanted).end(wanted),
        Some(PrefixWord::HostHttp) => SetCookie::host_http(name, value).end(wanted),
    };
    if wanted.breaks_its_prefix() {
        return Err(Refusal::Rejected);
    }
    match (draft, wanted.max_age_s) {
        (Ok(cookie), Some(0)) if cookie.value().is_empty() => Ok(cookie.removal().into()),
        (_, Some(..=0)) => Err(Refusal::Rejected),
        (Ok(cookie), _) => Ok(cookie.into()),
        (Err(error), _) if error.is_too_long() => Err(Refusal::TooLarge),
        (Err(_), _) => Err(Refusal::Rejected),
    }
}

impl From<SetCookie> for Built {
    fn from(cookie: SetCookie) -> Self {
        Self {
            set_cookie: cookie.to_header_string(),
        }
    }
}

/// The setters that every prefix leaves open, and the end of the builder.
trait End {
    fn end(self, wanted: &Wanted) -> Result<SetCookie, InvalidSetCookie>;
}

impl<P> End for SetCookieBuilder<P> {
    fn end(mut self, wanted: &Wanted) -> Result<SetCookie, InvalidSetCookie> {
        self = match &wanted.same_site {
            Member::Absent => self,
            Member::Null => self.without_same_site(),
            Member::Given(word) => self.same_site(word.0),
        };
        if wanted.partitioned == Some(true) {
            self = self.partitioned();
        }
        if let Some(seconds @ 1..) = wanted.max_age_s {
            self = self.persistent(Duration::from_secs(seconds.unsigned_abs()));
        }
        self.finish()
    }
}

fn scoped<P: MayBeScoped>(mut builder: SetCookieBuilder<P>, wanted: &Wanted) -> SetCookieBuilder<P> {
    builder = match &wanted.path {
        Member::Absent => builder,
        Member::Null => builder.without_path(),
        Member::Given(path) => builder.path(path),
    };
    match &wanted.domain {
        None => builder,
        Some(domain) => builder.domain(domain),
    }
}

fn script_readable<P: MayBeScriptReadable>(
    builder: SetCookieBuilder<P>,
    wanted: &Wanted,
) -> SetCookieBuilder<P> {
    match wanted.http_only {
        Some(false) => builder.script_readable(),
        _ => builder,
    }
}

fn insecure<P: MayBeInsecure>(builder: SetCookieBuilder<P>, wanted: &Wanted) -> SetCookieBuilder<P> {
    match wanted.secure {
        Some(false) => builder.insecure(),
        _ => builder,
    }
}

impl Wanted {
    /// Whether the members ask for what the prefix's constructor has no setter for.
    fn breaks_its_prefix(&self) -> bool {
        let insecure = self.secure == Some(false);
        let script_readable = self.http_only == Some(false);
        // Where the constructor has no setter for Path, null asks for nothing.
        let elsewhere = matches!(&self.path, Member::Given(path) if path != "/");
        let scoped = self.domain.is_some() || elsewhere;
        match self.prefix {
            None => false,
            Some(PrefixWord::Secure) => insecure,
            Some(PrefixWord::Host) => insecure || scoped,
            Some(PrefixWord::Http) => insecure || script_readable,
            Some(PrefixWord::HostHttp) => insecure || script_readable || scoped,
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PrefixWord {
    Host,
    Secure,
    Http,
    HostHttp,
}

/// `Strict`, `Lax` or `None` in any letter case, as in the header field.
struct SameSiteWord(SameSite);

impl<'de> Deserialize<'de> for SameSiteWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        [SameSite::Strict, SameSite::Lax, SameSite::None]
            .into_iter()
            .find(|same_site| word.eq_ignore_ascii_case(same_site.as_str()))
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("not a SameSite value"))
    }
}

/// A member whose absence leaves the library's default, and which is null to leave the attribute out.
#[derive(Default)]
enum Member<T> {
    #[default]
    Absent,
    Null,
    Given(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Member<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Given))
    }
}
