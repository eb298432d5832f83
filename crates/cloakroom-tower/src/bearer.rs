use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use cloakroom_cookie::CookieValue;
use cloakroom_core::UnixTime;
use cloakroom_jwt::danger::beginning_without_verification;
use cloakroom_jwt::{ErrorKind, Scratch, Value, Verified};
use http::{Extensions, HeaderMap};
use serde::de::DeserializeOwned;

use crate::authorization::{Authorization, is_b64token};
use crate::bearer_error::is_scope_token;
use crate::bearer_verifier::Carriers;
use crate::jar::Jar;
use crate::token_verifier::{Refusal, Snapshot};
use crate::{BearerError, BearerErrorKind, BearerVerifier, Error};

/// How many cookies of one name are tried.
const CANDIDATES: usize = 4;

/// The claims of a request's bearer token, which has verified: it derefs to them.
///
/// An extractor with the feature `axum`, where the router's state gives a [`BearerVerifier<C>`] by `FromRef`; elsewhere
/// [`Bearer::read`] makes one. The rejection is [`Error::Bearer`], with the status and the challenge of RFC 6750
/// section 3.
///
/// A [`CookieLayer`](crate::CookieLayer) around it gives it its clock, `on_error` and observer. Where the verifier takes
/// tokens from Authorization alone, there may be none: the system's clock counts then, the responses are the default
/// ones, and nobody hears.
///
/// Where the verifier takes tokens from Authorization, such a field decides alone; see
/// [`BearerVerifier::or_cookie`]. Of several cookies of the name at most four are tried; those that do not verify do not
/// matter beside one that does, and two that verify and are not the same token are a conflict: none is taken.
///
/// `Option<Bearer<C>>` is for routes that serve strangers too. It is `None` when the request has no bearer token, and
/// when it has cookies alone of which none counts: whoever can plant a cookie must not be able to keep anybody from a
/// page. A token in Authorization that does not verify is an error there too. So is a token whose issuer's keys are not at
/// hand, in a cookie as well: it may be a good one, and somebody who is logged in is never taken for a stranger. Whoever
/// can plant a cookie of the name can thus make that 503 of pages for strangers, as long as such an outage lasts. Beside a
/// token that verifies it does not matter, but for a logout by `Logins`, which cannot say that it is done.
pub struct Bearer<C> {
    claims: C,
    registered: Box<Registered>,
    scope: Option<String>,
    source: BearerSource,
    carriers: Arc<Carriers>,
    jar: Jar,
}

/// Where a token came from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum BearerSource {
    /// `Authorization: Bearer`. No page of another site can make a browser send it.
    Authorization,
    /// A cookie, which browsers send on their own: what it authorizes must be checked for cross-site requests, which
    /// nothing here does. See [`BearerVerifier::from_cookie`].
    Cookie,
}

/// The registered claims (RFC 7519 section 4.1) that stand beside an application's own.
pub(crate) struct Registered {
    pub(crate) issuer: String,
    pub(crate) subject: Option<String>,
    audience: Vec<String>,
    pub(crate) token_id: Option<String>,
    not_before: Option<UnixTime>,
    pub(crate) issued_at: Option<UnixTime>,
    pub(crate) expires_at: Option<UnixTime>,
    pub(crate) auth_time: Option<UnixTime>,
    kid: Option<String>,
    policy: usize,
}

/// What a look at a request finds.
pub(crate) struct Look<C> {
    pub(crate) found: Found<C>,
    /// What verified and is not taken: all tokens of a conflict, one whose claims are no `C`. Each is a login all the same.
    #[cfg_attr(
        not(feature = "identity"),
        expect(dead_code, reason = "logouts alone end each of them")
    )]
    pub(crate) others: Vec<Registered>,
    /// What is signed well and not valid yet: it counts for nothing now, and is a login later.
    #[cfg_attr(
        not(feature = "identity"),
        expect(dead_code, reason = "logouts alone end each of them")
    )]
    pub(crate) early: Vec<Registered>,
    /// Why one that is not taken may be good all the same, and nobody can say.
    #[cfg_attr(
        not(feature = "identity"),
        expect(dead_code, reason = "logouts alone cannot pass it over")
    )]
    pub(crate) unjudged: Option<BearerErrorKind>,
}

