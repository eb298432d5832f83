//! `jws-verify`, `jws-sign` and `jwt-verify`.

use serde_json::{Value, json};

use crate::{File, b64, check, run};

const ISS: &str = "https://issuer.example";
const AUD: &str = "https://api.example";

/// RFC 7515 appendix A.1: HS256.
const RFC_7515_A1: &str = concat!(
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
);
const RFC_7515_A1_PAYLOAD: &str =
    "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
const RFC_7515_A1_KEY: &str =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

fn hs256() -> File {
    File::new(&json!({"kty": "oct", "alg": "HS256", "k": RFC_7515_A1_KEY}).to_string())
}

/// A key of the peers, private, under a kid.
fn key(name: &str, alg: &str) -> Value {
    let keys: Value = serde_json::from_str(include_str!("../../peers/test_keys.json")).unwrap();
    let mut key = keys[name].clone();
    key["alg"] = alg.into();
    key["kid"] = "k1".into();
    key
}

/// The answers to `lines`.
fn answers(args: &[&str], lines: &[Value]) -> Vec<Value> {
    let input: Vec<String> = lines.iter().map(Value::to_string).collect();
    let output = run(args, input.join("\n").as_bytes());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The token of one payload.
fn signed(key: &File, payload: &str) -> String {
    let answer = &answers(
        &["jws-sign", "--jwk", key.path()],
        &[json!({"payload_b64": b64(payload)})],
    )[0];
    answer["token"].as_str().unwrap().to_owned()
}

#[test]
fn e18_jws_verify_takes_the_rfcs_token() {
    let file = hs256();
    let altered = RFC_7515_A1.replace("eyJ0", "eyJ1");
    let lines = [
        (
            json!({"id": 1, "token": RFC_7515_A1}),
            json!({"id": 1, "ok": true, "payload_b64": b64(RFC_7515_A1_PAYLOAD)}),
        ),
        (
            json!({"id": 2, "token": format!("{RFC_7515_A1}=")}),
            json!({"id": 2, "ok": false, "error": "malformed"}),
        ),
        (
            json!({"id": 3, "token": altered}),
            json!({"id": 3, "ok": false, "error": "signature"}),
        ),
        (
            json!({"id": 4, "token": 1}),
            json!({"id": 4, "ok": false, "error": "malformed"}),
        ),
    ];
    for (line, answer) in lines {
        let args = ["jws-verify", "--jwk", file.path()];
        assert_eq!(answers(&args, &[line]), [answer]);
    }
}

#[test]
fn each_algorithm_verifies_what_it_signs() {
    let payload = "any octets\0";
    for (name, alg) in [
        ("oct", "HS256"),
        ("oct", "HS384"),
        ("oct", "HS512"),
        ("P-256", "ES256"),
        ("P-384", "ES384"),
        ("Ed25519", "EdDSA"),
    ] {
        let file = File::new(&key(name, alg).to_string());
        let mut tokens = Vec::new();
        for backend in ["rustcrypto", "aws-lc"] {
            let options = ["--jwk", file.path(), "--backend", backend];
            let line = json!({"payload_b64": b64(payload)});
            let answer = &answers(&[&["jws-sign"], &options[..]].concat(), &[line])[0];
            let line = json!({"token": answer["token"]});
            tokens.push(line.clone());
            for verifying in ["rustcrypto", "aws-lc"] {
                let args = ["jws-verify", "--jwk", file.path(), "--backend", verifying];
                let answer = &answers(&args, std::slice::from_ref(&line))[0];
                assert_eq!(
                    answer["payload_b64"],
                    b64(payload),
                    "{alg}: {backend} for {verifying}"
                );
            }
        }
        let same = !alg.starts_with("ES");
        assert!(tokens[0] == tokens[1] || !same, "{alg}");
    }
}

#[test]
fn an_rsa_key_verifies_and_does_not_sign() {
    let file = File::new(&key("RSA", "RS256").to_string());
    check(
        &["jws-sign", "--jwk", file.path()],
        &[(
            r#"{"id":1,"payload_b64":""}"#,
            r#"{"id":1,"ok":false,"error":"key"}"#,
        )],
    );
    let line = r#"{"id":1,"token":"eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.e30.AAAA"}"#;
    check(
        &["jws-verify", "--jwk", file.path()],
        &[(line, r#"{"id":1,"ok":false,"error":"signature"}"#)],
    );
    check(
        &["jws-verify", "--jwk", file.path(), "--backend", "rustcrypto"],
        &[(line, r#"{"id":1,"ok":false,"error":"key"}"#)],
    );
    // Without `alg`, the option names the only algorithm.
    let mut key = key("RSA", "RS256");
    key.as_object_mut().unwrap().remove("alg");
    let file = File::new(&key.to_string());
    for (alg, error) in [("RS256", "signature"), ("PS256", "algorithm")] {
        check(
            &["jws-verify", "--jwk", file.path(), "--alg", alg],
            &[(line, &format!(r#"{{"id":1,"ok":false,"error":"{error}"}}"#))],
        );
    }
    check(
        &["jws-verify", "--jwk", file.path()],
        &[(line, r#"{"id":1,"ok":false,"error":"key"}"#)],
    );
}

#[test]
fn alg_completes_a_key_and_never_changes_it() {
    let bare = File::new(&json!({"kty": "oct", "k": RFC_7515_A1_KEY}).to_string());
    let answer = &answers(
        &["jws-sign", "--jwk", bare.path(), "--alg", "HS512"],
        &[json!({"payload_b64": ""})],
    )[0];
    assert!(
        answer["token"]
            .as_str()
            .unwrap()
            .starts_with("eyJhbGciOiJIUzUxMiJ9.")
    );
    let refused = (
        r#"{"id":1,"payload_b64":""}"#,
        r#"{"id":1,"ok":false,"error":"key"}"#,
    );
    check(&["jws-sign", "--jwk", bare.path()], &[refused]);
    let file = hs256();
    check(&["jws-sign", "--jwk", file.path(), "--alg", "HS512"], &[refused]);
}

#[test]
fn a_refused_key_answers_key_on_every_line() {
    let twice = format!(r#"{{"kty":"oct","kty":"oct","alg":"HS256","k":"{RFC_7515_A1_KEY}"}}"#);
    for text in [
        "",
        "[]",
        "{}",
        r#"{"keys":[]}"#,
        r#"{"keys":[{"kty":"EC"}]}"#,
        r#"{"kty":"oct","alg":"none","k":""}"#,
        r#"{"kty":"oct","alg":"HS256","k":"c2hvcnQ"}"#,
        &twice,
    ] {
        let file = File::new(text);
        let of_a_policy = ["--iss", ISS, "--aud", AUD, "--typ", "at+jwt", "--now", "0"];
        for (command, options) in [
            ("jws-verify", &[][..]),
            ("jws-sign", &[]),
            ("jwt-verify", &of_a_policy),
        ] {
            let args = [&[command, "--jwk", file.path()], options].concat();
            check(
                &args,
                &[
                    (
                        r#"{"id":1,"token":"","payload_b64":""}"#,
                        r#"{"id":1,"ok":false,"error":"key"}"#,
                    ),
                    ("junk", r#"{"id":null,"ok":false,"error":"key"}"#),
                ],
            );
        }
    }
}

#[test]
fn jwt_verify_applies_the_policy() {
    let file = File::new(&key("oct", "HS256").to_string());
    let claims = "{\"iss\":\"https://issuer.example\",\n\t\"aud\":[\"https://api.example\"],\"exp\":1300819380.5,\"n\":1e2,\"use\":\"access\"}";
    let token = signed(&file, claims);
    let ask = |iss: &str, aud: &str, typ: &str, now: &str, leeway: &str| {
        let options = ["--jwk", file.path(), "--iss", iss, "--aud", aud, "--typ", typ];
        let times = ["--now", now, "--leeway", leeway];
        let args = [&["jwt-verify"], &options[..], &times].concat();
        let output = run(
            &args,
            format!("{}\n", json!({"id": 1, "token": token})).as_bytes(),
        );
        let answer = String::from_utf8(output.stdout).unwrap();
        let Some(error) = answer.strip_prefix(r#"{"id":1,"ok":false,"error":""#) else {
            return answer;
        };
        error.trim_end_matches("\"}\n").to_owned()
    };
    let untyped = "untyped:own-keys";
    // The claims come out as they were signed, on one line.
    let accepted = concat!(
        r#"{"id":1,"ok":true,"claims":{"iss":"https://issuer.example","aud":["https://api.example"],"#,
        r#""exp":1300819380.5,"n":1e2,"use":"access"}}"#,
        "\n"
    );
    assert_eq!(ask(ISS, AUD, untyped, "1300819379", "0"), accepted);
    assert_eq!(ask(ISS, AUD, "untyped:own-audience", "-1", "0"), accepted);
    assert_eq!(ask(ISS, AUD, untyped, "1300819380", "1"), accepted);
    assert_eq!(ask(ISS, AUD, untyped, "1300819380", "0"), "expired");
    assert_eq!(ask(ISS, AUD, untyped, "1300819381", "1"), "expired");
    assert_eq!(ask("joe", AUD, untyped, "0", "0"), "issuer");
    assert_eq!(ask(ISS, "x", untyped, "0", "0"), "audience");
    assert_eq!(ask(ISS, AUD, "at+jwt", "0", "0"), "type");
    assert_eq!(ask(ISS, AUD, "untyped:claim:n=x", "0", "0"), "type");
    assert_eq!(ask(ISS, AUD, "untyped:claim:use=access", "0", "0"), accepted);
    assert_eq!(ask(ISS, AUD, "untyped:claim:use=id", "0", "0"), "type");
}

#[test]
fn one_line_leaves_nothing_behind_for_the_next() {
    let file = File::new(&key("oct", "HS256").to_string());
    let long = format!(
        r#"{{"iss":"{ISS}","aud":"{AUD}","exp":9,"\u0078":"{}"}}"#,
        "\\n".repeat(2000)
    );
    let short = format!(r#"{{"iss":"{ISS}","aud":"{AUD}","exp":9}}"#);
    let (long_token, short_token) = (signed(&file, &long), signed(&file, &short));
    let line = |token: &str| json!({"token": token});
    let args = [
        "jwt-verify",
        "--jwk",
        file.path(),
        "--iss",
        ISS,
        "--aud",
        AUD,
        "--typ",
    ];
    let args = [&args[..], &["untyped:own-keys", "--now", "0"]].concat();
    let lines = [
        line(&long_token),
        line(&short_token),
        line("x"),
        line(&short_token),
        line(&long_token),
    ];
    let answers = answers(&args, &lines);
    let (long, short): (Value, Value) = (
        serde_json::from_str(&long).unwrap(),
        serde_json::from_str(&short).unwrap(),
    );
    let claims: Vec<_> = answers.iter().map(|answer| answer["claims"].clone()).collect();
    assert_eq!(claims, [long.clone(), short.clone(), Value::Null, short, long]);
}

#[test]
fn e13_policies_keep_issuers_apart() {
    let (first, second) = (key("oct", "HS256"), key("P-256", "ES256"));
    let mut public = second.clone();
    public.as_object_mut().unwrap().remove("d");
    let policies = json!([
        {"iss": ISS, "aud": AUD, "typ": "untyped:own-keys", "jwks": {"keys": [first]}},
        {"iss": "https://other.example", "aud": AUD, "typ": "untyped:own-keys", "jwks": public},
    ]);
    let policies = File::new(&policies.to_string());
    let claims = |iss: &str| json!({"iss": iss, "aud": AUD, "exp": 9});
    let mut lines = Vec::new();
    for key in [&first, &second] {
        let file = File::new(&key.to_string());
        for iss in [ISS, "https://other.example"] {
            lines.push(json!({"token": signed(&file, &claims(iss).to_string())}));
        }
    }
    let args = ["jwt-verify", "--policies", policies.path(), "--now", "0"];
    let answers = answers(&args, &lines);
    assert_eq!(answers[0]["claims"], claims(ISS));
    assert_eq!(answers[1]["error"], "issuer");
    assert_eq!(answers[2]["error"], "issuer");
    assert_eq!(answers[3]["claims"], claims("https://other.example"));
}

#[test]
fn unusable_options_exit_2() {
    #[track_caller]
    fn unusable(args: &[&str], message: &str) {
        let output = run(args, b"{\"id\":1}\n");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, format!("cloakroom-interop: {message}\n"), "{args:?}");
    }
    let file = hs256();
    let jwk = file.path();
    let of_a_policy = |typ| {
        [
            "jwt-verify",
            "--jwk",
            jwk,
            "--iss",
            ISS,
            "--aud",
            AUD,
            "--typ",
            typ,
            "--now",
            "0",
        ]
    };
    unusable(&["jws-verify"], "--jwk is missing");
    unusable(
        &["jws-sign", "--jwk", jwk, "--iss", ISS],
        "invalid option '--iss'",
    );
    unusable(&["jws-sign", "--jwk", jwk, "--jwk", jwk], "--jwk is given twice");
    unusable(
        &["jws-sign", "--jwk", jwk, "--alg", "none"],
        "--alg: no algorithm of this library",
    );
    unusable(
        &["jws-sign", "--jwk", jwk, "--backend", "x"],
        "--backend: neither rustcrypto nor aws-lc",
    );
    unusable(&["jwt-verify", "--jwk", jwk], "--now is missing");
    unusable(&["jwt-verify", "--jwk", jwk, "--now", "0"], "--iss is missing");
    unusable(
        &["jwt-verify", "--jwk", jwk, "--now", "9223372036854775807"],
        "--now: out of range",
    );
    unusable(
        &of_a_policy("untyped"),
        "cannot parse argument \"untyped\": untyped is said untyped:own-keys, untyped:own-audience or untyped:claim:NAME=VALUE",
    );
    unusable(
        &of_a_policy("JWT"),
        "policy 0: typ is JWT, which tells no kind of token from another: use Typ::untyped",
    );
    unusable(
        &[&of_a_policy("at+jwt")[..], &["--leeway", "301"]].concat(),
        "policy 0: leeway is more than 5 minutes",
    );
    unusable(
        &["jwt-verify", "--policies", jwk, "--now", "0", "--iss", ISS],
        "--iss: given beside --policies",
    );
    unusable(
        &["jwt-verify", "--policies", "/nonexistent", "--now", "0"],
        "--policies /nonexistent: No such file or directory (os error 2)",
    );
    let policies = File::new(r#"[{"iss":"i","aud":"a","typ":"untyped","jwks":{}}]"#);
    unusable(
        &["jwt-verify", "--policies", policies.path(), "--now", "0"],
        "--policies: untyped is said untyped:own-keys, untyped:own-audience or untyped:claim:NAME=VALUE",
    );
    let policies = File::new("[{}]");
    unusable(
        &["jwt-verify", "--policies", policies.path(), "--now", "0"],
        "--policies: missing field `iss` at line 1 column 3",
    );
}
