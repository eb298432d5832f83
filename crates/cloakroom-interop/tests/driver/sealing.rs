//! `seal` and `open`, and the rings that they are given.

use crate::{Ring, SECRET, b64, check, run};

#[test]
fn sealed_values_come_back() {
    let ring = Ring::good();
    check(
        &ring.args("seal", "signed", &["--ttl", "43200"]),
        &[(
            r#"{"id":"a","payload_b64":"eyJzdWIiOiJ1MSJ9"}"#,
            r#"{"id":"a","ok":true,"value":"ATJPHXwBl3Qg3HsAAKjAeyJzdWIiOiJ1MSJ9I9liF5xOusyrFJnlX7Sib29k9ZABMqhK9Tg3kDg54E8"}"#,
        )],
    );
    let value = "AjJPHXygoaKjpKWmp6ipqqvuKQGidvHYklAO382O8_RdOw3k5S8u5exWUKyeN98NxidGBQUeUPU";
    let line = format!(r#"{{"id":1,"value":"{value}"}}"#);
    let opened = r#"{"id":1,"ok":true,"payload_b64":"eyJzdWIiOiJ1MSJ9","issued_at_ms":1750000000123,"expires_at_ms":1750043200123,"needs_reseal":false}"#;
    check(&ring.args("open", "encrypted", &[]), &[(&line, opened)]);
    check(
        &ring.args("open", "encrypted", &["--ttl", "1", "--cutoff", "1750000000122"]),
        &[(&line, opened)],
    );
    let at = |now: &str, more: &[&str], error: &str| {
        let mut args = ring.args("open", "encrypted", more);
        let place = args.iter().position(|&arg| arg == "--now").unwrap();
        args[place + 1] = now;
        check(
            &args,
            &[(&line, &format!(r#"{{"id":1,"ok":false,"error":"{error}"}}"#))],
        );
    };
    at("1750043200123", &[], "expired");
    at("1750000060123", &["--max-ttl", "60"], "expired");
    at("1749999995122", &[], "not_yet_valid");
    at("-9223372036854775808", &[], "not_yet_valid");
    at("1750000000123", &["--cutoff", "1750000000123"], "revoked");
    check(
        &ring.args("open", "signed", &[]),
        &[
            (&line, r#"{"id":1,"ok":false,"error":"rejected"}"#),
            (
                r#"{"id":2,"value":""}"#,
                r#"{"id":2,"ok":false,"error":"rejected"}"#,
            ),
            (
                r#"{"id":3,"value":"é\u0000"}"#,
                r#"{"id":3,"ok":false,"error":"rejected"}"#,
            ),
            (
                r#"{"id":4,"value":1}"#,
                r#"{"id":4,"ok":false,"error":"malformed"}"#,
            ),
        ],
    );
}

#[test]
fn seal_refuses_times_and_sizes() {
    let ring = Ring::good();
    let line = r#"{"id":1,"payload_b64":""}"#;
    let rejected = r#"{"id":1,"ok":false,"error":"rejected"}"#;
    check(&ring.args("seal", "signed", &["--ttl", "0"]), &[(line, rejected)]);
    check(
        &ring.args("seal", "signed", &["--ttl", "2592001"]),
        &[(line, rejected)],
    );
    check(
        &ring.args("seal", "signed", &["--ttl", "61", "--max-ttl", "60"]),
        &[(line, rejected)],
    );
    check(
        &ring.args("seal", "encrypted", &["--ttl", "60", "--bucket", "64"]),
        &[
            (
                &format!(r#"{{"id":2,"payload_b64":"{}"}}"#, b64(vec![0; 4000])),
                r#"{"id":2,"ok":false,"error":"too_large"}"#,
            ),
            (
                r#"{"id":3,"payload_b64":"!"}"#,
                r#"{"id":3,"ok":false,"error":"malformed"}"#,
            ),
        ],
    );
}

#[test]
fn a_bucket_makes_values_one_length() {
    let ring = Ring::good();
    let input = format!(
        "{{\"payload_b64\":\"\"}}\n{{\"payload_b64\":\"{}\"}}\n{{\"payload_b64\":\"{}\"}}\n",
        b64([0; 63]),
        b64([0; 64]),
    );
    let output = run(
        &ring.args("seal", "encrypted", &["--ttl", "60", "--bucket", "64"]),
        input.as_bytes(),
    );
    let lengths: Vec<usize> = output
        .stdout
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| {
            let answer: serde_json::Value = serde_json::from_slice(line).unwrap();
            answer["value"].as_str().unwrap().len()
        })
        .collect();
    // 43 bytes of frame and 64 or 128 of padded payload, in base64url.
    assert_eq!(lengths, [143, 143, 228]);
}

#[test]
fn a_refused_ring_answers_key_on_every_line() {
    for text in [
        "",
        "[]",
        "\u{feff}{}",
        r#"{"keys":[]}"#,
        r#"{"keys":[{"state":"active","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}]}"#,
        &format!(
            r#"{{"keys":[{{"state":"active","key":"{SECRET}"}},{{"state":"revoked","id":"00000000"}}]}}"#
        ),
    ] {
        let ring = Ring::new(text);
        for command in ["seal", "open"] {
            check(
                &ring.args(command, "signed", &["--ttl", "60"]),
                &[
                    (
                        r#"{"id":1,"payload_b64":"","value":""}"#,
                        r#"{"id":1,"ok":false,"error":"key"}"#,
                    ),
                    (
                        r#"{"id":[2],"payload_b64":0}"#,
                        r#"{"id":[2],"ok":false,"error":"key"}"#,
                    ),
                    ("junk", r#"{"id":null,"ok":false,"error":"key"}"#),
                ],
            );
        }
    }
    let binary = Ring::good();
    std::fs::write(&binary.path, b"\xff\xfe").unwrap();
    check(
        &binary.args("open", "signed", &[]),
        &[(r#"{"id":1}"#, r#"{"id":1,"ok":false,"error":"key"}"#)],
    );
}
