use cloakroom_jwt::Algorithm;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde_json::Value;

use crate::{AUD, ISS, Peer, keys};

pub(crate) struct JsonWebToken;

impl Peer for JsonWebToken {
    fn sign(&self, algorithm: Algorithm, claims: &Value) -> String {
        let key = match algorithm {
            Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => {
                EncodingKey::from_secret(&keys::member(algorithm, "k"))
            }
            Algorithm::Es256 | Algorithm::Es384 => EncodingKey::from_ec_der(&keys::pkcs8(algorithm)),
            Algorithm::EdDsa => EncodingKey::from_ed_der(&keys::pkcs8(algorithm)),
            _ => EncodingKey::from_rsa_der(&keys::pkcs1(algorithm)),
        };
        encode(&Header::new(theirs(algorithm)), claims, &key).unwrap()
    }

    fn verify(&self, algorithm: Algorithm, token: &str) -> Option<Value> {
        let jwk: Jwk = serde_json::from_value(keys::jwk(algorithm)).unwrap();
        let mut validation = Validation::new(theirs(algorithm));
        validation.set_issuer(&[ISS]);
        validation.set_audience(&[AUD]);
        validation.set_required_spec_claims(&["iss", "aud", "exp"]);
        validation.leeway = 0;
        validation.validate_nbf = true;
        let read = decode(token, &DecodingKey::from_jwk(&jwk).unwrap(), &validation);
        read.ok().map(|read| read.claims)
    }
}

fn theirs(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    algorithm.name().parse().unwrap()
}
