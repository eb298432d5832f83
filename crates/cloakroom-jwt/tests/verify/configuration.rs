use core::time::Duration;

use cloakroom_jwt::ErrorKind::UnknownKey;
use cloakroom_jwt::{
    Algorithm, HmacKey, Policy, Scratch, Typ, Untyped, Verified, Verifier, VerifyingKey, danger,
};

use crate::common::{AUDIENCE, HEADER, ISSUER, SECRET, at, claims, encode, policy, reason, sign_encoded};

fn key() -> VerifyingKey {
    HmacKey::hs256(SECRET).unwrap().into()
}

#[track_caller]
fn refused(policy: Policy, text: &str) {
    let error = Verifier::one(policy, [key()]).unwrap_err();
    assert_eq!(error.to_string(), format!("policy 0: {text}"));
}

#[track_caller]
fn taken(policy: Policy) {
    Verifier::one(policy, [key()]).unwrap();
}

#[test]
fn a_policy_is_complete_and_within_its_limits() {
    let typ = || Typ::exact("at+jwt");
    taken(policy());
    refused(Policy::new("", AUDIENCE, typ()), "issuer is empty");
    refused(Policy::new(ISSUER, "", typ()), "audience is empty");
    refused(policy().or_audience(""), "audience is empty");
    refused(policy().subject(""), "subject is empty");
    refused(policy().require([""]), "require names a claim without a name");
    refused(
        danger::audience_from(policy(), ""),
        "audience_from names a claim without a name",
    );
    for bad in [
        "",
        " ",
        "at jwt",
        "a/b/c",
        "/",
        "a/",
        "/a",
        "ä",
        "at+jwt;q=1",
        "\"",
        &"x".repeat(128),
    ] {
        refused(
            Policy::new(ISSUER, AUDIENCE, Typ::exact(bad)),
            "typ is no media type",
        );
    }
    refused(
        Policy::new(ISSUER, AUDIENCE, Typ::untyped(Untyped::claim("", "x"))),
        "typ names a claim without a name",
    );
    refused(
        Policy::new(ISSUER, AUDIENCE, Typ::untyped(Untyped::claim("token_use", ""))),
        "typ names a claim without a value",
    );
    for name in ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "auth_time"] {
        refused(
            Policy::new(ISSUER, AUDIENCE, Typ::untyped(Untyped::claim(name, "x"))),
            "typ names a registered claim, which tokens of every kind may have",
        );
    }
    taken(Policy::new(
        ISSUER,
        AUDIENCE,
        Typ::untyped(Untyped::claim("Iss", "x")),
    ));
    taken(policy().leeway(Duration::from_secs(300)));
    refused(
        policy().leeway(Duration::from_millis(300_001)),
        "leeway is more than 5 minutes",
    );
    taken(policy().max_age(Duration::from_secs(1)));
    refused(
        policy().max_age(Duration::from_millis(999)),
        "max_age is less than one second",
    );
    refused(
        policy().revocable(Duration::from_secs(60), Duration::MAX),
        "max_skew is more than 5 minutes",
    );
    taken(policy().max_len(65536));
    refused(policy().max_len(65537), "max_len is not from 1 to 65536");
    refused(policy().max_len(0), "max_len is not from 1 to 65536");
    taken(policy().rsa_algorithm(Algorithm::Rs256));
    taken(policy().rsa_algorithm(Algorithm::Ps512));
    for algorithm in [Algorithm::Hs256, Algorithm::Es256, Algorithm::EdDsa] {
        refused(
            policy().rsa_algorithm(algorithm),
            "rsa_algorithm is no RSA algorithm",
        );
    }
    assert_eq!(
        policy().rsa_algorithm(Algorithm::Ps256).default_rsa_algorithm(),
        Some(Algorithm::Ps256)
    );
}

