//! The registered claims of a payload (RFC 7519 section 4.1), and the policy's judgement of them.

use alloc::string::String;

use cloakroom_core::UnixTime;

use crate::encoding::Base64Url;
use crate::json::{self, Element, Index, Kind, Member, SLACK, Strings, key};
use crate::rounded::Rounded;
use crate::{Error, ErrorKind, Policy, Scratch};

const ISS: u64 = key(b"iss");
const SUB: u64 = key(b"sub");
const JTI: u64 = key(b"jti");
const AUD: u64 = key(b"aud");
const EXP: u64 = key(b"exp");
const NBF: u64 = key(b"nbf");
const IAT: u64 = key(b"iat");
const AUTH_TIME: u64 = key(b"auth_time");

/// The registered claims that are there, each of its own type.
#[derive(Clone, Copy, Default)]
pub(crate) struct Claims<'s> {
    pub(crate) iss: Option<&'s str>,
    pub(crate) sub: Option<&'s str>,
    pub(crate) jti: Option<&'s str>,
    pub(crate) aud: Aud<'s>,
    pub(crate) exp: Option<Rounded>,
    pub(crate) nbf: Option<Rounded>,
    pub(crate) iat: Option<Rounded>,
    pub(crate) auth_time: Option<Rounded>,
    present: Registered,
}

/// Some of the registered claims.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Registered(u8);

impl Registered {
    const ISS: Self = Self(1);
    const SUB: Self = Self(2);
    const JTI: Self = Self(4);
    const AUD: Self = Self(8);
    const EXP: Self = Self(16);
    const NBF: Self = Self(32);
    const IAT: Self = Self(64);
    const AUTH_TIME: Self = Self(128);

    /// The one of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "iss" => Self::ISS,
            "sub" => Self::SUB,
            "jti" => Self::JTI,
            "aud" => Self::AUD,
            "exp" => Self::EXP,
            "nbf" => Self::NBF,
            "iat" => Self::IAT,
            "auth_time" => Self::AUTH_TIME,
            _ => return None,
        })
    }

    pub(crate) const fn insert(&mut self, other: Self) {
        self.0 |= other.0;
    }

    const fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }
}

/// The value of `aud` (RFC 7519 section 4.1.3).
#[derive(Clone, Copy, Default)]
pub(crate) enum Aud<'s> {
    #[default]
    Absent,
    One(&'s str),
    /// An array as it is spelled; all its elements are strings.
    Many(&'s str),
}

/// A scanned payload.
#[derive(Clone, Copy)]
pub(crate) struct Payload<'s> {
    pub(crate) json: &'s str,
    pub(crate) index: &'s Index,
}

impl<'s> Payload<'s> {
    /// Decodes and scans a payload.
    pub(crate) fn read(encoded: &[u8], base64: &Base64Url, scratch: &'s mut Scratch) -> Result<Self, Error> {
        let length = base64.decode_into(encoded, &mut scratch.octets, SLACK)?;
        Self::scan(&mut scratch.octets, length, &mut scratch.index)
    }

    /// Scans the payload that the first `length` octets are.
    #[inline]
    pub(crate) fn scan(octets: &'s mut [u8], length: usize, index: &'s mut Index) -> Result<Self, Error> {
        // `decode_into` has left room.
        octets[length..length + SLACK].copy_from_slice(&[0; SLACK]);
        let octets = &octets[..length + SLACK];
        let json = str::from_utf8(&octets[..length]).map_err(|_| ErrorKind::Claims)?;
        json::scan(json, octets, index).map_err(|_| ErrorKind::Claims)?;
        Ok(Self { json, index })
    }

    pub(crate) fn name(&self, member: &Member) -> &'s str {
        member.name(self.json, &self.index.text)
    }

    pub(crate) fn value(&self, member: &Member) -> &'s str {
        member.value(self.json, &self.index.text)
    }

    pub(crate) fn member(&self, name: &str) -> Option<&'s Member> {
        // Keys first: nearly all names that differ have different ones.
        let wanted = key(name.as_bytes());
        (self.index.members.iter()).find(|member| member.key == wanted && self.name(member) == name)
    }

    /// The string that a claim must be.
    fn string(&self, member: &Member) -> Result<&'s str, Error> {
        if member.kind == Kind::String {
            Ok(self.value(member))
        } else {
            Err(ErrorKind::Claims.into())
        }
    }

    /// The `NumericDate` that a claim must be.
    fn date(&self, member: &Member) -> Result<Rounded, Error> {
        (member.kind == Kind::Number)
            .then(|| Rounded::parse(self.value(member)))
            .flatten()
            .ok_or_else(|| ErrorKind::Claims.into())
    }

    /// Reads the registered claims, whatever the policy asks for.
    #[inline]
    pub(crate) fn read_claims(&self, claims: &mut Claims<'s>) -> Result<(), Error> {
        for member in &self.index.members {
            // Names of three octets have a key of their own.
            let registered = match member.key {
                ISS => {
                    claims.iss = Some(self.string(member)?);
                    Registered::ISS
                }
                SUB => {
                    claims.sub = Some(self.string(member)?);
                    Registered::SUB
                }
                JTI => {
                    claims.jti = Some(self.string(member)?);
                    Registered::JTI
                }
                AUD => {
                    claims.aud = self.aud(member)?;
                    Registered::AUD
                }
                EXP => {
                    claims.exp = Some(self.date(member)?);
                    Registered::EXP
                }
                NBF => {
                    claims.nbf = Some(self.date(member)?);
                    Registered::NBF
                }
                IAT => {
                    claims.iat = Some(self.date(member)?);
                    Registered::IAT
                }
                AUTH_TIME if self.name(member) == "auth_time" => {
                    claims.auth_time = Some(self.date(member)?);
                    Registered::AUTH_TIME
                }
                _ => continue,
            };
            claims.present.insert(registered);
        }
        Ok(())
    }

    fn aud(&self, member: &Member) -> Result<Aud<'s>, Error> {
        let value = self.value(member);
        match member.kind {
            Kind::String => Ok(Aud::One(value)),
            Kind::Array if Strings::of(value).all(|element| element.is_ok()) => Ok(Aud::Many(value)),
            _ => Err(ErrorKind::Claims.into()),
        }
    }
}

