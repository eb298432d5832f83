use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::jwk::{Value, find_twice};
use crate::key::{Backend, InvalidKey, InvalidKeyKind, VerifyingKey};
use crate::{Algorithm, Jwk};

/// The longest set that is read.
const MAX_OCTETS: usize = 256 * 1024;

/// The most keys in a set.
const MAX_KEYS: usize = 100;

/// A JWK set (RFC 7517 section 5).
///
/// From configuration: [`parse`](JwkSet::parse) and [`keys`](JwkSet::keys), where the first bad key is an error. From an
/// issuer's address: [`fetched`](JwkSet::fetched), where a bad key is passed over and reported.
pub struct JwkSet(Vec<Result<Jwk, InvalidKey>>);

impl JwkSet {
    /// Reads a set. A bad key in it is told by [`keys`](JwkSet::keys) and [`iter`](JwkSet::iter).
    ///
    /// # Errors
    ///
    /// When it is no JSON object with an array `keys`, has a member twice, is longer than 256 KiB or has more than 100 keys.
    pub fn parse(json: &[u8]) -> Result<Self, InvalidKey> {
        if json.len() > MAX_OCTETS {
            return Err(InvalidKeyKind::TooLarge.into());
        }
        let set: Set<'_> = serde_json::from_slice(json).map_err(|_| InvalidKeyKind::Json)?;
        let keys = set.0?.into_iter().enumerate();
        // Each is read alone, so that one which nobody can read does not spoil the others.
        let keys = keys.map(|(index, key)| Jwk::parse(key.get().as_bytes()).map_err(|error| error.at(index)));
        Ok(Self(keys.collect()))
    }

    /// The JWKs, and what is wrong with those that are none.
    pub fn iter(&self) -> impl Iterator<Item = Result<&Jwk, InvalidKey>> {
        self.0.iter().map(|key| key.as_ref().map_err(|error| *error))
    }

    /// The verifying keys of a set in configuration. `rsa` is the algorithm of RSA keys that name none.
    ///
    /// # Errors
    ///
    /// About the first key that is not usable, with its place and member.
    pub fn keys(&self, backend: Backend, rsa: Option<Algorithm>) -> Result<Vec<VerifyingKey>, InvalidKey> {
        let keys = self.iter().enumerate();
        keys.map(|(index, key)| key?.verifying_key(backend, rsa).map_err(|error| error.at(index)))
            .collect()
    }

    /// The verifying keys of a set that an issuer publishes, and the keys that were passed over.
    ///
    /// Symmetric and private keys are passed over: what everybody can fetch is neither. Of two keys with the same `kid` and
    /// algorithm the first is taken, because a verifier would not know which one to ask. A key without `kid` is taken when it
    /// is the only one of its algorithm: beside another, no token could mean it.
    ///
    /// # Errors
    ///
    /// When the set as a whole cannot be read, as [`parse`](JwkSet::parse) has it.
    pub fn fetched(json: &[u8], backend: Backend, rsa: Option<Algorithm>) -> Result<Fetched, InvalidKey> {
        let set = Self::parse(json)?;
        let keys = set.iter().map(|key| public_key(key?, backend, rsa));
        let keys: Vec<_> = keys.collect();
        let mut fetched = Fetched::default();
        for (index, key) in keys.iter().enumerate() {
            match key
                .as_ref()
                .map_err(|error| *error)
                .and_then(|key| alone(key, index, &keys))
            {
                Ok(key) => fetched.keys.push(key.clone()),
                Err(error) => fetched.skipped.push(Skipped {
                    index,
                    member: error.member(),
                    kind: error.kind(),
                }),
            }
        }
        Ok(fetched)
    }
}

