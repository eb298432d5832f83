//! The claims as JSON, on their way into a token.
#![expect(
    clippy::inline_always,
    reason = "the names of a struct's members are constants, and so is all that is asked about them, when nothing here is \
              a call; left to themselves they take a tenth of the MAC longer"
)]

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

/// How long most claims are at most. Setting it to zero is paid for by every token, so it is small.
const INLINE: usize = 512;

/// How long claims may be before they need an allocation of their own.
const LARGER: usize = 1536;

/// The JSON of a claims set.
pub(crate) struct ClaimsJson {
    inline: [u8; INLINE],
    /// All of the text, once it has outgrown `inline`.
    larger: Option<[u8; LARGER]>,
    /// How much of the buffer is written; more than it has once the text has outgrown it.
    len: usize,
    /// All of the text, once it has outgrown `larger`.
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
            larger: None,
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
        let (octets, start) = (value.as_bytes(), self.len);
        let Some([open, room @ .., close]) = self.room(octets.len() + 2) else {
            return self.push_long(value);
        };
        *open = b'"';
        *close = b'"';
        if copy_plain(octets, room) {
            return Ok(());
        }
        // With escapes it is longer, so that no octet of this attempt outlasts it.
        self.len = start;
        self.push_json(value)
    }

    /// A string that has no room.
    #[cold]
    fn push_long(&mut self, value: &str) -> Result<(), Refusal> {
        if has_escapes(value) {
            return self.push_json(value);
        }
        self.push(b"\"");
        self.push(value.as_bytes());
        self.push(b"\"");
        Ok(())
    }

    /// Appends the name of a member, with what stands before it.
    #[inline(always)]
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
        self.push_rare_name(lead, name)
    }

    /// A name that has escapes, or no room.
    #[cold]
    fn push_rare_name(&mut self, lead: u8, name: &str) -> Result<(), Refusal> {
        self.push(&[lead]);
        self.push_string(name)?;
        self.push(b":");
        Ok(())
    }

    /// The next so many bytes, which are to be filled, unless the text is too long for that.
    #[inline]
    fn room(&mut self, length: usize) -> Option<&mut [u8]> {
        let end = self.len + length;
        let buffer = match &mut self.larger {
            Some(larger) => &mut larger[..],
            None => &mut self.inline,
        };
        let room = buffer.get_mut(self.len..end)?;
        self.len = end;
        Some(room)
    }

    /// The bytes of which the text is the beginning, when it is not `spilled`.
    #[inline]
    fn buffer(&self) -> &[u8] {
        match &self.larger {
            Some(larger) => larger,
            None => &self.inline,
        }
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        if self.spilled.is_empty() {
            &self.buffer()[..self.len]
        } else {
            &self.spilled
        }
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
        if self.larger.is_none() {
            let larger = self.larger.insert([0; LARGER]);
            larger[..self.len].copy_from_slice(&self.inline[..self.len]);
            return self.push(piece);
        }
        if self.spilled.is_empty() {
            self.spilled.reserve(2 * LARGER);
            if let Some(larger) = &self.larger {
                self.spilled.extend_from_slice(&larger[..self.len]);
            }
            // From here on nothing fits.
            self.len = LARGER + 1;
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

/// Copies a string, unless it has a quote, a backslash or a control character, and tells whether it has none.
#[inline]
fn copy_plain(from: &[u8], to: &mut [u8]) -> bool {
    copy_blocks::<16>(from, to)
        .or_else(|| copy_blocks::<4>(from, to))
        .unwrap_or_else(|| copy_blocks::<1>(from, to).unwrap_or(true))
}

/// As [`copy_plain`], in blocks of `N` octets, the last of which overlaps, when there are so many.
///
/// To leave the loop early keeps the compiler from making a call of it, which would take longer than these few blocks.
#[inline]
fn copy_blocks<const N: usize>(from: &[u8], to: &mut [u8]) -> Option<bool> {
    let last: &[u8; N] = from.last_chunk()?;
    let mut blocks = to.as_chunks_mut::<N>().0.iter_mut().zip(from.as_chunks::<N>().0);
    let plain = blocks.all(|(to, block)| {
        *to = *block;
        is_plain(block)
    });
    *to.last_chunk_mut()? = *last;
    Some(plain && is_plain(last))
}

/// Whether no octet is a quote, a backslash or a control character (RFC 8259 section 7).
#[inline]
fn is_plain<const N: usize>(octets: &[u8; N]) -> bool {
    let mark = |octet: &u8| *octet < b' ' || *octet == b'"' || *octet == b'\\';
    !octets.iter().fold(false, |marked, octet| marked | mark(octet))
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