/// Judges `claims` as `policy` says, at `now`.
#[inline]
pub(crate) fn check(
    policy: &Policy,
    payload: &Payload<'_>,
    claims: &Claims<'_>,
    now: UnixTime,
) -> Result<(), ErrorKind> {
    if let Some((name, value)) = policy.typ.claim() {
        let member = payload.member(name).ok_or(ErrorKind::Type)?;
        if member.kind != Kind::String || payload.value(member) != value {
            return Err(ErrorKind::Type);
        }
    }
    if claims.iss.ok_or(ErrorKind::MissingClaim)? != policy.issuer {
        return Err(ErrorKind::Issuer);
    }
    if let Some(subject) = &policy.subject
        && claims.sub.ok_or(ErrorKind::MissingClaim)? != subject
    {
        return Err(ErrorKind::Subject);
    }
    check_audience(policy, payload, claims)?;
    let is_there = |name: &String| {
        payload
            .member(name)
            .is_some_and(|member| member.kind != Kind::Null)
    };
    if !claims.present.contains(policy.registered) || !policy.required.iter().all(is_there) {
        return Err(ErrorKind::MissingClaim);
    }
    if policy.has_client {
        let client = payload.member("client_id").ok_or(ErrorKind::MissingClaim)?;
        match client.kind {
            Kind::String if !payload.value(client).is_empty() => {}
            Kind::Null => return Err(ErrorKind::MissingClaim),
            _ => return Err(ErrorKind::Claims),
        }
    }
    check_times(policy, claims, now)
}

#[inline]
fn check_audience(policy: &Policy, payload: &Payload<'_>, claims: &Claims<'_>) -> Result<(), ErrorKind> {
    let is_ours = |audience: &str| policy.audiences.iter().any(|ours| ours == audience);
    let is_one_of_ours = |audience: Element<'_>| policy.audiences.iter().any(|ours| audience.is(ours));
    let by_aud = match claims.aud {
        Aud::Absent => None,
        Aud::One(audience) => Some(is_ours(audience)),
        Aud::Many(array) => Some(Strings::of(array).flatten().any(is_one_of_ours)),
    };
    let found = match &policy.audience_claim {
        None => by_aud.ok_or(ErrorKind::MissingClaim)?,
        Some(name) => {
            let member = payload.member(name).ok_or(ErrorKind::MissingClaim)?;
            let by_name = match member.kind {
                Kind::String => is_ours(payload.value(member)),
                Kind::Null => return Err(ErrorKind::MissingClaim),
                _ => return Err(ErrorKind::Claims),
            };
            by_name && by_aud.unwrap_or(true)
        }
    };
    if found { Ok(()) } else { Err(ErrorKind::Audience) }
}

#[inline]
fn check_times(policy: &Policy, claims: &Claims<'_>, now: UnixTime) -> Result<(), ErrorKind> {
    match claims.exp {
        Some(exp) if now < exp.down().saturating_add(policy.leeway) => {}
        Some(_) => return Err(ErrorKind::Expired),
        None if policy.expires => return Err(ErrorKind::MissingClaim),
        None => {}
    }
    if let Some(nbf) = claims.nbf
        && now < nbf.up().saturating_sub(policy.leeway)
    {
        return Err(ErrorKind::NotYetValid);
    }
    if let Some(iat) = claims.iat
        && iat.up() > now.saturating_add(policy.ahead())
    {
        return Err(ErrorKind::NotYetValid);
    }
    if let Some(max_age) = policy.max_age {
        let iat = claims.iat.ok_or(ErrorKind::MissingClaim)?;
        if now >= iat.down().saturating_add(max_age).saturating_add(policy.leeway) {
            return Err(ErrorKind::TooOld);
        }
    }
    Ok(())
}
