//! What every request with a session begins with: reading its token and hashing the verifier.

use std::hint::black_box;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_id::SessionToken;
use sha2::{Digest as _, Sha256};

use crate::workload::{Subject, Workload};

/// `session token/..`.
pub(crate) fn workloads() -> Vec<Workload> {
    let bytes: Vec<u8> = (50..98).collect();
    let text: &'static str = URL_SAFE_NO_PAD.encode(&bytes).leak();
    let hash: [u8; 32] = Sha256::digest(&bytes[16..]).into();
    let answer = weigh(&bytes[..16], &hash);
    let floor = Subject::new("base64 and SHA-256", answer, move || {
        let mut bytes = [0; 48];
        let read = URL_SAFE_NO_PAD.decode_slice(black_box(text), &mut bytes);
        let hash: [u8; 32] = Sha256::digest(&bytes[16..]).into();
        read.map_or(0, |_| weigh(&bytes[..16], &hash))
    });
    let ours = Workload::new("session token/parse and hash", answer, move || {
        let Ok(token) = SessionToken::parse(black_box(text.as_bytes())) else {
            return 0;
        };
        weigh(token.selector().as_bytes(), token.verifier_hash().as_bytes())
    });
    vec![ours.beside(floor)]
}

/// A sum that a wrong byte at either end changes.
fn weigh(selector: &[u8], hash: &[u8; 32]) -> u64 {
    u64::from(selector[0])
        + 256 * u64::from(selector[15])
        + 65536 * u64::from(hash[0])
        + (u64::from(hash[31]) << 24)
}
