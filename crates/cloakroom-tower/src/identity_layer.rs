use std::sync::Arc;
use std::task::{Context, Poll};

use cloakroom_cookie::CookieName;
use http::{Request, Response};
use tower_service::Service;

use crate::identity_future::IdentityFuture;
use crate::identity_settings::Settings;
use crate::identity_slot::Slot;
use crate::layered::layered;
use crate::on_error::{DefaultResponse, OnError};
use crate::{Error, IdentityLayerBuilder, Observer};

/// Gives each request its [`Identity`](crate::Identity), whichever carrier it came by, and the [`Logins`](crate::Logins) to
/// change it.
///
/// A request whose handler asks for neither costs an entry in its extensions. For others these rules hold, whatever the
/// carriers are:
///
/// - **Authorization, when present, decides alone.** What it holds authenticates, or the answer is 401; no cookie is looked
///   at, and never the query string. That is so for schemes that nobody here knows, too.
/// - **Cookies that authenticate with different (issuer, subject)** are a conflict: the request is anonymous, the observer
///   hears `identity_conflict`, no cookie is set. With the same, the first carrier as configured counts, whole.
/// - **An identity by cookie needs a [`CsrfLayer`](crate::CsrfLayer)** that let the request pass. Without one the answer is
///   403, to a GET as well, so that a router without one is found out at once.
/// - **What may be good and cannot be judged is 503** with `Retry-After`, never 401 and never anonymous: revocations that are
///   out of date, a store of sessions that is away, keys of an issuer that are.
///
/// Put it inside of a `CsrfLayer`, and of a [`SessionLayer`](crate::SessionLayer) or a [`CookieLayer`](crate::CookieLayer),
/// which send the cookies:
///
/// ```
/// # #[cfg(feature = "axum")] {
/// use axum::Router;
/// use axum::routing::get;
/// use cloakroom_tower::{CsrfLayer, Identity, IdentityLayer, SessionLayer};
///
/// fn app(csrf: CsrfLayer, sessions: SessionLayer, identities: IdentityLayer) -> Router {
///     Router::new()
///         .route("/me", get(async |me: Identity| me.subject().to_owned()))
///         .layer(identities)
///         .layer(sessions)
///         .layer(csrf)
/// }
/// # }
/// ```
///
/// The body of the inner service's responses is made `From<String>` when an error is the response.
pub struct IdentityLayer<F = DefaultResponse> {
    settings: Arc<Settings>,
    on_error: Arc<F>,
}

impl IdentityLayer {
    /// A layer in the making.
    pub const fn builder() -> IdentityLayerBuilder {
        IdentityLayerBuilder::new()
    }

    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings: Arc::new(settings),
            on_error: Arc::new(DefaultResponse),
        }
    }
}

impl<F> IdentityLayer<F> {
    /// The wire names of the cookies that identities come by: what the policy of a `CsrfLayer` has to know as carriers.
    pub fn cookies(&self) -> impl Iterator<Item = &CookieName> {
        self.settings
            .carriers
            .iter()
            .filter_map(|carrier| carrier.cookie())
    }

    /// Tells `observer` what happens to identities, in place of the observer of the layer that sends the cookies. What
    /// happens to cookies and tokens that one hears all the same.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        Arc::make_mut(&mut self.settings).observer = Some(Arc::new(observer));
        self
    }

    /// As [`CookieLayer::on_error`](crate::CookieLayer::on_error).
    ///
    /// ```
    /// # #[cfg(feature = "axum")] {
    /// use axum::response::{IntoResponse, Redirect, Response};
    /// use cloakroom_tower::{Error, IdentityErrorKind, IdentityLayer};
    ///
    /// fn friendly(identities: IdentityLayer) -> axum::Router {
    ///     let identities = identities.on_error(|error, response: Response| match error {
    ///         Error::Identity(error) if matches!(error.kind(), IdentityErrorKind::Required) => {
    ///             Redirect::to("/login").into_response()
    ///         }
    ///         _ => response,
    ///     });
    ///     axum::Router::new().layer(identities)
    /// }
    /// # }
    /// ```
    pub fn on_error<B, G>(self, on_error: G) -> IdentityLayer<G>
    where
        G: Fn(&Error, Response<B>) -> Response<B>,
    {
        IdentityLayer {
            settings: self.settings,
            on_error: Arc::new(on_error),
        }
    }
}

layered! {
    IdentityLayer makes

    /// The service that [`IdentityLayer`] makes.
    IdentityService
}

impl<S, F, ReqBody, ResBody> Service<Request<ReqBody>> for IdentityService<S, F>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    F: OnError<ResBody>,
    ResBody: From<String>,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = IdentityFuture<S::Future, ResBody, F>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let slot = Slot::new(Arc::clone(&self.layer.settings));
        request.extensions_mut().insert(slot.clone());
        let on_error = Arc::clone(&self.layer.on_error);
        IdentityFuture::new(self.inner.call(request), slot, on_error)
    }
}
