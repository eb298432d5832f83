//! One key under several policies: each is complete, and a token is accepted by the first that it satisfies.

use cloakroom_jwt::ErrorKind::{
    self, Audience, Claims, Expired, Issuer, MissingClaim, Signature, TooLarge, Type,
};
use cloakroom_jwt::{
    Backend, Ed25519SigningKey, HmacKey, JwkSet, Policy, Scratch, Signer, SigningKey, Typ, Untyped, Verifier,
    VerifyingKey, jwk_set_json,
};

use crate::common::{
    AUDIENCE, HEADER, ISSUER, SECRET, at, claims, claims_with, encode, policy, reason, sign, sign_encoded,
};

fn key() -> VerifyingKey {
    HmacKey::hs256(SECRET).unwrap().into()
}

/// Which policy accepts a token, or why none does.
fn accepted(verifier: &Verifier, token: &str) -> Result<usize, ErrorKind> {
    let mut scratch = Scratch::new();
    verifier
        .verify(token, at(1000), &mut scratch)
        .map(|verified| verified.policy())
        .map_err(cloakroom_jwt::Error::kind)
}

#[test]
fn access_and_id_tokens_of_one_issuer_are_told_apart_by_a_claim() {
    let untyped = |value: &str, audience: &str| {
        Policy::new(ISSUER, audience, Typ::untyped(Untyped::claim("token_use", value)))
    };
    let token = |header: &str, token_use: &str, audience: &str| {
        let claims = claims_with("aud", &format!("{audience:?}"));
        let claims = claims.replace("\"jti\":\"1\"", &format!("\"token_use\":{token_use}"));
        sign(header, claims)
    };
    for [first, second] in [[key(), key()], {
        let key = key();
        [key.clone(), key]
    }] {
        let verifier = Verifier::many([
            (untyped("access", AUDIENCE), vec![first]),
            (untyped("id", "app"), vec![second]),
        ])
        .unwrap();
        // A header that is compared, and one that is parsed.
        for header in [r#"{"alg":"HS256"}"#, r#"{ "alg":"HS256","typ":"jwt"}"#] {
            let check = |token_use: &str, audience: &str, expected| {
                let token = token(header, token_use, audience);
                assert_eq!(
                    accepted(&verifier, &token),
                    expected,
                    "{header} {token_use} {audience}"
                );
            };
            check("\"access\"", AUDIENCE, Ok(0));
            check("\"id\"", "app", Ok(1));
            // When nobody takes it, the first to own a right key says why.
            check("\"access\"", "app", Err(Audience));
            check("\"id\"", AUDIENCE, Err(Type));
            check("\"refresh\"", "app", Err(Type));
            check("null", "app", Err(Type));
        }
    }
}

