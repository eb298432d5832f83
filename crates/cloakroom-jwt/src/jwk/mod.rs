mod material;
mod members;
mod publish;
mod thumbprint;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use material::Material;
use members::Members;
pub(crate) use members::{Value, find_twice};
pub use publish::jwk_set_json;

use crate::key::{Backend, InvalidKey, InvalidKeyKind, SigningKey, VerifyingKey, is_kid};
use crate::{Algorithm, encoding};

/// A JSON Web Key (RFC 7517): EC on P-256 and P-384, OKP on Ed25519, RSA, `oct`.
///
/// It is read strictly: no member twice, base64url in its canonical form, coordinates of exact length, no member that
/// contradicts another. The numbers become a key, and are checked as such, in [`verifying_key`](Jwk::verifying_key) and
/// [`signing_key`](Jwk::signing_key).
///
/// ```
/// # #[cfg(feature = "eddsa")] {
/// use cloakroom_jwt::{Algorithm, Backend, Jwk};
///
/// let jwk = Jwk::parse(br#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#)?;
/// assert_eq!(jwk.algorithm(), Some(Algorithm::EdDsa));
/// let key = jwk.verifying_key(Backend::RustCrypto, None)?;
/// # assert_eq!(key.algorithm(), Algorithm::EdDsa);
/// # }
/// # Ok::<(), cloakroom_jwt::InvalidKey>(())
/// ```
pub struct Jwk {
    kid: Option<String>,
    algorithm: Option<Algorithm>,
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    material: Material,
}

impl Jwk {
    /// Reads a JWK.
    ///
    /// # Errors
    ///
    /// When it is no JSON object or a member of it is at fault, which the error names.
    pub fn parse(json: &[u8]) -> Result<Self, InvalidKey> {
        let members: Members = serde_json::from_slice(json).map_err(|_| InvalidKeyKind::Json)?;
        Self::of(members)
    }

    fn of(members: Members) -> Result<Self, InvalidKey> {
        if let Some(problem) = members.problem {
            return Err(problem);
        }
        if members.kid.as_deref().is_some_and(|kid| !is_kid(kid)) {
            return Err(InvalidKey::member_of(InvalidKeyKind::Kid, "kid"));
        }
        let material = Material::of(&members)?;
        let algorithm = algorithm(members.alg.as_deref(), &material)?;
        check_key_ops(members.key_ops.as_deref(), members.usage.as_deref())?;
        Ok(Self {
            kid: members.kid,
            algorithm,
            usage: members.usage,
            key_ops: members.key_ops,
            material,
        })
    }

    /// The key id.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The algorithm: `alg`, or what follows from `crv`.
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm
    }

    /// Whether it is a private or a symmetric key.
    pub fn is_private(&self) -> bool {
        self.material.private_member().is_some()
    }

    /// The SHA-256 thumbprint (RFC 7638; RFC 8037 section 2 for Ed25519).
    pub fn thumbprint(&self) -> [u8; 32] {
        self.material.thumbprint()
    }

    /// The thumbprint in base64url, as it serves for a `kid`.
    pub fn thumbprint_text(&self) -> String {
        encoding::encode(&self.thumbprint())
    }

    /// The key that verifies, under the JWK's `kid`. Of a private key it is the public half, when `d` is that of `x` and
    /// `y`; the private members of RSA are not looked at.
    ///
    /// `rsa` is the algorithm of an RSA key that names none, since several would fit. A token's header never chooses.
    ///
    /// # Errors
    ///
    /// When `use` or `key_ops` is for something else, when the numbers are no key, or when the backend has no such keys.
    /// [`InvalidKeyKind::OtherType`] when `rsa` is not one of RSA, whatever the key is.
    pub fn verifying_key(
        &self,
        backend: Backend,
        rsa: Option<Algorithm>,
    ) -> Result<VerifyingKey, InvalidKey> {
        if rsa.is_some_and(|algorithm| !algorithm.is_rsa()) {
            return Err(InvalidKeyKind::OtherType.into());
        }
        self.check_use("verify")?;
        let algorithm = match (self.algorithm, rsa) {
            (Some(algorithm), _) => algorithm,
            (None, Some(algorithm)) if self.material.fits(algorithm) => algorithm,
            _ => return Err(InvalidKey::member_of(InvalidKeyKind::Missing, "alg")),
        };
        let key = self.material.verifying_key(algorithm, backend)?;
        Ok(match &self.kid {
            Some(kid) => key.with_kid(kid.as_str()),
            None => key,
        })
    }

    /// The key that signs, under the JWK's `kid`.
    ///
    /// # Errors
    ///
    /// When it is a public key, when `use` or `key_ops` is for something else, when the numbers are no key, when `d` is not
    /// that of `x` and `y`, or when the backend has no such keys: nothing here signs with RSA.
    pub fn signing_key(&self, backend: Backend) -> Result<SigningKey, InvalidKey> {
        self.check_use("sign")?;
        let algorithm = self.algorithm;
        let algorithm = algorithm.ok_or(InvalidKey::member_of(InvalidKeyKind::Missing, "alg"))?;
        let key = self.material.signing_key(algorithm, backend)?;
        Ok(match &self.kid {
            Some(kid) => key.with_kid(kid.as_str()),
            None => key,
        })
    }

    /// The member that makes it a private or a symmetric key.
    pub(crate) fn private_member(&self) -> Option<&'static str> {
        self.material.private_member()
    }

    /// RFC 7517 sections 4.2 and 4.3.
    fn check_use(&self, operation: &str) -> Result<(), InvalidKey> {
        if self.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return Err(InvalidKey::member_of(InvalidKeyKind::Use, "use"));
        }
        let mut operations = self.key_ops.iter().flatten();
        if self.key_ops.is_some() && !operations.any(|allowed| allowed == operation) {
            return Err(InvalidKey::member_of(InvalidKeyKind::Use, "key_ops"));
        }
        Ok(())
    }
}

/// `alg`, which must fit the key, or what the curve leaves as the only choice.
fn algorithm(alg: Option<&str>, material: &Material) -> Result<Option<Algorithm>, InvalidKey> {
    let Some(name) = alg else {
        return Ok(material.only_algorithm());
    };
    let algorithm = Algorithm::from_name(name.as_bytes())
        .ok_or(InvalidKey::member_of(InvalidKeyKind::Unsupported, "alg"))?;
    if !material.fits(algorithm) {
        return Err(InvalidKey::member_of(InvalidKeyKind::Conflict, "alg"));
    }
    Ok(Some(algorithm))
}

/// No operation twice, and none that contradicts `use` (RFC 7517 section 4.3).
fn check_key_ops(key_ops: Option<&[String]>, usage: Option<&str>) -> Result<(), InvalidKey> {
    let Some(key_ops) = key_ops else {
        return Ok(());
    };
    if find_twice(&mut key_ops.to_vec()).is_some() {
        return Err(InvalidKey::member_of(InvalidKeyKind::Duplicate, "key_ops"));
    }
    let is_for_signatures = |operation: &String| operation == "sign" || operation == "verify";
    let contradicts = match usage {
        Some("sig") => !key_ops.iter().all(is_for_signatures),
        Some(_) => key_ops.iter().any(is_for_signatures),
        None => false,
    };
    if contradicts {
        return Err(InvalidKey::member_of(InvalidKeyKind::Conflict, "key_ops"));
    }
    Ok(())
}

/// Shows the algorithm and how long the key id is.
impl fmt::Debug for Jwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwk")
            .field("algorithm", &self.algorithm)
            .field("kid_len", &self.kid().map(str::len))
            .finish_non_exhaustive()
    }
}
