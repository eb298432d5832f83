use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};

use cloakroom_cookie::Transport;
use cloakroom_core::UnixTime;
use cloakroom_csrf::{Binding, CsrfPolicy, CsrfTokens};
use cloakroom_keyring::KeyRing;
use http::{Extensions, HeaderMap, Request, Response};
use tower_service::Service;

use crate::csrf_future::{CsrfFuture, Ending};
use crate::csrf_settings::{Found, Settings};
use crate::csrf_slot::Slot;
use crate::jar::Jar;
use crate::layered::layered;
use crate::on_error::{DefaultResponse, OnError};
#[cfg(feature = "sealed")]
use crate::sealed::Handle;
use crate::{CsrfPassed, Error, EventKind, Observer};

/// Decides by a [`CsrfPolicy`] whether a request may change anything, before the inner service is called.
///
/// A request that may not is answered with [`Error::Csrf`] (403), and the inner service never hears of it. One that may
/// has a [`CsrfPassed`] in its extensions, and its handler may take a [`CsrfToken`](crate::CsrfToken) for the page that it
/// makes. `Vary` names the fields that the decision read.
///
/// Put it outside of the layers that read or write cookies, and of routers that strip a prefix from the path. When a
/// response that passes it sets a cookie of a carrier, it replaces the visitor's cookie, `__Host-csrf`.
///
/// Routes inside can be under a stricter policy: by a second `CsrfLayer` there.
pub struct CsrfLayer<F = DefaultResponse> {
    settings: Arc<Settings>,
    on_error: Arc<F>,
}

impl CsrfLayer {
    /// A layer with this policy, and tokens under the keys of `ring`; with the system's clock, no observer and the default
    /// responses. Tokens are bound to visitors alone, until [`bind_session`](Self::bind_session) or [`bind`](Self::bind)
    /// says what logins there are.
    pub fn new(policy: CsrfPolicy, ring: &KeyRing) -> Self {
        Self {
            settings: Arc::new(Settings {
                policy,
                tokens: Arc::new(RwLock::new(CsrfTokens::new(ring))),
                binders: Vec::new(),
                transport: Transport::HTTPS,
                report_only: false,
                clock: Arc::new(UnixTime::now),
                observer: Arc::new(()),
            }),
            on_error: Arc::new(DefaultResponse),
        }
    }
}

impl<F> CsrfLayer<F> {
    /// Binds tokens to the session whose token is in the cookie: to its verifier's hash, so no store is asked. Cookies of
    /// the name that hold different sessions have no good token.
    ///
    /// A renewal ends the tokens on pages that were made before. Where sessions are renewed
    /// [periodically](cloakroom_session::Settings::renew_every), that is now and then the page that is being sent.
    #[cfg(feature = "session")]
    pub fn bind_session(mut self, cookie: &crate::SessionCookie) -> Self {
        use cloakroom_session::cloakroom_store::cloakroom_id::SessionToken;

        let name = cookie.name().clone();
        let binder = move |headers: &HeaderMap, _: &Extensions| {
            let Ok(cookies) = cloakroom_cookie::Cookies::from_headers(headers) else {
                return Found::Several;
            };
            let mut hashes = cookies
                .all(&name)
                .filter_map(|value| SessionToken::parse(value.as_bytes()).ok())
                .map(|token| token.verifier_hash());
            let Some(hash) = hashes.next() else {
                return Found::Nothing;
            };
            if hashes.all(|other| other == hash) {
                Found::Login(Binding::session(*hash.as_bytes()))
            } else {
                Found::Several
            }
        };
        Arc::make_mut(&mut self.settings).binders.push(Arc::new(binder));
        self
    }

    /// Binds tokens to the ticket in the sealed cookie, so no store is asked. Whether the ticket has been ended is not looked
    /// at either, and because of this look nothing is sent: a ticket under a retiring key is sealed anew by whoever judges it.
    ///
    /// Needs a [`CookieLayer`](crate::CookieLayer) outside of this layer. Cookies of the name that hold different tickets are
    /// as good as none.
    #[cfg(feature = "sealed")]
    pub fn bind_ticket<T>(self, tickets: &crate::Sealer<T>) -> Self
    where
        T: crate::SealedCookie + AsRef<cloakroom_seal::Ticket>,
    {
        let tickets = tickets.clone();
        self.bind(move |headers, extensions| {
            let handle = Handle::new(Jar::of(extensions).ok()?, tickets.clone());
            let held = handle.peek(headers).ok()??;
            Some(Binding::ticket(*held.value.as_ref().ticket_id()))
        })
    }

