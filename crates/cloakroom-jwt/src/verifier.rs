use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use cloakroom_core::UnixTime;
use serde::de::DeserializeOwned;

use crate::claims::{Claims, Payload, check};
use crate::encoding::Base64Url;
use crate::header::Header;
use crate::json::SLACK;
use crate::keys::{Candidates, Keys};
use crate::token::{Parts, first_dot};
use crate::{Error, ErrorKind, InvalidVerifier, Policy, Scratch, Verified, VerifiedOwned, VerifyingKey};

/// Policies with their keys: all that is needed to judge a token but the time. Cloning shares it.
///
/// The order of the checks is fixed: size, structure, header, signature, JSON, claims. A token is accepted by a policy whose
/// own key verified its signature, and by no other; nothing that is not signed chooses a policy. Keys are chosen by the
/// header's `alg` and `kid`; a header without `kid` means a policy's only key of that algorithm, and where more than 4
/// policies have one, those of them that have no kid.
///
/// Several policies may have such a key, or share one: access and ID tokens of one issuer, tenants with one key set. They are
/// tried in their order, and the first whose key and rules the token satisfies accepts it. When none does, the error is that
/// of the first whose key verified the signature.
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    policies: Vec<Policy>,
    keys: Keys,
    /// The greatest of the policies'.
    max_len: usize,
    base64: Base64Url,
}

impl Verifier {
    /// A verifier of one policy.
    ///
    /// # Errors
    ///
    /// What is wrong with the policy; no keys, or more than 4096; a kid that is empty or has more than 256 bytes; two keys of
    /// one algorithm and kid; a key without a kid beside another one of its algorithm, which no token can mean.
    pub fn one<K: Into<VerifyingKey>>(
        policy: Policy,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<Self, InvalidVerifier> {
        Self::many([(policy, keys.into_iter().map(Into::into).collect())])
    }

    /// A verifier of several policies: several issuers, or several kinds of token. Keys of different policies may have one
    /// kid.
    ///
    /// # Errors
    ///
    /// As [`Verifier::one`]; when there is no policy; and when more than 4 policies that want the same type have a key of one
    /// algorithm and kid, or one without a kid, since no more are tried for a token.
    pub fn many(
        policies: impl IntoIterator<Item = (Policy, Vec<VerifyingKey>)>,
    ) -> Result<Self, InvalidVerifier> {
        let base64 = Base64Url::new();
        let (policies, keys): (Vec<_>, Vec<_>) = policies.into_iter().unzip();
        for (index, policy) in policies.iter().enumerate() {
            policy.check().map_err(|invalid| InvalidVerifier {
                policy: index,
                ..invalid
            })?;
        }
        let keys = Keys::new(keys, &policies)?;
        Ok(Self(Arc::new(Inner {
            max_len: policies.iter().map(|policy| policy.max_len).max().unwrap_or(0),
            policies,
            keys,
            base64,
        })))
    }

    /// Judges `token` at `now`. Allocates nothing once `scratch` has grown.
    ///
    /// # Errors
    ///
    /// The first reason to reject it. None of them tells what the token says.
    #[inline]
    pub fn verify<'s>(
        &'s self,
        token: &str,
        now: UnixTime,
        scratch: &'s mut Scratch,
    ) -> Result<Verified<'s>, Error> {
        let inner = &*self.0;
        let token = token.as_bytes();
        if token.len() > inner.max_len {
            return Err(ErrorKind::TooLarge.into());
        }
        let dot = first_dot(token).ok_or(ErrorKind::Malformed)?;
        let (parts, candidates) = match inner.keys.pinned(&token[..dot]) {
            Some(candidates) => (Parts::at(token, dot)?, candidates),
            None => inner.parsed(token, scratch)?,
        };
        let length = inner
            .base64
            .decode_signature(parts.signature, &mut scratch.signature)?;
        let signature = &scratch.signature[..length];
        let length = inner
            .base64
            .decode_into(parts.payload, &mut scratch.octets, SLACK)?;

        let mut candidates = inner.keys.of(candidates);
        let signed = Signed {
            token_len: token.len(),
            message: parts.signing_input,
            signature,
        };
        let (mut key, mut policy) = inner.signer(&mut candidates, &signed)?;

