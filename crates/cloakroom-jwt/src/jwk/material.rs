use alloc::vec::Vec;

use cloakroom_core::Secret;

use super::members::Members;
use super::thumbprint;
use crate::encoding::decode;
use crate::key::parts::{Curve, PrivateKind, PrivateParts, PublicParts};
use crate::key::{Backend, InvalidKey, InvalidKeyKind, SigningKey, VerifyingKey};
use crate::{Algorithm, HmacKey};

/// The key material of a JWK.
pub(super) enum Material {
    Oct(Secret<Vec<u8>>),
    Public(PublicParts),
    Private(PublicParts, PrivateParts),
    /// Of a private RSA key the public half is kept, and which member made it private.
    PrivateRsa(PublicParts, &'static str),
}

impl Material {
    /// RFC 7518 section 6, RFC 8037 section 2.
    pub(super) fn of(members: &Members) -> Result<Self, InvalidKey> {
        match members.kty.as_deref() {
            Some("EC") => ec(members),
            Some("OKP") => okp(members),
            Some("RSA") => rsa(members),
            Some("oct") => Ok(Self::Oct(secret(members.k.as_ref(), "k")?)),
            Some(_) => Err(InvalidKey::member_of(InvalidKeyKind::Unsupported, "kty")),
            None => Err(InvalidKey::member_of(InvalidKeyKind::Missing, "kty")),
        }
    }

    pub(super) fn private_member(&self) -> Option<&'static str> {
        match self {
            Self::Oct(_) => Some("k"),
            Self::Public(_) => None,
            Self::Private(..) => Some("d"),
            Self::PrivateRsa(_, member) => Some(member),
        }
    }

    pub(super) fn only_algorithm(&self) -> Option<Algorithm> {
        match self.public()? {
            PublicParts::Ec(Curve::P256, _) => Some(Algorithm::Es256),
            PublicParts::Ec(Curve::P384, _) => Some(Algorithm::Es384),
            PublicParts::Ed25519(_) => Some(Algorithm::EdDsa),
            PublicParts::Rsa { .. } => None,
        }
    }

    /// Whether keys of this type have that algorithm.
    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        match self.public() {
            None => matches!(algorithm, Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512),
            Some(PublicParts::Rsa { .. }) => algorithm.is_rsa(),
            Some(_) => self.only_algorithm() == Some(algorithm),
        }
    }

    pub(super) fn verifying_key(
        &self,
        algorithm: Algorithm,
        backend: Backend,
    ) -> Result<VerifyingKey, InvalidKey> {
        let key = match self {
            Self::Oct(secret) => hmac(algorithm, secret).map(VerifyingKey::from),
            Self::Public(public) | Self::Private(public, _) | Self::PrivateRsa(public, _) => {
                backend.verifying_key(algorithm, public)
            }
        }
        .map_err(|error| error.or_member(self.public_member(error.kind())))?;
        if let Self::Private(..) = self {
            // Two halves that are not of one key are a mistake, whichever of them is used.
            self.signing_key(algorithm, backend)?;
        }
        Ok(key)
    }

    pub(super) fn signing_key(
        &self,
        algorithm: Algorithm,
        backend: Backend,
    ) -> Result<SigningKey, InvalidKey> {
        match self {
            Self::Oct(secret) => hmac(algorithm, secret)
                .map(SigningKey::from)
                .map_err(|error| error.or_member("k")),
            Self::Private(_, private) => backend.signing_key(private).map_err(|error| match error.kind() {
                InvalidKeyKind::Unsupported => error.or_member("kty"),
                _ => error.or_member("d"),
            }),
            Self::Public(_) => Err(InvalidKey::member_of(InvalidKeyKind::Missing, "d")),
            Self::PrivateRsa(..) => Err(InvalidKey::member_of(InvalidKeyKind::Unsupported, "kty")),
        }
    }

    pub(super) fn thumbprint(&self) -> [u8; 32] {
        match self {
            Self::Oct(secret) => thumbprint::of_secret(secret),
            Self::Public(public) | Self::Private(public, _) | Self::PrivateRsa(public, _) => {
                thumbprint::of_public(public)
            }
        }
    }

    fn public(&self) -> Option<&PublicParts> {
        match self {
            Self::Oct(_) => None,
            Self::Public(public) | Self::Private(public, _) | Self::PrivateRsa(public, _) => Some(public),
        }
    }

    /// Where a verifying key that the backend refuses is at fault.
    fn public_member(&self, kind: InvalidKeyKind) -> &'static str {
        match (kind, self.public()) {
            (InvalidKeyKind::Unsupported, _) => "kty",
            (InvalidKeyKind::RsaExponent, _) => "e",
            (_, Some(PublicParts::Rsa { .. })) => "n",
            (_, Some(_)) => "x",
            (_, None) => "k",
        }
    }
}

