use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cloakroom_cookie::{CookieName, Cookies, Limits, SetCookie};
use cloakroom_core::UnixTime;
use http::header::{CACHE_CONTROL, SET_COOKIE};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue};

use crate::{Error, Event, EventKind, Observer};

/// What a request and its response share: the settings of the layer and the cookies that are to go out.
///
/// A clone is a handle to the same jar. It travels in the request's extensions; the layer keeps one and empties it
/// when the response comes back.
#[derive(Clone)]
pub(crate) enum Jar {
    /// Of a layer for cookies alone.
    Own(Arc<(Arc<Settings>, Contents)>),
    /// Where the request's session is.
    #[cfg(feature = "session")]
    Slot(crate::session_slot::Slot),
}

/// What is to go out.
pub(crate) struct Contents(Mutex<State>);

/// The settings of a [`CookieLayer`](crate::CookieLayer) that the extractors need as well.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) clock: Arc<dyn Fn() -> UnixTime + Send + Sync>,
    pub(crate) limits: Limits,
    pub(crate) observer: Arc<dyn Observer>,
}

/// The system's clock, the default [`Limits`], no observer.
impl Default for Settings {
    fn default() -> Self {
        Self {
            clock: Arc::new(UnixTime::now),
            limits: Limits::DEFAULT,
            observer: Arc::new(()),
        }
    }
}

impl Settings {
    fn observe(&self, kind: EventKind, cookie: &CookieName) {
        self.observer.observe(&Event::new(kind, Some(cookie.as_str())));
    }

    /// The cookies of `headers`, within the limits.
    pub(crate) fn read<'a>(&self, headers: &'a HeaderMap) -> Result<Cookies<'a>, Error> {
        Cookies::from_headers_with(headers, self.limits).map_err(|exceeded| {
            let event = Event::new(EventKind::LimitExceeded, None);
            self.observer.observe(&event);
            Error::Limit(exceeded)
        })
    }
}

enum State {
    Open(Vec<Entry>),
    /// The response has left the layer.
    Sent,
}

/// What is to go out under one cookie-name. What takes a privilege away, or gives none, goes out with any response;
/// what gives one goes out with a response below 400 and then replaces the former.
struct Entry {
    always: Option<(SetCookie, EventKind)>,
    on_success: Option<SetCookie>,
}

/// What a handler earlier in the same request decided about a cookie.
#[cfg(feature = "sealed")]
pub(crate) enum Decided {
    Nothing,
    Removed,
    Value(String),
}

impl Jar {
    pub(crate) fn new(settings: Arc<Settings>) -> Self {
        Self::Own(Arc::new((settings, Contents::new())))
    }

    /// The jar in the request of a layer further out, whose response is still to come.
    pub(crate) fn of_outer(extensions: &Extensions) -> Option<Self> {
        Self::of(extensions).ok().filter(Self::is_open)
    }

    /// The jar that the layer left in the request. One that stands there by itself was left after one in a slot.
    pub(crate) fn of(extensions: &Extensions) -> Result<Self, Error> {
        let jar = extensions.get().cloned();
        #[cfg(feature = "session")]
        let jar = jar.or_else(|| extensions.get().map(crate::session_slot::Slot::jar));
        jar.ok_or(Error::MissingLayer)
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(&*self.lock(), State::Open(_))
    }

    pub(crate) fn settings(&self) -> &Settings {
        match self {
            Self::Own(own) => &own.0,
            #[cfg(feature = "session")]
            Self::Slot(slot) => slot.settings(),
        }
    }

    /// The same for what writes no cookie: without a layer there is one of the default settings, which goes nowhere.
    #[cfg(feature = "jwt")]
    pub(crate) fn of_or_default(extensions: &Extensions) -> Self {
        static DEFAULT: std::sync::LazyLock<Arc<Settings>> = std::sync::LazyLock::new(Arc::default);
        Self::of(extensions).unwrap_or_else(|_| Self::new(Arc::clone(&DEFAULT)))
    }

    #[cfg(any(feature = "jwt", feature = "sealed"))]
    pub(crate) fn now(&self) -> UnixTime {
        (self.settings().clock)()
    }

    pub(crate) fn limits(&self) -> Limits {
        self.settings().limits
    }

