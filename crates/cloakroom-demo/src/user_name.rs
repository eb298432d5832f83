/// A name that a person logs in with: 2 to 32 characters of `a-z`, `0-9`, `.`, `_`, `-`, the first a letter or digit.
///
/// Capitals are taken and made small, so `Ada` and `ada` are one person. Letters outside ASCII are refused: names that
/// only look alike would otherwise be two people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UserName(String);

impl UserName {
    /// The name that a form's text means; white space around it is a slip of the hand and dropped.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidUserName> {
        let name = text.trim_matches([' ', '\t']).to_ascii_lowercase();
        let ok = (2..=32).contains(&name.len())
            && name
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'))
            && name.as_bytes()[0].is_ascii_alphanumeric();
        if ok { Ok(Self(name)) } else { Err(InvalidUserName) }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is no user name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "A name has 2 to 32 characters: letters a to z, digits, dot, dash, underscore; the first a letter or digit."
)]
pub(crate) struct InvalidUserName;

#[cfg(test)]
mod tests {
    use super::{InvalidUserName, UserName};

    #[test]
    fn names_are_small_ascii() {
        for (text, name) in [
            ("ada", Some("ada")),
            (" Ada.Lovelace\t", Some("ada.lovelace")),
            ("a1", Some("a1")),
            ("0_-", Some("0_-")),
            (
                "abcdefghijklmnopqrstuvwxyz012345",
                Some("abcdefghijklmnopqrstuvwxyz012345"),
            ),
            ("abcdefghijklmnopqrstuvwxyz0123456", None),
            ("a", None),
            ("", None),
            ("  ", None),
            (".ada", None),
            ("-ada", None),
            ("a da", None),
            ("ada\0", None),
            ("ada\n", None),
            ("аda", None), // Cyrillic а
            ("ada\u{200b}", None),
            ("\u{212a}im", None), // Kelvin sign, whose small form is k
            ("<b>ada</b>", None),
        ] {
            assert_eq!(
                UserName::parse(text).as_ref().map(UserName::as_str),
                name.ok_or(&InvalidUserName),
                "{text:?}"
            );
        }
    }
}
