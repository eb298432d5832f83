use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use cloakroom_cookie::Limits;
use cloakroom_core::UnixTime;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::jar::{Closing, Jar, Settings};
use crate::on_error::{DefaultResponse, OnError};
use crate::{Error, Observer};

/// Gives each request a jar for the response's cookies and writes them into the response's headers.
///
/// It reads nothing on its own: a request whose handler asks for no cookie costs an entry in its extensions. What the
/// extractors read and write they read and write under the settings of this layer: its clock, limits and observer.
///
/// When the inner service has answered, each cookie-name in the jar becomes one `Set-Cookie` field; lines that the
/// handler wrote itself stay. Beside one of ours the response is made `Cache-Control: no-store`, whatever it said
/// before. Without one the response is left as it is. When the inner service fails, panics or is dropped, there is no
/// response and so no cookie: put a layer that catches panics inside of this one, if removals shall go out with its
/// answer.
///
/// Of nested layers the outermost owns the jar, and its clock, limits and observer are in force; those further in have
/// no part but their `on_error`. What is written on any level is one jar, where the later write replaces the earlier one,
/// and what waits for success goes out when no level answered with a status of 400 or above.
///
/// The layer knows no framework: it serves `http` requests and responses with any bodies.
#[derive(Clone)]
pub struct CookieLayer<F = DefaultResponse> {
    settings: Arc<Settings>,
    on_error: Arc<F>,
}

impl CookieLayer {
    /// A layer with the system's clock, the default [`Limits`], no observer and the default responses.
    pub fn new() -> Self {
        Self {
            settings: Arc::default(),
            on_error: Arc::new(DefaultResponse),
        }
    }
}

impl<F> CookieLayer<F> {
    /// Takes the time from `clock`: a fixed one for tests, for instance.
    pub fn with_clock(mut self, clock: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.settings).clock = Arc::new(clock);
        self
    }

    /// Reads Cookie headers within `limits`; a request over one is answered with [`Error::Limit`] by whatever route
    /// asks for its cookies.
    pub fn limits(mut self, limits: Limits) -> Self {
        Arc::make_mut(&mut self.settings).limits = limits;
        self
    }

    /// Tells `observer` what happens.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        Arc::make_mut(&mut self.settings).observer = Arc::new(observer);
        self
    }

    /// Lets `on_error` change the response that an [`Error`] became: a redirect to the login page, JSON of your own.
    ///
    /// It is called for each response that has an `Error` in its extensions, as the extractors' rejections have, and
    /// gets the default response to change or replace.
    ///
    /// ```
    /// # #[cfg(all(feature = "axum", feature = "sealed"))] {
    /// use axum::response::{IntoResponse, Redirect, Response};
    /// use cloakroom_tower::{CookieLayer, Error};
    ///
    /// let layer = CookieLayer::new().on_error(|error, response: Response| match error {
    ///     Error::Required { .. } => Redirect::to("/login").into_response(),
    ///     _ => response,
    /// });
    /// # let _ = axum::Router::<()>::new().layer(layer);
    /// # }
    /// ```
    pub fn on_error<B, G>(self, on_error: G) -> CookieLayer<G>
    where
        G: Fn(&Error, Response<B>) -> Response<B>,
    {
        CookieLayer {
            settings: self.settings,
            on_error: Arc::new(on_error),
        }
    }
}

impl Default for CookieLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<F> fmt::Debug for CookieLayer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieLayer")
            .field("limits", &self.settings.limits)
            .finish_non_exhaustive()
    }
}

impl<S, F> Layer<S> for CookieLayer<F> {
    type Service = CookieService<S, F>;

    fn layer(&self, inner: S) -> CookieService<S, F> {
        CookieService {
            inner,
            settings: Arc::clone(&self.settings),
            on_error: Arc::clone(&self.on_error),
        }
    }
}

/// The service that [`CookieLayer`] makes.
pub struct CookieService<S, F = DefaultResponse> {
    inner: S,
    settings: Arc<Settings>,
    on_error: Arc<F>,
}

impl<S: Clone, F> Clone for CookieService<S, F> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            settings: Arc::clone(&self.settings),
            on_error: Arc::clone(&self.on_error),
        }
    }
}

impl<S: fmt::Debug, F> fmt::Debug for CookieService<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieService")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

impl<S, F, ReqBody, ResBody> Service<Request<ReqBody>> for CookieService<S, F>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    F: OnError<ResBody>,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, F>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let own = Jar::of_outer(request.extensions()).is_none().then(|| {
            let jar = Jar::new(Arc::clone(&self.settings));
            request.extensions_mut().insert(jar.clone());
            jar
        });
        ResponseFuture {
            inner: self.inner.call(request),
            own,
            on_error: Arc::clone(&self.on_error),
        }
    }
}

pin_project! {
    /// The future that [`CookieService`] answers with.
    pub struct ResponseFuture<Fut, F = DefaultResponse> {
        #[pin]
        inner: Fut,
        // `None` under a layer further out, which owns the jar.
        own: Option<Jar>,
        on_error: Arc<F>,
    }
}

impl<Fut, F, B, E> Future for ResponseFuture<Fut, F>
where
    Fut: Future<Output = Result<Response<B>, E>>,
    F: OnError<B>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(cx))?;
        let failed = Failed::take(&mut response);
        let own = this
            .own
            .as_ref()
            .map(|jar| (Closing::Shared(jar.contents()), jar.settings()));
        let response = conclude(response, failed, own, &**this.on_error);
        Poll::Ready(Ok(response))
    }
}

impl<Fut, F> fmt::Debug for ResponseFuture<Fut, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

/// In a response's extensions, for the layer further out: the handler answered with a status of 400 or above, whatever
/// the status is now. It stays with that response: one that is made in its place decides for itself.
#[derive(Clone, Copy)]
pub(crate) struct Failed;

impl Failed {
    /// Whether the handler failed. The status that decides is the handler's, not that of the page which explains an
    /// error: here or on a level further in.
    pub(crate) fn take<B>(response: &mut Response<B>) -> Option<Self> {
        let failed = response.extensions_mut().remove::<Self>();
        failed.or_else(|| (response.status().as_u16() >= 400).then_some(Self))
    }
}

/// Asks `on_error` and sends the cookies of the layer's own jar; without one, tells the layer further out what it needs
/// to know.
pub(crate) fn conclude<B, F: OnError<B>>(
    mut response: Response<B>,
    failed: Option<Failed>,
    own: Option<(Closing<'_>, &Settings)>,
    on_error: &F,
) -> Response<B> {
    if let Some(error) = response.extensions_mut().remove::<Error>() {
        response = on_error.respond(&error, response);
    }
    match (own, failed) {
        (Some((jar, settings)), failed) => jar.finish(settings, failed.is_none(), response.headers_mut()),
        (None, Some(failed)) => drop(response.extensions_mut().insert(failed)),
        (None, None) => {}
    }
    response
}
