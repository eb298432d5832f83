use cloakroom_core::Secret;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// A password as a person chose it: at least 8 characters and at most 1024 bytes, in Unicode's form NFC.
///
/// NFC makes the `é` that one keyboard sends as two characters equal to the one that another sends as one (NIST SP
/// 800-63B section 3.1.1.2). Nothing else is changed, and every character is allowed. The lengths are OWASP's.
#[derive(Debug)]
pub(crate) struct Password(Secret<String>);

impl Password {
    /// Fewest characters (code points after normalisation).
    pub(crate) const MIN_CHARS: usize = 8;
    /// Most bytes, before and after normalisation; bounds what one request can make the hash read.
    pub(crate) const MAX_BYTES: usize = 1024;

    pub(crate) fn parse(text: String) -> Result<Self, InvalidPassword> {
        let text = Zeroizing::new(text);
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidPassword::TooLong);
        }
        let password = Self(Secret::new(text.nfc().collect()));
        if password.0.expose().len() > Self::MAX_BYTES {
            return Err(InvalidPassword::TooLong);
        }
        if password.0.expose().chars().count() < Self::MIN_CHARS {
            return Err(InvalidPassword::TooShort);
        }
        Ok(password)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }
}

/// The text is no password that a person may choose.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidPassword {
    #[error("A password has at least 8 characters.")]
    TooShort,
    #[error("A password has at most 1024 bytes.")]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::{InvalidPassword, Password};

    #[test]
    fn length_is_counted_in_characters_below_and_in_bytes_above() {
        for (text, outcome) in [
            (String::new(), Err(InvalidPassword::TooShort)),
            ("1234567".to_owned(), Err(InvalidPassword::TooShort)),
            ("12345678".to_owned(), Ok(8)),
            ("        ".to_owned(), Ok(8)),
            ("éééé".to_owned(), Err(InvalidPassword::TooShort)),
            (
                "e\u{301}e\u{301}e\u{301}e\u{301}".to_owned(),
                Err(InvalidPassword::TooShort),
            ),
            ("x".repeat(1024), Ok(1024)),
            ("x".repeat(1025), Err(InvalidPassword::TooLong)),
            // U+1D160 has no composed form and normalises to three characters.
            ("\u{1D160}".repeat(256), Err(InvalidPassword::TooLong)),
        ] {
            let parsed = Password::parse(text.clone()).map(|password| password.as_bytes().len());
            assert_eq!(parsed, outcome, "{text:?}");
        }
    }

    #[test]
    fn composed_and_decomposed_spellings_are_one_password() {
        let composed = Password::parse("caf\u{e9} au lait".to_owned()).unwrap();
        let decomposed = Password::parse("cafe\u{301} au lait".to_owned()).unwrap();
        assert_eq!(composed.as_bytes(), decomposed.as_bytes());
        assert_eq!(format!("{composed:?}"), "Password(Secret(..))");
    }
}