/// What counts of it.
pub(crate) enum Found<C> {
    Nothing,
    Token(Bearer<C>),
    /// Cookies that verify and differ.
    Conflict,
    /// Cookies of which none counts.
    Cookies(BearerErrorKind),
    /// What nobody who brings it is taken for a stranger with: a token in Authorization, or one of an issuer whose keys are
    /// not at hand.
    Refused(BearerErrorKind),
}

/// What a check finds of one token.
enum Checked<C> {
    Good(Bearer<C>),
    /// It verified, and its claims are no `C`.
    Unreadable(Box<Registered>),
    Refused {
        kind: BearerErrorKind,
        /// Why it may be good all the same, though that keeps nobody from a page.
        doubt: Option<BearerErrorKind>,
        /// What it says, if it is refused because it is not valid yet.
        early: Option<Box<Registered>>,
    },
}

impl<C: DeserializeOwned> Bearer<C> {
    /// The token of the request with these headers and extensions.
    ///
    /// # Errors
    ///
    /// [`Error::Bearer`] when there is none, or one that does not verify; and where the verifier takes cookies,
    /// [`Error::MissingLayer`], and [`Error::Limit`] when the Cookie header is over a limit of the layer.
    pub fn read(
        headers: &HeaderMap,
        extensions: &Extensions,
        verifier: &BearerVerifier<C>,
    ) -> Result<Self, Error> {
        let kind = match look(headers, extensions, verifier)?.found {
            Found::Token(bearer) => return Ok(bearer),
            Found::Conflict => BearerErrorKind::Conflict,
            Found::Cookies(kind) | Found::Refused(kind) => kind,
            Found::Nothing => BearerErrorKind::Required,
        };
        Err(verifier.error(kind).into())
    }

    /// The same where there may be none: `None` also when there are cookies alone and none of them counts, but for one of
    /// an issuer whose keys are not at hand.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), but for the absence of a token.
    pub fn read_optional(
        headers: &HeaderMap,
        extensions: &Extensions,
        verifier: &BearerVerifier<C>,
    ) -> Result<Option<Self>, Error> {
        match look(headers, extensions, verifier)?.found {
            Found::Token(bearer) => Ok(Some(bearer)),
            Found::Conflict | Found::Cookies(_) | Found::Nothing => Ok(None),
            Found::Refused(kind) => Err(verifier.error(kind).into()),
        }
    }
}

impl<C> Bearer<C> {
    /// The claims, for good.
    pub fn into_claims(self) -> C {
        self.claims
    }

    /// `iss`: who made the token.
    pub fn issuer(&self) -> &str {
        &self.registered.issuer
    }

    /// `sub`: whom it is about, unique at the issuer alone.
    pub fn subject(&self) -> Option<&str> {
        self.registered.subject.as_deref()
    }

    /// `aud`: whom it is for.
    pub fn audience(&self) -> impl Iterator<Item = &str> {
        self.registered.audience.iter().map(String::as_str)
    }

    /// `jti`: the token's own id.
    pub fn token_id(&self) -> Option<&str> {
        self.registered.token_id.as_deref()
    }

    /// `nbf`: the first instant at which it verifies, but for the policy's leeway.
    pub fn not_before(&self) -> Option<UnixTime> {
        self.registered.not_before
    }

    /// `iat`: when it was made. Not when somebody authenticated: see [`auth_time`](Self::auth_time).
    pub fn issued_at(&self) -> Option<UnixTime> {
        self.registered.issued_at
    }