    /// Binds tokens to what `binding` finds in a request's fields and extensions: the family of a refresh token, say. Of several the first that finds something counts; where none does, there is a visitor.
    pub fn bind(
        mut self,
        binding: impl Fn(&HeaderMap, &Extensions) -> Option<Binding> + Send + Sync + 'static,
    ) -> Self {
        let binder = move |headers: &HeaderMap, extensions: &Extensions| {
            binding(headers, extensions).map_or(Found::Nothing, Found::Login)
        };
        Arc::make_mut(&mut self.settings).binders.push(Arc::new(binder));
        self
    }

    /// Blocks nothing, and reports to the observer what would be: to see what a policy would do to a site. The site has no
    /// defence while this is on.
    pub fn report_only(mut self) -> Self {
        Arc::make_mut(&mut self.settings).report_only = true;
        self
    }

    /// Sends the visitor's cookie over `transport`: plain HTTP on a developer's machine.
    pub fn over(mut self, transport: Transport) -> Self {
        Arc::make_mut(&mut self.settings).transport = transport;
        self
    }

    /// Takes the time from `clock`: a fixed one for tests, for instance.
    pub fn with_clock(mut self, clock: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.settings).clock = Arc::new(clock);
        self
    }

    /// Tells `observer` of each request that is refused, or would be.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        Arc::make_mut(&mut self.settings).observer = Arc::new(observer);
        self
    }

    /// As [`CookieLayer::on_error`](crate::CookieLayer::on_error).
    ///
    /// ```
    /// # #[cfg(feature = "axum")] {
    /// use axum::response::{IntoResponse, Redirect, Response};
    /// use cloakroom_tower::cloakroom_csrf::Reason;
    /// use cloakroom_tower::{CsrfLayer, Error};
    ///
    /// fn friendly(csrf: CsrfLayer) -> axum::Router {
    ///     let csrf = csrf.on_error(|error, response: Response| match error {
    ///         Error::Csrf { reason: Reason::TokenExpired } => Redirect::to("/try-again").into_response(),
    ///         _ => response,
    ///     });
    ///     axum::Router::new().layer(csrf)
    /// }
    /// # }
    /// ```
    pub fn on_error<B, G>(self, on_error: G) -> CsrfLayer<G>
    where
        G: Fn(&Error, Response<B>) -> Response<B>,
    {
        CsrfLayer {
            settings: self.settings,
            on_error: Arc::new(on_error),
        }
    }

    /// Takes the keys of `ring` from the next token on, for all clones and the services made of them. A cut-off that was in force
    /// stays, so a stale file revives nothing.
    pub fn replace_keys(&self, ring: &KeyRing) {
        let mut tokens = self
            .settings
            .tokens
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *tokens = tokens.replaced_by(ring);
    }

    #[cfg(feature = "testing")]
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }
}

layered! {
    CsrfLayer makes

    /// The service that [`CsrfLayer`] makes.
    CsrfService
}

impl<S, F, ReqBody, ResBody> Service<Request<ReqBody>> for CsrfService<S, F>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    F: OnError<ResBody>,
    ResBody: From<String>,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = CsrfFuture<S::Future, ResBody, F>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let settings = &self.layer.settings;
        let decision = settings
            .policy
            .decide_with(&cloakroom_csrf::Request::of(&request), || {
                settings.verify(request.headers(), request.extensions())
            });
        let slot = Slot::new(Arc::clone(settings));
        let ending = Ending {
            decision,
            slot: slot.clone(),
            settings: Arc::clone(settings),
            jar: Jar::of_outer(request.extensions()),
            had_visitor: settings.visitor(request.headers()).is_some(),
            on_error: Arc::clone(&self.layer.on_error),
        };
        let reason = decision.reason();
        if !decision.is_allowed() {
            if !settings.report_only {
                settings.observe(EventKind::CsrfRefused, reason);
                return CsrfFuture::refused(Error::Csrf { reason }.into_response(), ending);
            }
            settings.observe(EventKind::CsrfReported, reason);
        }
        let extensions = request.extensions_mut();
        extensions.insert(slot);
        extensions.insert(CsrfPassed::new(reason));
        CsrfFuture::passed(self.inner.call(request), ending)
    }
}
