//! `jws-verify`, `jws-sign` and `jwt-verify`: signed tokens.

use std::cell::RefCell;
use std::str::FromStr;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_jwt::{
    Algorithm, Backend, InvalidVerifier, Jwk, JwkSet, Policy, Scratch, SigningKey, Typ, Untyped, Verifier,
    VerifyingKey, jws,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::options::Unusable;
use crate::wire::{Bytes, Refusal};

/// What the options say of the keys, but for their file.
#[derive(Clone, Copy, Default)]
pub(crate) struct KeyChoice {
    /// What a JWK becomes that does not say it.
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) backend: Option<Backend>,
}

impl KeyChoice {
    /// The keys of a JWK or of a JWK set; `None` when the library refuses one of them, or there is none.
    pub(crate) fn verifying_keys(self, json: &[u8]) -> Option<Vec<VerifyingKey>> {
        let shape: Value = serde_json::from_slice(json).ok()?;
        let backend = self.backend.unwrap_or(backend_for(&shape));
        let keys = if shape.get("keys").is_some() {
            JwkSet::parse(json).ok()?.keys(backend, self.algorithm).ok()?
        } else {
            vec![
                Jwk::parse(json)
                    .ok()?
                    .verifying_key(backend, self.algorithm)
                    .ok()?,
            ]
        };
        (!keys.is_empty()).then_some(keys)
    }

    /// The private or secret key of a JWK; `None` when the library refuses it.
    pub(crate) fn signing_key(self, json: &[u8]) -> Option<SigningKey> {
        let shape: Value = serde_json::from_slice(json).ok()?;
        let backend = self.backend.unwrap_or(Backend::RustCrypto);
        let named = self.algorithm.map(Algorithm::name);
        let key = match (named, shape.get("alg")) {
            (Some(named), None) => Jwk::parse(&with_algorithm(json, named)?),
            (Some(named), Some(alg)) if alg != named => return None,
            _ => Jwk::parse(json),
        };
        key.ok()?.signing_key(backend).ok()
    }
}

/// RSA is AWS-LC's; everything else has a backend in pure Rust. All else in the file is for the library to read.
fn backend_for(file: &Value) -> Backend {
    let keys = file.get("keys").and_then(Value::as_array);
    let is_rsa = |key: &Value| key.get("kty").is_some_and(|kty| kty == "RSA");
    if is_rsa(file) || keys.is_some_and(|keys| keys.iter().any(is_rsa)) {
        Backend::AwsLc
    } else {
        Backend::RustCrypto
    }
}

/// The JWK `json`, which has no `alg`, with one.
fn with_algorithm(json: &[u8], name: &str) -> Option<Vec<u8>> {
    let members = json.trim_ascii_start().strip_prefix(b"{")?;
    let mut written = format!("{{\"alg\":\"{name}\",").into_bytes();
    written.extend_from_slice(members);
    Some(written)
}

pub(crate) struct JwsVerifying {
    pub(crate) keys: Vec<VerifyingKey>,
}

#[derive(Deserialize)]
pub(crate) struct Token {
    token: String,
}

#[derive(Serialize)]
pub(crate) struct Verified {
    payload_b64: Bytes,
}

impl JwsVerifying {
    pub(crate) fn verify(&self, input: &Token) -> Result<Verified, Refusal> {
        match jws::verify_bytes(&input.token, &self.keys) {
            Ok(payload) => Ok(Verified {
                payload_b64: Bytes(payload),
            }),
            Err(error) => Err(Refusal::Token(error.kind())),
        }
    }
}

pub(crate) struct JwsSigning {
    pub(crate) key: SigningKey,
}

#[derive(Deserialize)]
pub(crate) struct Payload {
    payload_b64: Bytes,
}

#[derive(Serialize)]
pub(crate) struct Signed {
    token: String,
}