    /// `exp`: the first instant at which it does not verify any more, but for the policy's leeway.
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.registered.expires_at
    }

    /// `auth_time`: when its subject authenticated (OIDC Core section 2).
    pub fn auth_time(&self) -> Option<UnixTime> {
        self.registered.auth_time
    }

    /// The id of the key that verified it.
    pub fn kid(&self) -> Option<&str> {
        self.registered.kid.as_deref()
    }

    /// The place, in the verifier, of the policy that accepted the token.
    pub fn policy(&self) -> usize {
        self.registered.policy
    }

    /// Where the token came from.
    pub fn source(&self) -> BearerSource {
        self.source
    }

    /// Whether the claim `scope` (RFC 9068 section 2.2.3) has this one among its space-separated ones. It never has what
    /// is not one `scope-token` (RFC 6749 section 3.3).
    pub fn has_scope(&self, scope: &str) -> bool {
        let granted = self.scope.as_deref().unwrap_or_default();
        is_scope_token(scope) && granted.split(' ').any(|one| one == scope)
    }

    /// Goes on with a token of this scope alone.
    ///
    /// # Errors
    ///
    /// Without it the error that becomes a 403 with `insufficient_scope` and this scope in the challenge.
    /// [`Error::InvalidScope`] when `scope` is not one `scope-token` (RFC 6749 section 3.3), whatever the token has: ask for
    /// two scopes one after the other.
    pub fn require_scope(&self, scope: &str) -> Result<(), Error> {
        if !is_scope_token(scope) {
            return Err(Error::InvalidScope);
        }
        if self.has_scope(scope) {
            return Ok(());
        }
        let kind = BearerErrorKind::InsufficientScope {
            scope: scope.to_owned(),
        };
        let cookie = match self.source {
            BearerSource::Authorization => None,
            BearerSource::Cookie => self.carriers.cookie.as_ref(),
        };
        self.jar.observe_refused(&kind, cookie);
        Err(BearerError::new(kind, &self.carriers).into())
    }
}

#[cfg(feature = "identity")]
impl<C> Bearer<C> {
    pub(crate) fn into_registered(self) -> Registered {
        *self.registered
    }
}

impl<C> Deref for Bearer<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.claims
    }
}

/// Prints where the token came from and its times, no other claim.
impl<C> fmt::Debug for Bearer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bearer")
            .field("source", &self.source)
            .field("issued_at", &self.registered.issued_at)
            .field("expires_at", &self.registered.expires_at)
            .finish_non_exhaustive()
    }
}

impl<C> From<Found<C>> for Look<C> {
    fn from(found: Found<C>) -> Self {
        Self {
            found,
            others: Vec::new(),
            early: Vec::new(),
            unjudged: None,
        }
    }
}

impl<C> From<Refusal> for Checked<C> {
    fn from(Refusal { kind, doubt }: Refusal) -> Self {
        Self::Refused {
            kind,
            doubt,
            early: None,
        }
    }
}

pub(crate) fn look<C: DeserializeOwned>(
    headers: &HeaderMap,
    extensions: &Extensions,
    verifier: &BearerVerifier<C>,
) -> Result<Look<C>, Error> {
    let carriers = verifier.carriers();
    let jar = match carriers.cookie {
        Some(_) => Jar::of(extensions)?,
        None => Jar::of_or_default(extensions),
    };
    if carriers.authorization {
        match Authorization::of(headers) {
            Authorization::Absent => {}
            Authorization::OtherScheme => return Ok(Found::Nothing.into()),
            Authorization::Malformed => {
                jar.observe_refused(&BearerErrorKind::Malformed, None);
                return Ok(Found::Refused(BearerErrorKind::Malformed).into());
            }
            Authorization::Bearer(token) => return Ok(in_authorization(&jar, verifier, token)),
        }
    }
    in_cookies(&jar, verifier, headers)
}

