use alloc::string::String;
use alloc::vec::Vec;

use super::thumbprint;
use crate::encoding::encode;
use crate::jose_header::push_json_string;
use crate::key::parts::{Curve, PublicParts};
use crate::key::{InvalidKey, InvalidKeyKind, VerifyingKey, is_kid};

impl VerifyingKey {
    /// The key as a JWK for others to verify with: `kty` and the public members, `use`, `alg`, and `kid` if it has one.
    ///
    /// `None` for an HMAC key, which has nothing to publish.
    pub fn to_jwk(&self) -> Option<String> {
        let public = self.public_parts()?;
        let mut json = String::from("{");
        for (name, value) in members(&public) {
            json.extend(["\"", name, "\":\"", &value, "\","]);
        }
        json.extend([r#""use":"sig","alg":""#, self.algorithm().name(), "\""]);
        if let Some(kid) = self.kid() {
            json.push_str(r#","kid":"#);
            push_json_string(&mut json, kid);
        }
        json.push('}');
        Some(json)
    }

    /// The SHA-256 thumbprint (RFC 7638) in base64url, as it serves for a `kid`. `None` for an HMAC key.
    pub fn thumbprint_text(&self) -> Option<String> {
        Some(encode(&thumbprint::of_public(&self.public_parts()?)))
    }
}

/// The JWK set (RFC 7517 section 5) of these keys, for an issuer to publish.
///
/// # Errors
///
/// About the first key that a reader would pass over, with its place: [`InvalidKeyKind::Private`] for an HMAC key,
/// [`InvalidKeyKind::Kid`], [`InvalidKeyKind::Duplicate`] for the second of one algorithm and `kid`, and
/// [`InvalidKeyKind::Missing`] for one without a `kid` beside another of its algorithm.
pub fn jwk_set_json<'k>(keys: impl IntoIterator<Item = &'k VerifyingKey>) -> Result<String, InvalidKey> {
    let keys: Vec<_> = keys.into_iter().collect();
    let mut json = String::from(r#"{"keys":["#);
    for (index, key) in keys.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        let jwk = key.to_jwk();
        json.push_str(&jwk.ok_or(InvalidKey::new(InvalidKeyKind::Private).at(index))?);
        check_kid(index, &keys).map_err(|error| error.at(index))?;
    }
    json.push_str("]}");
    Ok(json)
}

/// Whether a token can mean the key at `index`, and none of the others by the same header.
fn check_kid(index: usize, keys: &[&VerifyingKey]) -> Result<(), InvalidKey> {
    let key = keys[index];
    let kind = match key.kid() {
        Some(kid) if !is_kid(kid) => InvalidKeyKind::Kid,
        kid => {
            let mut others = (keys.iter().enumerate())
                .filter(|(place, other)| *place != index && other.algorithm() == key.algorithm());
            if kid.is_none() && others.next().is_some() {
                InvalidKeyKind::Missing
            } else if others.any(|(place, other)| place < index && other.kid() == kid) {
                InvalidKeyKind::Duplicate
            } else {
                return Ok(());
            }
        }
    };
    Err(InvalidKey::member_of(kind, "kid"))
}

/// The members that a public key of its type must have (RFC 7638 section 3.2).
pub(super) fn members(public: &PublicParts) -> Vec<(&'static str, String)> {
    match public {
        PublicParts::Ec(curve, point) => {
            let (x, y) = point[1..].split_at(curve.field_len());
            let crv = match curve {
                Curve::P256 => "P-256",
                Curve::P384 => "P-384",
            };
            [
                ("kty", "EC".into()),
                ("crv", crv.into()),
                ("x", encode(x)),
                ("y", encode(y)),
            ]
            .into()
        }
        PublicParts::Ed25519(x) => {
            [("kty", "OKP".into()), ("crv", "Ed25519".into()), ("x", encode(x))].into()
        }
        PublicParts::Rsa { n, e } => [("kty", "RSA".into()), ("n", encode(n)), ("e", encode(e))].into(),
    }
}