impl JwsSigning {
    pub(crate) fn sign(&self, input: &Payload) -> Result<Signed, Refusal> {
        match jws::sign_bytes(&input.payload_b64.0, &self.key) {
            Ok(token) => Ok(Signed { token }),
            Err(_) => Err(Refusal::Rejected),
        }
    }
}

/// What `--typ` and the member `typ` of a policy may say: a media type, or `untyped:` and what keeps tokens apart.
#[derive(Clone)]
pub(crate) struct TypWord(pub(crate) Typ);

impl FromStr for TypWord {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let untyped = |by| Ok(Self(Typ::untyped(by)));
        match word.strip_prefix("untyped") {
            None => Ok(Self(Typ::exact(word))),
            Some(":own-keys") => untyped(Untyped::OwnKeys),
            Some(":own-audience") => untyped(Untyped::OwnAudience),
            Some(by) => match by.strip_prefix(":claim:").and_then(|claim| claim.split_once('=')) {
                Some((name, value)) => untyped(Untyped::claim(name, value)),
                None => {
                    Err("untyped is said untyped:own-keys, untyped:own-audience or untyped:claim:NAME=VALUE")
                }
            },
        }
    }
}

/// One entry of a file of policies.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyEntry {
    iss: String,
    aud: String,
    typ: String,
    jwks: Box<RawValue>,
}

impl PolicyEntry {
    /// The policy, and its keys unless the library refuses them.
    pub(crate) fn read(self, leeway: Duration, keys: KeyChoice) -> Result<KeyedPolicy, &'static str> {
        let typ: TypWord = self.typ.parse()?;
        let policy = Policy::new(self.iss, self.aud, typ.0).leeway(leeway);
        Ok((policy, keys.verifying_keys(self.jwks.get().as_bytes())))
    }
}

pub(crate) type KeyedPolicy = (Policy, Option<Vec<VerifyingKey>>);

pub(crate) struct JwtVerifying {
    verifier: Verifier,
    now: UnixTime,
    /// One for all lines, so that what a line leaves behind would show in the next.
    scratch: RefCell<Scratch>,
}

impl JwtVerifying {
    /// The verifier; `None` when the library refuses the keys.
    pub(crate) fn new(policies: Vec<KeyedPolicy>, now: UnixTime) -> Result<Option<Self>, InvalidVerifier> {
        let mut keyed = Vec::new();
        for (policy, keys) in policies {
            // A policy without keys is refused for its own faults first.
            keyed.push((policy, keys.unwrap_or_default()));
        }
        match Verifier::many(keyed) {
            Ok(verifier) => Ok(Some(Self {
                verifier,
                now,
                scratch: RefCell::default(),
            })),
            Err(error) if ["keys", "kid"].contains(&error.member()) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Claims {
    claims: Box<RawValue>,
}

impl JwtVerifying {
    pub(crate) fn verify(&self, input: &Token) -> Result<Claims, Refusal> {
        let mut scratch = self.scratch.borrow_mut();
        let verified = self.verifier.verify(&input.token, self.now, &mut scratch);
        let verified = verified.map_err(|error| Refusal::Token(error.kind()))?;
        // The claims as they were signed, but for the line breaks and tabs that may stand between the tokens of JSON and
        // never inside a string.
        let text = verified.raw().replace(['\r', '\n', '\t'], "");
        let claims = RawValue::from_string(text).map_err(|_| Refusal::Rejected)?;
        Ok(Claims { claims })
    }
}

/// An option that names an algorithm.
pub(crate) fn algorithm(name: &str) -> Result<Algorithm, Unusable> {
    Algorithm::from_name(name.as_bytes())
        .ok_or_else(|| Unusable::option("alg", "no algorithm of this library"))
}

/// An option that names a backend.
pub(crate) fn backend(name: &str) -> Result<Backend, Unusable> {
    match name {
        "rustcrypto" => Ok(Backend::RustCrypto),
        "aws-lc" => Ok(Backend::AwsLc),
        _ => Err(Unusable::option("backend", "neither rustcrypto nor aws-lc")),
    }
}
