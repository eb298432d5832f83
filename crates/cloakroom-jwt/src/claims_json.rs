//! The claims as JSON, on their way into a token.

use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;
use serde::ser::{self, Impossible, SerializeStruct, Serializer};

use crate::json;
use crate::sign_error::SignErrorKind;

/// How long claims may be before they need an allocation of their own.
const INLINE: usize = 1536;

/// The JSON of a claims set.
pub(crate) struct ClaimsJson {
    inline: [u8; INLINE],
    /// How much of `inline` is written; more than it has once the text has outgrown it.
    len: usize,
    /// All of the text, once it has outgrown `inline`.
    spilled: Vec<u8>,
}

impl ClaimsJson {
    #[inline]
    pub(crate) const fn new() -> Self {
        Self {
            inline: [0; INLINE],
            len: 0,
            spilled: Vec::new(),
        }
    }

    /// Writes the claims. They are an object; one that does not come from a struct is searched for duplicates.
    ///
    /// It writes in place, because moving the buffer would cost a quarter of what the MAC of a small token does.
    #[inline]
    pub(crate) fn write<T: Serialize + ?Sized>(&mut self, claims: &T) -> Result<(), SignErrorKind> {
        match claims.serialize(Outermost(self)) {
            Ok(()) => return Ok(()),
            Err(Refusal::Map) => {}
            Err(Refusal::NotAnObject) => return Err(SignErrorKind::NotAnObject),
            Err(Refusal::Other) => return Err(SignErrorKind::Claims),
        }
        // Nothing is written yet.
        self.push_json(claims).map_err(|_| SignErrorKind::Claims)?;
        if self.bytes().first() != Some(&b'{') {
            return Err(SignErrorKind::NotAnObject);
        }
        self.check()
    }

    #[inline]
    fn push(&mut self, piece: &[u8]) {
        match self.inline.get_mut(self.len..self.len + piece.len()) {
            Some(room) => {
                room.copy_from_slice(piece);
                self.len += piece.len();
            }
            None => self.spill(piece),
        }
    }

    /// Appends any value.
    fn push_json<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
        #[cfg(feature = "std")]
        let written = serde_json::to_writer(&mut *self, value);
        #[cfg(not(feature = "std"))]
        let written = serde_json::to_vec(value).map(|json| self.push(&json));
        written.map_err(|_| Refusal::Other)
    }

    /// Appends a string: at once, when nothing in it has to be escaped (RFC 8259 section 7).
    #[inline]
    fn push_string(&mut self, value: &str) -> Result<(), Refusal> {
        // Without an early end the loop becomes vector code.
        let escapes = value.bytes().fold(0, |escapes, byte| {
            escapes | u8::from(byte < b' ') | u8::from(byte == b'"') | u8::from(byte == b'\\')
        });
        if escapes != 0 {
            return self.push_json(value);
        }
        self.push(b"\"");
        self.push(value.as_bytes());
        self.push(b"\"");
        Ok(())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        if self.spilled.is_empty() {
            &self.inline[..self.len]
        } else {
            &self.spilled
        }
    }

    /// The text and zeros after it, `want` bytes in all, when they lie together.
    #[inline]
    pub(crate) fn padded(&self, want: usize) -> Option<&[u8]> {
        self.spilled.is_empty().then(|| self.inline.get(..want)).flatten()
    }

    /// A map may write a name twice, and so may a struct into which one is flattened.
    fn check(&self) -> Result<(), SignErrorKind> {
        let mut octets = self.bytes().to_vec();
        let length = octets.len();
        octets.resize(length + json::SLACK, 0);
        let text = core::str::from_utf8(&octets[..length]).map_err(|_| SignErrorKind::Claims)?;
        json::scan(text, &octets, &mut json::Index::new()).map_err(|_| SignErrorKind::Duplicate)
    }

    #[cold]
    fn spill(&mut self, piece: &[u8]) {
        if self.spilled.is_empty() {
            self.spilled.reserve(2 * INLINE);
            self.spilled.extend_from_slice(&self.inline[..self.len]);
            // From here on nothing fits.
            self.len = INLINE + 1;
        }
        self.spilled.extend_from_slice(piece);
    }
}

#[cfg(feature = "std")]
impl std::io::Write for &mut ClaimsJson {
    #[inline]
    fn write_all(&mut self, piece: &[u8]) -> std::io::Result<()> {
        self.push(piece);
        Ok(())
    }

