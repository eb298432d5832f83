use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cloakroom_session::cloakroom_store::cloakroom_id::SessionToken;
use cloakroom_session::{Carried, Client, Commit, Session, Sessions};
use http::header::USER_AGENT;
use http::{HeaderMap, HeaderValue};

use crate::authorization::Authorization;
use crate::jar::{Closing, Contents, Jar, Settings};
use crate::{Error, SessionCookie, SessionSource};

/// Where a request's session will be, once somebody asks for it, and its jar. It travels in the request's extensions;
/// the layer holds it too and takes the [`Commit`] out.
#[derive(Clone)]
pub(crate) struct Slot(Arc<Exchange<dyn Shared>>);

/// A request and its response under a layer: all that there is of it, in one allocation.
pub(crate) struct Exchange<P: ?Sized> {
    address: Option<IpAddr>,
    jar: Place,
    state: Mutex<State>,
    pub(crate) layer: P,
}

/// Where the jar is.
enum Place {
    Here(Contents),
    /// That of a layer further out.
    Outer(Jar),
}

/// What all requests under a layer share.
pub(crate) trait Shared: Send + Sync + 'static {
    fn carriers(&self) -> &Carriers;

    /// Those of its jar.
    fn settings(&self) -> &Settings;
}

/// What a layer's sessions are carried by.
#[derive(Clone)]
pub(crate) struct Carriers {
    pub(crate) sessions: Sessions,
    pub(crate) cookie: SessionCookie,
    pub(crate) carried_by: CarriedBy,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CarriedBy {
    Cookie,
    Authorization,
    Both,
}

impl Carriers {
    /// The value of `WWW-Authenticate` for a request that has to log in first: where a token may come in Authorization,
    /// that of RFC 6750 section 3; for a cookie alone, that of `Error::Required`.
    pub(crate) fn challenge(&self) -> Option<HeaderValue> {
        if self.carried_by == CarriedBy::Cookie {
            HeaderValue::try_from(format!("Cookie cookie-name=\"{}\"", self.cookie.name())).ok()
        } else {
            Some(HeaderValue::from_static("Bearer"))
        }
    }
}

enum State {
    /// Nobody has asked: nothing was parsed.
    Unasked,
    Begun(Begun),
    /// The response was made, or given up: what was begun before.
    Over(Option<(Session, SessionSource)>),
}

/// What there is to commit once somebody has asked for a request's session.
pub(crate) struct Begun {
    pub(crate) commit: Commit,
    pub(crate) source: SessionSource,
}

impl Begun {
    /// As [`Commit::finish_at_rest`].
    pub(crate) fn finish_at_rest(self) -> Result<(Carried, SessionSource), Self> {
        let Self { commit, source } = self;
        match commit.finish_at_rest() {
            Ok(carried) => Ok((carried, source)),
            Err(commit) => Err(Self { commit, source }),
        }
    }

    pub(crate) fn session(&self) -> Option<(Session, SessionSource)> {
        Some((self.commit.session()?, self.source))
    }
}

impl<P> Exchange<P> {
    /// For a request whose jar is that of a layer further `out`, if there is one.
    pub(crate) fn new(layer: P, address: Option<IpAddr>, outer: Option<Jar>) -> Self {
        Self {
            address,
            jar: outer.map_or_else(|| Place::Here(Contents::new()), Place::Outer),
            state: Mutex::new(State::Unasked),
            layer,
        }
    }

    /// The same in a layer that is covered: there is no session in it.
    pub(crate) fn covered(layer: P, outer: Option<Jar>) -> Self {
        Self {
            state: Mutex::new(State::Over(None)),
            ..Self::new(layer, None, outer)
        }
    }

    /// As [`close`](Self::close), for the last one who holds it.
    pub(crate) fn close_alone(&mut self) -> Option<Begun> {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(state, State::Over(None)) {
            State::Begun(begun) => Some(begun),
            State::Unasked | State::Over(_) => None,
        }
    }

    /// The jar, if it is this layer's and not that of one further out, and the layer; for the last one who holds them.
    pub(crate) fn alone(&mut self) -> (Option<Closing<'_>>, &P) {
        let jar = match &mut self.jar {
            Place::Here(contents) => Some(Closing::Alone(contents)),
            Place::Outer(_) => None,
        };
        (jar, &self.layer)
    }
}

impl<P: ?Sized> Exchange<P> {
    /// The jar, if it is this layer's and not that of one further out.
    pub(crate) const fn own_jar(&self) -> Option<&Contents> {
        match &self.jar {
            Place::Here(contents) => Some(contents),
            Place::Outer(_) => None,
        }
    }

    /// What is to be committed, if anybody asked; nothing begins any more.
    pub(crate) fn close(&self) -> Option<Begun> {
        let mut state = self.lock();
        let (over, taken) = match std::mem::replace(&mut *state, State::Over(None)) {
            State::Unasked => (None, None),
            State::Begun(begun) => (begun.session(), Some(begun)),
            State::Over(session) => (session, None),
        };
        *state = State::Over(over);
        taken
    }

