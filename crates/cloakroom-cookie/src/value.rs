use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;
use core::str::Utf8Error;

/// A cookie-value as it stood in the header: quotes kept, nothing unescaped, any byte but `;` and controls (HTAB may
/// occur inside).
///
/// It may be a credential, so `Debug` shows its length alone and there is no `PartialEq`: compare the bytes, with a
/// constant-time function when they are secret.
#[derive(Clone, Copy)]
pub struct CookieValue<'a>(&'a [u8]);

impl<'a> CookieValue<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes of the wire.
    #[inline]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The value as text.
    ///
    /// # Errors
    ///
    /// When this value is not UTF-8. Other cookies of the same header are not affected.
    #[inline]
    pub const fn as_str(self) -> Result<&'a str, Utf8Error> {
        core::str::from_utf8(self.0)
    }

    /// The value with each `%` and two hexadecimal digits (either case) replaced by the byte that they spell (RFC 3986
    /// section 2.1). A `+` stays a `+`. Allocates only when there is a `%`.
    ///
    /// RFC 6265bis knows no encoding of values, so this happens only where it is asked for, and once: what comes out
    /// may itself look encoded.
    ///
    /// # Errors
    ///
    /// When a `%` is not followed by two hexadecimal digits.
    pub fn percent_decoded(self) -> Result<Cow<'a, [u8]>, InvalidPercentEncoding> {
        let Some(first) = memchr::memchr(b'%', self.0) else {
            return Ok(Cow::Borrowed(self.0));
        };
        let mut decoded = Vec::with_capacity(self.0.len());
        decoded.extend_from_slice(&self.0[..first]);
        let mut rest = &self.0[first..];
        while let Some((&byte, tail)) = rest.split_first() {
            if byte != b'%' {
                decoded.push(byte);
                rest = tail;
                continue;
            }
            let digits = tail
                .split_first_chunk()
                .and_then(|(&[high, low], after)| Some((hex_digit(high)? << 4 | hex_digit(low)?, after)));
            let Some((spelled, after)) = digits else {
                return Err(InvalidPercentEncoding {
                    position: self.0.len() - rest.len(),
                });
            };
            decoded.push(spelled);
            rest = after;
        }
        Ok(Cow::Owned(decoded))
    }
}

impl AsRef<[u8]> for CookieValue<'_> {
    fn as_ref(&self) -> &[u8] {
        self.0
    }
}

/// Prints the length alone, as in `CookieValue(64 bytes)`.
impl fmt::Debug for CookieValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CookieValue({} bytes)", self.0.len())
    }
}

/// A cookie-value with a `%` that two hexadecimal digits do not follow.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct InvalidPercentEncoding {
    position: usize,
}

impl InvalidPercentEncoding {
    /// Where the `%` stands, in bytes from the start of the value.
    pub const fn position(self) -> usize {
        self.position
    }
}

impl fmt::Display for InvalidPercentEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "percent-encoding is incomplete at byte {} of the cookie-value",
            self.position
        )
    }
}

impl core::error::Error for InvalidPercentEncoding {}

const fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}
