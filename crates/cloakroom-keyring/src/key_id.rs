use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// The name of a key: four bytes that are computed from it, printed as 8 lower-case hexadecimal digits.
///
/// An id is public. It is written into every sealed value and into the ring file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 4]);

impl KeyId {
    /// The id made of these bytes, as read from a sealed value.
    #[inline]
    pub const fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }

    /// The four bytes, as written into a sealed value.
    #[inline]
    pub const fn as_bytes(&self) -> &[u8; 4] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

/// Prints `KeyId(324f1d7c)`.
impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// Takes exactly 8 hexadecimal digits in either letter case.
impl FromStr for KeyId {
    type Err = InvalidKeyId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // `from_str_radix` alone would take a sign.
        if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidKeyId);
        }
        u32::from_str_radix(text, 16)
            .map(|number| Self(number.to_be_bytes()))
            .map_err(|_| InvalidKeyId)
    }
}

/// The text is not 8 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidKeyId;

impl fmt::Display for InvalidKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key id is 8 hexadecimal digits")
    }
}

impl Error for InvalidKeyId {}

#[cfg(test)]
mod tests {
    use super::{InvalidKeyId, KeyId};

    #[test]
    fn text_and_bytes_agree() {
        let id = KeyId::from_bytes([0x0a, 0x4f, 0x1d, 0x7c]);
        assert_eq!(id.to_string(), "0a4f1d7c");
        assert_eq!(format!("{id:?}"), "KeyId(0a4f1d7c)");
        assert_eq!("0a4f1d7c".parse(), Ok(id));
        assert_eq!("0A4F1D7C".parse(), Ok(id));
        assert_eq!(id.as_bytes(), &[0x0a, 0x4f, 0x1d, 0x7c]);
    }

    #[test]
    fn nothing_but_eight_digits_parses() {
        for text in [
            "",
            "0a4f1d7",
            "0a4f1d7c0",
            "+a4f1d7c",
            "0a4f1d7g",
            " a4f1d7c",
            "0x4f1d7c",
            "0a4f1dé",
        ] {
            assert_eq!(text.parse::<KeyId>(), Err(InvalidKeyId), "{text:?}");
        }
    }
}
