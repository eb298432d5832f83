use cloakroom_jwt::ErrorKind::{Algorithm, Header, Issuer, Signature, TooLarge, UnknownKey};
use cloakroom_jwt::{
    Ed25519SigningKey, HmacKey, Policy, Scratch, Signer, SigningKey, Typ, Verifier, VerifyingKey,
};

use crate::common::{
    AUDIENCE, HEADER, SECRET, at, claims, claims_with, encode, policy, reason, sign_encoded,
};

fn key(secret: &[u8; 32]) -> VerifyingKey {
    HmacKey::hs256(secret).unwrap().into()
}

/// A token of an issuer, signed with a secret under a key id.
fn token(issuer: &str, secret: &[u8], kid: Option<&str>) -> String {
    let header = match kid {
        Some(kid) => format!(r#"{{"alg":"HS256","typ":"at+jwt","kid":"{kid}"}}"#),
        None => HEADER.into(),
    };
    sign_encoded(
        secret,
        &encode(header),
        &encode(claims_with("iss", &format!("{issuer:?}"))),
    )
}

fn policy_of(issuer: &str) -> Policy {
    Policy::new(issuer, AUDIENCE, Typ::exact("at+jwt"))
}

#[test]
fn e13_the_key_of_one_issuer_verifies_no_token_of_another() {
    let verifier = Verifier::many([
        (
            policy_of("a"),
            vec![key(&[1; 32]).with_kid("same"), key(&[2; 32]).with_kid("a")],
        ),
        (
            policy_of("b"),
            vec![key(&[3; 32]).with_kid("same"), key(&[4; 32]).with_kid("b")],
        ),
    ])
    .unwrap();
    let check = |issuer: &str, secret: u8, kid: &str, expected| {
        let token = token(issuer, &[secret; 32], Some(kid));
        assert_eq!(
            reason(&verifier, &token, at(0)),
            expected,
            "{issuer} {secret} {kid}"
        );
    };
    check("a", 1, "same", None);
    check("b", 3, "same", None);
    check("a", 2, "a", None);
    check("b", 4, "b", None);
    // The signature of the other's key says who made it, whatever `iss` says.
    check("b", 1, "same", Some(Issuer));
    check("a", 3, "same", Some(Issuer));
    check("b", 2, "a", Some(Issuer));
    check("a", 4, "b", Some(Issuer));
    check("a", 2, "same", Some(Signature));
    check("a", 1, "a", Some(Signature));
    check("c", 1, "same", Some(Issuer));
    check("a", 1, "c", Some(UnknownKey));
}

#[test]
fn e13_the_policy_that_accepted_is_told() {
    let verifier = Verifier::many([
        (policy_of("a"), vec![key(&[1; 32]).with_kid("same")]),
        (policy_of("b"), vec![key(&[3; 32]).with_kid("same")]),
    ])
    .unwrap();
    let mut scratch = Scratch::new();
    for (issuer, secret, index) in [("a", 1, 0), ("b", 3, 1)] {
        let token = token(issuer, &[secret; 32], Some("same"));
        let verified = verifier.verify(&token, at(0), &mut scratch).unwrap();
        assert_eq!(verified.policy(), index);
        assert_eq!(verified.issuer(), issuer);
        assert_eq!(verified.kid(), Some("same"));
        assert_eq!(verifier.policies()[index].issuer(), issuer);
    }
}

#[test]
fn without_a_kid_the_only_key_of_its_algorithm_is_meant() {
    let one = |keys: Vec<VerifyingKey>| Verifier::one(policy_of("a"), keys).unwrap();
    let bare = token("a", &[1; 32], None);
    assert_eq!(reason(&one(vec![key(&[1; 32])]), &bare, at(0)), None);
    assert_eq!(
        reason(&one(vec![key(&[1; 32]).with_kid("k")]), &bare, at(0)),
        None
    );
    let hs512: VerifyingKey = HmacKey::hs512(&[1; 64]).unwrap().into();
    assert_eq!(
        reason(&one(vec![key(&[1; 32]), hs512.clone()]), &bare, at(0)),
        None
    );
    assert_eq!(reason(&one(vec![hs512]), &bare, at(0)), Some(Algorithm));
    let two = one(vec![key(&[1; 32]).with_kid("k"), key(&[2; 32]).with_kid("l")]);
    assert_eq!(reason(&two, &bare, at(0)), Some(UnknownKey));
    // A kid that no key has is not the same as none.
    let named = token("a", &[1; 32], Some("k"));
    assert_eq!(reason(&one(vec![key(&[1; 32])]), &named, at(0)), Some(UnknownKey));
}

#[test]
fn four_keys_are_tried() {
    for (kid, names) in [
        (Some("same"), [Some("same"); 4]),
        (None, [None; 4]),
        (None, [Some("a"), None, Some("b"), Some("c")]),
    ] {
        let policies = (0..4_u8).map(|index| {
            let key = key(&[index; 32]);
            let key = names[usize::from(index)].map_or(key.clone(), |kid| key.with_kid(kid));
            (policy_of(&index.to_string()), vec![key])
        });
        let verifier = Verifier::many(policies).unwrap();
        for index in 0..4_u8 {
            let token = token(&index.to_string(), &[index; 32], kid);
            assert_eq!(reason(&verifier, &token, at(0)), None, "{index}");
        }
        assert_eq!(
            reason(&verifier, &token("0", &[9; 32], kid), at(0)),
            Some(Signature)
        );
    }
}

#[test]
fn among_more_than_four_only_keys_without_a_kid_are_meant_by_tokens_without_one() {
    let verifier = |bare: &[u8]| {
        Verifier::many((0..6_u8).map(|index| {
            let key = key(&[index; 32]);
            let key = if bare.contains(&index) {
                key
            } else {
                key.with_kid(index.to_string())
            };
            (policy_of(&index.to_string()), vec![key])
        }))
        .unwrap()
    };
    for bare in [&[][..], &[1], &[0, 2, 4, 5]] {
        let verifier = verifier(bare);
        for index in 0..6_u8 {
            let issuer = index.to_string();
            let (is_bare, wrong) = (
                bare.contains(&index),
                if bare.is_empty() { UnknownKey } else { Signature },
            );
            // The order of the policies does not matter.
            let expected = (!is_bare).then_some(wrong);
            assert_eq!(
                reason(&verifier, &token(&issuer, &[index; 32], None), at(0)),
                expected,
                "{index}"
            );
            // The same under a header that is parsed.
            let header = encode(r#"{ "alg":"HS256","typ":"at+jwt"}"#);
            let parsed = sign_encoded(
                &[index; 32],
                &header,
                &encode(claims_with("iss", &format!("{issuer:?}"))),
            );
            assert_eq!(reason(&verifier, &parsed, at(0)), expected, "{index}");
            let expected = is_bare.then_some(UnknownKey);
            let named = token(&issuer, &[index; 32], Some(&issuer));
            assert_eq!(reason(&verifier, &named, at(0)), expected, "{index}");
        }
    }
}

#[test]
fn each_policy_has_a_length_of_its_own() {
    let verifier = Verifier::many([
        (policy_of("a").max_len(100), vec![key(&[1; 32]).with_kid("same")]),
        (
            policy_of("b"),
            vec![key(&[3; 32]).with_kid("same"), key(&[4; 32]).with_kid("b")],
        ),
        (policy_of("c").max_len(100), vec![key(&[5; 32]).with_kid("c")]),
    ])
    .unwrap();
    assert_eq!(
        reason(&verifier, &token("a", &[1; 32], Some("same")), at(0)),
        Some(Signature)
    );
    assert_eq!(
        reason(&verifier, &token("b", &[3; 32], Some("same")), at(0)),
        None
    );
    assert_eq!(
        reason(&verifier, &token("c", &[5; 32], Some("c")), at(0)),
        Some(TooLarge)
    );
}

#[test]
fn the_unverified_route_is_the_issuers() {
    let verifier = Verifier::many([
        (policy_of("a"), vec![key(&[1; 32]).with_kid("a1")]),
        (policy_of("b"), vec![key(&[3; 32]).with_kid("b1")]),
    ])
    .unwrap();
    let route = |token: &str| {
        verifier
            .unverified_route(token)
            .map(|route| (route.policy, route.kid))
    };
    assert_eq!(
        route(&token("b", b"any", Some("b2"))),
        Some((1, Some("b2".into())))
    );
    assert_eq!(route(&token("a", b"any", None)), Some((0, None)));
    assert_eq!(route(&token("c", b"any", Some("a1"))), None);
    assert_eq!(route(&"a".repeat(10_000)), None);
    let good = token("a", b"any", None);
    for bad in [
        "",
        ".",
        "..",
        "a.b.c",
        "eyJhbGciOiJub25lIn0.e30.",
        &format!("{good}="),
        &format!("{good}."),
    ] {
        assert_eq!(route(bad), None, "{bad}");
    }
}

#[test]
fn keys_of_other_lengths_and_secrets_do_not_verify() {
    let token = |secret: &[u8]| sign_encoded(secret, &encode(HEADER), &encode(claims("")));
    let verifier = Verifier::one(policy(), [key(SECRET)]).unwrap();
    assert_eq!(reason(&verifier, &token(SECRET), at(0)), None);
    assert_eq!(reason(&verifier, &token(&SECRET[..31]), at(0)), Some(Signature));
    assert_eq!(reason(&verifier, &token(b""), at(0)), Some(Signature));
}

#[test]
fn e17_both_names_of_ed25519_are_read() {
    let key = Ed25519SigningKey::from_seed(&[9; 32]);
    for kid in [None, Some("k")] {
        let named = |key: Ed25519SigningKey| {
            let key = SigningKey::from(key);
            kid.map(|kid| key.clone().with_kid(kid)).unwrap_or(key)
        };
        let verifier = Verifier::one(policy(), [named(key.clone()).verifying_key()]).unwrap();
        let claims: serde_json::Value = serde_json::from_str(&claims("")).unwrap();
        for (key, name) in [(key.clone(), "EdDSA"), (key.clone().ed25519_name(), "Ed25519")] {
            let token = Signer::new(named(key), "at+jwt").unwrap().sign(&claims).unwrap();
            assert!(token.starts_with(&encode(format!(r#"{{"typ":"at+jwt","alg":"{name}""#))[..36]));
            assert_eq!(reason(&verifier, &token, at(0)), None, "{name}");
            // The same under a header that is parsed.
            let header = format!(r#"{{"alg" : "{name}","typ":"at+jwt"}}"#);
            let token = format!("{}.e30.{}", encode(header), encode([0; 64]));
            assert_eq!(reason(&verifier, &token, at(0)), Some(Signature), "{name}");
        }
        for name in ["ED25519", "eddsa", "Ed448", "ed25519"] {
            let header = encode(format!(r#"{{"alg":"{name}","typ":"at+jwt"}}"#));
            let token = format!("{header}.e30.{}", encode([0; 64]));
            assert_eq!(reason(&verifier, &token, at(0)), Some(Header), "{name}");
        }
    }
}
