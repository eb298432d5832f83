use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use cloakroom_core::UnixTime;
use serde::Deserialize;

use crate::claims::{Aud, Claims, Payload};
use crate::json::{Element, Kind, Strings};
use crate::rounded::Rounded;
use crate::{Error, ErrorKind, Value, claims_de};

/// The claims of a token that a verifier accepted; there is no other road to them. They lie in the verifier's scratch.
///
/// `Debug` shows which policy accepted it and how long the key id is, and none of the claims.
#[derive(Clone, Copy)]
pub struct Verified<'s> {
    pub(crate) payload: Payload<'s>,
    pub(crate) claims: Claims<'s>,
    pub(crate) kid: Option<&'s str>,
    pub(crate) policy: usize,
}

impl<'s> Verified<'s> {
    /// `iss`, which is the policy's (RFC 7519 section 4.1.1).
    pub fn issuer(&self) -> &'s str {
        // Every policy asks for an issuer, so there is one.
        self.claims.iss.unwrap_or_default()
    }

    /// `sub` (RFC 7519 section 4.1.2). It says who it is only together with the issuer.
    pub fn subject(&self) -> Option<&'s str> {
        self.claims.sub
    }

    /// The values of `aud` (RFC 7519 section 4.1.3). Only those that are spelled with escapes in an array allocate.
    pub fn audience(&self) -> impl Iterator<Item = Cow<'s, str>> + use<'s> {
        let (one, many) = match self.claims.aud {
            Aud::Absent => (None, None),
            Aud::One(audience) => (Some(Cow::Borrowed(audience)), None),
            Aud::Many(array) => (None, Some(Strings::of(array).flatten().map(Element::text))),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }

    /// `exp`, rounded down to the second (RFC 7519 section 4.1.4). There is one unless the policy says otherwise.
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.claims.exp.map(Rounded::down)
    }

    /// `nbf`, rounded up to the second (RFC 7519 section 4.1.5).
    pub fn not_before(&self) -> Option<UnixTime> {
        self.claims.nbf.map(Rounded::up)
    }

    /// `iat`, rounded down to the second (RFC 7519 section 4.1.6), so that a token is never taken for newer than it is. It is
    /// when the token was made, not when its subject logged in: that is [`Verified::auth_time`].
    pub fn issued_at(&self) -> Option<UnixTime> {
        self.claims.iat.map(Rounded::down)
    }

    /// `jti` (RFC 7519 section 4.1.7).
    pub fn token_id(&self) -> Option<&'s str> {
        self.claims.jti
    }

    /// `auth_time`, when the subject last logged in, rounded down to the second (OpenID Connect Core section 2, RFC 9068
    /// section 2.2.1).
    pub fn auth_time(&self) -> Option<UnixTime> {
        self.claims.auth_time.map(Rounded::down)
    }

    /// Which policy of the verifier accepted it, counted from 0.
    pub fn policy(&self) -> usize {
        self.policy
    }

    /// The key id of the key that verified the signature, as it was configured.
    pub fn kid(&self) -> Option<&'s str> {
        self.kid
    }

    /// The value of a claim.
    pub fn get(&self, name: &str) -> Option<Value<'s>> {
        let member = self.payload.member(name)?;
        let value = self.payload.value(member);
        Some(match member.kind {
            Kind::Null => Value::Null,
            Kind::False => Value::Bool(false),
            Kind::True => Value::Bool(true),
            Kind::Number => Value::Number(value),
            Kind::String => Value::String(value),
            Kind::Array => Value::Array(value),
            Kind::Object => Value::Object(value),
        })
    }

    /// The claims as a type of the application's, which may borrow from them: `&str` for strings without escapes, `Cow<str>`
    /// with `#[serde(borrow)]` for any. Claims that the type does not name are passed over.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Claims`] when they are not of that type.
    pub fn claims<T: Deserialize<'s>>(&self) -> Result<T, Error> {
        claims_de::read(self.payload).map_err(|_| ErrorKind::Claims.into())
    }

    /// The claims set as it was signed, a JSON object without duplicate names.
    pub fn raw(&self) -> &'s str {
        self.payload.json
    }

    /// A copy that owns what it holds, with `claims` in it.
    pub(crate) fn to_owned_with<T>(self, claims: T) -> VerifiedOwned<T> {
        VerifiedOwned {
            claims,
            issuer: self.issuer().into(),
            subject: self.subject().map(Into::into),
            audience: self.audience().map(Cow::into_owned).collect(),
            expires_at: self.expires_at(),
            not_before: self.not_before(),
            issued_at: self.issued_at(),
            token_id: self.token_id().map(Into::into),
            auth_time: self.auth_time(),
            kid: self.kid().map(Into::into),
            policy: self.policy,
        }
    }
}

impl fmt::Debug for Verified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("policy", &self.policy)
            .field("kid_len", &self.kid.map(str::len))
            .finish_non_exhaustive()
    }
}

/// The claims of a token that a verifier accepted, and the registered ones among them, copied out of the scratch: what an
/// extractor hands to a handler.
///
/// `Debug` shows which policy accepted it and how long the key id is, and none of the claims.
#[derive(Clone)]
pub struct VerifiedOwned<T> {
    claims: T,
    issuer: String,
    subject: Option<String>,
    audience: Vec<String>,
    expires_at: Option<UnixTime>,
    not_before: Option<UnixTime>,
    issued_at: Option<UnixTime>,
    token_id: Option<String>,
    auth_time: Option<UnixTime>,
    kid: Option<String>,
    policy: usize,
}

impl<T> VerifiedOwned<T> {
    /// The claims.
    pub fn claims(&self) -> &T {
        &self.claims
    }

    /// The claims, taken out.
    pub fn into_claims(self) -> T {
        self.claims
    }

    /// As [`Verified::issuer`].
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// As [`Verified::subject`].
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// As [`Verified::audience`].
    pub fn audience(&self) -> impl Iterator<Item = &str> {
        self.audience.iter().map(String::as_str)
    }

    /// As [`Verified::expires_at`].
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at
    }

    /// As [`Verified::not_before`].
    pub fn not_before(&self) -> Option<UnixTime> {
        self.not_before
    }

    /// As [`Verified::issued_at`].
    pub fn issued_at(&self) -> Option<UnixTime> {
        self.issued_at
    }

    /// As [`Verified::token_id`].
    pub fn token_id(&self) -> Option<&str> {
        self.token_id.as_deref()
    }

    /// As [`Verified::auth_time`].
    pub fn auth_time(&self) -> Option<UnixTime> {
        self.auth_time
    }

    /// As [`Verified::kid`].
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// As [`Verified::policy`].
    pub fn policy(&self) -> usize {
        self.policy
    }
}

impl<T> fmt::Debug for VerifiedOwned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedOwned")
            .field("policy", &self.policy)
            .field("kid_len", &self.kid().map(str::len))
            .finish_non_exhaustive()
    }
}