    /// What is left in it when something panics under the lock is whole: it is replaced in one step.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    pub(crate) fn new<P: Shared>(exchange: &Arc<Exchange<P>>) -> Self {
        Self(Arc::clone(exchange) as _)
    }

    /// The jar of the request.
    pub(crate) fn jar(&self) -> Jar {
        match &self.0.jar {
            Place::Here(_) => Jar::Slot(self.clone()),
            Place::Outer(jar) => jar.clone(),
        }
    }

    /// Those of the jar.
    pub(crate) fn settings(&self) -> &Settings {
        match &self.0.jar {
            Place::Here(_) => self.0.layer.settings(),
            Place::Outer(jar) => jar.settings(),
        }
    }

    /// Those of the jar.
    pub(crate) fn contents(&self) -> &Contents {
        match &self.0.jar {
            Place::Here(contents) => contents,
            Place::Outer(jar) => jar.contents(),
        }
    }

    /// Whether what `carriers` take is taken here, too: the session of a request then is the one that they mean.
    #[cfg(feature = "identity")]
    pub(crate) fn takes_all_of(&self, carriers: &Carriers) -> bool {
        let own = self.0.layer.carriers();
        let is_taken = own.carried_by == carriers.carried_by || own.carried_by == CarriedBy::Both;
        is_taken && own.cookie.name() == carriers.cookie.name()
    }

    /// Whether a layer of these `carriers` further in is the same layer once more: the request has one session of each
    /// cookie, or two would be committed one over the other.
    pub(crate) fn covers(&self, carriers: &Carriers) -> bool {
        let own = self.0.layer.carriers();
        let same = own.carried_by == carriers.carried_by && own.cookie.name() == carriers.cookie.name();
        same && !matches!(&*self.0.lock(), State::Over(_))
    }

    /// The session, begun now if this is the first to ask.
    pub(crate) fn begun(&self, headers: &HeaderMap) -> Result<(Session, SessionSource), Error> {
        let mut state = self.0.lock();
        match &*state {
            State::Begun(begun) => begun.session().ok_or(Error::ResponseSent),
            State::Over(session) => session.clone().ok_or(Error::ResponseSent),
            State::Unasked => {
                let (session, begun) = self.begin(headers)?;
                let source = begun.source;
                *state = State::Begun(begun);
                Ok((session, source))
            }
        }
    }

    fn begin(&self, headers: &HeaderMap) -> Result<(Session, Begun), Error> {
        let Carriers {
            sessions,
            cookie,
            carried_by,
        } = self.0.layer.carriers();
        let client = Client {
            user_agent: headers.get(USER_AGENT).map(user_agent),
            address: self.0.address,
        };
        // Authorization alone decides where it is present.
        let authorization = match carried_by {
            CarriedBy::Cookie => None,
            CarriedBy::Authorization => Some(Authorization::of(headers)),
            CarriedBy::Both => {
                Some(Authorization::of(headers)).filter(|field| *field != Authorization::Absent)
            }
        };
        let (source, (session, commit)) = if let Some(authorization) = authorization {
            let token = match authorization {
                Authorization::Bearer(token) => SessionToken::parse(token.as_bytes()).ok(),
                _ => None,
            };
            (SessionSource::Authorization, sessions.begin_bearer(token, client))
        } else {
            let cookies = self.settings().read(headers)?;
            // Of several cookies of the name the first four count, as for sealed ones.
            let tokens = cookies
                .all(cookie.name())
                .take(4)
                .filter_map(|value| SessionToken::parse(value.as_bytes()).ok());
            (SessionSource::Cookie, sessions.begin(tokens, client))
        };
        Ok((session, Begun { commit, source }))
    }
}

/// The text of the field, as much of it as is kept and a little more, so that its last character is whole.
fn user_agent(field: &HeaderValue) -> String {
    let kept = &field.as_bytes()[..field.len().min(Client::USER_AGENT_MAX + 4)];
    // Nearly all are text, which is looked through a word at a time.
    match str::from_utf8(kept) {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8_lossy(kept).into_owned(),
    }
}

/// Prints nothing of what it holds.
impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slot(..)")
    }
}

/// Takes the commit out when the response is given up, by a panic or because nobody waits for it: what takes privilege
/// away is then done by the [`Commit`] itself.
pub(crate) struct Guard<P> {
    pub(crate) exchange: Arc<Exchange<P>>,
    is_closed: bool,
}

impl<P> Guard<P> {
    pub(crate) const fn new(exchange: Arc<Exchange<P>>) -> Self {
        Self {
            exchange,
            is_closed: false,
        }
    }

    /// What is to be committed, if anybody asked; nothing begins any more.
    pub(crate) fn close(&mut self) -> Option<Begun> {
        self.is_closed = true;
        self.exchange.close()
    }

    /// The exchange, to be closed without a lock, when nobody else has it any more.
    pub(crate) fn close_alone(&mut self) -> Option<&mut Exchange<P>> {
        let exchange = Arc::get_mut(&mut self.exchange)?;
        self.is_closed = true;
        Some(exchange)
    }
}

impl<P> Drop for Guard<P> {
    fn drop(&mut self) {
        if !self.is_closed {
            drop(self.exchange.close());
        }
    }
}
