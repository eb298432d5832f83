//! What a key consists of, whichever encoding it came from and whichever backend it goes to.

use alloc::vec::Vec;

use cloakroom_core::Secret;

/// A curve of ECDSA.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Curve {
    P256,
    P384,
}

impl Curve {
    /// How many bytes a coordinate or a scalar has.
    pub(crate) const fn field_len(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }
}

/// A public key.
#[derive(Clone)]
pub(crate) enum PublicParts {
    /// The uncompressed point, 4 | x | y.
    Ec(Curve, Vec<u8>),
    /// The point as RFC 8032 section 5.1.2 writes it.
    Ed25519(Vec<u8>),
    /// Modulus and exponent, big-endian, without leading zeros.
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

/// What kind of private key [`PrivateParts`] is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PrivateKind {
    Ec(Curve),
    Ed25519,
}

/// A private key: the scalar or the seed, and the public key where it was beside it.
#[cfg_attr(
    not(any(feature = "aws-lc", feature = "eddsa", feature = "es256")),
    expect(
        dead_code,
        reason = "a private JWK is read and checked whether or not a backend can use it"
    )
)]
pub(crate) struct PrivateParts {
    pub(crate) kind: PrivateKind,
    pub(crate) secret: Secret<Vec<u8>>,
    pub(crate) public: Option<Vec<u8>>,
}