#[test]
fn two_services_behind_one_verifier_have_their_audiences() {
    let of = |audience: &str| Policy::new(ISSUER, audience, Typ::exact("at+jwt"));
    let verifier = Verifier::many([
        (of("a").require(["scope"]), vec![key()]),
        (of("b"), vec![key()]),
        (of("c"), vec![key()]),
    ])
    .unwrap();
    let token = |aud: &str| sign(HEADER, claims_with("aud", aud));
    assert_eq!(accepted(&verifier, &token(r#""b""#)), Ok(1));
    assert_eq!(accepted(&verifier, &token(r#""c""#)), Ok(2));
    // The first in order when several would.
    assert_eq!(accepted(&verifier, &token(r#"["c","b"]"#)), Ok(1));
    // It satisfies the audience of the first, but not all that the first asks for.
    assert_eq!(accepted(&verifier, &token(r#"["a","c"]"#)), Ok(2));
    assert_eq!(accepted(&verifier, &token(r#""a""#)), Err(MissingClaim));
    assert_eq!(accepted(&verifier, &token(r#""d""#)), Err(Audience));
    // Claims that are none for anybody.
    assert_eq!(accepted(&verifier, &token("1")), Err(Claims));
    assert_eq!(accepted(&verifier, &sign(HEADER, "[]")), Err(Claims));
    let unsigned = token(r#""b""#).rsplit_once('.').unwrap().0.to_owned();
    assert_eq!(
        accepted(&verifier, &format!("{unsigned}.{}", encode([0; 32]))),
        Err(Signature)
    );
}

#[test]
fn tenants_may_share_a_key_set() {
    let keys = ["k1", "k2"].map(|kid| {
        let seed = [kid.as_bytes()[1]; 32];
        SigningKey::from(Ed25519SigningKey::from_seed(&seed)).with_kid(kid)
    });
    let public = keys.each_ref().map(SigningKey::verifying_key);
    let set = jwk_set_json([&public[0], &public[1]]).unwrap();
    let of = |tenant: &str| Policy::new(tenant, AUDIENCE, Typ::exact("at+jwt"));
    // Each with a set that was parsed anew.
    let verifier = Verifier::many(["a", "b", "c"].map(|tenant| {
        let set = JwkSet::fetched(set.as_bytes(), Backend::RustCrypto, None).unwrap();
        (of(tenant), set.keys)
    }))
    .unwrap();
    for key in keys {
        let signer = Signer::new(key.clone(), "at+jwt").unwrap();
        let token = |tenant: &str, exp: i64| {
            let claims = serde_json::json!({"iss": tenant, "aud": AUDIENCE, "exp": exp});
            signer.sign(&claims).unwrap()
        };
        for (index, tenant) in ["a", "b", "c"].into_iter().enumerate() {
            let token = token(tenant, i64::from(u32::MAX));
            let mut scratch = Scratch::new();
            let verified = verifier.verify(&token, at(0), &mut scratch).unwrap();
            assert_eq!(
                (verified.policy(), verified.issuer(), verified.kid()),
                (index, tenant, key.kid())
            );
        }
        assert_eq!(accepted(&verifier, &token("d", i64::from(u32::MAX))), Err(Issuer));
        assert_eq!(accepted(&verifier, &token("a", 1)), Err(Expired));
        assert_eq!(accepted(&verifier, &token("b", 1)), Err(Issuer));
    }
}

#[test]
fn e13_the_next_policy_judges_what_its_own_key_signed_and_nothing_else() {
    let of = |issuer: &str| Policy::new(issuer, AUDIENCE, Typ::exact("at+jwt"));
    let key = |secret: u8| VerifyingKey::from(HmacKey::hs256(&[secret; 32]).unwrap()).with_kid("same");
    let verifier = Verifier::many([
        (of("a"), vec![key(1)]),
        (of("b"), vec![key(2)]),
        (of("c"), vec![key(1)]),
        (of("d").max_len(100), vec![key(1)]),
    ])
    .unwrap();
    let header = encode(r#"{"alg":"HS256","typ":"at+jwt","kid":"same"}"#);
    let check = |issuer: &str, secret: u8, expected| {
        let payload = encode(claims_with("iss", &format!("{issuer:?}")));
        let token = sign_encoded(&[secret; 32], &header, &payload);
        assert_eq!(accepted(&verifier, &token), expected, "{issuer} {secret}");
    };
    check("a", 1, Ok(0));
    check("b", 2, Ok(1));
    check("c", 1, Ok(2));
    // The claims are right for a policy whose key did not sign them.
    check("b", 1, Err(Issuer));
    check("a", 2, Err(Issuer));
    check("c", 2, Err(Issuer));
    // The policy that it is for has no room for it.
    check("d", 1, Err(Issuer));
    check("a", 3, Err(Signature));
}

#[test]
fn a_policy_that_has_no_room_is_passed_over() {
    let short = || policy().max_len(100);
    let verifier = Verifier::many([(short(), vec![key()]), (policy(), vec![key()])]).unwrap();
    assert_eq!(accepted(&verifier, &sign(HEADER, claims(""))), Ok(1));
    let verifier = Verifier::many([(short(), vec![key()]), (short(), vec![key()])]).unwrap();
    assert_eq!(
        reason(&verifier, &sign(HEADER, claims("")), at(0)),
        Some(TooLarge)
    );
}
