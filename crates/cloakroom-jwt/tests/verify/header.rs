use cloakroom_jwt::ErrorKind::{Algorithm, Header, Malformed, TooLarge, UnknownKey};
use cloakroom_jwt::{HmacKey, Verifier, VerifyingKey};

use crate::common::{HEADER, SECRET, at, check, check_header, claims, encode, policy, reason, sign, untyped};

#[test]
fn e1_alg_is_one_of_the_names_and_nothing_else() {
    for alg in [
        "none",
        "NoNe",
        "NONE",
        "nOnE",
        "hs256",
        "Hs256",
        "HS256 ",
        " HS256",
        "HS256\\u0000",
        "HS256\\u0020",
        "HS",
        "",
        "HMAC",
        "SHA256",
        "ES512",
        "ES256K",
        "A256GCM",
        "dir",
        "RSA-OAEP",
        "*",
    ] {
        check_header(&format!(r#"{{"alg":"{alg}"}}"#), Some(Header));
    }
    for alg in ["null", "[]", r#"["HS256"]"#, "256", "true", r#"{"HS256":1}"#] {
        check_header(&format!(r#"{{"alg":{alg}}}"#), Some(Header));
    }
    check_header("{}", Some(Header));
    check_header(r#"{"typ":"JWT"}"#, Some(Header));
    check_header(r#"{"Alg":"HS256"}"#, Some(Header));
    check_header(r#"{"ALG":"HS256"}"#, Some(Header));
    check_header(r#"{"alg":"HS256"}"#, None);
    // An escape is another spelling of the same name.
    check_header(r#"{"alg":"\u0048S256"}"#, None);
    check_header(r#"{"\u0061lg":"HS256"}"#, None);
}

#[test]
fn e1_alg_is_there_once() {
    for header in [
        r#"{"alg":"HS256","alg":"HS256"}"#,
        r#"{"alg":"none","alg":"HS256"}"#,
        r#"{"alg":"HS256","alg":"none"}"#,
        r#"{"alg":"HS256","\u0061lg":"none"}"#,
        r#"{"a\u006cg":"none","alg":"HS256"}"#,
        r#"{"\u0061lg":"HS256","a\u006Cg":"HS256"}"#,
    ] {
        check_header(header, Some(Malformed));
    }
}

#[test]
fn e1_the_key_has_the_algorithm() {
    for alg in [
        "HS384", "HS512", "ES256", "ES384", "EdDSA", "Ed25519", "RS256", "PS256", "RS512", "PS512",
    ] {
        check_header(&format!(r#"{{"alg":"{alg}"}}"#), Some(Algorithm));
    }
}

#[test]
fn e3_unsigned_tokens_are_refused_with_every_signature() {
    for header in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"none","typ":"JWT"}"#,
        r#"{"alg":"none","typ":"at+jwt"}"#,
    ] {
        let token = sign(header, claims(""));
        let (unsigned, _) = token.rsplit_once('.').unwrap();
        check(untyped(), &token, Some(Header));
        check(untyped(), &format!("{unsigned}."), Some(Header));
        check(untyped(), &format!("{unsigned}.AAAA"), Some(Header));
    }
}

#[test]
fn e6_the_header_is_an_object_in_utf_8() {
    for header in [
        "",
        " ",
        "null",
        "true",
        "1",
        r#""HS256""#,
        "[]",
        r#"["alg","HS256"]"#,
        r#"[{"alg":"HS256"}]"#,
        r#"{"alg":"HS256"}{}"#,
        r#"{"alg":"HS256"},"#,
        r#"{"alg":"HS256"}x"#,
        "{\"alg\":\"HS256\"}\0",
        "\u{feff}{\"alg\":\"HS256\"}",
        r#"{"alg":"HS256",}"#,
        r#"{,"alg":"HS256"}"#,
        r#"{"alg" "HS256"}"#,
        r#"{"alg":"HS256""#,
        r#"{"alg":"HS256"#,
        r#"{alg:"HS256"}"#,
        r"{'alg':'HS256'}",
        "{\"alg\":\"HS256\",\"x\":\"\t\"}",
        r#"{"alg":"HS256","x":01}"#,
        r#"{"alg":"HS256","x":"\ud800"}"#,
        r#"{"alg":"HS256"/**/}"#,
    ] {
        check_header(header, Some(Malformed));
    }
    let wide: Vec<u8> = r#"{"alg":"HS256"}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
    check(untyped(), &sign(wide, claims("")), Some(Malformed));
    check(
        untyped(),
        &sign(b"{\"alg\":\"HS256\",\"x\":\"\xff\"}", claims("")),
        Some(Malformed),
    );
    check(
        untyped(),
        &sign(b"{\"alg\":\"HS256\",\"x\":\"\xed\xa0\x80\"}", claims("")),
        Some(Malformed),
    );
    check_header(" {\r\n\t\"alg\" : \"HS256\" } ", None);
}

#[test]
fn e7_no_header_member_is_there_twice() {
    for header in [
        r#"{"alg":"HS256","typ":"JWT","typ":"JWT"}"#,
        r#"{"alg":"HS256","x":1,"x":1}"#,
        r#"{"alg":"HS256","x":1,"\u0078":1}"#,
        r#"{"alg":"HS256","x":{"y":1,"y":2}}"#,
        r#"{"alg":"HS256","x":[{"y":1,"\u0079":2}]}"#,
        r#"{"alg":"HS256","":1,"":2}"#,
    ] {
        check_header(header, Some(Malformed));
    }
    check_header(r#"{"alg":"HS256","x":{"alg":1},"y":{"alg":1}}"#, None);
}

#[test]
fn e8_crit_is_refused_whatever_it_says() {
    for crit in [
        r#"["exp"]"#,
        r#"["b64"]"#,
        r#"["alg"]"#,
        r#"["http://example.com/x"]"#,
        "[]",
        "null",
        "{}",
        "1",
        r#""b64""#,
        r#"["alg","alg"]"#,
        "true",
        "[1]",
    ] {
        check_header(
            &format!(r#"{{"alg":"HS256","crit":{crit},"exp":1,"b64":true}}"#),
            Some(Header),
        );
        check_header(&format!(r#"{{"crit":{crit},"alg":"HS256"}}"#), Some(Header));
    }
    check_header(
        r#"{"alg":"HS256","crit":["b64"],"crit":["b64"]}"#,
        Some(Malformed),
    );
    check_header(r#"{"alg":"HS256","cri\u0074":["b64"]}"#, Some(Header));
    for b64 in ["false", "true", "null", "0"] {
        check_header(&format!(r#"{{"alg":"HS256","b64":{b64}}}"#), Some(Header));
    }
}

#[test]
fn e25_compressed_encrypted_and_nested_tokens_are_refused() {
    for header in [
        r#"{"alg":"HS256","zip":"DEF"}"#,
        r#"{"alg":"HS256","zip":null}"#,
        r#"{"alg":"HS256","enc":"A128GCM"}"#,
        r#"{"alg":"HS256","cty":"JWT"}"#,
        r#"{"alg":"HS256","cty":"jwt"}"#,
        r#"{"alg":"HS256","cty":"application/JWT"}"#,
        r#"{"alg":"HS256","cty":"Application/jwt"}"#,
        r#"{"alg":"HS256","cty":1}"#,
        r#"{"alg":"HS256","cty":["JWT"]}"#,
        r#"{"alg":"dir","enc":"A128GCM"}"#,
    ] {
        check_header(header, Some(Header));
    }
    check_header(r#"{"alg":"HS256","cty":"json"}"#, None);
    // A JWE has five parts.
    let jwe = format!(
        "{}.AAAA.AAAA.AAAA.AAAA",
        encode(r#"{"alg":"dir","enc":"A128GCM"}"#)
    );
    check(untyped(), &jwe, Some(Malformed));
}

#[test]
fn e14_kid_is_compared_and_nothing_else() {
    let key = |kid: &str| VerifyingKey::from(HmacKey::hs256(SECRET).unwrap()).with_kid(kid);
    let verifier = Verifier::one(untyped(), [key("one"), key("../../dev/null")]).unwrap();
    let check = |kid: &str, expected| {
        let token = sign(format!(r#"{{"alg":"HS256","kid":{kid}}}"#), claims(""));
        assert_eq!(reason(&verifier, &token, at(1000)), expected, "{kid}");
    };
    check(r#""one""#, None);
    check(r#""\u006fne""#, None);
    check(r#""../../dev/null""#, None);
    for kid in [
        r#""two""#,
        r#""""#,
        r#""ONE""#,
        r#""one ""#,
        r#""one\u0000""#,
        r#""../one""#,
        r#""/etc/passwd""#,
        r#""' OR 1=1 --""#,
        r#""\"one\"""#,
        r#""on""#,
        r#""onee""#,
    ] {
        check(kid, Some(UnknownKey));
    }
    for kid in ["1", "null", "[]", r#"["one"]"#, "{}", "true"] {
        check(kid, Some(Header));
    }
    check(&format!("{:?}", "x".repeat(900)), Some(UnknownKey));
    check(&format!("{:?}", "x".repeat(4000)), Some(TooLarge));
    check(&format!("{:?}", "x".repeat(65536)), Some(TooLarge));
}

#[test]
fn e14_keys_and_addresses_in_the_header_are_never_read() {
    let secret = encode([7; 32]);
    for parameter in [
        format!(r#""jwk":{{"kty":"oct","k":"{secret}"}}"#),
        r#""jwk":null"#.into(),
        r#""jku":"https://attacker.example/jwks.json""#.into(),
        r#""jku":"file:///etc/passwd""#.into(),
        r#""x5u":"https://attacker.example/x5u""#.into(),
        r#""x5c":["MIIB"]"#.into(),
        r#""x5c":17"#.into(),
        r#""x5t":"AAAA""#.into(),
        r#""x5t#S256":{}"#.into(),
    ] {
        let header = format!(r#"{{"alg":"HS256",{parameter}}}"#);
        check_header(&header, None);
        // Signed with the key that the header brings along.
        let forged = crate::common::sign_encoded(&[7; 32], &encode(&header), &encode(claims("")));
        check(untyped(), &forged, Some(cloakroom_jwt::ErrorKind::Signature));
    }
}

#[test]
fn at_most_32_parameters_and_16_levels() {
    let header = |parameters: usize| {
        let more: Vec<_> = (1..parameters)
            .map(|index| format!(r#""p{index}":{index}"#))
            .collect();
        format!(r#"{{"alg":"HS256",{}}}"#, more.join(","))
    };
    check_header(&header(32), None);
    check_header(&header(33), Some(Header));
    let nested = |levels: usize| {
        format!(
            r#"{{"alg":"HS256","x":{}{}}}"#,
            "[".repeat(levels - 1),
            "]".repeat(levels - 1)
        )
    };
    check_header(&nested(16), None);
    check_header(&nested(17), Some(Malformed));
    check_header(&nested(400), Some(Malformed));
}

#[test]
fn a_wrong_header_is_told_before_a_wrong_signature() {
    let token = sign(r#"{"alg":"HS384","typ":"at+jwt"}"#, claims(""));
    let (unsigned, _) = token.rsplit_once('.').unwrap();
    check(policy(), &format!("{unsigned}.AAAA"), Some(Algorithm));
    // The payload is no JSON, and nobody looks at it before the signature.
    let token = sign(HEADER, "no JSON");
    let (unsigned, _) = token.rsplit_once('.').unwrap();
    check(
        policy(),
        &format!("{unsigned}.AAAA"),
        Some(cloakroom_jwt::ErrorKind::Signature),
    );
}

#[test]
fn every_spelling_of_one_header_is_accepted() {
    let key = VerifyingKey::from(HmacKey::hs256(SECRET).unwrap()).with_kid("k-1");
    let verifier = Verifier::one(policy(), [key]).unwrap();
    let mut members = [r#""alg":"HS256""#, r#""typ":"at+jwt""#, r#""kid":"k-1""#];
    for _ in 0..3 {
        members.rotate_left(1);
        for _ in 0..2 {
            members.swap(0, 1);
            for header in [
                format!("{{{}}}", members.join(",")),
                format!("{{{}}}", members.join(", ")),
                format!("{{ {} }}", members.join(",\n").replace(':', " : ")),
            ] {
                assert_eq!(
                    reason(&verifier, &sign(&header, claims("")), at(1000)),
                    None,
                    "{header}"
                );
            }
        }
    }
}
