use core::fmt;
use core::iter::FusedIterator;

use crate::{CookieValue, scan};

/// Reads the cookie-pairs of one Cookie header value, in order, without allocating.
///
/// Each segment between `;` is a pair, an [`InvalidPair`] or, when it holds nothing but SP and HTAB, nothing; none of
/// them affects another. A segment splits at its first `=`. SP and HTAB around the name and around the value are
/// dropped (RFC 6265bis section 5.6, the rule of the user agents), no other space is. The name is any non-empty run of
/// bytes: it need not be a token, it is never decoded and `$Version` has no meaning.
///
/// There is no limit on the length here: [`Cookies`](crate::Cookies) has one.
#[inline]
pub fn pairs(header: &[u8]) -> Pairs<'_> {
    Pairs {
        header,
        start: 0,
        base: 0,
        marks: scan::first_marks(header),
    }
}

/// The iterator that [`pairs`] returns.
#[derive(Clone)]
pub struct Pairs<'a> {
    header: &'a [u8],
    /// Where the next segment starts; past the end of the header when there is none.
    start: usize,
    /// Where the block of 64 bytes starts that `marks` speaks of.
    base: usize,
    /// The marks of the block that have not been looked at.
    marks: u64,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = Result<CookiePair<'a>, InvalidPair>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let equals = match self.equals()? {
            Ok(equals) => equals,
            Err(fault) => return Some(Err(fault)),
        };
        let name = self.name_before(equals);
        let value = match self.value(equals)? {
            Ok(value) => value,
            Err(fault) => return Some(Err(fault)),
        };
        if name.is_empty() {
            return Some(Err(InvalidPair {
                kind: Kind::EmptyName,
                position: equals,
            }));
        }
        Some(Ok(CookiePair { name, value }))
    }
}

impl<'a> Pairs<'a> {
    /// Where the first `=` of the header's first segment stands and where it ends; `None` when it is invalid or empty.
    #[inline]
    pub(crate) fn first_segment(mut self) -> Option<(usize, usize)> {
        let equals = loop {
            let at = self.next_mark()?;
            match *self.header.get(at)? {
                b'=' => break at,
                byte if carries_on(byte) => {}
                _ => return None,
            }
        };
        loop {
            let at = self.next_mark()?;
            match self.header.get(at) {
                Some(b';') | None => return Some((equals, at)),
                Some(&byte) if carries_on(byte) => {}
                Some(_) => return None,
            }
        }
    }

    /// Where the next `=` that ends a name stands, past empty segments.
    #[inline]
    fn equals(&mut self) -> Option<Result<usize, InvalidPair>> {
        loop {
            let at = self.next_mark()?;
            // Written so that the usual octet is asked for first; a `match` is compiled into another order.
            let byte = self.header.get(at).copied();
            if byte == Some(b'=') {
                return Some(Ok(at));
            }
            if at == self.start && byte == Some(b';') {
                self.start = at + 1;
            } else if !byte.is_some_and(carries_on)
                && let Some(fault) = self.fault(at)
            {
                return Some(Err(fault));
            }
        }
    }

