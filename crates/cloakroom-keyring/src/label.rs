use std::error::Error;
use std::fmt;

/// What a sub-key is for, and what it is bound to: the argument of [`Key::derive`](crate::Key::derive).
///
/// The list is closed, and each label has its constructor, so a label cannot be written with the wrong number of
/// parts, and two uses of one key cannot meet. HKDF-Expand (RFC 5869 section 2.3) receives as `info` the label and
/// then each part, every one behind its length in two bytes.
#[derive(Clone, Copy, Debug)]
pub struct Label<'a> {
    text: &'static str,
    parts: Parts<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Parts<'a> {
    None,
    One(&'a [u8]),
    Two(&'a [u8], &'a [u8]),
}

impl<'a> Label<'a> {
    /// `key-id`: only [`Key::id`](crate::Key::id) uses it.
    pub(crate) const KEY_ID: Self = Self {
        text: "key-id",
        parts: Parts::None,
    };

    /// `seal/signed`: signed cookie values. `purpose` has 1 to 255 bytes; `cookie_name` is the exact name on the wire,
    /// prefix included, and not empty.
    ///
    /// # Errors
    ///
    /// When a part has a length that is not allowed.
    pub const fn seal_signed(purpose: &'a [u8], cookie_name: &'a [u8]) -> Result<Self, InvalidLabel> {
        Self::seal("seal/signed", purpose, cookie_name)
    }

    /// `seal/encrypted`: encrypted cookie values, with the parts of [`seal_signed`](Self::seal_signed).
    ///
    /// # Errors
    ///
    /// When a part has a length that is not allowed.
    pub const fn seal_encrypted(purpose: &'a [u8], cookie_name: &'a [u8]) -> Result<Self, InvalidLabel> {
        Self::seal("seal/encrypted", purpose, cookie_name)
    }

    /// `record`: session records encrypted at rest, bound to the name of their store.
    ///
    /// # Errors
    ///
    /// When `store` has more than 65,535 bytes.
    pub const fn record(store: &'a [u8]) -> Result<Self, InvalidLabel> {
        if store.len() > u16::MAX as usize {
            return Err(InvalidLabel {
                kind: Kind::PartTooLong,
            });
        }
        Ok(Self {
            text: "record",
            parts: Parts::One(store),
        })
    }

    /// `csrf`: session-bound CSRF tokens.
    pub const fn csrf() -> Self {
        Self {
            text: "csrf",
            parts: Parts::None,
        }
    }

    /// `refresh`: the MAC of refresh tokens.
    pub const fn refresh() -> Self {
        Self {
            text: "refresh",
            parts: Parts::None,
        }
    }

    const fn seal(text: &'static str, purpose: &'a [u8], name: &'a [u8]) -> Result<Self, InvalidLabel> {
        if purpose.is_empty() || purpose.len() > 255 {
            return Err(InvalidLabel { kind: Kind::Purpose });
        }
        if name.is_empty() {
            return Err(InvalidLabel {
                kind: Kind::EmptyName,
            });
        }
        if name.len() > u16::MAX as usize {
            return Err(InvalidLabel {
                kind: Kind::PartTooLong,
            });
        }
        Ok(Self {
            text,
            parts: Parts::Two(purpose, name),
        })
    }

    /// Calls `f` with the pieces of HKDF's `info`: lp(label), lp(part 1), ..
    pub(crate) fn with_info<R>(&self, f: impl FnOnce(&[&[u8]]) -> R) -> R {
        let text = self.text.as_bytes();
        match self.parts {
            Parts::None => f(&[&length(text), text]),
            Parts::One(part) => f(&[&length(text), text, &length(part), part]),
            Parts::Two(a, b) => f(&[&length(text), text, &length(a), a, &length(b), b]),
        }
    }
}

/// The two-byte length that stands before a label and before each part.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the constructors refuse what is longer than u16::MAX"
)]
fn length(part: &[u8]) -> [u8; 2] {
    (part.len() as u16).to_be_bytes()
}

/// A part of a label has a length that is not allowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidLabel {
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Purpose,
    EmptyName,
    PartTooLong,
}

impl fmt::Display for InvalidLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Purpose => "a purpose has 1 to 255 bytes",
            Kind::EmptyName => "the cookie-name is empty",
            Kind::PartTooLong => "a part of a label has at most 65535 bytes",
        })
    }
}

impl Error for InvalidLabel {}

#[cfg(test)]
mod tests {
    use super::{InvalidLabel, Kind, Label};

    fn info(label: Label<'_>) -> Vec<u8> {
        label.with_info(|pieces| pieces.concat())
    }

    #[test]
    fn info_is_the_label_and_each_part_behind_its_length() {
        assert_eq!(info(Label::KEY_ID), b"\0\x06key-id");
        assert_eq!(info(Label::csrf()), b"\0\x04csrf");
        assert_eq!(info(Label::refresh()), b"\0\x07refresh");
        assert_eq!(info(Label::record(b"main").unwrap()), b"\0\x06record\0\x04main");
        assert_eq!(
            info(Label::seal_signed(b"login", b"__Host-id").unwrap()),
            b"\0\x0bseal/signed\0\x05login\0\x09__Host-id"
        );
        assert_eq!(
            info(Label::seal_encrypted(b"login", b"__Host-id").unwrap()),
            b"\0\x0eseal/encrypted\0\x05login\0\x09__Host-id"
        );
    }

    #[test]
    fn lengths_are_checked_at_their_edges() {
        let refused = |result: Result<Label<'_>, InvalidLabel>| result.unwrap_err().kind;
        let (long, too_long) = (vec![b'x'; 65_535], vec![b'x'; 65_536]);
        assert_eq!(refused(Label::seal_signed(b"", b"id")), Kind::Purpose);
        assert_eq!(refused(Label::seal_encrypted(&[b'p'; 256], b"id")), Kind::Purpose);
        assert_eq!(refused(Label::seal_signed(b"p", b"")), Kind::EmptyName);
        assert_eq!(refused(Label::seal_signed(b"p", &too_long)), Kind::PartTooLong);
        assert_eq!(refused(Label::record(&too_long)), Kind::PartTooLong);
        assert!(Label::seal_signed(&[b'p'; 255], &long).is_ok());
        assert!(Label::record(&long).is_ok());
        assert!(Label::record(b"").is_ok());
    }

    #[test]
    fn parts_cannot_run_into_each_other() {
        let a = Label::seal_signed(b"login", b"id").unwrap();
        let b = Label::seal_signed(b"logini", b"d").unwrap();
        assert_ne!(info(a), info(b));
    }
}
