use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value};
use sha2::{Sha256, Sha384, Sha512};

use super::key::AttackKey;
use crate::key::parts::PublicParts;
use crate::{Algorithm, SigningKey};

/// The good token, taken apart, and what is known of its key.
pub(super) struct Good {
    /// The token itself, and its parts as they were written.
    pub(super) token: String,
    pub(super) header_part: String,
    pub(super) claims_part: String,
    pub(super) signature_part: String,
    pub(super) header_text: String,
    pub(super) claims_text: String,
    pub(super) signature: Vec<u8>,
    header: Map<String, Value>,
    claims: Map<String, Value>,
    pub(super) algorithm: Algorithm,
    /// The public half of an asymmetric key.
    pub(super) public: Option<PublicParts>,
    signing: Option<SigningKey>,
}

impl Good {
    pub(super) fn read(token: &str, key: &impl AttackKey) -> Self {
        let verifying = key.verifying();
        let parts: Vec<&str> = token.split('.').collect();
        let [header_part, claims_part, signature_part] = parts[..] else {
            panic!("the good token is no JWS in compact serialization");
        };
        let octets = |part| {
            URL_SAFE_NO_PAD
                .decode(part)
                .expect("the good token is canonical base64url")
        };
        let text = |part| String::from_utf8(octets(part)).expect("the good token is UTF-8");
        let (header_text, claims_text) = (text(header_part), text(claims_part));
        let object = |text: &str| -> Map<String, Value> {
            serde_json::from_str(text).expect("the good token's header and claims are JSON objects")
        };
        let (header, claims) = (object(&header_text), object(&claims_text));
        let signature = octets(signature_part);
        let name = header.get("alg").and_then(Value::as_str).unwrap_or_default();
        assert!(
            Algorithm::from_name(name.as_bytes()) == Some(verifying.algorithm())
                && verifying.is_valid(format!("{header_part}.{claims_part}").as_bytes(), &signature),
            "the key does not verify the good token"
        );
        Self {
            token: token.into(),
            header_part: header_part.into(),
            claims_part: claims_part.into(),
            signature_part: signature_part.into(),
            header_text,
            claims_text,
            signature,
            header,
            claims,
            algorithm: verifying.algorithm(),
            public: verifying.public_parts(),
            signing: key.signing(),
        }
    }

    /// A claim of the good token.
    pub(super) fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }

    /// A member of the good token's header.
    pub(super) fn header(&self, name: &str) -> Option<&Value> {
        self.header.get(name)
    }

    /// The good header with `name` set to `value`.
    pub(super) fn header_with(&self, name: &str, value: impl Into<Value>) -> String {
        with(&self.header, name, value.into())
    }

    /// The good header without `name`.
    pub(super) fn header_without(&self, name: &str) -> String {
        without(&self.header, name)
    }

    /// The good claims with `name` set to `value`.
    pub(super) fn claims_with(&self, name: &str, value: impl Into<Value>) -> String {
        with(&self.claims, name, value.into())
    }

    /// The good claims without `name`.
    pub(super) fn claims_without(&self, name: &str) -> String {
        without(&self.claims, name)
    }

    /// `header` and `claims` under the signature of the good token.
    pub(super) fn stale(&self, header: &[u8], claims: &[u8]) -> String {
        format!("{}.{}.{}", encode(header), encode(claims), self.signature_part)
    }

    /// `header` and `claims` under a right signature, when the key signs.
    pub(super) fn signed(&self, header: &[u8], claims: &[u8]) -> Option<String> {
        self.signed_parts(&encode(header), &encode(claims))
    }

    /// The same for parts that are encoded already, well or not.
    pub(super) fn signed_parts(&self, header: &str, claims: &str) -> Option<String> {
        let input = format!("{header}.{claims}");
        let signature = self.signing.as_ref()?.sign(input.as_bytes())?;
        Some(format!("{input}.{}", encode(signature)))
    }

    /// `header` with the good claims under a right signature, when the key signs.
    pub(super) fn with_header(&self, header: impl AsRef<[u8]>) -> Option<String> {
        self.signed(header.as_ref(), self.claims_text.as_bytes())
    }

    /// The same, under the good token's own signature when the key does not sign.
    pub(super) fn with_header_or_stale(&self, header: impl AsRef<[u8]>) -> String {
        let header = header.as_ref();
        self.with_header(header)
            .unwrap_or_else(|| self.stale(header, self.claims_text.as_bytes()))
    }

    /// The good header with `claims` under a right signature, when the key signs.
    pub(super) fn with_claims(&self, claims: impl AsRef<[u8]>) -> Option<String> {
        self.signed(self.header_text.as_bytes(), claims.as_ref())
    }

    /// The good header and claims under `signature`.
    pub(super) fn with_signature(&self, signature: &[u8]) -> String {
        format!("{}.{}.{}", self.header_part, self.claims_part, encode(signature))
    }

    /// `header` with the good claims, signed by somebody who has `secret` and nothing else.
    pub(super) fn forged(&self, header: &str, hash: Hash, secret: &[u8]) -> String {
        let input = format!("{}.{}", encode(header.as_bytes()), self.claims_part);
        let signature = hash.mac(secret, input.as_bytes());
        format!("{input}.{}", encode(&signature))
    }
}

/// The hash of one of the HMAC algorithms.
#[derive(Clone, Copy)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// The one that an application with a key of `algorithm` would be fooled with.
    pub(super) fn of(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Hs384 => Self::Sha384,
            Algorithm::Hs512 => Self::Sha512,
            _ => Self::Sha256,
        }
    }

    pub(super) fn alg(self) -> &'static str {
        match self {
            Self::Sha256 => "HS256",
            Self::Sha384 => "HS384",
            Self::Sha512 => "HS512",
        }
    }

    /// HMAC under any secret at all, which [`HmacKey`](crate::HmacKey) would refuse.
    pub(super) fn mac(self, secret: &[u8], message: &[u8]) -> Vec<u8> {
        const ANY: &str = "HMAC takes a key of any length";
        match self {
            Self::Sha256 => {
                let mac = Hmac::<Sha256>::new_from_slice(secret).expect(ANY);
                mac.chain_update(message).finalize().into_bytes().to_vec()
            }
            Self::Sha384 => {
                let mac = Hmac::<Sha384>::new_from_slice(secret).expect(ANY);
                mac.chain_update(message).finalize().into_bytes().to_vec()
            }
            Self::Sha512 => {
                let mac = Hmac::<Sha512>::new_from_slice(secret).expect(ANY);
                mac.chain_update(message).finalize().into_bytes().to_vec()
            }
        }
    }
}

pub(super) fn encode(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

/// The text of an object with `members`, such as `"alg":"none"`, before all others.
pub(super) fn before(members: &str, object: &str) -> String {
    let others = object.split_once('{').map_or("", |(_, others)| others);
    let comma = if others.trim_start().starts_with('}') {
        ""
    } else {
        ","
    };
    format!("{{{members}{comma}{others}")
}

/// The text of an object with `members` after all others.
pub(super) fn after(object: &str, members: &str) -> String {
    let end = object.rfind('}').unwrap_or(object.len());
    format!("{},{members}}}", &object[..end])
}

fn with(object: &Map<String, Value>, name: &str, value: Value) -> String {
    let mut object = object.clone();
    object.insert(name.into(), value);
    Value::Object(object).to_string()
}

fn without(object: &Map<String, Value>, name: &str) -> String {
    let mut object = object.clone();
    object.remove(name);
    Value::Object(object).to_string()
}
