use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use cloakroom_session::{Answer, Carried, SessionError};
use http::Response;
use http::header::WWW_AUTHENTICATE;
use pin_project_lite::pin_project;

use crate::jar::Jar;
use crate::layer::{Failed, conclude};
use crate::on_error::{DefaultResponse, OnError};
use crate::session_layer::Parts;
use crate::session_slot::{Begun, Guard};
use crate::{Error, SessionSource};

pin_project! {
    /// The future that [`SessionService`](crate::SessionService) answers with.
    pub struct SessionFuture<Fut, B, F = DefaultResponse> {
        #[pin]
        inner: Fut,
        guard: Guard,
        // What the inner service answered, until the commit is through.
        committing: Option<Committing<B>>,
        ending: Ending<F>,
    }
}

struct Committing<B> {
    response: Response<B>,
    failed: Option<Failed>,
    begun: Begun,
    commit: Pin<Box<dyn Future<Output = Result<Carried, SessionError>> + Send>>,
}

/// What becomes of the response once the commit is through.
pub(crate) struct Ending<F> {
    pub(crate) jar: Jar,
    /// Whether the jar is this layer's, and not that of one further out.
    pub(crate) owned: bool,
    pub(crate) layer: Arc<Parts<F>>,
}

impl<Fut, B, F> SessionFuture<Fut, B, F> {
    pub(crate) fn new(inner: Fut, guard: Guard, ending: Ending<F>) -> Self {
        Self {
            inner,
            guard,
            committing: None,
            ending,
        }
    }
}

impl<Fut, F, B, E> Future for SessionFuture<Fut, B, F>
where
    Fut: Future<Output = Result<Response<B>, E>>,
    F: OnError<B>,
    B: From<String>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.committing.is_none() {
            let mut response = ready!(this.inner.poll(cx))?;
            // As in a CookieLayer, what counts is the status that the handler answered with.
            let failed = Failed::take(&mut response);
            let Some((begun, commit)) = this.guard.close() else {
                return Poll::Ready(Ok(this.ending.respond(response, failed)));
            };
            let answer = match failed {
                Some(_) => Answer::Failed,
                None => Answer::Succeeded,
            };
            let commit = match commit.finish_at_rest() {
                Ok(carried) => {
                    let response = this.ending.committed(response, failed, &begun, Ok(carried));
                    return Poll::Ready(Ok(response));
                }
                Err(commit) => commit,
            };
            *this.committing = Some(Committing {
                response,
                failed,
                begun,
                commit: Box::pin(commit.finish(answer)),
            });
        }
        if let Some(committing) = this.committing {
            let carried = ready!(committing.commit.as_mut().poll(cx));
            if let Some(Committing {
                response,
                failed,
                begun,
                ..
            }) = this.committing.take()
            {
                let response = this.ending.committed(response, failed, &begun, carried);
                return Poll::Ready(Ok(response));
            }
        }
        unreachable!("a commit was begun above, and it is taken once it is through")
    }
}

impl<F> Ending<F> {
    fn committed<B>(
        &self,
        mut response: Response<B>,
        mut failed: Option<Failed>,
        begun: &Begun,
        carried: Result<Carried, SessionError>,
    ) -> Response<B>
    where
        F: OnError<B>,
        B: From<String>,
    {
        let (carried, error) = match carried {
            Ok(carried) => (carried, None),
            // What was done before it failed.
            Err(error) => (begun.session.take_carried(), Some(Error::from(error))),
        };
        let carried = self.carry(carried, begun.source);
        if let Some(error) = error.or(carried.err()) {
            // Nothing of the handler's response goes out, and of its cookies those alone that go out with a failure.
            response = error.into_response();
            failed = Failed::take(&mut response);
        }
        self.respond(response, failed)
    }

    /// Hands the token to the browser.
    fn carry(&self, carried: Carried, source: SessionSource) -> Result<(), Error> {
        let cookie = &self.layer.carriers.cookie;
        match (carried, source) {
            // The handler has taken the token, or there is none.
            (Carried::Nothing, _) | (_, SessionSource::Authorization) => Ok(()),
            // The commit stands, so what became of it goes out whatever the status.
            (Carried::Set { token, max_age }, SessionSource::Cookie) => {
                let cookie = cookie.carrying(&token, max_age);
                self.jar.put(cookie.map_err(|source| Error::SessionCookie {
                    cookie: self.layer.carriers.cookie.name().clone(),
                    source,
                })?)
            }
            (Carried::Remove, SessionSource::Cookie) => self.jar.put(cookie.removal()),
        }
    }

    fn respond<B>(&self, mut response: Response<B>, failed: Option<Failed>) -> Response<B>
    where
        F: OnError<B>,
    {
        if let Some(Error::Session(SessionError::LoginRequired)) = response.extensions().get()
            && let Some(challenge) = self.layer.carriers.challenge()
        {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        let own = self.owned.then_some(&self.jar);
        conclude(response, failed, own, &*self.layer.on_error)
    }
}

impl<Fut, B, F> fmt::Debug for SessionFuture<Fut, B, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionFuture").finish_non_exhaustive()
    }
}
