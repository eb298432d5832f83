//! Reads the claims set into a type of the application's, out of what the scanner has found: strings are not scanned
//! again, and what the type does not want is passed over.

use serde::Deserialize;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, Visitor};
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
            serde_json::Deserializer::from_str(self.$raw()).$method($($argument,)* visitor)
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
        visitor.visit_map(Members {
            payload: self.0,
            rest: self.0.index.members.iter(),
            value: None,
        })
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
        self.value = self.rest.next();
        let name = self.value.map(|member| self.payload.name(member));
        name.map(|name| seed.deserialize(BorrowedStrDeserializer::new(name)))
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
