//! The members of a JWK that mean something here, read strictly: no name twice, at any depth, and no value of a wrong
//! type.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use cloakroom_core::Secret;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::json;
use crate::key::{InvalidKey, InvalidKeyKind};

/// What stood in one JWK.
#[derive(Default)]
pub(crate) struct Members {
    pub(super) kty: Option<String>,
    pub(super) usage: Option<String>,
    pub(super) key_ops: Option<Vec<String>>,
    pub(super) alg: Option<String>,
    pub(super) kid: Option<String>,
    pub(super) crv: Option<String>,
    pub(super) x: Option<String>,
    pub(super) y: Option<String>,
    pub(super) n: Option<String>,
    pub(super) e: Option<String>,
    pub(super) d: Option<Secret<String>>,
    pub(super) k: Option<Secret<String>>,
    /// The first member that only a private RSA key has.
    pub(super) rsa_private: Option<&'static str>,
    pub(super) problem: Option<InvalidKey>,
}

impl Members {
    fn put(&mut self, name: &str, value: Value) {
        match name {
            "kty" => put_text(&mut self.kty, value, "kty", &mut self.problem),
            "use" => put_text(&mut self.usage, value, "use", &mut self.problem),
            "alg" => put_text(&mut self.alg, value, "alg", &mut self.problem),
            "kid" => put_text(&mut self.kid, value, "kid", &mut self.problem),
            "crv" => put_text(&mut self.crv, value, "crv", &mut self.problem),
            "x" => put_text(&mut self.x, value, "x", &mut self.problem),
            "y" => put_text(&mut self.y, value, "y", &mut self.problem),
            "n" => put_text(&mut self.n, value, "n", &mut self.problem),
            "e" => put_text(&mut self.e, value, "e", &mut self.problem),
            "d" => put_text(&mut self.d, value, "d", &mut self.problem),
            "k" => put_text(&mut self.k, value, "k", &mut self.problem),
            "key_ops" => match value {
                Value::Texts(texts) => self.key_ops = Some(texts),
                _ => note(&mut self.problem, InvalidKeyKind::Malformed, "key_ops"),
            },
            _ => {
                let private = ["p", "q", "dp", "dq", "qi", "oth"];
                let private = private.into_iter().find(|private| *private == name);
                self.rsa_private = self.rsa_private.or(private);
            }
        }
    }
}

fn put_text<T: From<String>>(
    member: &mut Option<T>,
    value: Value,
    name: &'static str,
    problem: &mut Option<InvalidKey>,
) {
    match value {
        Value::Text(text) => *member = Some(text.into()),
        _ => note(problem, InvalidKeyKind::Malformed, name),
    }
}

/// The first problem stays.
fn note(problem: &mut Option<InvalidKey>, kind: InvalidKeyKind, member: &'static str) {
    problem.get_or_insert(InvalidKey::member_of(kind, member));
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JWK")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Members::default();
        let mut names: Vec<String> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value::<Value>()?;
            if matches!(value, Value::Ambiguous) {
                members.problem.get_or_insert(InvalidKeyKind::Duplicate.into());
            }
            members.put(&name, value);
            names.push(name);
        }
        if let Some(twice) = find_twice(&mut names) {
            let known = [
                "kty", "use", "key_ops", "alg", "kid", "crv", "x", "y", "n", "e", "d", "k", "p", "q", "dp",
                "dq", "qi", "oth",
            ];
            members.problem = Some(match known.into_iter().find(|known| *known == twice) {
                Some(member) => InvalidKey::member_of(InvalidKeyKind::Duplicate, member),
                None => InvalidKeyKind::Duplicate.into(),
            });
        }
        Ok(members)
    }
}

/// A name that is there twice. Escapes are undone by now, so every spelling counts.
pub(crate) fn find_twice(names: &mut [String]) -> Option<&str> {
    names.sort_unstable();
    names
        .windows(2)
        .find(|pair| pair[0] == pair[1])
        .map(|pair| pair[0].as_str())
}

/// Any JSON value, as far as it matters. Numbers are never converted, only passed over: what `serde_json` makes of them
/// depends on features that any crate of a build may turn on.
pub(crate) enum Value {
    Text(String),
    Texts(Vec<String>),
    Other,
    /// Somewhere inside it a name is there twice.
    Ambiguous,
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Self::of(raw.get(), json::MAX_DEPTH).map_err(D::Error::custom)
    }
}

impl Value {
    /// The value that `json` spells, with at most `depth` arrays and objects inside one another.
    fn of(json: &str, depth: u32) -> Result<Self, serde_json::Error> {
        match json.as_bytes().first() {
            Some(b'"') => serde_json::from_str(json).map(Self::Text),
            Some(b'[' | b'{') if depth == 0 => Err(serde_json::Error::custom("too deep")),
            Some(b'[') => Self::array(&serde_json::from_str::<Vec<&RawValue>>(json)?, depth),
            Some(b'{') => Self::object(serde_json::from_str(json)?, depth),
            _ => Ok(Self::Other),
        }
    }

    fn array(elements: &[&RawValue], depth: u32) -> Result<Self, serde_json::Error> {
        let mut texts = Some(Vec::new());
        for element in elements {
            match (&mut texts, Self::of(element.get(), depth - 1)?) {
                (_, Self::Ambiguous) => return Ok(Self::Ambiguous),
                (Some(texts), Self::Text(text)) => texts.push(text),
                _ => texts = None,
            }
        }
        Ok(texts.map_or(Self::Other, Self::Texts))
    }

    fn object(Pairs(pairs): Pairs<'_>, depth: u32) -> Result<Self, serde_json::Error> {
        let mut names = Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            if let Self::Ambiguous = Self::of(value.get(), depth - 1)? {
                return Ok(Self::Ambiguous);
            }
            names.push(name);
        }
        Ok(match find_twice(&mut names) {
            Some(_) => Self::Ambiguous,
            None => Self::Other,
        })
    }
}

/// The members of an object, in their order.
struct Pairs<'j>(Vec<(String, &'j RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor).map(Self)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(pairs)
    }
}