    #[inline]
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        self.write_all(piece).map(|()| piece.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Why claims or a value of theirs are not written by the serializers below.
#[derive(Debug)]
enum Refusal {
    /// A map, which may have a name twice; or a struct that `serde_json` gives a meaning of its own.
    Map,
    NotAnObject,
    Other,
}

impl ser::Error for Refusal {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Other
    }
}

impl ser::StdError for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

/// Takes structs. Their names are distinct: the derive sees to it, and what is flattened makes a map.
struct Outermost<'t>(&'t mut ClaimsJson);

/// Takes strings and numbers, and refuses everything else before it has written anything.
struct Simple<'t>(&'t mut ClaimsJson);

struct Members<'t> {
    text: &'t mut ClaimsJson,
    /// What stands before the next member.
    lead: u8,
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = Refusal;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Refusal> {
        self.text.push(&[self.lead]);
        self.lead = b',';
        self.text.push_string(name)?;
        self.text.push(b":");
        match value.serialize(Simple(self.text)) {
            Ok(()) => Ok(()),
            Err(_) => self.text.push_json(value),
        }
    }

    #[inline]
    fn end(self) -> Result<(), Refusal> {
        if self.lead == b'{' {
            self.text.push(b"{");
        }
        self.text.push(b"}");
        Ok(())
    }
}

macro_rules! refuse {
    ($refusal:expr; $($method:ident($($argument:ty),*) -> $ok:ty;)+) => {$(
        #[inline]
        fn $method(self, $(_: $argument),*) -> Result<$ok, Refusal> {
            Err($refusal)
        }
    )+};
}

macro_rules! write_number {
    ($($method:ident($number:ty);)+) => {$(
        #[inline]
        fn $method(self, value: $number) -> Result<(), Refusal> {
            self.0.push_json(&value)
        }
    )+};
}

/// What both serializers have in common.
macro_rules! look_through {
    () => {
        type Ok = ();
        type Error = Refusal;
        type SerializeSeq = Impossible<(), Refusal>;
        type SerializeTuple = Impossible<(), Refusal>;
        type SerializeTupleStruct = Impossible<(), Refusal>;
        type SerializeTupleVariant = Impossible<(), Refusal>;
        type SerializeMap = Impossible<(), Refusal>;
        type SerializeStructVariant = Impossible<(), Refusal>;

        #[inline]
        fn serialize_newtype_struct<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            value: &T,
        ) -> Result<(), Refusal> {
            value.serialize(self)
        }

        #[inline]
        fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refusal> {
            value.serialize(self)
        }

        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: &T,
        ) -> Result<(), Refusal> {
            Err(Refusal::NotAnObject)
        }

        fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<(), Refusal> {
            Err(Refusal::NotAnObject)
        }

        refuse! { Refusal::NotAnObject;
            serialize_bool(bool) -> ();
            serialize_f32(f32) -> ();
            serialize_f64(f64) -> ();
            serialize_char(char) -> ();
            serialize_bytes(&[u8]) -> ();
            serialize_none() -> ();
            serialize_unit() -> ();
            serialize_unit_struct(&'static str) -> ();
            serialize_unit_variant(&'static str, u32, &'static str) -> ();
            serialize_seq(Option<usize>) -> Self::SerializeSeq;
            serialize_tuple(usize) -> Self::SerializeTuple;
            serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
            serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
            serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
        }
    };
}

impl<'t> Serializer for Outermost<'t> {
    type SerializeStruct = Members<'t>;

    look_through!();

    #[inline]
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Members<'t>, Refusal> {
        if name.starts_with("$serde_json") {
            return Err(Refusal::Map);
        }
        Ok(Members {
            text: self.0,
            lead: b'{',
        })
    }

    refuse! { Refusal::Map;
        serialize_map(Option<usize>) -> Self::SerializeMap;
    }

    refuse! { Refusal::NotAnObject;
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_str(&str) -> ();
    }
}

impl Serializer for Simple<'_> {
    type SerializeStruct = Impossible<(), Refusal>;

    look_through!();

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), Refusal> {
        self.0.push_string(value)
    }

    write_number! {
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
    }

    refuse! { Refusal::NotAnObject;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
        serialize_map(Option<usize>) -> Self::SerializeMap;
    }
}
