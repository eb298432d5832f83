use std::borrow::Cow;
use std::hint::black_box;

use allocation_counter::measure;
use cloakroom_jwt::{Scratch, Value};
use serde::Deserialize;

use crate::common::{HEADER, at, claims, policy, sign, verifier};

#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(borrow)]
    sub: Cow<'a, str>,
    #[serde(borrow)]
    role: &'a str,
}

#[test]
fn a_warm_scratch_allocates_nothing() {
    let verifier = verifier(policy().require(["sub", "jti"]));
    let mut scratch = Scratch::new();
    let more = r#""jti":"f47ac10b-58cc-4372-a567-0e02b2c3d479","role":"administrator","teams":["a","b"],"x":{"y":[1,2]}"#;
    let tokens = [
        sign(HEADER, claims(more)),
        // A header that is none of the pinned.
        sign(
            r#"{ "alg":"HS256", "typ":"application/at+jwt", "x":1 }"#,
            claims(more),
        ),
        // Escapes in a name and in a value.
        sign(HEADER, claims(&format!(r#"{more},"\u007a":"\u0041""#))),
        sign(
            HEADER,
            claims(more).replace(
                "\"https://api.example.com\"",
                "[\"x\",\"https://api.example.com\"]",
            ),
        ),
    ];
    // More members than are compared one by one.
    let many: Vec<_> = (0..100).map(|index| format!("\"m{index}\":{index}")).collect();
    let many = sign(HEADER, claims(&format!("{more},{}", many.join(","))));
    for warmed in [false, true] {
        for token in tokens.iter().chain([&many]) {
            let counted = measure(|| {
                let verified = verifier.verify(token, at(0), &mut scratch).unwrap();
                assert_eq!(verified.subject(), Some("anna"));
                assert_eq!(
                    verified.get("role").and_then(Value::as_str),
                    Some("administrator")
                );
                black_box((verified.issuer(), verified.expires_at(), verified.token_id()));
                assert!(
                    verified
                        .audience()
                        .any(|audience| audience == "https://api.example.com")
                );
            });
            if warmed {
                assert_eq!(counted.count_total, 0, "{token}");
            }
        }
    }
}

#[test]
fn audiences_with_escapes_allocate_where_they_are_handed_out_and_nowhere_else() {
    let verifier = verifier(policy());
    let mut scratch = Scratch::new();
    let audiences = r#"["\u0061","https:\/\/api.example.com","\ud83d\ude00\n"]"#;
    let token = sign(
        HEADER,
        claims("").replace("\"https://api.example.com\"", audiences),
    );
    verifier.verify(&token, at(0), &mut scratch).unwrap();
    let counted = measure(|| {
        let verified = verifier.verify(&token, at(0), &mut scratch).unwrap();
        black_box((verified.issuer(), verified.expires_at()));
    });
    assert_eq!(counted.count_total, 0);
    let verified = verifier.verify(&token, at(0), &mut scratch).unwrap();
    let found: Vec<_> = verified.audience().collect();
    assert_eq!(found, ["a", "https://api.example.com", "\u{1f600}\n"]);
    // None of them is ours.
    let audiences = r#"["\u0061","https:\/\/api.example.org"]"#;
    let other = sign(
        HEADER,
        claims("").replace("\"https://api.example.com\"", audiences),
    );
    let counted = measure(|| assert!(verifier.verify(&other, at(0), &mut scratch).is_err()));
    assert_eq!(counted.count_total, 0);
}

#[test]
fn typed_claims_that_borrow_allocate_nothing() {
    let verifier = verifier(policy());
    let mut scratch = Scratch::new();
    // What the type does not want allocates nothing, however deep it is.
    let token = sign(
        HEADER,
        claims(r#""role":"administrator","x":{"y":[[1],{"z":[]}]}"#),
    );
    for warmed in [false, true] {
        let counted = measure(|| {
            let verified = verifier.verify(&token, at(0), &mut scratch).unwrap();
            let typed: Typed<'_> = verified.claims().unwrap();
            assert_eq!((typed.sub.as_ref(), typed.role), ("anna", "administrator"));
        });
        if warmed {
            assert_eq!(counted.count_total, 0);
        }
    }
}

#[test]
fn rejecting_allocates_nothing_either() {
    let verifier = verifier(policy());
    let mut scratch = Scratch::new();
    let good = sign(HEADER, claims(""));
    verifier.verify(&good, at(0), &mut scratch).unwrap();
    let long = "A".repeat(1_000_000);
    let dots = ".".repeat(1_000_000);
    let other = sign(HEADER, claims("")).replace("eyJ", "eyK");
    let expired = sign(HEADER, claims("").replace("\"exp\":1", "\"exp\":0"));
    for token in [&long, &dots, &other, &expired, &good[..good.len() - 1], ""] {
        let counted = measure(|| assert!(verifier.verify(token, at(0), &mut scratch).is_err()));
        assert_eq!(counted.count_total, 0, "{token:.40}");
    }
}
