use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use cloakroom_cookie::Limits;
use cloakroom_session::Sessions;
use http::request;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::jar::{Jar, Settings};
use crate::on_error::{DefaultResponse, OnError};
use crate::session_future::SessionFuture;
use crate::session_slot::{CarriedBy, Carriers, Exchange, Guard, Shared, Slot};
use crate::{Error, Observer, SessionCookie};

/// Gives each request its server-side [`Session`](crate::Session) and commits what its handler did with it.
///
/// A request whose handler does not ask for the session costs no store call, and not even a look at its cookies. When the
/// inner service has answered, and before the head of the response is sent, the session is committed: as a success with
/// a status below 400, otherwise as a failure, of which only what takes privilege away is done. The body is not touched,
/// whatever it is. When the commit fails, its error (503, 409 or 500) is the response, in place of the handler's.
///
/// When the inner service panics, or nobody waits for the response any more, what takes privilege away is done all
/// the same, and nothing else.
///
/// The layer is a [`CookieLayer`](crate::CookieLayer), too, unless there is one further out: `Cookies` and `Sealed`
/// work inside of it, and its `limits`, `observer` and `on_error` are those of a `CookieLayer`. A `SessionLayer` further
/// in that is carried by the same cookie or field has no part but its `on_error`.
///
/// The body of the inner service's responses is made `From<String>` when an error is the response.
pub struct SessionLayer<F = DefaultResponse>(Arc<Parts<F>>);

/// What a layer is made of, behind one pointer: a router clones the service for each request.
pub(crate) struct Parts<F> {
    pub(crate) carriers: Arc<Carriers>,
    client_address: Option<Arc<ClientAddress>>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) on_error: Arc<F>,
}

type ClientAddress = dyn Fn(&request::Parts) -> Option<IpAddr> + Send + Sync;

impl SessionLayer {
    /// Sessions carried by the cookie [`__Host-id`](SessionCookie), by the clock of `sessions`, with the default
    /// [`Limits`], no observer of cookies and the default responses.
    pub fn new(sessions: Sessions) -> Self {
        let clock = sessions.clone();
        Self(Arc::new(Parts {
            carriers: Arc::new(Carriers {
                sessions,
                cookie: SessionCookie::default(),
                carried_by: CarriedBy::Cookie,
            }),
            client_address: None,
            settings: Arc::new(Settings {
                clock: Arc::new(move || clock.now()),
                ..Settings::default()
            }),
            on_error: Arc::new(DefaultResponse),
        }))
    }
}

impl<F> SessionLayer<F> {
    /// Carries tokens in `cookie`, where they are carried in a cookie at all.
    pub fn cookie(mut self, cookie: SessionCookie) -> Self {
        Arc::make_mut(&mut self.parts().carriers).cookie = cookie;
        self
    }

    /// Takes tokens from `Authorization: Bearer` alone. No cookie is read, set or removed.
    pub fn bearer(self) -> Self {
        self.carried_by(CarriedBy::Authorization)
    }

    /// Takes tokens from `Authorization`, and from the cookie of a request without that field. With it, whatever its
    /// scheme and whether its token opens anything, no cookie is read, set or removed.
    pub fn cookie_or_bearer(self) -> Self {
        self.carried_by(CarriedBy::Both)
    }

    fn carried_by(mut self, carried_by: CarriedBy) -> Self {
        Arc::make_mut(&mut self.parts().carriers).carried_by = carried_by;
        self
    }

    /// Learns the client's address, which lists of devices show, from `address`. Without this it is unknown: no header is
    /// believed unless you say which.
    ///
    /// ```
    /// # #[cfg(feature = "axum")] {
    /// use std::net::SocketAddr;
    /// use std::num::NonZeroU8;
    /// use axum::extract::ConnectInfo;
    /// use cloakroom_tower::{SessionLayer, cloakroom_session::Sessions, forwarded_for};
    ///
    /// fn behind_a_proxy(sessions: Sessions) -> SessionLayer {
    ///     SessionLayer::new(sessions).client_address(forwarded_for(NonZeroU8::MIN))
    /// }
    ///
    /// /// For `axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())`.
    /// fn connected_directly(sessions: Sessions) -> SessionLayer {
    ///     SessionLayer::new(sessions).client_address(|request| {
    ///         Some(request.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip())
    ///     })
    /// }
    /// # }
    /// ```
    pub fn client_address(
        mut self,
        address: impl Fn(&request::Parts) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> Self {
        self.parts().client_address = Some(Arc::new(address));
        self
    }

    /// As [`CookieLayer::limits`](crate::CookieLayer::limits).
    pub fn limits(mut self, limits: Limits) -> Self {
        Arc::make_mut(&mut self.parts().settings).limits = limits;
        self
    }

    /// Tells `observer` what happens to cookies, as [`CookieLayer::observer`](crate::CookieLayer::observer) does. What
    /// happens to sessions the observer of the [`Sessions`] hears.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        Arc::make_mut(&mut self.parts().settings).observer = Arc::new(observer);
        self
    }