#[test]
fn the_keys_of_a_policy_are_there_and_distinct() {
    let make = |keys: Vec<VerifyingKey>| {
        Verifier::one(policy(), keys)
            .map(drop)
            .map_err(|error| error.to_string())
    };
    assert_eq!(make(vec![]).unwrap_err(), "policy 0: keys must not be empty");
    for kid in [String::new(), "x".repeat(257)] {
        assert_eq!(
            make(vec![key().with_kid(kid)]).unwrap_err(),
            "policy 0: kid must have 1 to 256 bytes"
        );
    }
    make(vec![key().with_kid("x".repeat(256))]).unwrap();
    let twice = "policy 0: keys must not hold two of the same algorithm and kid";
    assert_eq!(make(vec![key(), key()]).unwrap_err(), twice);
    assert_eq!(
        make(vec![key().with_kid("a"), key(), key().with_kid("a")]).unwrap_err(),
        twice
    );
    let hs512: VerifyingKey = HmacKey::hs512(&[1; 64]).unwrap().into();
    make(vec![
        key().with_kid("a"),
        hs512.with_kid("a"),
        key().with_kid("b"),
    ])
    .unwrap();
}

#[test]
fn a_key_that_no_token_can_mean_is_refused() {
    let make = |keys: Vec<VerifyingKey>| {
        Verifier::one(policy(), keys)
            .map(drop)
            .map_err(|error| error.to_string())
    };
    let hs512 = || VerifyingKey::from(HmacKey::hs512(&[1; 64]).unwrap());
    let never =
        "policy 0: keys hold one without a kid beside another of its algorithm, so that no token can mean it";
    // A token that names a key does not mean it, and one that names none cannot tell it from the other.
    assert_eq!(make(vec![key().with_kid("a"), key()]).unwrap_err(), never);
    assert_eq!(
        make(vec![key(), hs512(), key().with_kid("a")]).unwrap_err(),
        never
    );
    // Alone of its algorithm it is meant by tokens without a kid, in each policy for itself.
    make(vec![key()]).unwrap();
    make(vec![key(), hs512()]).unwrap();
    make(vec![key(), hs512().with_kid("a"), hs512().with_kid("b")]).unwrap();
    Verifier::many([(policy(), vec![key()]), (policy(), vec![key().with_kid("a")])]).unwrap();
}

/// Policies that differ in their issuer, each with these keys.
fn policies(typs: &[Typ], keys: impl Fn(usize) -> Vec<VerifyingKey>) -> Result<(), String> {
    let policies = typs.iter().enumerate().map(|(index, typ)| {
        let policy = Policy::new(index.to_string(), AUDIENCE, typ.clone());
        (policy, keys(index))
    });
    Verifier::many(policies)
        .map(drop)
        .map_err(|error| error.to_string())
}

