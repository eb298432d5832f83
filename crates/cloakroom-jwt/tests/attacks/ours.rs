use std::collections::BTreeSet;

use cloakroom_jwt::{
    Ed25519SigningKey, Error, HmacKey, Policy, Scratch, Signer, SigningKey, Typ, Untyped, Verifier, attacks,
    jws,
};

use crate::expected;
use crate::keys::{AUDIENCE, Application, ISSUER, NOW, applications};

/// Our verifier takes the good token, and refuses every attack for the reason that the table gives.
fn check(app: &Application) -> BTreeSet<&'static str> {
    let (verifier, mut scratch) = (app.verifier(), Scratch::new());
    assert!(
        verifier.verify(&app.token, NOW, &mut scratch).is_ok(),
        "{} refuses the good token",
        app.name
    );
    let (mut rows, mut names) = (BTreeSet::new(), BTreeSet::new());
    for (name, token) in app.attacks() {
        assert!(names.insert(name), "{name} comes twice");
        assert_ne!(token, app.token, "{name} is the good token");
        let kind = verifier
            .verify(&token, NOW, &mut scratch)
            .map(|_| ())
            .map_err(Error::kind);
        let Err(kind) = kind else {
            panic!("{} accepts {name}", app.name)
        };
        let (row, is_right) = expected::judge(name, app, kind);
        assert!(is_right, "{} rejects {name} with {kind:?}", app.name);
        rows.insert(row);
    }
    rows
}

#[test]
fn our_verifiers_reject_every_attack_for_its_reason() {
    let mut unused: BTreeSet<_> = expected::rows().collect();
    for app in applications() {
        for row in check(&app) {
            unused.remove(row);
        }
    }
    assert_eq!(unused, BTreeSet::new(), "rows about attacks that do not exist");
}

/// The numbers that the README tells: of a token with `iss`, `aud` and `exp` alone, with an HMAC key and with a public key. A
/// token that has more is attacked in more ways.
#[test]
fn the_corpus_is_as_large_as_it_is_said_to_be() {
    let claims = serde_json::json!({"iss": ISSUER, "aud": AUDIENCE, "exp": 1_750_000_600});
    let token = |key: &SigningKey| Signer::new(key, "at+jwt").unwrap().sign(&claims).unwrap();
    let hmac = SigningKey::from(HmacKey::hs256(&[0x5a; 32]).unwrap());
    let pair = SigningKey::from(Ed25519SigningKey::from_seed(&[7; 32]));
    assert_eq!(attacks(&token(&hmac), &hmac).count(), 341);
    assert_eq!(attacks(&token(&pair), &pair.verifying_key()).count(), 165);
    for app in applications() {
        let least = if app.signing.is_some() { 341 } else { 165 };
        assert!(app.attacks().count() >= least, "{}", app.name);
    }
}

/// A token without type and key id, for several audiences, among other claims: its verifier rejects every attack too.
#[test]
fn tokens_of_an_untyped_policy_are_attacked_as_well() {
    let key = HmacKey::hs256(&[0x5a; 32]).unwrap();
    let policy = Policy::new(ISSUER, AUDIENCE, Typ::untyped(Untyped::OwnKeys));
    let verifier = Verifier::one(policy, [&key]).unwrap();
    let claims = br#" { "aud" : ["web","api"], "exp":1750000600.5, "iss":"https:\/\/id.example" , "roles":{"a":[]} } "#;
    let token = jws::sign_bytes(claims, &SigningKey::from(&key)).unwrap();
    let mut scratch = Scratch::new();
    assert!(verifier.verify(&token, NOW, &mut scratch).is_ok());
    let mut names = BTreeSet::new();
    for (name, token) in attacks(&token, &key) {
        assert!(
            verifier.verify(&token, NOW, &mut scratch).is_err(),
            "{name} is accepted"
        );
        names.insert(name);
    }
    // It is of no type itself, so that only another one is an attack; of several audiences no one is known to be ours.
    for absent in [
        "typ/absent",
        "typ/jwt",
        "typ/space_after",
        "claims/aud_mixed_array",
    ] {
        assert!(!names.contains(absent), "{absent}");
    }
    for there in ["typ/other", "claims/aud_other", "json/duplicate_iss_last"] {
        assert!(names.contains(there), "{there}");
    }
}

#[test]
#[should_panic(expected = "the key does not verify the good token")]
fn a_token_of_another_key_attacks_nothing() {
    let app = &applications()[0];
    let other = HmacKey::hs256(&[0x5b; 32]).unwrap();
    drop(attacks(&app.token, &other));
}
