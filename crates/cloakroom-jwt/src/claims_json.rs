//! The claims as JSON, on their way into a token.

mod key;
mod names;
mod outermost;
mod value;

use alloc::vec::Vec;

use serde::Serialize;

use self::names::Names;
use self::outermost::Object;
use self::value::AnyValue;
use crate::sign_error::SignErrorKind;
use crate::{json, jwk};

/// How long claims may be before they need an allocation of their own.
const INLINE: usize = 1536;

/// The JSON of a claims set.
pub(crate) struct ClaimsJson {
    inline: [u8; INLINE],
    /// How much of `inline` is written; more than it has once the text has outgrown it.
    len: usize,
    /// All of the text, once it has outgrown `inline`.
    spilled: Vec<u8>,
    names: Names,
    /// Inside of how many arrays and objects the next value is.
    depth: u32,
    /// Whether the text has to be read, to know that it is strict.
    is_doubtful: bool,
}

impl ClaimsJson {
    #[inline]
    pub(crate) const fn new() -> Self {
        Self {
            inline: [0; INLINE],
            len: 0,
            spilled: Vec::new(),
            names: Names::new(),
            depth: 0,
            is_doubtful: false,
        }
    }

    /// Writes the claims: the bytes that `serde_json` would write, of an object that a verifier reads. Every value of theirs
    /// is serialized once.
    ///
    /// It writes in place, because moving the buffer would cost a quarter of what the MAC of a small token does.
    #[inline]
    pub(crate) fn write<T: Serialize + ?Sized>(&mut self, claims: &T) -> Result<(), SignErrorKind> {
        let object = Object::of(claims);
        if object.serialize(AnyValue(self)).is_err() {
            return Err(if object.is_object() {
                SignErrorKind::Claims
            } else {
                SignErrorKind::NotAnObject
            });
        }
        if self.is_doubtful { self.check() } else { Ok(()) }
    }

    #[inline]
    fn push(&mut self, piece: &[u8]) {
        match self.room(piece.len()) {
            Some(room) => room.copy_from_slice(piece),
            None => self.spill(piece),
        }
    }

    /// Appends a number or a string of `serde_json`'s own making.
    fn push_json<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
        #[cfg(feature = "std")]
        let written = serde_json::to_writer(&mut *self, value);
        #[cfg(not(feature = "std"))]
        let written = serde_json::to_vec(value).map(|json| self.push(&json));
        written.map_err(|_| Refusal)
    }

    /// Appends a string: at once, when nothing in it has to be escaped.
    #[inline]
    fn push_string(&mut self, value: &str) -> Result<(), Refusal> {
        if has_escapes(value) {
            return self.push_json(value);
        }
        let octets = value.as_bytes();
        if let Some([open, room @ .., close]) = self.room(octets.len() + 2) {
            *open = b'"';
            room.copy_from_slice(octets);
            *close = b'"';
            return Ok(());
        }
        self.push(b"\"");
        self.push(octets);
        self.push(b"\"");
        Ok(())
    }

    /// Appends the name of a member, with what stands before it.
    #[inline]
    fn push_name(&mut self, lead: u8, name: &str) -> Result<(), Refusal> {
        self.is_doubtful |= !self.names.insert(name);
        let octets = name.as_bytes();
        if !has_escapes(name)
            && let Some([first, open, room @ .., close, colon]) = self.room(octets.len() + 4)
        {
            *first = lead;
            *open = b'"';
            room.copy_from_slice(octets);
            *close = b'"';
            *colon = b':';
            return Ok(());
        }
        self.push(&[lead]);
        self.push_string(name)?;
        self.push(b":");
        Ok(())
    }

    /// The next so many bytes, which are to be filled, unless the text is too long for that.
    #[inline]
    fn room(&mut self, length: usize) -> Option<&mut [u8]> {
        let end = self.len + length;
        let room = self.inline.get_mut(self.len..end)?;
        self.len = end;
        Some(room)
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

    /// Reads the text as a verifier will.
    #[cold]
    fn check(&self) -> Result<(), SignErrorKind> {
        // Some structs of `serde_json` stand for any JSON.
        if self.bytes().first() != Some(&b'{') {
            return Err(SignErrorKind::NotAnObject);
        }
        let mut octets = self.bytes().to_vec();
        let length = octets.len();
        octets.resize(length + json::SLACK, 0);
        let text = core::str::from_utf8(&octets[..length]).map_err(|_| SignErrorKind::Claims)?;
        json::scan(text, &octets, &mut json::Index::new()).map_err(|_| match serde_json::from_str(text) {
            Ok(jwk::Value::Ambiguous) => SignErrorKind::Duplicate,
            _ => SignErrorKind::Claims,
        })
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

/// Whether a string has a quote, a backslash or a control character (RFC 8259 section 7).
#[inline]
fn has_escapes(text: &str) -> bool {
    let octets = text.as_bytes();
    // Whole words, the last of which overlaps, instead of single octets at the end.
    if let Some(last) = octets.last_chunk() {
        let words = octets.as_chunks().0.iter().chain([last]);
        return words.fold(0, |marks, word| marks | json::marks(u64::from_le_bytes(*word))) != 0;
    }
    octets.iter().any(|octet| matches!(octet, ..b' ' | b'"' | b'\\'))
}

/// A value was not written.
#[derive(Debug)]
struct Refusal;

impl serde::ser::Error for Refusal {
    fn custom<T: core::fmt::Display>(_: T) -> Self {
        Self
    }
}

impl serde::ser::StdError for Refusal {}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("refused")
    }
}
