//! Reads the claims set into a type of the application's, out of what the scanner has found: strings are not scanned
//! again, and what the type does not want is passed over. It hands out what `serde_json` would, and refuses what that
//! refuses, so that no type depends on whether a token has an escape in it.

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Error;

use crate::claims::Payload;
use crate::json::{Kind, Member};

/// Reads `payload` as `T`.
pub(crate) fn read<'s, T: Deserialize<'s>>(payload: Payload<'s>) -> Result<T, Error> {
    if payload.index.text.is_empty() {
        T::deserialize(ClaimsSet(payload))
    } else {
        // Some name or string is spelled with escapes, and lies elsewhere.
        serde_json::from_str(payload.json)
    }
}

/// Leaves methods of `Deserializer` to `serde_json`, which reads `$raw`.
macro_rules! leave_to_serde_json {
    ($raw:ident: $($method:ident($($argument:ident: $type:ty),*))*) => {$(
        fn $method<V: Visitor<'s>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, Error> {
            let mut json = serde_json::Deserializer::from_str(self.$raw());
            let value = json.$method($($argument,)* visitor)?;
            // It stops before the fraction of a number that is asked for as `i128`.
            json.end()?;
            Ok(value)
        }
    )*};
}

/// The whole claims set, without escapes in its names and strings.
struct ClaimsSet<'s>(Payload<'s>);

impl<'s> ClaimsSet<'s> {
    fn raw(&self) -> &'s str {
        self.0.json
    }
}

impl<'s> Deserializer<'s> for ClaimsSet<'s> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_map<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut members = Members {
            payload: self.0,
            rest: self.0.index.members.iter(),
            value: None,
        };
        let value = visitor.visit_map(&mut members)?;
        if members.value.is_none() && members.rest.as_slice().is_empty() {
            Ok(value)
        } else {
            Err(de::Error::custom("claims are left"))
        }
    }

    fn deserialize_struct<V: Visitor<'s>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_option<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    leave_to_serde_json! { raw:
        deserialize_bool() deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64() deserialize_char() deserialize_str() deserialize_string()
        deserialize_bytes() deserialize_byte_buf() deserialize_unit() deserialize_unit_struct(name: &'static str)
        deserialize_newtype_struct(name: &'static str) deserialize_seq() deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
        deserialize_identifier() deserialize_ignored_any()
    }
}

struct Members<'s> {
    payload: Payload<'s>,
    rest: core::slice::Iter<'s, Member>,
    value: Option<&'s Member>,
}

impl<'s> MapAccess<'s> for Members<'s> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'s>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        if self.value.is_some() {
            return Err(de::Error::custom("name after a name"));
        }
        self.value = self.rest.next();
        let json = self.payload.json;
        self.value
            .map(|member| seed.deserialize(Name { json, member }))
            .transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'s>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let member = self
            .value
            .take()
            .ok_or_else(|| de::Error::custom("value before its name"))?;
        seed.deserialize(Claim {
            json: self.payload.json,
            member,
        })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The name of one claim.
struct Name<'s> {
    json: &'s str,
    member: &'s Member,
}

impl<'s> Name<'s> {
    fn text(&self) -> &'s str {
        self.member.name(self.json, "")
    }

    /// The name with its quotes.
    fn raw(&self) -> &'s str {
        self.member.raw_name(self.json)
    }

    /// What is between the quotes, when it may be a number and nothing else: no other one begins and ends so.
    fn number(&self) -> &'s str {
        let text = self.text();
        let (first, last) = (text.as_bytes().first(), text.as_bytes().last());
        match (first, last) {
            (Some(b'0'..=b'9' | b'-'), Some(b'0'..=b'9')) => text,
            _ => "",
        }
    }
}

impl<'s> Deserializer<'s> for Name<'s> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.text())
    }

    fn deserialize_bool<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.text() {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(de::Error::custom("name is no truth value")),
        }
    }

    fn deserialize_option<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'s>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name.starts_with("$serde_json::") {
            // The name of `RawValue`, for which `serde_json` has an answer of its own.
            serde_json::Deserializer::from_str(self.raw()).deserialize_newtype_struct(name, visitor)
        } else {
            visitor.visit_newtype_struct(self)
        }
    }

    leave_to_serde_json! { number:
        deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64()
    }

    leave_to_serde_json! { raw:
        deserialize_bytes() deserialize_byte_buf()
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }

    forward_to_deserialize_any! { <V: Visitor<'s>>
        char str string unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// The value of one claim.
struct Claim<'s> {
    json: &'s str,
    member: &'s Member,
}

impl<'s> Claim<'s> {
    fn is_string(&self) -> bool {
        self.member.kind == Kind::String
    }

    /// The value, without quotes when it is a string.
    fn value(&self) -> &'s str {
        self.member.value(self.json, "")
    }

    /// The value as it is spelled.
    fn raw(&self) -> &'s str {
        self.member.raw(self.json)
    }
}

impl<'s> Deserializer<'s> for Claim<'s> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.is_string() {
            visitor.visit_borrowed_str(self.value())
        } else {
            serde_json::Deserializer::from_str(self.raw()).deserialize_any(visitor)
        }
    }

    fn deserialize_str<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.is_string() {
            visitor.visit_borrowed_str(self.value())
        } else {
            serde_json::Deserializer::from_str(self.raw()).deserialize_str(visitor)
        }
    }

    fn deserialize_string<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.member.kind == Kind::Null {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    /// It was scanned, so that there is nothing to look for in it.
    fn deserialize_ignored_any<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    leave_to_serde_json! { raw:
        deserialize_bool() deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64() deserialize_char()
        deserialize_bytes() deserialize_byte_buf() deserialize_unit() deserialize_unit_struct(name: &'static str)
        deserialize_newtype_struct(name: &'static str) deserialize_seq() deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize) deserialize_map()
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }
}
