use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use cloakroom_csrf::{Decision, Visitor};
use http::header::{SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue, Response};
use pin_project_lite::pin_project;

use crate::csrf_settings::Settings;
use crate::csrf_slot::Slot;
use crate::jar::{Jar, forbid_storing};
use crate::layer::{Failed, conclude};
use crate::on_error::{DefaultResponse, OnError};

pin_project! {
    /// The future that [`CsrfService`](crate::CsrfService) answers with.
    pub struct CsrfFuture<Fut, B, F = DefaultResponse> {
        // `None` when the request was refused.
        #[pin]
        inner: Option<Fut>,
        refused: Option<Response<B>>,
        ending: Ending<F>,
    }
}

/// What becomes of the response.
pub(crate) struct Ending<F> {
    pub(crate) decision: Decision,
    pub(crate) slot: Slot,
    pub(crate) settings: Arc<Settings>,
    /// That of a layer further out.
    pub(crate) jar: Option<Jar>,
    /// Whether the request came with a visitor's cookie.
    pub(crate) had_visitor: bool,
    pub(crate) on_error: Arc<F>,
}

impl<Fut, B, F> CsrfFuture<Fut, B, F> {
    pub(crate) fn passed(inner: Fut, ending: Ending<F>) -> Self {
        Self {
            inner: Some(inner),
            refused: None,
            ending,
        }
    }

    pub(crate) fn refused(response: Response<B>, ending: Ending<F>) -> Self {
        Self {
            inner: None,
            refused: Some(response),
            ending,
        }
    }
}

impl<Fut, F, B, E> Future for CsrfFuture<Fut, B, F>
where
    Fut: Future<Output = Result<Response<B>, E>>,
    F: OnError<B>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = match this.inner.as_pin_mut() {
            Some(inner) => ready!(inner.poll(cx))?,
            None => this
                .refused
                .take()
                .expect("a future is not polled again once it is ready"),
        };
        Poll::Ready(Ok(this.ending.respond(response)))
    }
}

impl<F> Ending<F> {
    fn respond<B>(&self, mut response: Response<B>) -> Response<B>
    where
        F: OnError<B>,
    {
        let failed = Failed::take(&mut response);
        let mut response = conclude(response, failed, None, &*self.on_error);
        let given = self.slot.close();
        let logs_in = self.logs_in(response.headers());
        let headers = response.headers_mut();
        let visitor = if logs_in && (self.had_visitor || given.visitor.is_some()) {
            // Whoever knew the visitor knows nothing of who is logged in now.
            Some(match Visitor::generate() {
                Ok(visitor) => self.settings.visitor_cookie(&visitor),
                Err(_) => self.settings.visitor_removal(),
            })
        } else {
            given
                .visitor
                .map(|visitor| self.settings.visitor_cookie(&visitor))
        };
        if let Some(cookie) = &visitor {
            headers.append(SET_COOKIE, cookie.to_header_value());
        }
        if given.token || visitor.is_some() {
            forbid_storing(headers);
        }
        let page = given.token.then_some("Cookie");
        vary(headers, self.decision.vary().chain(page));
        response
    }

    /// Whether the response sets a cookie that carries a login.
    fn logs_in(&self, headers: &HeaderMap) -> bool {
        let sets_one = |line: &HeaderValue| {
            let pair = line
                .as_bytes()
                .split(|&byte| byte == b';')
                .next()
                .unwrap_or_default();
            let equals = pair.iter().position(|&byte| byte == b'=');
            equals.is_some_and(|equals| {
                let (name, value) = (pair[..equals].trim_ascii(), pair[equals + 1..].trim_ascii());
                let mut carriers = self.settings.policy.carriers().iter();
                !value.is_empty() && carriers.any(|carrier| carrier.as_bytes() == name)
            })
        };
        let decided = |jar: &Jar| {
            let mut carriers = self.settings.policy.carriers().iter();
            carriers.any(|carrier| jar.sets_value(carrier))
        };
        headers.get_all(SET_COOKIE).iter().any(sets_one) || self.jar.as_ref().is_some_and(decided)
    }
}

/// Adds to `Vary` what it does not say yet.
fn vary(headers: &mut HeaderMap, names: impl Iterator<Item = &'static str>) {
    let mut missing: Vec<&str> = Vec::new();
    for name in names {
        let said = headers
            .get_all(VARY)
            .iter()
            .flat_map(|line| line.as_bytes().split(|&byte| byte == b','))
            .map(<[u8]>::trim_ascii)
            .any(|item| item == b"*" || item.eq_ignore_ascii_case(name.as_bytes()));
        if !said && !missing.contains(&name) {
            missing.push(name);
        }
    }
    if let Ok(line) = HeaderValue::try_from(missing.join(", "))
        && !missing.is_empty()
    {
        headers.append(VARY, line);
    }
}

impl<Fut, B, F> fmt::Debug for CsrfFuture<Fut, B, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfFuture").finish_non_exhaustive()
    }
}