    /// As [`CookieLayer::on_error`](crate::CookieLayer::on_error), also for the errors of the commit.
    ///
    /// ```
    /// # #[cfg(feature = "axum")] {
    /// use axum::response::{IntoResponse, Redirect, Response};
    /// use cloakroom_tower::cloakroom_session::{SessionError, Sessions};
    /// use cloakroom_tower::{Error, SessionLayer};
    ///
    /// fn app(sessions: Sessions) -> axum::Router {
    ///     let sessions = SessionLayer::new(sessions).on_error(|error, response: Response| match error {
    ///         Error::Session(SessionError::LoginRequired) => Redirect::to("/login").into_response(),
    ///         _ => response,
    ///     });
    ///     axum::Router::new().layer(sessions)
    /// }
    /// # }
    /// ```
    pub fn on_error<B, G>(self, on_error: G) -> SessionLayer<G>
    where
        G: Fn(&Error, Response<B>) -> Response<B>,
    {
        let parts = Arc::unwrap_or_clone(self.0);
        SessionLayer(Arc::new(Parts {
            carriers: parts.carriers,
            client_address: parts.client_address,
            settings: parts.settings,
            on_error: Arc::new(on_error),
        }))
    }

    fn parts(&mut self) -> &mut Parts<F> {
        Arc::make_mut(&mut self.0)
    }

    #[cfg(any(feature = "identity", feature = "testing"))]
    pub(crate) fn carriers(&self) -> &Arc<Carriers> {
        &self.0.carriers
    }
}

impl<F> Clone for SessionLayer<F> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<F> Clone for Parts<F> {
    fn clone(&self) -> Self {
        Self {
            carriers: Arc::clone(&self.carriers),
            client_address: self.client_address.clone(),
            settings: Arc::clone(&self.settings),
            on_error: Arc::clone(&self.on_error),
        }
    }
}

impl<F: Send + Sync + 'static> Shared for Arc<Parts<F>> {
    fn carriers(&self) -> &Carriers {
        &self.carriers
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }
}

impl<F> fmt::Debug for SessionLayer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionLayer")
            .field("carried_by", &self.0.carriers.carried_by)
            .field("cookie", &self.0.carriers.cookie.name().as_str())
            .field("limits", &self.0.settings.limits)
            .finish_non_exhaustive()
    }
}

impl<S, F> Layer<S> for SessionLayer<F> {
    type Service = SessionService<S, F>;

    fn layer(&self, inner: S) -> SessionService<S, F> {
        SessionService {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service that [`SessionLayer`] makes.
pub struct SessionService<S, F = DefaultResponse> {
    inner: S,
    layer: SessionLayer<F>,
}

impl<S: Clone, F> Clone for SessionService<S, F> {
    fn clone(&self) -> Self {
        self.layer.layer(self.inner.clone())
    }
}

impl<S: fmt::Debug, F> fmt::Debug for SessionService<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionService")
            .field("inner", &self.inner)
            .field("layer", &self.layer)
            .finish()
    }
}

impl<S, F, ReqBody, ResBody> Service<Request<ReqBody>> for SessionService<S, F>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    F: OnError<ResBody> + Send + Sync + 'static,
    ResBody: From<String>,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = SessionFuture<S::Future, ResBody, F>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let layer = Arc::clone(&self.layer.0);
        let extensions = request.extensions();
        let slot = extensions.get::<Slot>();
        let is_covered = slot.is_some_and(|slot| slot.covers(&layer.carriers));
        let jar = extensions.get::<Jar>();
        let has_jar = jar.is_some();
        let outer = jar.cloned().or_else(|| slot.map(Slot::jar)).filter(Jar::is_open);
        let exchange = if is_covered {
            Exchange::covered(layer, outer)
        } else {
            let mut address = None;
            if let Some(client_address) = &layer.client_address {
                let (parts, body) = request.into_parts();
                address = client_address(&parts);
                request = Request::from_parts(parts, body);
            }
            Exchange::new(layer, address, outer)
        };
        let exchange = Arc::new(exchange);
        let extensions = request.extensions_mut();
        if is_covered {
            if exchange.own_jar().is_some() {
                extensions.insert(Jar::Slot(Slot::new(&exchange)));
            }
        } else {
            if has_jar && exchange.own_jar().is_some() {
                // It was left there with a response that was sent.
                extensions.remove::<Jar>();
            }
            extensions.insert(Slot::new(&exchange));
        }
        // Before the inner service is called, which may panic.
        let guard = Guard::new(exchange);
        SessionFuture::new(self.inner.call(request), guard)
    }
}
