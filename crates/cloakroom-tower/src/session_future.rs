use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use cloakroom_session::{Answer, Carried, SessionError};
use http::Response;
use http::header::WWW_AUTHENTICATE;
use pin_project_lite::pin_project;

use crate::layer::{Failed, conclude};
use crate::on_error::{DefaultResponse, OnError};
use crate::session_layer::Parts;
use crate::session_slot::{Exchange, Guard, Slot};
use crate::{Error, SessionSource};

pin_project! {
    /// The future that [`SessionService`](crate::SessionService) answers with.
    pub struct SessionFuture<Fut, B, F = DefaultResponse> {
        #[pin]
        inner: Fut,
        guard: Guard<Arc<Parts<F>>>,
        // What the inner service answered, until the commit is through. In a box, so that this future stays small.
        committing: Option<Box<Committing<B>>>,
    }
}

struct Committing<B> {
    response: Response<B>,
    failed: Option<Failed>,
    commit: Pin<Box<dyn Future<Output = Result<Carried, SessionError>> + Send>>,
}

impl<Fut, B, F> SessionFuture<Fut, B, F> {
    pub(crate) const fn new(inner: Fut, guard: Guard<Arc<Parts<F>>>) -> Self {
        Self {
            inner,
            guard,
            committing: None,
        }
    }
}

impl<Fut, F, B, E> Future for SessionFuture<Fut, B, F>
where
    Fut: Future<Output = Result<Response<B>, E>>,
    F: OnError<B> + Send + Sync + 'static,
    B: From<String>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.committing.is_none() {
            let mut response = ready!(this.inner.poll(cx))?;
            // As in a CookieLayer, what counts is the status that the handler answered with.
            let failed = Failed::take(&mut response);
            let closed = this.guard.close();
            let ending = Ending(&this.guard.exchange);
            let Some(commit) = closed else {
                return Poll::Ready(Ok(ending.respond(response, failed)));
            };
            let answer = match failed {
                Some(_) => Answer::Failed,
                None => Answer::Succeeded,
            };
            let commit = match commit.finish_at_rest() {
                Ok(Carried::Nothing) => return Poll::Ready(Ok(ending.respond(response, failed))),
                Ok(carried) => {
                    let response = ending.committed(response, failed, Ok(carried));
                    return Poll::Ready(Ok(response));
                }
                Err(commit) => commit,
            };
            *this.committing = Some(Box::new(Committing {
                response,
                failed,
                commit: Box::pin(commit.finish(answer)),
            }));
        }
        if let Some(committing) = this.committing {
            let carried = ready!(committing.commit.as_mut().poll(cx));
            if let Some(committing) = this.committing.take() {
                let Committing { response, failed, .. } = *committing;
                let response = Ending(&this.guard.exchange).committed(response, failed, carried);
                return Poll::Ready(Ok(response));
            }
        }
        unreachable!("a commit was begun above, and it is taken once it is through")
    }
}

/// What becomes of the response once the commit is through.
struct Ending<'a, F>(&'a Arc<Exchange<Arc<Parts<F>>>>);

impl<F: Send + Sync + 'static> Ending<'_, F> {
    fn committed<B>(
        &self,
        mut response: Response<B>,
        mut failed: Option<Failed>,
        carried: Result<Carried, SessionError>,
    ) -> Response<B>
    where
        F: OnError<B>,
        B: From<String>,
    {
        let begun = self.0.closed();
        let (carried, error) = match carried {
            Ok(carried) => (carried, None),
            // What was done before it failed.
            Err(error) => {
                let carried = begun.as_ref().map(|begun| begun.session.take_carried());
                (carried.unwrap_or(Carried::Nothing), Some(Error::from(error)))
            }
        };
        let carried = begun.map_or(Ok(()), |begun| self.carry(carried, begun.source));
        if let Some(error) = error.or(carried.err()) {
            // Nothing of the handler's response goes out, and of its cookies those alone that go out with a failure.
            response = error.into_response();
            failed = Failed::take(&mut response);
        }
        self.respond(response, failed)
    }

    /// Hands the token to the browser.
    fn carry(&self, carried: Carried, source: SessionSource) -> Result<(), Error> {
        let Self(exchange) = self;
        let cookie = &exchange.layer.carriers.cookie;
        let jar = || Slot::new(exchange).jar();
        match (carried, source) {
            // The handler has taken the token, or there is none.
            (Carried::Nothing, _) | (_, SessionSource::Authorization) => Ok(()),
            // The commit stands, so what became of it goes out whatever the status.
            (Carried::Set { token, max_age }, SessionSource::Cookie) => {
                let carrying = cookie.carrying(&token, max_age);
                jar().put(carrying.map_err(|source| Error::SessionCookie {
                    cookie: cookie.name().clone(),
                    source,
                })?)
            }
            (Carried::Remove, SessionSource::Cookie) => jar().put(cookie.removal()),
        }
    }

    fn respond<B>(&self, mut response: Response<B>, failed: Option<Failed>) -> Response<B>
    where
        F: OnError<B>,
    {
        if let Some(Error::Session(SessionError::LoginRequired)) = response.extensions().get()
            && let Some(challenge) = self.0.layer.carriers.challenge()
        {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        let layer = &self.0.layer;
        let own = self.0.own_jar().map(|jar| (jar, &*layer.settings));
        conclude(response, failed, own, &*layer.on_error)
    }
}

impl<Fut, B, F> fmt::Debug for SessionFuture<Fut, B, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionFuture").finish_non_exhaustive()
    }
}