    /// The value that `=` stands before, up to the end of its segment.
    #[inline]
    fn value(&mut self, equals: usize) -> Option<Result<CookieValue<'a>, InvalidPair>> {
        loop {
            let at = self.next_mark()?;
            let byte = self.header.get(at).copied();
            if byte.is_none_or(|byte| byte == b';') {
                self.start = at + 1;
                let value = trim_ows(&self.header[equals + 1..at]);
                return Some(Ok(CookieValue::new(value)));
            }
            if !byte.is_some_and(carries_on) {
                return self.fault(at).map(Err);
            }
        }
    }

    /// The name that stands before `=`.
    #[inline]
    fn name_before(&self, equals: usize) -> &'a [u8] {
        let name = &self.header[self.start..equals];
        let Some(first) = name.first() else {
            return name;
        };
        // The SP that goes with `;`.
        trim_ows(&name[usize::from(*first == b' ')..])
    }

    /// The fault of the segment that the mark at `at` tells of, if any. All of a faulty segment is read.
    #[inline]
    fn fault(&mut self, at: usize) -> Option<InvalidPair> {
        // Taken and given back by value: as a reference it would keep the state of the hot loops out of registers.
        let fault;
        (*self, fault) = self.clone().with_fault(at);
        fault
    }

    #[cold]
    fn with_fault(mut self, at: usize) -> (Self, Option<InvalidPair>) {
        let fault = match self.header.get(at) {
            Some(b';') | None => {
                let segment = &self.header[self.start..at];
                self.start = at + 1;
                segment
                    .iter()
                    .position(|&byte| !is_ows(byte))
                    .map(|blank| InvalidPair {
                        kind: Kind::NoEqualsSign,
                        position: at - segment.len() + blank,
                    })
            }
            Some(_) => {
                self.pass_over();
                Some(InvalidPair {
                    kind: Kind::Control,
                    position: at,
                })
            }
        };
        (self, fault)
    }

    /// Goes to the end of the segment.
    #[inline]
    fn pass_over(&mut self) {
        while let Some(at) = self.next_mark() {
            if matches!(self.header.get(at), Some(b';') | None) {
                self.start = at + 1;
                break;
            }
        }
    }

    /// Where the next marked byte stands, the length of the header for its end.
    #[inline]
    fn next_mark(&mut self) -> Option<usize> {
        while self.marks == 0 {
            let next = self.base + 64;
            self.marks = scan::marks(self.header.get(next..)?);
            self.base = next;
        }
        let at = self.base + self.marks.trailing_zeros() as usize;
        self.marks &= self.marks - 1;
        Some(at)
    }
}

impl FusedIterator for Pairs<'_> {}

/// Prints the number of bytes that are left, since the bytes may be credentials.
impl fmt::Debug for Pairs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Pairs({} bytes left)",
            self.header.len().saturating_sub(self.start)
        )
    }
}

/// One cookie-pair of a Cookie header.
#[derive(Clone, Copy)]
pub struct CookiePair<'a> {
    name: &'a [u8],
    value: CookieValue<'a>,
}

impl<'a> CookiePair<'a> {
    /// The cookie-name, never empty, byte for byte as on the wire and in the wire's letter case.
    #[inline]
    pub const fn name(&self) -> &'a [u8] {
        self.name
    }

    /// The cookie-value.
    #[inline]
    pub const fn value(&self) -> CookieValue<'a> {
        self.value
    }
}

/// Prints the name and the length of the value.
impl fmt::Debug for CookiePair<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookiePair")
            .field("name", &format_args!("\"{}\"", self.name.escape_ascii()))
            .field("value", &self.value)
            .finish()
    }
}

/// A segment of a Cookie header that is no cookie-pair.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct InvalidPair {
    kind: Kind,
    position: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Kind {
    Control,
    NoEqualsSign,
    EmptyName,
}

impl InvalidPair {
    /// Where the fault lies, in bytes from the start of the header value: the control byte, the start of the segment
    /// that has no `=`, or the `=` that no name stands before.
    pub const fn position(self) -> usize {
        self.position
    }
}

impl fmt::Display for InvalidPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Control => "cookie-pair has a control character",
            Kind::NoEqualsSign => "cookie-pair has no \"=\"",
            Kind::EmptyName => "cookie-name is empty",
        })?;
        write!(f, " at byte {}", self.position)
    }
}

impl core::error::Error for InvalidPair {}

/// Whether a marked octet is one that a name or a value may have: `<`, `=`, what is not ASCII, and HTAB.
#[inline]
fn carries_on(byte: u8) -> bool {
    (byte > b';' && byte != 0x7F) || byte == b'\t'
}

/// `OWS = *( SP / HTAB )`, RFC 9110 section 5.6.3.
pub(crate) const fn is_ows(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Drops OWS from both ends of a text that has no other byte below SP.
#[inline]
pub(crate) fn trim_ows(text: &[u8]) -> &[u8] {
    match text {
        [..=b' ', ..] | [.., ..=b' '] => trim_more(text),
        _ => text,
    }
}

#[cold]
fn trim_more(mut text: &[u8]) -> &[u8] {
    while let [..=b' ', rest @ ..] | [rest @ .., ..=b' '] = text {
        text = rest;
    }
    text
}
