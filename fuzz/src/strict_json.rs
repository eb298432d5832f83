//! JSON as `serde_json` reads it, kept in order, so that what our own scanner finds can be compared with it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// How deep a header or claims may nest.
pub(crate) const MAX_DEPTH: u32 = 16;

#[derive(Debug)]
pub(crate) enum Json {
    /// A number too; what it is, its text says.
    Plain,
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// What `serde_json` makes of a text.
pub(crate) enum Read {
    /// An object without equal names at any depth, not too deep.
    Object(Vec<(String, Json)>),
    /// No JSON, no object, or not strict.
    Refused,
    /// A number above what a double can hold, at which `serde_json` stops reading: it cannot tell.
    Unknown,
}

/// Reads `text`, in which arrays and objects nest `depth` deep at most, the outermost counted.
pub(crate) fn read(text: &[u8], depth: u32) -> Read {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Left(depth).deserialize(&mut deserializer);
    match value.and_then(|value| deserializer.end().map(|()| value)) {
        Ok(Json::Object(members)) => Read::Object(members),
        Err(error) if error.to_string().starts_with("number out of range") => Read::Unknown,
        Ok(_) | Err(_) => Read::Refused,
    }
}

/// A value that may nest so deep.
#[derive(Clone, Copy)]
struct Left(u32);

impl Left {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        let left = self.0.checked_sub(1);
        left.map(Self).ok_or_else(|| E::custom("too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Left {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Left {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Plain)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Plain)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Json, E> {
        Ok(Json::Plain)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Plain)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Plain)
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Json, A::Error> {
        let inside = self.deeper()?;
        let mut array = Vec::new();
        while let Some(element) = elements.next_element_seed(inside)? {
            array.push(element);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let inside = self.deeper()?;
        let mut object: Vec<(String, Json)> = Vec::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom("a name twice"));
            }
            object.push((name, members.next_value_seed(inside)?));
        }
        Ok(Json::Object(object))
    }
}
