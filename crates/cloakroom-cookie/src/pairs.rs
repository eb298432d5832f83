use core::fmt;
use core::iter::FusedIterator;

use crate::CookieValue;

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
    Pairs { header, position: 0 }
}

/// The iterator that [`pairs`] returns.
#[derive(Clone)]
pub struct Pairs<'a> {
    header: &'a [u8],
    position: usize,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = Result<CookiePair<'a>, InvalidPair>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        while self.position < self.header.len() {
            let start = self.position;
            let rest = &self.header[start..];
            let length = memchr::memchr(b';', rest).unwrap_or(rest.len());
            self.position = start + length + 1;
            if let Some(pair) = segment(&rest[..length], start) {
                return Some(pair);
            }
        }
        None
    }
}

impl FusedIterator for Pairs<'_> {}

/// Prints the number of bytes that are left, since the bytes may be credentials.
impl fmt::Debug for Pairs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Pairs({} bytes left)",
            self.header.len().saturating_sub(self.position)
        )
    }
}

/// One cookie-pair of a Cookie header.
#[derive(Clone, Copy, Debug)]
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

/// Reads one segment that starts at byte `start` of its header; `None` when it is empty.
fn segment(text: &[u8], start: usize) -> Option<Result<CookiePair<'_>, InvalidPair>> {
    let blank = text.iter().take_while(|&&byte| is_ows(byte)).count();
    if blank == text.len() {
        return None;
    }
    let invalid = |kind, at| {
        Some(Err(InvalidPair {
            kind,
            position: start + at,
        }))
    };
    if let Some(at) = text.iter().position(|&byte| is_control(byte)) {
        return invalid(Kind::Control, at);
    }
    let Some(equals) = text.iter().position(|&byte| byte == b'=') else {
        return invalid(Kind::NoEqualsSign, blank);
    };
    let name = trim_ows(&text[..equals]);
    if name.is_empty() {
        return invalid(Kind::EmptyName, equals);
    }
    Some(Ok(CookiePair {
        name,
        value: CookieValue::new(trim_ows(&text[equals + 1..])),
    }))
}

/// `OWS = *( SP / HTAB )`, RFC 9110 section 5.6.3.
const fn is_ows(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// `CTL` of RFC 5234 without HTAB (RFC 6265bis section 5.6 step 1 of the user agents).
const fn is_control(byte: u8) -> bool {
    (byte < b' ' && byte != b'\t') || byte == 0x7F
}

fn trim_ows(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = text {
        text = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}
