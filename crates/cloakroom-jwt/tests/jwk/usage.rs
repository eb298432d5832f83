use cloakroom_jwt::InvalidKeyKind::{Conflict, Use};
use cloakroom_jwt::{Backend, Jwk};

use super::common::{OCT, P256_PRIVATE, refused, with};

fn parse(jwk: &str, members: &str) -> Jwk {
    Jwk::parse(with(jwk, members).as_bytes()).unwrap()
}

#[test]
fn e2_use_and_key_ops_are_honoured() {
    let backend = Backend::RustCrypto;
    for jwk in [P256_PRIVATE, OCT] {
        for members in [
            r#""use":"sig""#,
            r#""key_ops":["sign","verify"]"#,
            r#""use":"sig","key_ops":["verify","sign"]"#,
            r#""key_ops":["verify","sign","wrapKey","of-my-own"]"#,
        ] {
            let jwk = parse(jwk, members);
            assert!(
                jwk.verifying_key(backend, None).is_ok() && jwk.signing_key(backend).is_ok(),
                "{members}"
            );
        }
        for usage in ["enc", "Sig", "", "tls"] {
            let jwk = parse(jwk, &format!(r#""use":"{usage}""#));
            refused(jwk.verifying_key(backend, None), Use, "use");
            refused(jwk.signing_key(backend), Use, "use");
        }
        for (key_ops, verifies, signs) in [
            (r#"["verify"]"#, true, false),
            (r#"["sign"]"#, false, true),
            (r#"["encrypt","decrypt"]"#, false, false),
            (r#"["deriveKey"]"#, false, false),
            (r#"["Verify","SIGN"]"#, false, false),
            ("[]", false, false),
        ] {
            let jwk = parse(jwk, &format!(r#""key_ops":{key_ops}"#));
            if verifies {
                assert!(jwk.verifying_key(backend, None).is_ok());
            } else {
                refused(jwk.verifying_key(backend, None), Use, "key_ops");
            }
            if signs {
                assert!(jwk.signing_key(backend).is_ok());
            } else {
                refused(jwk.signing_key(backend), Use, "key_ops");
            }
        }
        for members in [
            r#""use":"sig","key_ops":["encrypt"]"#,
            r#""use":"sig","key_ops":["verify","deriveKey"]"#,
            r#""use":"enc","key_ops":["verify"]"#,
        ] {
            refused(Jwk::parse(with(jwk, members).as_bytes()), Conflict, "key_ops");
        }
    }
}
