use core::fmt;

use super::parts::{Curve, PrivateKind, PrivateParts, PublicParts};
use super::{InvalidKey, InvalidKeyKind, Signature, der, pem};

macro_rules! ecdsa_keys {
    ($curve:expr, $library:ident, $verifying:ident, $signing:ident, $name:literal) => {
        #[doc = concat!("An ", $name, " public key (RFC 7518 section 3.4).")]
        ///
        /// A signature is r | s of fixed length; both of the two values of s are accepted, as the RFC has it.
        #[derive(Clone)]
        pub struct $verifying($library::ecdsa::VerifyingKey);

        impl $verifying {
            /// The key of an uncompressed point, 4 | x | y (SEC 1 section 2.3.3).
            ///
            /// # Errors
            ///
            /// When it is in another form or not on the curve.
            pub fn from_sec1(point: &[u8]) -> Result<Self, InvalidKey> {
                if point.len() != 1 + 2 * $curve.field_len() || point[0] != 4 {
                    return Err(InvalidKeyKind::Value.into());
                }
                $library::ecdsa::VerifyingKey::from_sec1_bytes(point)
                    .map(Self)
                    .map_err(|_| InvalidKeyKind::Value.into())
            }

            /// The key in a PEM block `PUBLIC KEY`.
            ///
            /// # Errors
            ///
            /// When it is no such block or no such key.
            pub fn from_pem(pem: &str) -> Result<Self, InvalidKey> {
                Self::from_der(pem::decode(pem, pem::PUBLIC_KEY)?.expose())
            }

            /// The key in a `SubjectPublicKeyInfo` (RFC 5480 section 2).
            ///
            /// # Errors
            ///
            /// When it is no such structure or no such key.
            pub fn from_der(der: &[u8]) -> Result<Self, InvalidKey> {
                match der::public_key(der)? {
                    PublicParts::Ec(curve, point) if curve == $curve => Self::from_sec1(&point),
                    _ => Err(InvalidKeyKind::OtherType.into()),
                }
            }

            pub(super) fn is_valid(&self, message: &[u8], signature: &[u8]) -> bool {
                use $library::ecdsa::signature::Verifier as _;
                // `from_slice` takes the fixed length alone, and neither 0 nor anything beyond the group's order.
                $library::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| self.0.verify(message, &signature).is_ok())
            }

            pub(super) fn parts(&self) -> PublicParts {
                PublicParts::Ec($curve, self.0.to_sec1_point(false).as_bytes().to_vec())
            }
        }

        impl fmt::Debug for $verifying {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($verifying), "(..)"))
            }
        }

        #[doc = concat!("An ", $name, " private key (RFC 7518 section 3.4). It is wiped when it is dropped.")]
        ///
        /// It signs deterministically (RFC 6979): the same claims give the same token.
        #[derive(Clone)]
        pub struct $signing($library::ecdsa::SigningKey);

        impl $signing {
            /// The key of a scalar, big-endian and of full length.
            ///
            /// # Errors
            ///
            /// When it has another length, is 0 or not below the group's order.
            pub fn from_scalar(scalar: &[u8]) -> Result<Self, InvalidKey> {
                if scalar.len() != $curve.field_len() {
                    return Err(InvalidKeyKind::Value.into());
                }
                $library::ecdsa::SigningKey::from_slice(scalar)
                    .map(Self)
                    .map_err(|_| InvalidKeyKind::Value.into())
            }

            /// The key in a PEM block `PRIVATE KEY`.
            ///
            /// # Errors
            ///
            /// When it is no such block or no such key.
            pub fn from_pkcs8_pem(pem: &str) -> Result<Self, InvalidKey> {
                Self::from_pkcs8_der(pem::decode(pem, pem::PRIVATE_KEY)?.expose())
            }

            /// The key in a PKCS#8 structure (RFC 5958, with the key of RFC 5915).
            ///
            /// # Errors
            ///
            /// When it is no such structure or no such key, or the public key beside it is another one's.
            pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, InvalidKey> {
                Self::from_parts(&der::private_key(der)?)
            }

            /// The public key.
            pub fn verifying_key(&self) -> $verifying {
                $verifying(*self.0.verifying_key())
            }

            pub(crate) fn from_parts(parts: &PrivateParts) -> Result<Self, InvalidKey> {
                if parts.kind != PrivateKind::Ec($curve) {
                    return Err(InvalidKeyKind::OtherType.into());
                }
                let key = Self::from_scalar(parts.secret.expose())?;
                let point = key.0.verifying_key().to_sec1_point(false);
                match &parts.public {
                    Some(public) if public != point.as_bytes() => Err(InvalidKeyKind::Conflict.into()),
                    _ => Ok(key),
                }
            }

            pub(super) fn sign(&self, message: &[u8]) -> Option<Signature> {
                use $library::ecdsa::signature::Signer as _;
                let signature: $library::ecdsa::Signature = self.0.try_sign(message).ok()?;
                Some(Signature::new(&signature.to_bytes()))
            }
        }

        impl fmt::Debug for $signing {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($signing), "(..)"))
            }
        }
    };
}

ecdsa_keys!(Curve::P256, p256, Es256VerifyingKey, Es256SigningKey, "ES256");
ecdsa_keys!(Curve::P384, p384, Es384VerifyingKey, Es384SigningKey, "ES384");
