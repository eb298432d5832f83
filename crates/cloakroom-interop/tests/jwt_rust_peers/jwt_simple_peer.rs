use std::collections::HashSet;

use cloakroom_jwt::Algorithm;
use jwt_simple::prelude::*;
use serde_json::Value;

use crate::{AUD, ISS, Peer, keys};

pub(crate) struct JwtSimple;

/// Signs with the key pair of an algorithm.
macro_rules! signed {
    ($key:expr, $claims:expr) => {
        $key.unwrap().sign($claims).unwrap()
    };
}

/// Verifies with the public key of an algorithm.
macro_rules! read {
    ($key:expr, $token:expr) => {
        $key.unwrap().verify_token::<Value>($token, Some(options())).ok()
    };
}

impl Peer for JwtSimple {
    fn sign(&self, algorithm: Algorithm, claims: &Value) -> String {
        let claims: JWTClaims<Value> = serde_json::from_value(claims.clone()).unwrap();
        let secret = || keys::member(algorithm, "k");
        let scalar = || keys::member(algorithm, "d");
        let rsa = || keys::pkcs1(algorithm);
        match algorithm {
            Algorithm::Hs256 => HS256Key::from_bytes(&secret()).authenticate(claims).unwrap(),
            Algorithm::Hs384 => HS384Key::from_bytes(&secret()).authenticate(claims).unwrap(),
            Algorithm::Hs512 => HS512Key::from_bytes(&secret()).authenticate(claims).unwrap(),
            Algorithm::Es256 => signed!(ES256KeyPair::from_bytes(&scalar()), claims),
            Algorithm::Es384 => signed!(ES384KeyPair::from_bytes(&scalar()), claims),
            Algorithm::EdDsa => signed!(Ed25519KeyPair::from_der(&keys::pkcs8(algorithm)), claims),
            Algorithm::Rs256 => signed!(RS256KeyPair::from_der(&rsa()), claims),
            Algorithm::Rs384 => signed!(RS384KeyPair::from_der(&rsa()), claims),
            Algorithm::Rs512 => signed!(RS512KeyPair::from_der(&rsa()), claims),
            Algorithm::Ps256 => signed!(PS256KeyPair::from_der(&rsa()), claims),
            Algorithm::Ps384 => signed!(PS384KeyPair::from_der(&rsa()), claims),
            _ => signed!(PS512KeyPair::from_der(&rsa()), claims),
        }
    }

    fn verify(&self, algorithm: Algorithm, token: &str) -> Option<Value> {
        let member = |name| keys::member(algorithm, name);
        let hmac = Some(options());
        let claims = match algorithm {
            Algorithm::Hs256 => HS256Key::from_bytes(&member("k")).verify_token(token, hmac).ok(),
            Algorithm::Hs384 => HS384Key::from_bytes(&member("k")).verify_token(token, hmac).ok(),
            Algorithm::Hs512 => HS512Key::from_bytes(&member("k")).verify_token(token, hmac).ok(),
            Algorithm::Es256 => read!(ES256PublicKey::from_bytes(&keys::point(algorithm)), token),
            Algorithm::Es384 => read!(ES384PublicKey::from_bytes(&keys::point(algorithm)), token),
            Algorithm::EdDsa => read!(Ed25519PublicKey::from_bytes(&member("x")), token),
            Algorithm::Rs256 => read!(RS256PublicKey::from_components(&member("n"), &member("e")), token),
            Algorithm::Rs384 => read!(RS384PublicKey::from_components(&member("n"), &member("e")), token),
            Algorithm::Rs512 => read!(RS512PublicKey::from_components(&member("n"), &member("e")), token),
            Algorithm::Ps256 => read!(PS256PublicKey::from_components(&member("n"), &member("e")), token),
            Algorithm::Ps384 => read!(PS384PublicKey::from_components(&member("n"), &member("e")), token),
            _ => read!(PS512PublicKey::from_components(&member("n"), &member("e")), token),
        };
        claims.map(|claims: JWTClaims<Value>| serde_json::to_value(claims).unwrap())
    }
}

fn options() -> VerificationOptions {
    VerificationOptions {
        allowed_issuers: Some(HashSet::from([ISS.to_owned()])),
        allowed_audiences: Some(HashSet::from([AUD.to_owned()])),
        time_tolerance: None,
        max_validity: None,
        ..VerificationOptions::default()
    }
}
