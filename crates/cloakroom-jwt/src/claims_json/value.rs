//! Any value, spelled as `serde_json` spells it.

use alloc::string::String;
use core::fmt;

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::key::Key;
use super::names::Innermost;
use super::{ClaimsJson, Refusal};
use crate::json::MAX_DEPTH;

/// Writes one value.
pub(super) struct AnyValue<'t>(pub(super) &'t mut ClaimsJson);

/// Writes the elements of an array or the members of an object.
pub(super) struct Parts<'t> {
    text: &'t mut ClaimsJson,
    /// What stands before the next part.
    lead: u8,
    end: End,
    /// The object around it.
    outer: Innermost,
}

/// How the parts end.
#[derive(Clone, Copy)]
enum End {
    Array,
    Object,
    /// Of an array or object that is the value of an object's only member.
    VariantArray,
    VariantObject,
    /// There is no end: the only part is a text that stands for itself.
    Raw,
}

impl End {
    #[inline]
    const fn opens(self) -> u8 {
        match self {
            Self::Array | Self::VariantArray => b'[',
            _ => b'{',
        }
    }
}

impl<'t> Parts<'t> {
    #[inline]
    fn begin(text: &'t mut ClaimsJson, end: End) -> Result<Self, Refusal> {
        // As deep as a verifier reads.
        if text.depth == MAX_DEPTH {
            return Err(Refusal);
        }
        text.depth += 1;
        let outer = text.names.begin();
        let lead = end.opens();
        Ok(Self {
            text,
            lead,
            end,
            outer,
        })
    }

    /// The object of which the variant's value is the only member.
    #[inline]
    fn begin_variant(text: &'t mut ClaimsJson, name: &str, end: End) -> Result<Self, Refusal> {
        if text.depth == MAX_DEPTH {
            return Err(Refusal);
        }
        text.depth += 1;
        text.push(b"{");
        text.push_string(name)?;
        text.push(b":");
        Self::begin(text, end)
    }

    #[inline]
    fn lead(&mut self) -> u8 {
        core::mem::replace(&mut self.lead, b',')
    }

    #[inline]
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
        value.serialize(AnyValue(self.text))
    }

    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
        let lead = self.lead();
        self.text.push(&[lead]);
        self.value(value)
    }

    #[inline(always)]
    fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Refusal> {
        if let End::Raw = self.end {
            return value.serialize(Key::raw(self.text));
        }
        let lead = self.lead();
        self.text.push_name(lead, name)?;
        self.value(value)
    }

    #[inline]
    fn finish(self) {
        let (end, depth) = match self.end {
            End::Array => (&b"]"[..], 1),
            End::Object => (&b"}"[..], 1),
            End::VariantArray => (&b"]}"[..], 2),
            End::VariantObject => (&b"}}"[..], 2),
            End::Raw => (&b""[..], 0),
        };
        if self.lead != b',' {
            self.text.push(&[self.lead]);
        }
        self.text.depth -= depth;
        self.text.names.end(self.outer);
        self.text.push(end);
    }
}

macro_rules! numbers {
    ($($method:ident($number:ty);)+) => {$(
        #[inline]
        fn $method(self, value: $number) -> Result<(), Refusal> {
            self.0.push_json(&value)
        }
    )+};
}

impl<'t> Serializer for AnyValue<'t> {
    type Ok = ();
    type Error = Refusal;
    type SerializeSeq = Parts<'t>;
    type SerializeTuple = Parts<'t>;
    type SerializeTupleStruct = Parts<'t>;
    type SerializeTupleVariant = Parts<'t>;
    type SerializeMap = Parts<'t>;
    type SerializeStruct = Parts<'t>;
    type SerializeStructVariant = Parts<'t>;

    numbers! {
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
        serialize_f32(f32);
        serialize_f64(f64);
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), Refusal> {
        self.0.push(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Refusal> {
        self.0.push_string(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), Refusal> {
        self.0.push_string(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Refusal> {
        self.collect_seq(value)
    }

    #[inline]
    fn serialize_none(self) -> Result<(), Refusal> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refusal> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), Refusal> {
        self.0.push(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Refusal> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Refusal> {
        self.0.push_string(variant)
    }

    #[inline]
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
        variant: &'static str,
        value: &T,
    ) -> Result<(), Refusal> {
        let mut object = Parts::begin(self.0, End::Object)?;
        object.member(variant, value)?;
        object.finish();
        Ok(())
    }

    #[inline]
    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'t>, Refusal> {
        Parts::begin(self.0, End::Array)
    }

    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Parts<'t>, Refusal> {
        Parts::begin(self.0, End::Array)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts<'t>, Refusal> {
        Parts::begin(self.0, End::Array)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'t>, Refusal> {
        Parts::begin_variant(self.0, variant, End::VariantArray)
    }

    #[inline]
    fn serialize_map(self, _: Option<usize>) -> Result<Parts<'t>, Refusal> {
        Parts::begin(self.0, End::Object)
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Parts<'t>, Refusal> {
        // What `serde_json` has no type of serde's for: `RawValue`, and `Number` when it keeps every digit.
        if name.starts_with("$serde_json::private::") {
            self.0.is_doubtful = true;
            let outer = self.0.names.begin();
            return Ok(Parts {
                text: self.0,
                lead: b',',
                end: End::Raw,
                outer,
            });
        }
        Parts::begin(self.0, End::Object)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'t>, Refusal> {
        Parts::begin_variant(self.0, variant, End::VariantObject)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Refusal> {
        let mut text = String::new();
        fmt::write(&mut text, format_args!("{value}")).map_err(|_| Refusal)?;
        self.0.push_string(&text)
    }
}

macro_rules! parts {
    ($($method:ident of $($name:ident),+: $one:ident;)+) => {$($(
        impl $name for Parts<'_> {
            type Ok = ();
            type Error = Refusal;

            parts!($method: $one);

            #[inline]
            fn end(self) -> Result<(), Refusal> {
                self.finish();
                Ok(())
            }
        }
    )+)+};
    (element: $one:ident) => {
        #[inline]
        fn $one<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
            self.element(value)
        }
    };
    (member: $one:ident) => {
        #[inline(always)]
        fn $one<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Refusal> {
            self.member(name, value)
        }
    };
}

parts! {
    element of SerializeSeq, SerializeTuple: serialize_element;
    element of SerializeTupleStruct, SerializeTupleVariant: serialize_field;
    member of SerializeStruct, SerializeStructVariant: serialize_field;
}

impl SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = Refusal;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Refusal> {
        let lead = self.lead();
        name.serialize(Key::name(self.text, lead))
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
        self.value(value)
    }

    #[inline]
    fn end(self) -> Result<(), Refusal> {
        self.finish();
        Ok(())
    }
}
