use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use cloakroom_session::{Answer, Carried, Session, SessionError};
use http::Response;
use http::header::WWW_AUTHENTICATE;
use pin_project_lite::pin_project;

use crate::jar::Closing;
use crate::layer::{Failed, conclude};
use crate::on_error::{DefaultResponse, OnError};
use crate::session_layer::Parts;
use crate::session_slot::{Begun, Exchange, Guard, Slot};
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
    /// For what is carried though the commit failed.
    session: Option<Session>,
    source: SessionSource,
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
            let closed = match this.guard.close_alone() {
                Some(exchange) => {
                    let closed = exchange.close_alone().map(Begun::finish_at_rest);
                    if let None | Some(Ok((Carried::Nothing, _))) = closed {
                        let (jar, layer) = exchange.alone();
                        return Poll::Ready(Ok(respond((jar, &**layer), response, failed)));
                    }
                    closed
                }
                None => this.guard.close().map(Begun::finish_at_rest),
            };
            let exchange = &this.guard.exchange;
            let begun = match closed {
                Some(Err(begun)) => begun,
                Some(Ok((carried, source))) => {
                    let carried = carry(exchange, carried, source);
                    return Poll::Ready(Ok(committed(exchange, response, failed, carried)));
                }
                None => return Poll::Ready(Ok(respond(shared(exchange), response, failed))),
            };
            let answer = match failed {
                Some(_) => Answer::Failed,
                None => Answer::Succeeded,
            };
            *this.committing = Some(Box::new(Committing {
                response,
                failed,
                session: begun.commit.session(),
                source: begun.source,
                commit: Box::pin(begun.commit.finish(answer)),
            }));
        }
        if let Some(committing) = this.committing {
            let done = ready!(committing.commit.as_mut().poll(cx));
            if let Some(committing) = this.committing.take() {
                let exchange = &this.guard.exchange;
                let (carried, error) = match done {
                    Ok(carried) => (carried, None),
                    // What was done before it failed.
                    Err(error) => {
                        let carried = committing.session.map(|session| session.take_carried());
                        (carried.unwrap_or(Carried::Nothing), Some(Error::from(error)))
                    }
                };
                let carried = carry(exchange, carried, committing.source);
                let carried = error.map_or(carried, Err);
                let response = committed(exchange, committing.response, committing.failed, carried);
                return Poll::Ready(Ok(response));
            }
        }
        unreachable!("a commit was begun above, and it is taken once it is through")
    }
}

type Layered<F> = Exchange<Arc<Parts<F>>>;

/// What becomes of the response once the commit is through and its token `carried`.
fn committed<B, F>(
    exchange: &Arc<Layered<F>>,
    mut response: Response<B>,
    mut failed: Option<Failed>,
    carried: Result<(), Error>,
) -> Response<B>
where
    F: OnError<B>,
    B: From<String>,
{
    if let Err(error) = carried {
        // Nothing of the handler's response goes out, and of its cookies those alone that go out with a failure.
        response = error.into_response();
        failed = Failed::take(&mut response);
    }
    respond(shared(exchange), response, failed)
}

/// Hands the token to the browser.
fn carry<F: Send + Sync + 'static>(
    exchange: &Arc<Layered<F>>,
    carried: Carried,
    source: SessionSource,
) -> Result<(), Error> {
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

fn shared<F>(exchange: &Layered<F>) -> (Option<Closing<'_>>, &Parts<F>) {
    (exchange.own_jar().map(Closing::Shared), &exchange.layer)
}

fn respond<B, F: OnError<B>>(
    (jar, layer): (Option<Closing<'_>>, &Parts<F>),
    mut response: Response<B>,
    failed: Option<Failed>,
) -> Response<B> {
    if let Some(Error::Session(SessionError::LoginRequired)) = response.extensions().get()
        && let Some(challenge) = layer.carriers.challenge()
    {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    let own = jar.map(|jar| (jar, &*layer.settings));
    conclude(response, failed, own, &*layer.on_error)
}

impl<Fut, B, F> fmt::Debug for SessionFuture<Fut, B, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionFuture").finish_non_exhaustive()
    }
}