        let payload = Payload::scan(&mut scratch.octets, length, &mut scratch.index)?;
        let mut claims = Claims::default();
        payload.read_claims(&mut claims)?;
        if let Err(first) = check(&inner.policies[policy], &payload, &claims, now) {
            let is_satisfied = |policy: &Policy| check(policy, &payload, &claims, now).is_ok();
            (key, policy) = (inner.another(candidates, &signed, is_satisfied)).ok_or(first)?;
        }
        Ok(Verified {
            payload,
            claims,
            kid: key.kid(),
            policy,
        })
    }

    /// Judges `token` at `now` and reads its claims as `T`, with buffers of its own.
    ///
    /// # Errors
    ///
    /// As [`Verifier::verify`], and [`ErrorKind::Claims`] when the claims are not of type `T`.
    pub fn verify_owned<T: DeserializeOwned>(
        &self,
        token: &str,
        now: UnixTime,
    ) -> Result<VerifiedOwned<T>, Error> {
        let mut scratch = Scratch::new();
        let verified = self.verify(token, now, &mut scratch)?;
        let claims = verified.claims()?;
        Ok(verified.to_owned_with(claims))
    }

    /// Whose keys to fetch anew after [`ErrorKind::UnknownKey`]: the policy that the token's *unverified* `iss` names, the
    /// first of them, and the *unverified* `kid`. Anybody can write both: use them for nothing else.
    ///
    /// `None` for what is no well-formed token, or from no issuer of this verifier.
    pub fn unverified_route(&self, token: &str) -> Option<Route> {
        let inner = &*self.0;
        if token.len() > inner.max_len {
            return None;
        }
        let parts = Parts::of(token.as_bytes()).ok()?;
        let mut scratch = Scratch::new();
        let header = Header::read(parts.header, &inner.base64, &mut scratch).ok()?;
        let kid = header.kid.map(Into::into);
        inner
            .base64
            .decode_signature(parts.signature, &mut scratch.signature)
            .ok()?;
        let payload = Payload::read(parts.payload, &inner.base64, &mut scratch).ok()?;
        let mut claims = Claims::default();
        payload.read_claims(&mut claims).ok()?;
        let issuer = claims.iss?;
        let policy = inner.policies.iter().position(|policy| policy.issuer == issuer)?;
        Some(Route { policy, kid })
    }

    /// The policies, in the order in which they were given.
    pub fn policies(&self) -> &[Policy] {
        &self.0.policies
    }
}

impl Inner {
    /// The parts of a token whose header is none of the pinned ones, and the keys that may have signed it.
    #[cold]
    fn parsed<'t>(&self, token: &'t [u8], scratch: &mut Scratch) -> Result<(Parts<'t>, Candidates), Error> {
        let parts = Parts::of(token)?;
        let header = Header::read(parts.header, &self.base64, scratch)?;
        let candidates = self.keys.select(&header, &self.policies)?;
        Ok((parts, candidates))
    }

    /// The first candidate whose signature it is, and its policy.
    #[inline]
    fn signer<'v>(
        &self,
        candidates: &mut impl Iterator<Item = (&'v VerifyingKey, usize)>,
        signed: &Signed<'_>,
    ) -> Result<(&'v VerifyingKey, usize), Error> {
        let mut kind = ErrorKind::TooLarge;
        for (key, policy) in candidates {
            if signed.token_len > self.policies[policy].max_len {
                continue;
            }
            if key.is_valid(signed.message, signed.signature) {
                return Ok((key, policy));
            }
            kind = ErrorKind::Signature;
        }
        Err(kind.into())
    }

    /// The first of the candidates that are left whose policy the claims satisfy and whose signature it is.
    ///
    /// The claims come first here: they are those that another key has signed, and most often only one policy is left that
    /// they satisfy, so that no more than one signature is verified again.
    #[cold]
    fn another<'v>(
        &self,
        candidates: impl Iterator<Item = (&'v VerifyingKey, usize)>,
        signed: &Signed<'_>,
        is_satisfied: impl Fn(&Policy) -> bool,
    ) -> Option<(&'v VerifyingKey, usize)> {
        let mut candidates = candidates.filter(|(_, policy)| is_satisfied(&self.policies[*policy]));
        self.signer(&mut candidates, signed).ok()
    }
}

/// What a signature is over, and how long the token is that holds both.
struct Signed<'t> {
    token_len: usize,
    message: &'t [u8],
    signature: &'t [u8],
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("policies", &self.0.policies)
            .field("keys", &self.0.keys)
            .finish()
    }
}

/// What [`Verifier::unverified_route`] tells. `Debug` shows how long the key id is.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route {
    /// The policy, counted from 0.
    pub policy: usize,
    /// The key id.
    pub kid: Option<String>,
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route")
            .field("policy", &self.policy)
            .field("kid_len", &self.kid.as_ref().map(String::len))
            .finish()
    }
}