fn in_authorization<C: DeserializeOwned>(jar: &Jar, verifier: &BearerVerifier<C>, token: &str) -> Look<C> {
    let checking = Checking::new(jar, verifier, BearerSource::Authorization);
    let (mut others, mut early, mut unjudged) = (Vec::new(), Vec::new(), None);
    let kind = match checking.check(token) {
        Checked::Good(bearer) => {
            jar.observe_verified(None);
            return Found::Token(bearer).into();
        }
        Checked::Unreadable(registered) => {
            others.push(*registered);
            BearerErrorKind::Unreadable
        }
        // Looked at only now: what verifies is a b64token, and what is too large is not worth looking at.
        Checked::Refused {
            kind: BearerErrorKind::Rejected(error),
            ..
        } if error.kind() != ErrorKind::TooLarge && !is_b64token(token) => BearerErrorKind::Malformed,
        Checked::Refused {
            kind,
            doubt,
            early: may_be,
        } => {
            unjudged = doubt;
            early.extend(may_be.map(|one| *one));
            kind
        }
    };
    jar.observe_refused(&kind, None);
    Look {
        found: Found::Refused(kind),
        others,
        early,
        unjudged,
    }
}

fn in_cookies<C: DeserializeOwned>(
    jar: &Jar,
    verifier: &BearerVerifier<C>,
    headers: &HeaderMap,
) -> Result<Look<C>, Error> {
    let Some(name) = verifier.cookie() else {
        return Ok(Found::Nothing.into());
    };
    let cookies = jar.read(headers)?;
    let checking = Checking::new(jar, verifier, BearerSource::Cookie);
    // The first that verified, if its claims are a `C`.
    let mut held = None;
    let (mut others, mut early) = (Vec::new(), Vec::new());
    let (mut refused, mut unjudged, mut doubted) = (None, None, None);
    let mut seen: [&[u8]; CANDIDATES] = [&[]; CANDIDATES];
    let candidates = cookies.all(name).take(CANDIDATES).map(CookieValue::as_bytes);
    for (place, value) in candidates.enumerate() {
        let is_seen = seen[..place].contains(&value);
        seen[place] = value;
        if is_seen {
            continue;
        }
        let checked = match str::from_utf8(value) {
            Ok(token) => checking.check(token),
            Err(_) => Refusal::from(BearerErrorKind::Rejected(ErrorKind::Malformed.into())).into(),
        };
        match checked {
            Checked::Good(bearer) if held.is_none() && others.is_empty() => held = Some(bearer),
            Checked::Good(bearer) => others.push(*bearer.registered),
            Checked::Unreadable(registered) => others.push(*registered),
            // Nobody can say what it is, so it counts against no other; but where there is no other, that is the answer.
            Checked::Refused {
                kind: kind @ BearerErrorKind::KeysUnavailable { .. },
                ..
            } => unjudged = Some(kind),
            Checked::Refused {
                kind,
                doubt,
                early: may_be,
            } => {
                refused.get_or_insert(kind);
                doubted = doubted.or(doubt);
                early.extend(may_be.map(|one| *one));
            }
        }
    }
    let has_verified = held.is_some() || !others.is_empty();
    let found = match (held, others.len()) {
        (Some(bearer), 0) => {
            jar.observe_verified(Some(name));
            Found::Token(bearer)
        }
        (None, 0) => match (unjudged.take(), refused) {
            (Some(kind), _) => Found::Refused(kind),
            (None, Some(kind)) => Found::Cookies(kind),
            (None, None) => Found::Nothing,
        },
        (None, 1) => Found::Cookies(BearerErrorKind::Unreadable),
        (held, _) => {
            others.extend(held.map(|bearer| *bearer.registered));
            Found::Conflict
        }
    };
    match &found {
        Found::Conflict => jar.observe_refused(&BearerErrorKind::Conflict, Some(name)),
        Found::Cookies(kind) | Found::Refused(kind) => jar.observe_refused(kind, Some(name)),
        Found::Token(_) | Found::Nothing => {}
    }
    let unjudged = unjudged.or(doubted);
    // Nothing that was told yet says why a logout is not done.
    if has_verified && let Some(kind) = &unjudged {
        jar.observe_refused(kind, Some(name));
    }
    Ok(Look {
        found,
        others,
        early,
        unjudged,
    })
}

