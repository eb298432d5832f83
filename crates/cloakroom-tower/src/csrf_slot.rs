use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cloakroom_csrf::Visitor;
use http::{Extensions, HeaderMap};

use crate::Error;
use crate::csrf_settings::{Holder, Settings};

/// What a request and its response share: who may be given tokens, and whether any were given. It travels in the
/// request's extensions; the layer keeps one and closes it when the response comes back.
#[derive(Clone)]
pub(crate) struct Slot(Arc<Inner>);

struct Inner {
    settings: Arc<Settings>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    given: Given,
    /// The response has left the layer.
    sent: bool,
}

/// What a handler asked for.
#[derive(Clone, Default)]
pub(crate) struct Given {
    /// A token: the response belongs to one browser.
    pub(crate) token: bool,
    /// A visitor that the browser does not know of yet.
    pub(crate) visitor: Option<Visitor>,
}

impl Slot {
    pub(crate) fn new(settings: Arc<Settings>) -> Self {
        Self(Arc::new(Inner {
            settings,
            state: Mutex::default(),
        }))
    }

    /// A token for whoever sent the request.
    pub(crate) fn issue(&self, headers: &HeaderMap, extensions: &Extensions) -> Result<String, Error> {
        let settings = &self.0.settings;
        // Before the lock: a binder is somebody else's code.
        let holder = settings.holder(headers, extensions);
        let mut state = self.lock();
        if state.sent {
            return Err(Error::ResponseSent);
        }
        let binding = match holder {
            Holder::Login(binding) => binding,
            Holder::Visitor(visitor) => visitor.binding(),
            Holder::Nobody => {
                let visitor = match state.given.visitor.take() {
                    Some(visitor) => visitor,
                    None => Visitor::generate().map_err(|error| Error::Random(Arc::new(error)))?,
                };
                state.given.visitor.insert(visitor).binding()
            }
        };
        let token = settings.tokens().issue(&binding, (settings.clock)());
        state.given.token = true;
        token.map_err(Error::CsrfToken)
    }

    /// What was given; nothing is any more.
    pub(crate) fn close(&self) -> Given {
        let mut state = self.lock();
        state.sent = true;
        state.given.clone()
    }

    /// The state is whole after each step, whatever panics.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Prints nothing of what it holds.
impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slot(..)")
    }
}
