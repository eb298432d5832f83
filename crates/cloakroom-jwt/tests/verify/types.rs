use cloakroom_jwt::ErrorKind::{Algorithm, MissingClaim, Signature, Type};
use cloakroom_jwt::{ErrorKind, HmacKey, Policy, Typ, Untyped, Verifier, VerifyingKey};

use crate::common::{
    AUDIENCE, ISSUER, SECRET, at, check, claims, claims_with, policy, reason, sign, untyped,
};

fn header(typ: &str) -> String {
    format!(r#"{{"alg":"HS256","typ":{typ}}}"#)
}

#[test]
fn e9_typ_is_a_media_type() {
    for wanted in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        let policy = || Policy::new(ISSUER, AUDIENCE, Typ::exact(wanted));
        for typ in [
            "at+jwt",
            "At+jWT",
            "application/at+jwt",
            "APPLICATION/AT+JWT",
            "\\u0061t+jwt",
            "application\\/at+jwt",
        ] {
            check(policy(), &sign(header(&format!("\"{typ}\"")), claims("")), None);
        }
        for typ in [
            "JWT",
            "jwt",
            "",
            "at",
            "at+jwt ",
            " at+jwt",
            "at+jwt;v=1",
            "at+jwt\\u0000",
            "text/at+jwt",
            "/at+jwt",
            "application/application/at+jwt",
            "application/",
            "application/at+jwt/",
            "dpop+jwt",
            "rt+jwt",
            "xat+jwt",
        ] {
            check(
                policy(),
                &sign(header(&format!("\"{typ}\"")), claims("")),
                Some(Type),
            );
        }
        check(policy(), &sign(r#"{"alg":"HS256"}"#, claims("")), Some(Type));
    }
    let other = Policy::new(ISSUER, AUDIENCE, Typ::exact("example/x"));
    check(other.clone(), &sign(header(r#""example/x""#), claims("")), None);
    check(other.clone(), &sign(header(r#""x""#), claims("")), Some(Type));
    check(
        other,
        &sign(header(r#""application/example/x""#), claims("")),
        Some(Type),
    );
}

#[test]
fn e9_typ_is_a_string() {
    for typ in ["null", "1", "[]", r#"["at+jwt"]"#, "{}", "true"] {
        check(policy(), &sign(header(typ), claims("")), Some(ErrorKind::Header));
        check(untyped(), &sign(header(typ), claims("")), Some(ErrorKind::Header));
    }
}

#[test]
fn e9_a_wrong_type_costs_no_signature() {
    let token = sign(header(r#""JWT""#), claims(""));
    let (unsigned, _) = token.rsplit_once('.').unwrap();
    check(policy(), &format!("{unsigned}.AAAA"), Some(Type));
    check(untyped(), &format!("{unsigned}.AAAA"), Some(Signature));
}

#[test]
fn e20_untyped_takes_absent_and_jwt_alone() {
    for by in [
        Untyped::OwnAudience,
        Untyped::OwnKeys,
        Untyped::claim("token_use", "access"),
    ] {
        let policy = || Policy::new(ISSUER, AUDIENCE, Typ::untyped(by.clone()));
        let claims = claims(r#""token_use":"access""#);
        check(policy(), &sign(r#"{"alg":"HS256"}"#, &claims), None);
        for typ in [r#""JWT""#, r#""jwt""#, r#""application/jwt""#] {
            check(policy(), &sign(header(typ), &claims), None);
        }
        for typ in [
            r#""at+jwt""#,
            r#""dpop+jwt""#,
            r#""logout+jwt""#,
            r#""application/at+jwt""#,
            r#""""#,
            r#""JWT ""#,
            r#""JOSE""#,
        ] {
            check(policy(), &sign(header(typ), &claims), Some(Type));
        }
    }
}

#[test]
fn e20_the_claim_that_stands_in_for_a_type() {
    let policy = || {
        Policy::new(
            ISSUER,
            AUDIENCE,
            Typ::untyped(Untyped::claim("token_use", "access")),
        )
    };
    let token = |more: &str| sign(r#"{"alg":"HS256"}"#, claims(more));
    check(policy(), &token(r#""token_use":"access""#), None);
    check(policy(), &token(r#""token\u005fuse":"acces\u0073""#), None);
    for more in [
        "",
        r#""token_use":"id""#,
        r#""token_use":"ACCESS""#,
        r#""token_use":"access ""#,
        r#""token_use":null"#,
        r#""token_use":["access"]"#,
        r#""token_use":{"access":1}"#,
        r#""token_use":true"#,
        r#""Token_use":"access""#,
        r#""x":{"token_use":"access"}"#,
    ] {
        check(policy(), &token(more), Some(Type));
    }
}

#[test]
fn e20_an_id_token_fails_at_the_access_policy() {
    let id_token = sign(r#"{"alg":"HS256","typ":"JWT"}"#, claims_with("nonce", "\"n\""));
    check(Policy::access_token(ISSUER, AUDIENCE), &id_token, Some(Type));
    check(untyped(), &id_token, None);
    // And an access token fails where ID tokens are expected.
    let access_token = sign(crate::common::HEADER, claims_with("nonce", "\"n\""));
    check(Policy::access_token(ISSUER, AUDIENCE), &access_token, None);
    check(untyped(), &access_token, Some(Type));
}

#[test]
fn e20_jwt_is_no_explicit_type() {
    for typ in ["JWT", "jwt", "application/jwt"] {
        let policy = Policy::new(ISSUER, AUDIENCE, Typ::exact(typ));
        let error = Verifier::one(policy, [HmacKey::hs256(SECRET).unwrap()]).unwrap_err();
        assert_eq!(error.member(), "typ");
        assert!(error.to_string().contains("Typ::untyped"), "{error}");
    }
}

#[test]
fn e20_two_policies_of_one_key_are_told_apart_by_type() {
    let key = || vec![VerifyingKey::from(HmacKey::hs256(SECRET).unwrap())];
    let verifier = Verifier::many([(policy(), key()), (untyped(), key())]).unwrap();
    let mut scratch = cloakroom_jwt::Scratch::new();
    for (typ, index) in [(r#""at+jwt""#, 0), (r#""JWT""#, 1)] {
        let token = sign(header(typ), claims(""));
        let verified = verifier.verify(&token, at(0), &mut scratch).unwrap();
        assert_eq!(verified.policy(), index);
    }
    assert_eq!(
        reason(&verifier, &sign(header(r#""x""#), claims("")), at(0)),
        Some(Type)
    );
    assert_eq!(
        reason(&verifier, &sign(r#"{"alg":"ES256"}"#, claims("")), at(0)),
        Some(Algorithm)
    );
}

#[test]
fn e16_each_claim_of_an_access_token_is_required() {
    let policy = || Policy::access_token(ISSUER, AUDIENCE);
    let token = |name: &str, value: &str| sign(crate::common::HEADER, claims_with(name, value));
    check(policy(), &token("scope", "\"read\""), None);
    for claim in ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"] {
        check(policy(), &token(claim, ""), Some(MissingClaim));
    }
    check(policy(), &token("client_id", "null"), Some(MissingClaim));
    // Section 2.2: the client id of RFC 8693 section 4.3, a string.
    for value in ["1", "true", "{}", "[]", r#"["app"]"#, r#""""#] {
        check(policy(), &token("client_id", value), Some(ErrorKind::Claims));
    }
    check(policy(), &token("client_id", r#""\u0061pp""#), None);
    let escaped = claims_with("scope", "1").replace("client_id", "client\\u005fid");
    check(policy(), &sign(crate::common::HEADER, escaped), None);
    // Whose policy asks for it otherwise takes what it asks for.
    let other = || Policy::new(ISSUER, AUDIENCE, Typ::exact("at+jwt")).require(["client_id"]);
    check(other(), &token("client_id", "1"), None);
    for claim in ["iss", "exp", "aud", "sub", "iat", "jti"] {
        check(policy(), &token(claim, "null"), Some(ErrorKind::Claims));
    }
}
