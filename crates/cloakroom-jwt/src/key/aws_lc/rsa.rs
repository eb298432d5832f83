use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use aws_lc_rs::signature::{self, ParsedPublicKey, RsaParameters, RsaPublicKeyComponents};

use crate::Algorithm;
use crate::key::parts::PublicParts;
use crate::key::{InvalidKey, InvalidKeyKind, der, pem};

/// An RSA public key for one of RS256, RS384, RS512 (RFC 7518 section 3.3) and PS256, PS384, PS512 (section 3.5).
///
/// The modulus has 2048 to 8192 bits, the exponent is odd, at least 3 and has at most 33 bits. The key material does not say which algorithm
/// it is for, so the caller names it; a token's header never does.
#[derive(Clone)]
pub struct RsaVerifyingKey(Arc<Inner>);

struct Inner {
    algorithm: Algorithm,
    key: ParsedPublicKey,
    n: Vec<u8>,
    e: Vec<u8>,
}

impl RsaVerifyingKey {
    /// The key in a PEM block `PUBLIC KEY`.
    ///
    /// # Errors
    ///
    /// When it is no such block or no such key, or `algorithm` is not one of RSA.
    pub fn from_pem(algorithm: Algorithm, pem: &str) -> Result<Self, InvalidKey> {
        Self::from_der(algorithm, pem::decode(pem, pem::PUBLIC_KEY)?.expose())
    }

    /// The key in a `SubjectPublicKeyInfo` (RFC 3279 section 2.3.1).
    ///
    /// # Errors
    ///
    /// When it is no such structure or no such key, or `algorithm` is not one of RSA.
    pub fn from_der(algorithm: Algorithm, der: &[u8]) -> Result<Self, InvalidKey> {
        match der::public_key(der)? {
            PublicParts::Rsa { n, e } => Self::from_components(algorithm, &n, &e),
            _ => Err(InvalidKeyKind::OtherType.into()),
        }
    }

    /// The key of modulus and exponent, big-endian and without leading zeros.
    ///
    /// # Errors
    ///
    /// When they are no such numbers, or `algorithm` is not one of RSA.
    pub fn from_components(algorithm: Algorithm, n: &[u8], e: &[u8]) -> Result<Self, InvalidKey> {
        let parameters = parameters(algorithm).ok_or(InvalidKeyKind::OtherType)?;
        let ([high @ 1..=0xff, ..], [1..=0xff, ..]) = (n, e) else {
            return Err(InvalidKeyKind::Value.into());
        };
        let bits = n.len() * 8 - high.leading_zeros() as usize;
        if !(2048..=8192).contains(&bits) {
            return Err(InvalidKeyKind::RsaSize.into());
        }
        if !is_odd(e) || e == [1] || !has_at_most_33_bits(e) {
            return Err(InvalidKeyKind::RsaExponent.into());
        }
        if !is_odd(n) {
            return Err(InvalidKeyKind::Value.into());
        }
        let key = RsaPublicKeyComponents { n, e }
            .to_parsed_public_key(parameters)
            .map_err(|_| InvalidKeyKind::Value)?;
        Ok(Self(Arc::new(Inner {
            algorithm,
            key,
            n: n.to_vec(),
            e: e.to_vec(),
        })))
    }

    /// The only algorithm that it verifies.
    pub fn algorithm(&self) -> Algorithm {
        self.0.algorithm
    }

    pub(crate) fn is_valid(&self, message: &[u8], signature: &[u8]) -> bool {
        // As long as the modulus (RFC 8017 sections 8.1.2 and 8.2.2, step 1).
        signature.len() == self.0.n.len() && self.0.key.verify_sig(message, signature).is_ok()
    }

    pub(crate) fn parts(&self) -> PublicParts {
        PublicParts::Rsa {
            n: self.0.n.clone(),
            e: self.0.e.clone(),
        }
    }
}

fn parameters(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    Some(match algorithm {
        Algorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

/// AWS-LC loads greater exponents and verifies nothing with them.
fn has_at_most_33_bits(e: &[u8]) -> bool {
    matches!(
        e,
        [] | [_] | [_, _] | [_, _, _] | [_, _, _, _] | [..=1, _, _, _, _]
    )
}

fn is_odd(number: &[u8]) -> bool {
    number.last().is_some_and(|low| low & 1 == 1)
}

impl fmt::Debug for RsaVerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaVerifyingKey({})", self.0.algorithm)
    }
}
