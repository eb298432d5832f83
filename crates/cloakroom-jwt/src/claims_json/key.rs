//! The name of a map's member, for which `serde_json` takes strings and what is spelled like a word or a number.

use alloc::string::String;

use serde::Serialize;
use serde::ser::{Impossible, Serializer};

use super::{ClaimsJson, Refusal};

/// Takes what is a text.
pub(super) struct Key<'t> {
    text: &'t mut ClaimsJson,
    /// What stands before the name. Without it the text is no name, and JSON as it stands.
    lead: Option<u8>,
}

impl<'t> Key<'t> {
    #[inline]
    pub(super) fn name(text: &'t mut ClaimsJson, lead: u8) -> Self {
        let lead = Some(lead);
        Self { text, lead }
    }

    pub(super) fn raw(text: &'t mut ClaimsJson) -> Self {
        Self { text, lead: None }
    }

    /// The text of something that is a number.
    fn spelled<T: Serialize>(self, value: &T) -> Result<(), Refusal> {
        let text: String = serde_json::to_string(value).map_err(|_| Refusal)?;
        self.serialize_str(&text)
    }
}

macro_rules! spell {
    ($($method:ident($number:ty);)+) => {$(
        fn $method(self, value: $number) -> Result<(), Refusal> {
            self.spelled(&value)
        }
    )+};
}

macro_rules! refuse {
    ($($method:ident($($argument:ty),*) -> $ok:ty;)+) => {$(
        fn $method(self, $(_: $argument),*) -> Result<$ok, Refusal> {
            Err(Refusal)
        }
    )+};
}

impl Serializer for Key<'_> {
    type Ok = ();
    type Error = Refusal;
    type SerializeSeq = Impossible<(), Refusal>;
    type SerializeTuple = Impossible<(), Refusal>;
    type SerializeTupleStruct = Impossible<(), Refusal>;
    type SerializeTupleVariant = Impossible<(), Refusal>;
    type SerializeMap = Impossible<(), Refusal>;
    type SerializeStruct = Impossible<(), Refusal>;
    type SerializeStructVariant = Impossible<(), Refusal>;

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), Refusal> {
        let Some(lead) = self.lead else {
            self.text.push(value.as_bytes());
            return Ok(());
        };
        self.text.push_name(lead, value)
    }

    fn serialize_char(self, value: char) -> Result<(), Refusal> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_bool(self, value: bool) -> Result<(), Refusal> {
        self.serialize_str(if value { "true" } else { "false" })
    }

    spell! {
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
    }

    fn serialize_f32(self, value: f32) -> Result<(), Refusal> {
        if value.is_finite() {
            self.spelled(&value)
        } else {
            Err(Refusal)
        }
    }

    fn serialize_f64(self, value: f64) -> Result<(), Refusal> {
        if value.is_finite() {
            self.spelled(&value)
        } else {
            Err(Refusal)
        }
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refusal> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Refusal> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Refusal> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Refusal> {
        Err(Refusal)
    }

    refuse! {
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}