/// What it takes to check the tokens of one request: the keys and the time as they are at its beginning.
struct Checking<'a> {
    jar: &'a Jar,
    keys: Snapshot,
    now: UnixTime,
    source: BearerSource,
    carriers: &'a Arc<Carriers>,
}

impl<'a> Checking<'a> {
    fn new<C>(jar: &'a Jar, verifier: &'a BearerVerifier<C>, source: BearerSource) -> Self {
        Self {
            jar,
            keys: verifier.snapshot(),
            now: jar.now(),
            source,
            carriers: verifier.carriers(),
        }
    }

    fn check<C: DeserializeOwned>(&self, token: &str) -> Checked<C> {
        let mut scratch = Scratch::new();
        let verified = match self.keys.verify(token, self.now, &mut scratch) {
            Ok(verified) => verified,
            Err(refusal) => return self.refused(token, refusal),
        };
        let registered = Box::new(Registered::of(&verified));
        let Ok(claims) = verified.claims() else {
            return Checked::Unreadable(registered);
        };
        Checked::Good(Bearer {
            claims,
            registered,
            scope: verified
                .get("scope")
                .and_then(Value::as_str)
                .map(ToOwned::to_owned),
            source: self.source,
            carriers: Arc::clone(self.carriers),
            jar: self.jar.clone(),
        })
    }

    /// What to make of a token that `refusal` is the answer to. One that is not valid yet is judged as of its beginning.
    #[cold]
    fn refused<C>(&self, token: &str, refusal: Refusal) -> Checked<C> {
        let is_early = matches!(
            &refusal.kind,
            BearerErrorKind::Rejected(error) if error.kind() == ErrorKind::NotYetValid
        );
        let begins = is_early.then(|| beginning_without_verification(token));
        let Some(Ok(Some(begins))) = begins else {
            return refusal.into();
        };
        let mut scratch = Scratch::new();
        match self.keys.verify(token, begins, &mut scratch) {
            Ok(verified) => Checked::Refused {
                kind: refusal.kind,
                doubt: None,
                early: Some(Box::new(Registered::of(&verified))),
            },
            Err(_) => refusal.into(),
        }
    }
}

impl Registered {
    fn of(verified: &Verified<'_>) -> Self {
        Self {
            issuer: verified.issuer().to_owned(),
            subject: verified.subject().map(ToOwned::to_owned),
            audience: verified.audience().map(Cow::into_owned).collect(),
            token_id: verified.token_id().map(ToOwned::to_owned),
            not_before: verified.not_before(),
            issued_at: verified.issued_at(),
            expires_at: verified.expires_at(),
            auth_time: verified.auth_time(),
            kid: verified.kid().map(ToOwned::to_owned),
            policy: verified.policy(),
        }
    }
}

#[cfg(feature = "axum")]
impl<S, C> axum_core::extract::FromRequestParts<S> for Bearer<C>
where
    S: Sync,
    C: DeserializeOwned,
    BearerVerifier<C>: axum_core::extract::FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut http::request::Parts, state: &S) -> Result<Self, Error> {
        let verifier = axum_core::extract::FromRef::from_ref(state);
        Self::read(&parts.headers, &parts.extensions, &verifier)
    }
}

#[cfg(feature = "axum")]
impl<S, C> axum_core::extract::OptionalFromRequestParts<S> for Bearer<C>
where
    S: Sync,
    C: DeserializeOwned,
    BearerVerifier<C>: axum_core::extract::FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut http::request::Parts, state: &S) -> Result<Option<Self>, Error> {
        let verifier = axum_core::extract::FromRef::from_ref(state);
        Self::read_optional(&parts.headers, &parts.extensions, &verifier)
    }
}
