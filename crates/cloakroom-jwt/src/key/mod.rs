#[cfg(feature = "aws-lc")]
pub mod aws_lc;
mod backend;
mod confusion;
#[cfg(any(feature = "aws-lc", feature = "eddsa", feature = "es256"))]
mod der;
#[cfg(feature = "es256")]
mod ecdsa;
#[cfg(any(feature = "aws-lc", feature = "eddsa"))]
mod ed25519;
#[cfg(feature = "eddsa")]
mod eddsa;
mod hmac;
mod invalid;
pub(crate) mod parts;
#[cfg(any(feature = "aws-lc", feature = "eddsa", feature = "es256"))]
mod pem;
mod signature;
mod signing;
mod verifying;

pub use backend::Backend;
#[cfg(feature = "es256")]
pub use ecdsa::{Es256SigningKey, Es256VerifyingKey, Es384SigningKey, Es384VerifyingKey};
#[cfg(feature = "eddsa")]
pub use eddsa::{Ed25519SigningKey, Ed25519VerifyingKey};
pub use hmac::HmacKey;
pub use invalid::{InvalidKey, InvalidKeyKind};
pub(crate) use signature::Signature;
pub use signing::SigningKey;
pub use verifying::VerifyingKey;

/// The longest key id, in bytes.
const MAX_KID: usize = 256;

/// Whether `kid` has a length that this crate carries.
pub(crate) fn is_kid(kid: &str) -> bool {
    (1..=MAX_KID).contains(&kid.len())
}

#[cfg(all(test, feature = "aws-lc", feature = "eddsa", feature = "es256"))]
mod tests;
