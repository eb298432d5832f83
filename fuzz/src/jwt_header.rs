//! The header of a token.

use std::sync::LazyLock;

use cloakroom_core::UnixTime;
use cloakroom_jwt::{Algorithm, ErrorKind, HmacKey, Policy, Scratch, Typ, Untyped, Verifier, VerifyingKey};

use crate::hs256;
use crate::strict_json::{Json, MAX_DEPTH, Read, read};

const CLAIMS: &[u8] = br#"{"iss":"i","aud":"a","exp":1750000600}"#;
const NOW: UnixTime = UnixTime::from_millis(1_750_000_000_000);
const MAX_OCTETS: usize = 1024;
const MAX_MEMBERS: usize = 32;

/// The policies, and for each its keys for HS256 by their key ids; the second has one for HS512 besides.
const KEYS: [&[Option<&str>]; 3] = [&[Some("k1"), Some("../k\"2")], &[Some("k1")], &[None]];

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    let mut policies: Vec<_> = (0..)
        .zip([
            Typ::exact("at+jwt"),
            Typ::untyped(Untyped::OwnKeys),
            Typ::exact("dpop+jwt"),
        ])
        .zip(KEYS)
        .map(|((policy, typ), kids)| {
            let keys = (0..).zip(kids).map(|(number, kid)| {
                let key = HmacKey::hs256(&secret(policy, number)).expect("32 bytes");
                named(key.into(), *kid)
            });
            (Policy::new("i", "a", typ), keys.collect::<Vec<_>>())
        })
        .collect();
    let hs512 = HmacKey::hs512(&[7; 64]).expect("64 bytes");
    policies[1].1.push(hs512.into());
    Verifier::many(policies).expect("no key twice")
});

fn named(key: VerifyingKey, kid: Option<&str>) -> VerifyingKey {
    match kid {
        Some(kid) => key.with_kid(kid),
        None => key,
    }
}

/// Each key has its own.
fn secret(policy: u8, number: u8) -> [u8; 32] {
    [policy * 16 + number + 1; 32]
}

/// Law, for any octets as a header under the signature that its `alg` and `kid` ask for: the verifier answers what a
/// reader on top of `serde_json` answers, to the kind of error. What is accepted is a JSON object without duplicate names,
/// whose `alg` is that of the key, and which asks for nothing else.
///
/// # Panics
///
/// When the law is broken.
pub fn jwt_header(data: &[u8]) {
    let Some(expected) = judge(data) else { return };
    // With no key to sign for, any signature will do: it must not be looked at.
    let (policy, number) = expected.unwrap_or((0, 0));
    let token = hs256::sign(&secret(policy, number), data, CLAIMS);
    if token.len() > 8 * 1024 {
        return;
    }
    let mut scratch = Scratch::new();
    let found = VERIFIER.verify(&token, NOW, &mut scratch);
    match (found, expected) {
        (Ok(verified), Ok((policy, number))) => {
            assert_eq!(verified.policy(), usize::from(policy));
            assert_eq!(verified.kid(), KEYS[usize::from(policy)][usize::from(number)]);
        }
        (found, expected) => {
            let found = found.map(|_| ()).map_err(cloakroom_jwt::Error::kind);
            assert_eq!(found, expected.map(|_| ()));
        }
    }
    let route = VERIFIER.unverified_route(&token);
    assert_eq!(
        route.is_none(),
        matches!(
            expected,
            Err(ErrorKind::TooLarge | ErrorKind::Malformed | ErrorKind::Header)
        )
    );
}

/// The policy and the number of the key that the header asks for; `None` when `serde_json` cannot tell.
fn judge(header: &[u8]) -> Option<Result<(u8, u8), ErrorKind>> {
    if header.len() > MAX_OCTETS {
        return Some(Err(ErrorKind::TooLarge));
    }
    let members = match read(header, MAX_DEPTH) {
        Read::Object(members) => members,
        Read::Refused => return Some(Err(ErrorKind::Malformed)),
        Read::Unknown => return None,
    };
    Some(judge_members(&members))
}

fn judge_members(members: &[(String, Json)]) -> Result<(u8, u8), ErrorKind> {
    let of = |wanted: &str| {
        let mut found = members.iter().filter(|(name, _)| name == wanted);
        match found.next() {
            Some((_, Json::String(text))) => Ok(Some(text.as_str())),
            Some(_) => Err(ErrorKind::Header),
            None => Ok(None),
        }
    };
    let is_there = |wanted: &str| members.iter().any(|(name, _)| name == wanted);
    if members.len() > MAX_MEMBERS || ["crit", "b64", "zip", "enc"].into_iter().any(is_there) {
        return Err(ErrorKind::Header);
    }
    let (alg, kid, typ, cty) = (of("alg")?, of("kid")?, of("typ")?, of("cty")?);
    if cty.is_some_and(|cty| subtype(cty) == "jwt") {
        return Err(ErrorKind::Header);
    }
    let alg = alg.ok_or(ErrorKind::Header)?;
    match Algorithm::from_name(alg.as_bytes()).ok_or(ErrorKind::Header)? {
        algorithm @ Algorithm::Hs256 => assert_eq!(algorithm.name(), alg),
        // The other key's: right up to the type or to the signature, which is never its own.
        Algorithm::Hs512 if kid.is_some() => return Err(ErrorKind::UnknownKey),
        Algorithm::Hs512 if !is_untyped(typ) => return Err(ErrorKind::Type),
        Algorithm::Hs512 => return Err(ErrorKind::Signature),
        _ => return Err(ErrorKind::Algorithm),
    }
    let key = |policy: u8, keys: &[Option<&str>]| {
        // Without a key id a policy's only key is meant.
        let number = match kid {
            Some(kid) => keys.iter().position(|known| *known == Some(kid)),
            None => (keys.len() == 1).then_some(0),
        };
        number.map(|number| (policy, u8::try_from(number).expect("a few keys")))
    };
    let meant: Vec<_> = (0..)
        .zip(KEYS)
        .filter_map(|(policy, keys)| key(policy, keys))
        .collect();
    if meant.is_empty() {
        return Err(ErrorKind::UnknownKey);
    }
    let accepts = |policy| match policy {
        0 => typ.is_some_and(|typ| subtype(typ) == "at+jwt"),
        1 => is_untyped(typ),
        _ => typ.is_some_and(|typ| subtype(typ) == "dpop+jwt"),
    };
    meant
        .into_iter()
        .find(|(policy, _)| accepts(*policy))
        .ok_or(ErrorKind::Type)
}

fn is_untyped(typ: Option<&str>) -> bool {
    typ.is_none_or(|typ| subtype(typ) == "jwt")
}

/// In lower case, without the `application/` that stands before a subtype.
fn subtype(media_type: &str) -> String {
    let lower = media_type.to_ascii_lowercase();
    match lower.split_once('/') {
        Some(("application", rest)) if !rest.contains('/') => rest.to_owned(),
        _ => lower,
    }
}
