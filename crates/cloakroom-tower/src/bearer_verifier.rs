use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, PoisonError, RwLock};

use cloakroom_cookie::CookieName;

use crate::token_verifier::Snapshot;
use crate::{BearerError, BearerErrorKind, InvalidBearerVerifier, Reach, TokenVerifier};

/// Verifies the bearer tokens of an application, and says where a request carries them. Part of an application's
/// state; clones share everything.
///
/// `C` is the type of the claims that [`Bearer<C>`](crate::Bearer) gives to a handler. It also tells verifiers apart:
/// where one application accepts tokens of two kinds, each kind has claims of its own type and a verifier of its own,
/// and neither is accepted in the other's place.
///
/// A token is looked for where a constructor names, and nowhere else: never in the query string, never in a form
/// (RFC 6750 sections 2.2 and 2.3, which RFC 9700 section 4.3.2 advises against).
pub struct BearerVerifier<C> {
    verifier: Arc<RwLock<TokenVerifier>>,
    carriers: Arc<Carriers>,
    claims: PhantomData<fn() -> C>,
}

/// Where a token may come from, and what a refusal says.
#[derive(Clone, Debug)]
pub(crate) struct Carriers {
    pub(crate) authorization: bool,
    /// The wire name.
    pub(crate) cookie: Option<CookieName>,
    pub(crate) realm: Option<String>,
}

impl<C> BearerVerifier<C> {
    /// Takes tokens from `Authorization: Bearer` (RFC 6750 section 2.1) and from no cookie.
    pub fn from_authorization(verifier: impl Into<TokenVerifier>) -> Self {
        Self::new(verifier.into(), true, None)
    }

    /// Takes tokens from the cookie of this wire name and from nowhere else; the Authorization field is not looked at.
    ///
    /// **Browsers send a cookie with requests that another site's page makes, and nothing here checks for that.** Set the
    /// cookie with `SameSite=Lax` or `Strict`, change nothing on GET, HEAD and OPTIONS, and refuse yourself every other
    /// request, and every one that opens a WebSocket, unless its `Sec-Fetch-Site` is `same-origin` or its `Origin` is
    /// yours: before the handler runs, or there, where [`Bearer::source`](crate::Bearer::source) is
    /// [`Cookie`](crate::BearerSource::Cookie).
    ///
    /// # Errors
    ///
    /// When the name begins with neither `__Host-` nor `__Host-Http-`.
    pub fn from_cookie(
        verifier: impl Into<TokenVerifier>,
        name: CookieName,
    ) -> Result<Self, InvalidBearerVerifier> {
        Self::from_cookie_of(verifier, name, Reach::Host)
    }

    /// [`from_cookie`](Self::from_cookie) for a cookie that others than the host may be able to set.
    ///
    /// # Errors
    ///
    /// With [`Reach::Host`] as [`from_cookie`](Self::from_cookie).
    pub fn from_cookie_of(
        verifier: impl Into<TokenVerifier>,
        name: CookieName,
        reach: Reach,
    ) -> Result<Self, InvalidBearerVerifier> {
        Ok(Self::new(verifier.into(), false, Some(checked(name, reach)?)))
    }

    fn new(verifier: TokenVerifier, authorization: bool, cookie: Option<CookieName>) -> Self {
        Self {
            verifier: Arc::new(RwLock::new(verifier)),
            carriers: Arc::new(Carriers {
                authorization,
                cookie,
                realm: None,
            }),
            claims: PhantomData,
        }
    }

    /// Takes tokens from the cookie of this wire name too, in requests that have no Authorization field at all. One
    /// with any Authorization field is decided by that field alone: a token in it that does not verify, or credentials
    /// of another scheme, never make the cookie count.
    ///
    /// A request that the cookie authorizes must be checked as [`from_cookie`](Self::from_cookie) says: nothing here does.
    ///
    /// # Errors
    ///
    /// When the name begins with neither `__Host-` nor `__Host-Http-`.
    pub fn or_cookie(self, name: CookieName) -> Result<Self, InvalidBearerVerifier> {
        self.or_cookie_of(name, Reach::Host)
    }

    /// [`or_cookie`](Self::or_cookie) for a cookie that others than the host may be able to set.
    ///
    /// # Errors
    ///
    /// With [`Reach::Host`] as [`or_cookie`](Self::or_cookie).
    pub fn or_cookie_of(mut self, name: CookieName, reach: Reach) -> Result<Self, InvalidBearerVerifier> {
        Arc::make_mut(&mut self.carriers).cookie = Some(checked(name, reach)?);
        Ok(self)
    }

    /// Names the realm in the `Bearer` challenges (RFC 9110 section 11.5). None unless this is called.
    ///
    /// # Errors
    ///
    /// When it has anything but printable US-ASCII, or a quote or a backslash.
    pub fn realm(mut self, realm: impl Into<String>) -> Result<Self, InvalidBearerVerifier> {
        let realm = realm.into();
        if !realm
            .bytes()
            .all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\')
        {
            return Err(InvalidBearerVerifier::Realm);
        }
        Arc::make_mut(&mut self.carriers).realm = Some(realm);
        Ok(self)
    }

    /// Takes another verifier from the next request on, for all clones: other keys, another policy.
    pub fn replace(&self, verifier: impl Into<TokenVerifier>) {
        *self.verifier.write().unwrap_or_else(PoisonError::into_inner) = verifier.into();
    }

    /// The wire name of the cookie that tokens may come in.
    pub fn cookie(&self) -> Option<&CookieName> {
        self.carriers.cookie.as_ref()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let verifier = self.verifier.read().unwrap_or_else(PoisonError::into_inner);
        verifier.snapshot()
    }

    /// Whether a gate can end all that its policies take: no token is older, and none is taken for longer behind its end, than
    /// revocations are kept for. The policies of keys that are fetched are known before the keys are.
    #[cfg(feature = "identity")]
    pub(crate) fn is_revocable_by(&self, gate: &cloakroom_lineage::Gate) -> bool {
        let verifier = self.verifier.read().unwrap_or_else(PoisonError::into_inner);
        verifier.all_policies(|policy| {
            policy.is_revocable()
                && policy.greatest_leeway() <= gate.leeway()
                && policy.greatest_age().is_some_and(|age| age <= gate.max_age())
        })
    }

    pub(crate) fn carriers(&self) -> &Arc<Carriers> {
        &self.carriers
    }

    pub(crate) fn error(&self, kind: BearerErrorKind) -> BearerError {
        BearerError::new(kind, &self.carriers)
    }
}

fn checked(name: CookieName, reach: Reach) -> Result<CookieName, InvalidBearerVerifier> {
    if reach.admits(&name) {
        Ok(name)
    } else {
        Err(InvalidBearerVerifier::NotHostBound { cookie: name })
    }
}

impl<C> Clone for BearerVerifier<C> {
    fn clone(&self) -> Self {
        Self {
            verifier: Arc::clone(&self.verifier),
            carriers: Arc::clone(&self.carriers),
            claims: PhantomData,
        }
    }
}

/// Prints where tokens come from, nothing of the keys.
impl<C> fmt::Debug for BearerVerifier<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerVerifier")
            .field("authorization", &self.carriers.authorization)
            .field("cookie", &self.carriers.cookie.as_ref().map(CookieName::as_str))
            .finish_non_exhaustive()
    }
}
