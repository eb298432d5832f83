//! RFC 7638: the hash of the required members alone, in the order of their names.

use alloc::string::String;
use alloc::vec::Vec;

use cloakroom_core::Secret;
use sha2::{Digest as _, Sha256};

use super::publish::members;
use crate::encoding::encode;
use crate::key::parts::PublicParts;

pub(super) fn of_public(public: &PublicParts) -> [u8; 32] {
    let mut members = members(public);
    members.sort_unstable_by_key(|(name, _)| *name);
    let mut json = String::from("{");
    for (name, value) in members {
        if json.len() > 1 {
            json.push(',');
        }
        json.extend(["\"", name, "\":\"", &value, "\""]);
    }
    json.push('}');
    Sha256::digest(json.as_bytes()).into()
}

pub(super) fn of_secret(secret: &Secret<Vec<u8>>) -> [u8; 32] {
    let text = Secret::new(encode(secret.expose()));
    let hash = Sha256::new().chain_update(r#"{"k":""#);
    hash.chain_update(text.expose())
        .chain_update(r#"","kty":"oct"}"#)
        .finalize()
        .into()
}
