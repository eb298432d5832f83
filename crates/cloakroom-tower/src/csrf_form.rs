use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cloakroom_csrf::{TokenError, form_field};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::Error;
use crate::csrf_settings::TOKEN_FIELD;

/// Collects the bodies of forms, so that a [`CsrfLayer`](crate::CsrfLayer) further in finds the token of a hidden field.
///
/// For pages without scripts, which cannot send `X-CSRF-Token`. Put it just outside of the `CsrfLayer`. It collects the body
/// of a request whose `Content-Type` is `application/x-www-form-urlencoded`, whose method is neither GET, HEAD nor
/// OPTIONS, and which has no `X-CSRF-Token`; all others pass as they are, `multipart/form-data` among them. The handler gets
/// the same body.
///
/// A form that says that it is longer than the limit passes as it is, and so without a token. One that turns out to be is
/// answered with [`Error::FormTooLarge`] (413), one that breaks off with [`Error::FormUnreadable`] (400).
#[derive(Clone, Debug)]
pub struct CsrfFormLayer {
    field: String,
    limit: usize,
}

/// What the form said, in a request's extensions.
#[derive(Clone)]
pub(crate) struct FormToken(pub(crate) Result<String, TokenError>);

impl CsrfFormLayer {
    /// Looks for the token in the field called `field`, in forms of at most 64 KiB.
    pub fn new(field: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            limit: 64 * 1024,
        }
    }

    /// Collects at most `bytes`.
    pub fn limit(self, bytes: usize) -> Self {
        Self { limit: bytes, ..self }
    }

    fn concerns(&self, method: &Method, headers: &HeaderMap) -> bool {
        let form = headers.get(CONTENT_TYPE).is_some_and(|line| {
            let essence = line.as_bytes().split(|&byte| byte == b';').next();
            let essence = essence.unwrap_or_default().trim_ascii();
            essence.eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
        });
        let long = headers.get(CONTENT_LENGTH).is_some_and(|line| {
            let length = line.to_str().ok().and_then(|text| text.parse().ok());
            length.is_none_or(|length: usize| length > self.limit)
        });
        let changes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        changes && form && !long && !headers.contains_key(TOKEN_FIELD)
    }
}

impl<S> Layer<S> for CsrfFormLayer {
    type Service = CsrfFormService<S>;

    fn layer(&self, inner: S) -> CsrfFormService<S> {
        CsrfFormService {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service that [`CsrfFormLayer`] makes.
#[derive(Clone, Debug)]
pub struct CsrfFormService<S> {
    inner: S,
    layer: CsrfFormLayer,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for CsrfFormService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone + Send + 'static,
    S::Future: Send,
    ReqBody: Body + From<Vec<u8>> + Send + 'static,
    ReqBody::Data: Send,
    ReqBody::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    ResBody: From<String>,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = CsrfFormFuture<S::Future, Response<ResBody>, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        if !self.layer.concerns(request.method(), request.headers()) {
            return CsrfFormFuture {
                direct: Some(self.inner.call(request)),
                collecting: None,
            };
        }
        // The one that is ready goes with the request.
        let next = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, next);
        let CsrfFormLayer { field, limit } = self.layer.clone();
        CsrfFormFuture {
            direct: None,
            collecting: Some(Box::pin(async move {
                let (mut parts, body) = request.into_parts();
                let bytes = match Limited::new(body, limit).collect().await {
                    Ok(collected) => collected.to_bytes(),
                    Err(error) if error.is::<LengthLimitError>() => {
                        return Ok(Error::FormTooLarge.into_response());
                    }
                    Err(_) => return Ok(Error::FormUnreadable.into_response()),
                };
                let token = form_field(&bytes, &field).map(std::borrow::Cow::into_owned);
                parts.extensions.insert(FormToken(token));
                inner
                    .call(Request::from_parts(parts, ReqBody::from(bytes.to_vec())))
                    .await
            })),
        }
    }
}

pin_project! {
    /// The future that [`CsrfFormService`] answers with.
    pub struct CsrfFormFuture<Fut, R, E> {
        #[pin]
        direct: Option<Fut>,
        collecting: Option<Pin<Box<dyn Future<Output = Result<R, E>> + Send>>>,
    }
}

impl<Fut, R, E> Future for CsrfFormFuture<Fut, R, E>
where
    Fut: Future<Output = Result<R, E>>,
{
    type Output = Result<R, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(collecting) = this.collecting {
            return Poll::Ready(ready!(collecting.as_mut().poll(cx)));
        }
        let direct = this.direct.as_pin_mut();
        direct.expect("there is one of the two").poll(cx)
    }
}

impl<Fut, R, E> fmt::Debug for CsrfFormFuture<Fut, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfFormFuture").finish_non_exhaustive()
    }
}
