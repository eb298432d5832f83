//! The members of a JWK that mean something here, read strictly: no name twice, at any depth, and no value of a wrong
//! type.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use cloakroom_core::Secret;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

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

/// Any JSON value, as far as it matters.
pub(crate) enum Value {
    Text(String),
    Texts(Vec<String>),
    Other,
    /// Somewhere inside it a name is there twice.
    Ambiguous,
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

macro_rules! other {
    ($($method:ident: $type:ty),+) => {$(
        fn $method<E>(self, _: $type) -> Result<Value, E> {
            Ok(Value::Other)
        }
    )+};
}

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    other!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut texts = Some(Vec::new());
        let mut ambiguous = false;
        while let Some(value) = seq.next_element::<Value>()? {
            ambiguous |= matches!(value, Value::Ambiguous);
            match (&mut texts, value) {
                (Some(texts), Value::Text(text)) => texts.push(text),
                _ => texts = None,
            }
        }
        Ok(match texts {
            _ if ambiguous => Value::Ambiguous,
            Some(texts) => Value::Texts(texts),
            None => Value::Other,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut names: Vec<String> = Vec::new();
        let mut ambiguous = false;
        while let Some(name) = map.next_key::<String>()? {
            ambiguous |= matches!(map.next_value::<Value>()?, Value::Ambiguous);
            names.push(name);
        }
        if ambiguous || find_twice(&mut names).is_some() {
            return Ok(Value::Ambiguous);
        }
        Ok(Value::Other)
    }
}