fn ec(members: &Members) -> Result<Material, InvalidKey> {
    let curve = match members.crv.as_deref() {
        Some("P-256") => Curve::P256,
        Some("P-384") => Curve::P384,
        Some(_) => return Err(InvalidKey::member_of(InvalidKeyKind::Unsupported, "crv")),
        None => return Err(InvalidKey::member_of(InvalidKeyKind::Missing, "crv")),
    };
    let mut point = Vec::with_capacity(1 + 2 * curve.field_len());
    point.push(4);
    point.extend(of_length(members.x.as_deref(), "x", curve.field_len())?);
    point.extend(of_length(members.y.as_deref(), "y", curve.field_len())?);
    with_private(
        members,
        PublicParts::Ec(curve, point.clone()),
        PrivateKind::Ec(curve),
        point,
    )
}

fn okp(members: &Members) -> Result<Material, InvalidKey> {
    match members.crv.as_deref() {
        Some("Ed25519") => {}
        Some(_) => return Err(InvalidKey::member_of(InvalidKeyKind::Unsupported, "crv")),
        None => return Err(InvalidKey::member_of(InvalidKeyKind::Missing, "crv")),
    }
    let x = of_length(members.x.as_deref(), "x", 32)?;
    with_private(members, PublicParts::Ed25519(x.clone()), PrivateKind::Ed25519, x)
}

fn rsa(members: &Members) -> Result<Material, InvalidKey> {
    let n = number(members.n.as_deref(), "n")?;
    let e = number(members.e.as_deref(), "e")?;
    let public = PublicParts::Rsa { n, e };
    Ok(match members.d.as_ref().map(|_| "d").or(members.rsa_private) {
        Some(member) => Material::PrivateRsa(public, member),
        None => Material::Public(public),
    })
}

fn with_private(
    members: &Members,
    public: PublicParts,
    kind: PrivateKind,
    encoded: Vec<u8>,
) -> Result<Material, InvalidKey> {
    if members.d.is_none() {
        return Ok(Material::Public(public));
    }
    let secret = secret(members.d.as_ref(), "d")?;
    let expected = match kind {
        PrivateKind::Ec(curve) => curve.field_len(),
        PrivateKind::Ed25519 => 32,
    };
    if secret.expose().len() != expected {
        return Err(InvalidKey::member_of(InvalidKeyKind::Malformed, "d"));
    }
    let private = PrivateParts {
        kind,
        secret,
        public: Some(encoded),
    };
    Ok(Material::Private(public, private))
}

fn bytes(text: Option<&str>, member: &'static str) -> Result<Vec<u8>, InvalidKey> {
    let text = text.ok_or(InvalidKey::member_of(InvalidKeyKind::Missing, member))?;
    decode(text.as_bytes()).map_err(|_| InvalidKey::member_of(InvalidKeyKind::Malformed, member))
}

fn secret(
    text: Option<&Secret<alloc::string::String>>,
    member: &'static str,
) -> Result<Secret<Vec<u8>>, InvalidKey> {
    bytes(text.map(|text| text.expose().as_str()), member).map(Secret::new)
}

fn of_length(text: Option<&str>, member: &'static str, length: usize) -> Result<Vec<u8>, InvalidKey> {
    let bytes = bytes(text, member)?;
    if bytes.len() == length {
        Ok(bytes)
    } else {
        Err(InvalidKey::member_of(InvalidKeyKind::Malformed, member))
    }
}

/// `Base64urlUInt`, in as few octets as there can be (RFC 7518 section 2).
fn number(text: Option<&str>, member: &'static str) -> Result<Vec<u8>, InvalidKey> {
    let bytes = bytes(text, member)?;
    match bytes.first() {
        Some(1..) => Ok(bytes),
        _ => Err(InvalidKey::member_of(InvalidKeyKind::Malformed, member)),
    }
}

fn hmac(algorithm: Algorithm, secret: &Secret<Vec<u8>>) -> Result<HmacKey, InvalidKey> {
    match algorithm {
        Algorithm::Hs256 => HmacKey::hs256(secret.expose()),
        Algorithm::Hs384 => HmacKey::hs384(secret.expose()),
        Algorithm::Hs512 => HmacKey::hs512(secret.expose()),
        _ => Err(InvalidKeyKind::Conflict.into()),
    }
}
