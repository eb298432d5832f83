use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloakroom_core::Secret;
use cloakroom_jwt::Ed25519SigningKey;
use zeroize::Zeroizing;

use crate::secret_file::{Lasting, SecretFileError};

/// What the key that signs access tokens is made of: 32 random bytes (RFC 8032 section 5.1.5).
///
/// Servers that share it take each other's tokens, and a token outlives a restart.
#[derive(Clone, Debug)]
pub(crate) struct SigningSeed(Secret<[u8; 32]>);

impl SigningSeed {
    pub(crate) fn key(&self) -> Ed25519SigningKey {
        Ed25519SigningKey::from_seed(self.0.expose())
    }
}

impl Lasting for SigningSeed {
    fn generate() -> io::Result<Self> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed)?;
        Ok(Self(Secret::new(*seed)))
    }

    fn export(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0.expose()))
    }

    fn parse(text: &str) -> Result<Self, SecretFileError> {
        // The decoder asks for room for the padding, too.
        let mut bytes = Zeroizing::new([0; 33]);
        match STANDARD.decode_slice(text, &mut *bytes) {
            Ok(32) if bytes[..32].iter().any(|byte| *byte != bytes[0]) => {
                let mut seed = Zeroizing::new([0; 32]);
                seed.copy_from_slice(&bytes[..32]);
                Ok(Self(Secret::new(*seed)))
            }
            _ => Err(InvalidSeed.into()),
        }
    }
}

/// The text is no seed. It is not repeated.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("it does not hold 32 random bytes in base64 (RFC 4648 section 4)")]
pub(crate) struct InvalidSeed;

#[cfg(test)]
mod tests {
    use super::SigningSeed;
    use crate::secret_file::Lasting as _;

    #[test]
    fn a_seed_is_32_bytes_in_canonical_base64() {
        let seed = SigningSeed::generate().unwrap();
        let text = seed.export();
        assert_eq!(*SigningSeed::parse(&text).unwrap().export(), *text);
        let zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        for text in [
            "",
            "seed",
            &text[..43],
            &format!("{} ", &*text),
            zeros,
            &text.repeat(2),
        ] {
            assert!(SigningSeed::parse(text).is_err());
        }
    }
}
