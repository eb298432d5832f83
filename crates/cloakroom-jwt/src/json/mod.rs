//! A one-pass reader of one JSON object (RFC 8259), strict: no duplicate member names at any depth (RFC 7519 section 4),
//! no lone surrogates, at most [`MAX_DEPTH`] deep, nothing after the object.

mod duplicates;
mod escape;
mod scanner;
mod strings;
#[cfg(test)]
mod tests;

use alloc::string::String;
use alloc::vec::Vec;

pub(crate) use duplicates::key;
pub(crate) use scanner::{marks, scan};
pub(crate) use strings::{Element, Strings};

/// How deep arrays and objects nest at most, the outermost object counted.
pub(crate) const MAX_DEPTH: u32 = 16;

/// How many octets the scanner may read past the end of the text. They are zero, which no JSON text holds, so that no
/// loop needs to look for the end.
pub(crate) const SLACK: usize = 8;

/// The text is no strict JSON object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NotStrict;

/// What is known of the object after one pass; its buffers are used again.
#[derive(Default)]
pub(crate) struct Index {
    /// The members of the outermost object, in their order.
    pub(crate) members: Vec<Member>,
    /// What the names, and the outermost string values, stand for that are spelled with escapes.
    pub(crate) text: String,
    /// Room to sort the members of a big object.
    order: Vec<u32>,
}

impl Index {
    pub(crate) const fn new() -> Self {
        Self {
            members: Vec::new(),
            text: String::new(),
            order: Vec::new(),
        }
    }
}

/// One member of the outermost object.
#[derive(Clone, Copy)]
pub(crate) struct Member {
    /// [`key`] of the name.
    pub(crate) key: u64,
    name: Span,
    value: Span,
    pub(crate) kind: Kind,
}

impl Member {
    /// The name, unescaped.
    #[inline]
    pub(crate) fn name<'s>(&self, json: &'s str, text: &'s str) -> &'s str {
        self.name.of(json, text)
    }

    /// The name as it is spelled, with its quotes, unless it is spelled with escapes.
    pub(crate) fn raw_name<'s>(&self, json: &'s str) -> &'s str {
        let (start, end) = (self.name.start as usize, self.name.end as usize);
        json.get(start.saturating_sub(1)..end + 1).unwrap_or_default()
    }

    /// The value: a string without quotes and unescaped, everything else as it is spelled.
    #[inline]
    pub(crate) fn value<'s>(&self, json: &'s str, text: &'s str) -> &'s str {
        self.value.of(json, text)
    }

    /// The value as it is spelled, a string with its quotes, unless it is spelled with escapes.
    pub(crate) fn raw<'s>(&self, json: &'s str) -> &'s str {
        let quotes = usize::from(self.kind == Kind::String);
        let (start, end) = (self.value.start as usize, self.value.end as usize);
        json.get(start - quotes..end + quotes).unwrap_or_default()
    }
}

/// What a value begins like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Null,
    False,
    True,
    Number,
    String,
    Array,
    Object,
}

/// A stretch of the JSON text, or of the unescaped text beside it when `end` carries the mark [`Span::UNESCAPED`].
#[derive(Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Tokens are far shorter than 2 GiB: `Policy::max_len` is at most 64 KiB.
    const UNESCAPED: u32 = 1 << 31;

    #[inline]
    fn raw(start: usize, end: usize) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "`scan` refuses texts of 2 GiB and more"
        )]
        Self {
            start: start as u32,
            end: end as u32,
        }
    }

    #[inline]
    fn unescaped(start: usize, end: usize) -> Self {
        let mut span = Self::raw(start, end);
        span.end |= Self::UNESCAPED;
        span
    }

    /// Its length, unless it is in the unescaped text.
    #[inline]
    fn raw_len(self) -> Option<usize> {
        (self.end & Self::UNESCAPED == 0).then(|| (self.end - self.start) as usize)
    }

    #[inline]
    fn of<'s>(self, json: &'s str, text: &'s str) -> &'s str {
        let end = (self.end & !Self::UNESCAPED) as usize;
        let from = if self.end & Self::UNESCAPED == 0 {
            json
        } else {
            text
        };
        // Spans begin and end beside ASCII characters of their own text, so nothing is lost here.
        from.get(self.start as usize..end).unwrap_or_default()
    }
}