    #[cfg(feature = "sealed")]
    pub(crate) fn observe(&self, kind: EventKind, cookie: &CookieName) {
        self.settings().observe(kind, cookie);
    }

    #[cfg(feature = "identity")]
    pub(crate) fn tell(&self, event: &Event<'_>) {
        self.settings().observer.observe(event);
    }

    /// Tells of a bearer token that verified.
    #[cfg(feature = "jwt")]
    pub(crate) fn observe_verified(&self, cookie: Option<&CookieName>) {
        let event = Event::new(EventKind::Verified, cookie.map(CookieName::as_str));
        self.settings().observer.observe(&event);
    }

    /// Tells why a request was refused for its bearer token.
    #[cfg(feature = "jwt")]
    pub(crate) fn observe_refused(&self, refused: &crate::BearerErrorKind, cookie: Option<&CookieName>) {
        if let Some(event) = Event::of_refused(refused, cookie.map(CookieName::as_str)) {
            self.settings().observer.observe(&event);
        }
    }

    /// The request's cookies, within the limits of the layer.
    pub(crate) fn read<'a>(&self, headers: &'a HeaderMap) -> Result<Cookies<'a>, Error> {
        self.settings().read(headers)
    }

    /// Sends `cookie` with any response, in place of what was to go out under its name.
    pub(crate) fn put(&self, cookie: SetCookie) -> Result<(), Error> {
        self.edit(cookie, |entry, cookie| {
            let kind = kind_of(&cookie);
            *entry = Entry {
                always: Some((cookie, kind)),
                on_success: None,
            };
        })
    }

    /// Sends `cookie` with a response below 400; with any other, what was to go out under its name before.
    pub(crate) fn put_on_success(&self, cookie: SetCookie) -> Result<(), Error> {
        self.edit(cookie, |entry, cookie| entry.on_success = Some(cookie))
    }

    /// Sends `cookie`, the re-sealed form of what the request brought, unless something is to go out under its name.
    ///
    /// When the response was sent, nothing is: reading fails during a rotation no more than at any other time, and
    /// another request brings the value under the older key again.
    #[cfg(feature = "sealed")]
    pub(crate) fn put_resealed(&self, cookie: SetCookie) {
        let _ = self.edit(cookie, |entry, cookie| {
            if entry.name().is_none() {
                entry.always = Some((cookie, EventKind::Resealed));
            }
        });
    }

    /// Whether anything is to go out under `name`.
    #[cfg(feature = "sealed")]
    pub(crate) fn holds(&self, name: &CookieName) -> bool {
        match &*self.lock() {
            State::Open(entries) => entries.iter().any(|entry| entry.name() == Some(name)),
            State::Sent => false,
        }
    }

    /// What was decided about the cookie `name` in this request so far. A re-sealed cookie is no decision.
    #[cfg(feature = "sealed")]
    pub(crate) fn decided(&self, name: &CookieName) -> Decided {
        let state = self.lock();
        let State::Open(entries) = &*state else {
            return Decided::Nothing;
        };
        let Some(entry) = entries.iter().find(|entry| entry.name() == Some(name)) else {
            return Decided::Nothing;
        };
        match (&entry.on_success, &entry.always) {
            (None, None | Some((_, EventKind::Resealed))) => Decided::Nothing,
            (Some(cookie), _) | (None, Some((cookie, _))) if cookie.is_removal() => Decided::Removed,
            (Some(cookie), _) | (None, Some((cookie, _))) => Decided::Value(cookie.value().to_owned()),
        }
    }

    /// Whether a value was set under `name` in this request so far. Re-sealing sets none, and a removal neither.
    #[cfg(feature = "csrf")]
    pub(crate) fn sets_value(&self, name: &CookieName) -> bool {
        let state = self.lock();
        let State::Open(entries) = &*state else {
            return false;
        };
        let mut entries = entries.iter().filter(|entry| entry.name() == Some(name));
        entries.any(|entry| match (&entry.on_success, &entry.always) {
            (Some(cookie), _) => !cookie.is_removal(),
            (None, Some((_, kind))) => *kind == EventKind::Set,
            (None, None) => false,
        })
    }

    fn edit(&self, cookie: SetCookie, change: impl FnOnce(&mut Entry, SetCookie)) -> Result<(), Error> {
        let mut state = self.lock();
        let State::Open(entries) = &mut *state else {
            return Err(Error::ResponseSent);
        };
        let place = entries
            .iter()
            .position(|entry| entry.name() == Some(cookie.name()));
        if let Some(place) = place {
            change(&mut entries[place], cookie);
        } else {
            let mut entry = Entry {
                always: None,
                on_success: None,
            };
            change(&mut entry, cookie);
            entries.push(entry);
        }
        Ok(())
    }

    pub(crate) fn contents(&self) -> &Contents {
        match self {
            Self::Own(own) => &own.1,
            #[cfg(feature = "session")]
            Self::Slot(slot) => slot.contents(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.contents().lock()
    }
}

impl Contents {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(State::Open(Vec::new())))
    }

    /// No code that can panic runs under the lock, so a poisoned one still guards a whole state.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A jar whose response is leaving its layer.
