//! Which keys of a set are taken.

use cloakroom_jwks::cloakroom_jwt::aws_lc::Ed25519SigningKey;
use cloakroom_jwks::cloakroom_jwt::{ErrorKind, HmacKey, SigningKey};

use super::server::{Reply, Server};
use super::{Rig, Verdict, key, run, set};

/// RFC 8037 appendix A.1, whose private member everybody knows.
const PRIVATE: &str = r#"{"kty":"OKP","crv":"Ed25519","kid":"private","alg":"EdDSA",
    "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

#[test]
fn e22_a_set_with_bad_keys_yields_its_good_ones() {
    run(async {
        let good = key(1, "good");
        let good_jwk = set(&[&good]).replace("{\"keys\":[", "").replace("]}", "");
        let body = format!(
            r#"{{"keys":[
                {{"kty":"AKP","alg":"ML-DSA-44","kid":"akp","pub":"AAAA"}},
                {{"kty":"RSA","use":"enc","alg":"RS256","kid":"enc","n":"AQAB","e":"AQAB"}},
                {{"kty":"OKP","crv":"Ed25519","kid":"malformed","x":"AA"}},
                {{"kty":"oct","alg":"HS256","kid":"oct","k":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"}},
                {PRIVATE},
                {good_jwk}
            ]}}"#
        );
        let server = Server::https(Reply::ok(&body, &["content-type: text/html"])).await;
        let rig = Rig::start(&server);
        assert!(rig.verifier.first_load().await);
        assert_eq!(
            rig.heard.all(),
            [
                "skipped 0 Some(\"kty\")",
                "skipped 1 Some(\"use\")",
                "skipped 2 Some(\"x\")",
                "skipped 3 Some(\"k\")",
                "skipped 4 Some(\"d\")",
                "fetched 1",
            ]
        );
        assert_eq!(rig.verify(&good), Verdict::Good);
        let oct = SigningKey::from(HmacKey::hs256(&[1; 32]).unwrap()).with_kid("oct");
        assert_eq!(rig.verify(&oct), Verdict::Bad(ErrorKind::Algorithm));
        let seed = [
            0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
            0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
        ];
        let private = SigningKey::from(Ed25519SigningKey::from_seed(&seed).unwrap()).with_kid("private");
        assert_eq!(rig.verify(&private), Verdict::Bad(ErrorKind::UnknownKey));
    });
}

#[test]
fn a_set_without_a_usable_key_is_a_failure() {
    let table = [
        ("{\"keys\":[]}".to_owned(), "failed: the set holds no usable key"),
        (
            format!("{{\"keys\":[{PRIVATE}]}}"),
            "failed: the set holds no usable key",
        ),
        (String::new(), "failed: the body is not a JWK set"),
        ("[]".to_owned(), "failed: the body is not a JWK set"),
        ("{}".to_owned(), "failed: the body is not a JWK set"),
        ("<html>".to_owned(), "failed: the body is not a JWK set"),
        ("\u{0}\u{1}\u{2}".to_owned(), "failed: the body is not a JWK set"),
        ("[".repeat(100_000), "failed: the body is not a JWK set"),
    ];
    run(async {
        for (body, failure) in table {
            let good = key(1, "good");
            let server = Server::https(Reply::ok(&body, &[])).await;
            let rig = Rig::start(&server);
            assert!(!rig.verifier.first_load().await);
            let heard = rig.heard.count(2).await;
            let told: Vec<_> = heard
                .iter()
                .filter(|event| !event.starts_with("skipped"))
                .collect();
            assert_eq!(told, [failure, "stale"]);
            assert_eq!(rig.verify(&good), Verdict::Unavailable(1));
        }
    });
}