#[test]
fn more_keys_than_are_tried_for_a_token_are_refused() {
    let fifth = |policy| {
        format!(
            "policy {policy}: keys hold a fifth of the same algorithm, kid and type; at most 4 are tried for a token"
        )
    };
    let typ = |name: &str| Typ::exact(name);
    let named = |_| vec![key().with_kid("a")];
    policies(&["at+jwt"; 4].map(typ), named).unwrap();
    assert_eq!(policies(&["at+jwt"; 5].map(typ), named).unwrap_err(), fifth(4));
    // However the type is spelled.
    let spelled = [
        "at+jwt",
        "AT+JWT",
        "application/at+jwt",
        "Application/At+jwt",
        "at+JWT",
        "at+jwt",
    ];
    assert_eq!(policies(&spelled.map(typ), named).unwrap_err(), fifth(4));
    // A header has one type, so that those of others do not count.
    let mixed = ["at+jwt", "x", "at+jwt", "x", "at+jwt", "x", "at+jwt", "x"];
    policies(&mixed.map(typ), named).unwrap();
    let untyped = Typ::untyped(Untyped::OwnKeys);
    let other = Typ::untyped(Untyped::claim("use", "id"));
    let mut typs = vec![
        untyped.clone(),
        typ("at+jwt"),
        other.clone(),
        untyped.clone(),
        other,
    ];
    policies(&typs, named).unwrap();
    typs.push(untyped);
    assert_eq!(policies(&typs, named).unwrap_err(), fifth(5));
    // Nor those of other ids and algorithms.
    let ids = |index: usize| vec![key().with_kid((index / 4).to_string())];
    policies(&["at+jwt"; 8].map(typ), ids).unwrap();
    let algorithms = |index: usize| {
        let hs512: VerifyingKey = HmacKey::hs512(&[1; 64]).unwrap().into();
        vec![if index < 4 { key() } else { hs512 }.with_kid("a")]
    };
    policies(&["at+jwt"; 8].map(typ), algorithms).unwrap();
    // One of several keys of a policy suffices.
    let several = |_| vec![key().with_kid("b"), key().with_kid("a")];
    assert_eq!(policies(&["at+jwt"; 5].map(typ), several).unwrap_err(), fifth(4));
    // Keys without ids.
    let bare = |_| vec![key()];
    policies(&["at+jwt"; 4].map(typ), bare).unwrap();
    assert_eq!(policies(&["at+jwt"; 5].map(typ), bare).unwrap_err(), fifth(4));
}

#[test]
fn as_many_keys_as_there_may_be_are_told_apart() {
    let kid = |index: usize| key().with_kid(index.to_string());
    let verifier = Verifier::one(policy(), (0..4096).map(kid)).unwrap();
    let token = |index: usize| {
        let header = format!(r#"{{"alg":"HS256","typ":"at+jwt","kid":"{index}"}}"#);
        sign_encoded(SECRET, &encode(header), &encode(claims("")))
    };
    for index in [0, 4095] {
        assert_eq!(reason(&verifier, &token(index), at(0)), None);
    }
    assert_eq!(reason(&verifier, &token(4096), at(0)), Some(UnknownKey));
    let error = Verifier::one(policy(), (0..4097).map(kid)).map(drop).unwrap_err();
    assert_eq!(error.to_string(), "policy 0: keys are more than 4096");
    let two = [
        (policy(), (0..4096).map(kid).collect()),
        (policy(), vec![kid(4096)]),
    ];
    let error = Verifier::many(two).map(drop).unwrap_err();
    assert_eq!(error.to_string(), "policy 1: keys are more than 4096");
}

#[test]
fn a_mistake_names_its_policy() {
    let error = Verifier::many([(policy(), vec![key()]), (policy().subject(""), vec![key()])]).unwrap_err();
    assert_eq!((error.policy(), error.member()), (1, "subject"));
    let error = Verifier::many([(policy(), vec![key()]), (policy(), vec![])]).unwrap_err();
    assert_eq!(error.to_string(), "policy 1: keys must not be empty");
    let error = Verifier::many([]).unwrap_err();
    assert_eq!(error.member(), "policies");
}

#[test]
fn what_is_shared_between_threads_can_be() {
    fn shared<T: Send + Sync + Clone>() {}
    fn sent<T: Send + Sync>() {}
    shared::<Verifier>();
    shared::<Policy>();
    shared::<Verified<'_>>();
    sent::<Scratch>();
}

#[test]
fn a_short_secret_is_a_key_by_name_alone() {
    let secret = b"short";
    assert!(HmacKey::hs256(secret).is_err());
    let verifier = Verifier::one(policy(), [danger::hs256_short_secret(secret).unwrap()]).unwrap();
    let token = sign_encoded(secret, &encode(HEADER), &encode(claims("")));
    assert_eq!(reason(&verifier, &token, at(0)), None);
    assert!(danger::hs256_short_secret(b"").is_err());
    assert!(danger::hs256_short_secret(b"-----BEGIN PUBLIC KEY-----").is_err());
}
