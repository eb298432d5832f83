//! The claims as JSON, on their way into a token.

use alloc::vec::Vec;
use core::cell::Cell;

use serde::Serialize;
use serde::ser::{Error as _, Impossible, Serializer};

use crate::json;
use crate::sign_error::SignErrorKind;

/// How long claims may be before they need an allocation of their own.
const INLINE: usize = 1536;

/// The JSON of a claims set.
pub(crate) struct ClaimsJson {
    inline: [u8; INLINE],
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
        let shape = Cell::new(Shape::Other);
        let object = Object {
            claims,
            shape: &shape,
        };
        #[cfg(feature = "std")]
        let written = serde_json::to_writer(&mut *self, &object);
        #[cfg(not(feature = "std"))]
        let written = serde_json::to_vec(&object).map(|json| self.spilled = json);
        match (written, shape.get()) {
            (_, Shape::Other) => return Err(SignErrorKind::NotAnObject),
            (Err(_), _) => return Err(SignErrorKind::Claims),
            (Ok(()), Shape::Struct) => {}
            (Ok(()), Shape::Map) => self.check()?,
        }
        // `serde_json` gives some structs a meaning of its own.
        if self.bytes().first() == Some(&b'{') {
            Ok(())
        } else {
            Err(SignErrorKind::NotAnObject)
        }
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

    #[cfg(feature = "std")]
    #[cold]
    fn spill(&mut self, piece: &[u8]) {
        if self.spilled.is_empty() {
            self.spilled.reserve(2 * INLINE);
            self.spilled.extend_from_slice(&self.inline[..self.len]);
        }
        self.spilled.extend_from_slice(piece);
    }
}

#[cfg(feature = "std")]
impl std::io::Write for &mut ClaimsJson {
    #[inline]
    fn write_all(&mut self, piece: &[u8]) -> std::io::Result<()> {
        match self.inline.get_mut(self.len..self.len + piece.len()) {
            Some(room) if self.spilled.is_empty() => {
                room.copy_from_slice(piece);
                self.len += piece.len();
            }
            _ => self.spill(piece),
        }
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

/// What claims serialize as.
#[derive(Clone, Copy)]
enum Shape {
    Other,
    Struct,
    Map,
}

/// Claims that serialize as an object or not at all.
struct Object<'c, T: ?Sized> {
    claims: &'c T,
    shape: &'c Cell<Shape>,
}

impl<T: Serialize + ?Sized> Serialize for Object<'_, T> {
    #[inline]
    fn serialize<S: Serializer>(&self, inner: S) -> Result<S::Ok, S::Error> {
        self.claims.serialize(Outermost {
            inner,
            shape: self.shape,
        })
    }
}

/// Hands structs and maps on; all else is an error.
struct Outermost<'c, S> {
    inner: S,
    shape: &'c Cell<Shape>,
}

macro_rules! not_an_object {
    ($($method:ident($($argument:ty),*) -> $ok:ty;)+) => {$(
        fn $method(self, $(_: $argument),*) -> Result<$ok, S::Error> {
            Err(S::Error::custom(""))
        }
    )+};
}

impl<S: Serializer> Serializer for Outermost<'_, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Impossible<S::Ok, S::Error>;
    type SerializeTuple = Impossible<S::Ok, S::Error>;
    type SerializeTupleStruct = Impossible<S::Ok, S::Error>;
    type SerializeTupleVariant = Impossible<S::Ok, S::Error>;
    type SerializeMap = S::SerializeMap;
    type SerializeStruct = S::SerializeStruct;
    type SerializeStructVariant = Impossible<S::Ok, S::Error>;

    #[inline]
    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeStruct, S::Error> {
        self.shape.set(Shape::Struct);
        self.inner.serialize_struct(name, len)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        self.shape.set(Shape::Map);
        self.inner.serialize_map(len)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        value.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom(""))
    }

    not_an_object! {
        serialize_bool(bool) -> S::Ok;
        serialize_i8(i8) -> S::Ok;
        serialize_i16(i16) -> S::Ok;
        serialize_i32(i32) -> S::Ok;
        serialize_i64(i64) -> S::Ok;
        serialize_u8(u8) -> S::Ok;
        serialize_u16(u16) -> S::Ok;
        serialize_u32(u32) -> S::Ok;
        serialize_u64(u64) -> S::Ok;
        serialize_f32(f32) -> S::Ok;
        serialize_f64(f64) -> S::Ok;
        serialize_char(char) -> S::Ok;
        serialize_str(&str) -> S::Ok;
        serialize_bytes(&[u8]) -> S::Ok;
        serialize_none() -> S::Ok;
        serialize_unit() -> S::Ok;
        serialize_unit_struct(&'static str) -> S::Ok;
        serialize_unit_variant(&'static str, u32, &'static str) -> S::Ok;
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}
