use alloc::sync::Arc;
use core::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::{agreement, signature};

use crate::key::parts::{Curve, PrivateKind, PrivateParts, PublicParts};
use crate::key::{InvalidKey, InvalidKeyKind, Signature, der, pem};

macro_rules! ecdsa_keys {
    (
        $curve:expr, $verify:ident, $sign:ident, $agreement:ident, $verifying:ident, $signing:ident, $name:literal
    ) => {
        #[doc = concat!("An ", $name, " public key (RFC 7518 section 3.4).")]
        ///
        /// A signature is r | s of fixed length; both of the two values of s are accepted, as the RFC has it.
        #[derive(Clone)]
        pub struct $verifying(Arc<signature::ParsedPublicKey>);

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
                signature::ParsedPublicKey::new(&signature::$verify, point)
                    .map(|key| Self(Arc::new(key)))
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

            pub(crate) fn is_valid(&self, message: &[u8], signature: &[u8]) -> bool {
                signature.len() == 2 * $curve.field_len() && self.0.verify_sig(message, signature).is_ok()
            }

            pub(crate) fn parts(&self) -> PublicParts {
                // What `from_sec1` was given.
                PublicParts::Ec($curve, self.0.as_ref().as_ref().to_vec())
            }
        }

        impl fmt::Debug for $verifying {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!("aws_lc::", stringify!($verifying), "(..)"))
            }
        }

        #[doc = concat!("An ", $name, " private key (RFC 7518 section 3.4).")]
        ///
        /// Two signatures over the same claims differ: AWS-LC draws fresh randomness for each.
        #[derive(Clone)]
        pub struct $signing {
            key: Arc<signature::EcdsaKeyPair>,
            public: $verifying,
        }

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
                // The agreement key alone computes the point of a bare scalar.
                let point = agreement::PrivateKey::from_private_key(&agreement::$agreement, scalar)
                    .ok()
                    .and_then(|key| key.compute_public_key().ok())
                    .ok_or(InvalidKeyKind::Value)?;
                let key = signature::EcdsaKeyPair::from_private_key_and_public_key(
                    &signature::$sign,
                    scalar,
                    point.as_ref(),
                )
                .map_err(|_| InvalidKeyKind::Value)?;
                Ok(Self {
                    key: Arc::new(key),
                    public: $verifying::from_sec1(point.as_ref())?,
                })
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
                self.public.clone()
            }

            pub(crate) fn from_parts(parts: &PrivateParts) -> Result<Self, InvalidKey> {
                if parts.kind != PrivateKind::Ec($curve) {
                    return Err(InvalidKeyKind::OtherType.into());
                }
                let key = Self::from_scalar(parts.secret.expose())?;
                match &parts.public {
                    Some(public) if public != key.public.0.as_ref().as_ref() => {
                        Err(InvalidKeyKind::Conflict.into())
                    }
                    _ => Ok(key),
                }
            }

            pub(crate) fn sign(&self, message: &[u8]) -> Option<Signature> {
                let signature = self.key.sign(&SystemRandom::new(), message).ok()?;
                Some(Signature::new(signature.as_ref()))
            }
        }

        impl fmt::Debug for $signing {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!("aws_lc::", stringify!($signing), "(..)"))
            }
        }
    };
}

ecdsa_keys!(
    Curve::P256,
    ECDSA_P256_SHA256_FIXED,
    ECDSA_P256_SHA256_FIXED_SIGNING,
    ECDH_P256,
    Es256VerifyingKey,
    Es256SigningKey,
    "ES256"
);
ecdsa_keys!(
    Curve::P384,
    ECDSA_P384_SHA384_FIXED,
    ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDH_P384,
    Es384VerifyingKey,
    Es384SigningKey,
    "ES384"
);
