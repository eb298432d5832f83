//! Key types on AWS-LC: the twins of the RustCrypto ones, faster, and RSA verification, which nothing else here offers.
//!
//! They accept the same keys and signatures as their twins. Two things differ: ECDSA signatures carry fresh randomness
//! instead of repeating, and an Ed25519 public key that is no point on the curve is not noticed when it is loaded, but
//! verifies nothing.

mod ecdsa;
mod eddsa;
mod rsa;

pub use ecdsa::{Es256SigningKey, Es256VerifyingKey, Es384SigningKey, Es384VerifyingKey};
pub use eddsa::{Ed25519SigningKey, Ed25519VerifyingKey};
pub use rsa::RsaVerifyingKey;
