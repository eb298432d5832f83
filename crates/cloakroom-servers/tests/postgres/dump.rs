//! What somebody reads who reads the database.

use std::process::Command;

use cloakroom_id::SessionToken;
use cloakroom_servers::{Postgres, shared};
use cloakroom_store::conformance::fixture::{HOUR, NOW, at, subject};
use cloakroom_store::{Authentication, Created, NewRecord, Rotation, RotationReason, SessionStore};

use crate::place::Place;

#[tokio::test]
async fn d8_a_dump_holds_neither_token_nor_verifier() {
    let place = Place::on(&shared::postgres_database());
    let store = place.store().await;
    let alice = subject("alice");
    let old = SessionToken::generate(Some(alice.tag())).unwrap();
    let new = SessionToken::renewed(old.selector()).unwrap();
    let record = NewRecord::new(
        old.selector(),
        old.verifier_hash(),
        Some(Authentication {
            subject: alice.clone(),
            at: NOW,
        }),
        at(HOUR),
        at(2 * HOUR),
        (*b"payload").into(),
    )
    .unwrap();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    let rotation = Rotation {
        verifier_hash: new.verifier_hash(),
        reason: RotationReason::Periodic,
        authenticated_at: None,
        idle_deadline: at(HOUR),
        absolute_deadline: None,
        data: None,
    };
    let _ = store
        .rotate(&old.selector(), &old.verifier_hash(), &rotation, NOW)
        .await
        .unwrap();
    let dump = Command::new(Postgres::programs().unwrap().join("pg_dump"))
        .arg(&place.url)
        .output()
        .unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let dump = String::from_utf8(dump.stdout).unwrap();
    // It is the dump of this session: the hashes are there.
    assert!(dump.contains(&hex(new.verifier_hash().as_bytes())));
    assert!(dump.contains(&hex(old.verifier_hash().as_bytes())));
    for token in [&old, &new] {
        let text = token.to_text();
        let verifier = &text[text.len() - 42..];
        assert!(!dump.contains(text.as_str()) && !dump.contains(verifier));
        let bytes = decoded(&text);
        assert!(!dump.contains(&hex(&bytes[16..])) && !dump.contains(&hex(&bytes)));
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

/// The bytes of base64url.
pub(crate) fn decoded(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digits: Vec<_> = text
        .bytes()
        .map(|byte| DIGITS.iter().position(|digit| *digit == byte).unwrap())
        .collect();
    let group = |group: &[usize]| group.iter().fold(0, |number, digit| number << 6 | digit);
    digits
        .chunks(4)
        .flat_map(|chunk| group(chunk).to_be_bytes()[5..].to_vec())
        .collect()
}
