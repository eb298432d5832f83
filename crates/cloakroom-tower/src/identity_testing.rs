use cloakroom_core::UnixTime;
use cloakroom_jwt::{SignError, Signer};
use cloakroom_seal::Ticket;
use http::header::COOKIE;
use http::{HeaderName, HeaderValue, Request};
use serde::Serialize;

use crate::testing::logged_in;
use crate::{BearerVerifier, Error, SealedCookie, Sealer};

/// `request` with a new ticket of `subject`, who authenticated at `now`, in the sealed cookie `T`.
///
/// # Errors
///
/// As [`Sealer::seal`]; [`Error::Random`].
pub fn with_ticket<B, T: SealedCookie + From<Ticket>>(
    request: Request<B>,
    sealer: &Sealer<T>,
    subject: &str,
    now: UnixTime,
) -> Result<Request<B>, Error> {
    let ticket = Ticket::issue(subject, now)?;
    logged_in(request, sealer, &T::from(ticket), now)
}

/// `request` with a JWT of `claims`, signed as `signer` signs, in the cookie that `verifier` reads; without one where it
/// reads none.
///
/// # Errors
///
/// As [`Signer::sign`].
#[expect(clippy::missing_panics_doc, reason = "the proof is the message")]
pub fn bearing_in_cookie<B, C, T: Serialize>(
    mut request: Request<B>,
    verifier: &BearerVerifier<C>,
    signer: &Signer,
    claims: &T,
) -> Result<Request<B>, SignError> {
    let token = signer.sign(claims)?;
    if let Some(name) = verifier.cookie() {
        let mut pair = HeaderValue::try_from(format!("{name}={token}"))
            .expect("a cookie-name, dots and characters of base64url");
        pair.set_sensitive(true);
        request.headers_mut().append(COOKIE, pair);
    }
    Ok(request)
}

/// `request` as a browser sends it from a page of its own origin, which a [`CsrfLayer`](crate::CsrfLayer) lets pass.
pub fn same_origin<B>(mut request: Request<B>) -> Request<B> {
    const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
    let headers = request.headers_mut();
    headers.insert(SEC_FETCH_SITE, HeaderValue::from_static("same-origin"));
    request
}