pub(crate) enum Closing<'a> {
    /// Nobody else has it any more, so nobody is locked out.
    #[cfg(feature = "session")]
    Alone(&'a mut Contents),
    Shared(&'a Contents),
}

impl Closing<'_> {
    /// Writes the cookies into the response's headers and closes the jar.
    pub(crate) fn finish(self, settings: &Settings, succeeded: bool, headers: &mut HeaderMap) {
        let state = match self {
            #[cfg(feature = "session")]
            Self::Alone(contents) => {
                let state = contents.0.get_mut().unwrap_or_else(PoisonError::into_inner);
                mem::replace(state, State::Sent)
            }
            Self::Shared(contents) => mem::replace(&mut *contents.lock(), State::Sent),
        };
        let State::Open(entries) = state else {
            return;
        };
        let mut wrote = false;
        for entry in entries {
            let sent = match entry.on_success {
                Some(cookie) if succeeded => {
                    let kind = kind_of(&cookie);
                    Some((cookie, kind))
                }
                Some(cookie) => {
                    settings.observe(EventKind::Withheld, cookie.name());
                    entry.always
                }
                None => entry.always,
            };
            let Some((cookie, kind)) = sent else { continue };
            // A handler that writes the header itself has decided about this cookie; re-sealing must not undo it.
            if kind == EventKind::Resealed && sets(headers, cookie.name()) {
                continue;
            }
            headers.append(SET_COOKIE, cookie.to_header_value());
            wrote = true;
            settings.observe(kind, cookie.name());
        }
        if wrote {
            forbid_storing(headers);
        }
    }
}

/// Prints nothing of the cookies.
impl fmt::Debug for Jar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Jar(..)")
    }
}

impl Entry {
    fn name(&self) -> Option<&CookieName> {
        match (&self.on_success, &self.always) {
            (Some(cookie), _) | (None, Some((cookie, _))) => Some(cookie.name()),
            (None, None) => None,
        }
    }
}

fn kind_of(cookie: &SetCookie) -> EventKind {
    if cookie.is_removal() {
        EventKind::Removed
    } else {
        EventKind::Set
    }
}

/// Whether a Set-Cookie line in `headers` has the cookie-name `name`.
fn sets(headers: &HeaderMap, name: &CookieName) -> bool {
    headers.get_all(SET_COOKIE).iter().any(|line| {
        let pair = line
            .as_bytes()
            .split(|&byte| byte == b';')
            .next()
            .unwrap_or_default();
        let found = pair.split(|&byte| byte == b'=').next().unwrap_or_default();
        found.trim_ascii() == name.as_bytes()
    })
}

/// A shared cache may store a response with Set-Cookie (RFC 9111 section 7.3) and would then log strangers in, so the
/// response is not stored, whatever the handler said. `CDN-Cache-Control` would overrule `Cache-Control`
/// (RFC 9213 section 2.2), so it follows where it is present.
pub(crate) fn forbid_storing(headers: &mut HeaderMap) {
    const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
    const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");
    headers.insert(CACHE_CONTROL, NO_STORE);
    if headers.contains_key(CDN_CACHE_CONTROL) {
        headers.insert(CDN_CACHE_CONTROL, NO_STORE);
    }
}
