use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;

use crate::Error;
use crate::identity_slot::Slot;
use crate::layer::{Failed, conclude};
use crate::on_error::{DefaultResponse, OnError};

pin_project! {
    /// The future that [`IdentityService`](crate::IdentityService) answers with.
    pub struct IdentityFuture<Fut, B, F = DefaultResponse> {
        #[pin]
        inner: Fut,
        slot: Slot,
        // What the inner service answered, until the logins before have ended.
        switching: Option<Switching<B>>,
        on_error: Arc<F>,
    }
}

struct Switching<B> {
    response: Response<B>,
    switch: Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>,
}

impl<Fut, B, F> IdentityFuture<Fut, B, F> {
    pub(crate) fn new(inner: Fut, slot: Slot, on_error: Arc<F>) -> Self {
        Self {
            inner,
            slot,
            switching: None,
            on_error,
        }
    }
}

impl<Fut, F, B, E> Future for IdentityFuture<Fut, B, F>
where
    Fut: Future<Output = Result<Response<B>, E>>,
    F: OnError<B>,
    B: From<String>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.switching.is_none() {
            let mut response = ready!(this.inner.poll(cx))?;
            // As in a CookieLayer, what counts is the status that the handler answered with.
            let failed = Failed::take(&mut response);
            let switch = this.slot.take_switch().filter(|_| failed.is_none());
            let Some(switch) = switch else {
                return Poll::Ready(Ok(conclude(response, failed, None, &**this.on_error)));
            };
            *this.switching = Some(Switching {
                response,
                switch: Box::pin(switch.run()),
            });
        }
        if let Some(switching) = this.switching {
            let done = ready!(switching.switch.as_mut().poll(cx));
            if let Some(Switching { mut response, .. }) = this.switching.take() {
                if let Err(error) = done {
                    // Nothing of the handler's response goes out, nor what waits for success.
                    response = error.into_response();
                }
                let failed = Failed::take(&mut response);
                return Poll::Ready(Ok(conclude(response, failed, None, &**this.on_error)));
            }
        }
        unreachable!("a switch was begun above, and it is taken once it is through")
    }
}

impl<Fut, B, F> fmt::Debug for IdentityFuture<Fut, B, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityFuture").finish_non_exhaustive()
    }
}