/// The key at `index`, when a verifier can tell it from the others.
fn alone<'k>(
    key: &'k VerifyingKey,
    index: usize,
    keys: &'k [Result<VerifyingKey, InvalidKey>],
) -> Result<&'k VerifyingKey, InvalidKey> {
    let of_algorithm = |keys: &'k [Result<VerifyingKey, InvalidKey>]| {
        (keys.iter().filter_map(|other| other.as_ref().ok()))
            .filter(|other| other.algorithm() == key.algorithm())
    };
    let (before, after) = (&keys[..index], &keys[index + 1..]);
    if key.kid().is_none() && of_algorithm(before).chain(of_algorithm(after)).next().is_some() {
        Err(InvalidKey::member_of(InvalidKeyKind::Missing, "kid"))
    } else if of_algorithm(before).any(|other| other.kid() == key.kid()) {
        Err(InvalidKey::member_of(InvalidKeyKind::Duplicate, "kid"))
    } else {
        Ok(key)
    }
}

fn public_key(jwk: &Jwk, backend: Backend, rsa: Option<Algorithm>) -> Result<VerifyingKey, InvalidKey> {
    match jwk.private_member() {
        Some(member) => Err(InvalidKey::member_of(InvalidKeyKind::Private, member)),
        None => jwk.verifying_key(backend, rsa),
    }
}

impl fmt::Debug for JwkSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}

/// What came out of a fetched set.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Fetched {
    /// The usable keys, no two of the same `kid` and algorithm.
    pub keys: Vec<VerifyingKey>,
    /// The others, for the log.
    pub skipped: Vec<Skipped>,
}

/// A key of a fetched set that was passed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Skipped {
    /// Its place in the set, counted from 0.
    pub index: usize,
    /// The member that is at fault, when one is.
    pub member: Option<&'static str>,
    /// What is wrong.
    pub kind: InvalidKeyKind,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = match self.member {
            Some(member) => InvalidKey::member_of(self.kind, member),
            None => InvalidKey::new(self.kind),
        };
        error.at(self.index).fmt(f)
    }
}

/// The elements of `keys`, or what is wrong with the set.
struct Set<'j>(Result<Vec<&'j RawValue>, InvalidKey>);

impl<'de> Deserialize<'de> for Set<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SetVisitor).map(Self)
    }
}

struct SetVisitor;

impl<'de> Visitor<'de> for SetVisitor {
    type Value = Result<Vec<&'de RawValue>, InvalidKey>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JWK set")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut keys = None;
        let mut names: Vec<String> = Vec::new();
        let mut ambiguous = false;
        while let Some(name) = map.next_key::<String>()? {
            if name == "keys" && keys.is_none() {
                keys = Some(map.next_value::<Keys<'_>>()?);
            } else {
                // What nobody can read has no meaning here anyway.
                let other: &RawValue = map.next_value()?;
                ambiguous |= matches!(serde_json::from_str(other.get()), Ok(Value::Ambiguous));
            }
            names.push(name);
        }
        if let Some(twice) = find_twice(&mut names) {
            return Ok(Err(if twice == "keys" {
                InvalidKey::member_of(InvalidKeyKind::Duplicate, "keys")
            } else {
                InvalidKeyKind::Duplicate.into()
            }));
        }
        Ok(match keys {
            _ if ambiguous => Err(InvalidKeyKind::Duplicate.into()),
            None => Err(InvalidKey::member_of(InvalidKeyKind::Missing, "keys")),
            Some(Keys(keys)) if keys.len() > MAX_KEYS => {
                Err(InvalidKey::member_of(InvalidKeyKind::TooLarge, "keys"))
            }
            Some(Keys(keys)) => Ok(keys),
        })
    }
}

/// The array, one key more than there may be at most.
struct Keys<'j>(Vec<&'j RawValue>);

impl<'de> Deserialize<'de> for Keys<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(KeysVisitor).map(Self)
    }
}

struct KeysVisitor;

impl<'de> Visitor<'de> for KeysVisitor {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of JWKs")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut keys = Vec::new();
        while let Some(key) = seq.next_element()? {
            if keys.len() <= MAX_KEYS {
                keys.push(key);
            }
        }
        Ok(keys)
    }
}
