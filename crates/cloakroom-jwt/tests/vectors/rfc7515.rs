use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_jwt::{Algorithm, Backend, ErrorKind, InvalidKeyKind, Jwk, SigningInput, jws};

use super::{keys, verify};

/// The claims of appendices A.1 to A.3.
const CLAIMS: &[u8] = b"{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";

const PAYLOAD: &str =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

#[test]
fn e18_rfc7515_a_1_hs256() {
    let jwk = r#"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#;
    let jwk = jwk.replace(r#""k""#, r#""alg":"HS256","k""#);
    let signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let token = format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{PAYLOAD}.{signature}");
    for key in keys(&jwk, None) {
        assert_eq!(verify(&token, &key).unwrap(), CLAIMS);
        let tampered = token.replace("eyJpc3Mi", "eyJpc3Nj");
        assert_eq!(verify(&tampered, &key).unwrap_err().kind(), ErrorKind::Signature);
    }
}

#[test]
fn e18_rfc7515_a_2_rs256() {
    let jwk = r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#;
    let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    let token = format!("eyJhbGciOiJSUzI1NiJ9.{PAYLOAD}.{signature}");
    let keys_of = |rsa| keys(jwk, Some(rsa));
    for key in keys_of(Algorithm::Rs256) {
        assert_eq!(verify(&token, &key).unwrap(), CLAIMS);
    }
    for key in keys_of(Algorithm::Ps256) {
        assert_eq!(verify(&token, &key).unwrap_err().kind(), ErrorKind::Algorithm);
    }
}

#[test]
fn e18_rfc7515_a_3_es256() {
    let jwk = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
    let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let token = format!("eyJhbGciOiJFUzI1NiJ9.{PAYLOAD}.{signature}");
    for key in keys(jwk, None) {
        assert_eq!(verify(&token, &key).unwrap(), CLAIMS);
        for backend in [Backend::RustCrypto, Backend::AwsLc] {
            let signing = Jwk::parse(jwk.as_bytes()).unwrap().signing_key(backend).unwrap();
            let own = jws::sign_bytes(CLAIMS, &signing).unwrap();
            assert_eq!(own.rsplit_once('.').unwrap().0, token.rsplit_once('.').unwrap().0);
            assert_eq!(verify(&own, &key).unwrap(), CLAIMS);
        }
    }
}

/// ES512 is not supported, on purpose: key and token are refused, the key as of an unsupported curve.
#[test]
fn e18_rfc7515_a_4_es512_is_refused() {
    let jwk = r#"{"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}"#;
    let error = Jwk::parse(jwk.as_bytes()).unwrap_err();
    assert_eq!(
        (error.kind(), error.member()),
        (InvalidKeyKind::Unsupported, Some("crv"))
    );
    let token = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";
    for key in super::rfc8037::verifying() {
        assert_eq!(verify(token, &key).unwrap_err().kind(), ErrorKind::Header);
    }
}

#[test]
fn e18_rfc7515_appendix_c_base64url() {
    // The octets 3 236 255 224 193, here as the signature of a token, which holds any.
    let input = SigningInput::new(Algorithm::Hs256, None, "JWT", &serde_json::json!({})).unwrap();
    let mut octets = vec![3, 236, 255, 224, 193];
    octets.resize(32, 0);
    let token = input.attach(&octets).unwrap();
    let expected = format!("A-z_4ME{}", "A".repeat(36));
    assert_eq!(token.rsplit('.').next().unwrap(), expected);
    assert_eq!(URL_SAFE_NO_PAD.encode([3, 236, 255, 224, 193]), "A-z_4ME");
    // And as a payload that is read.
    let secret = r#"{"kty":"oct","alg":"HS256","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#;
    let signing = Jwk::parse(secret.as_bytes())
        .unwrap()
        .signing_key(Backend::RustCrypto)
        .unwrap();
    let token = jws::sign_bytes(&[3, 236, 255, 224, 193], &signing).unwrap();
    assert_eq!(token.split('.').nth(1).unwrap(), "A-z_4ME");
    assert_eq!(
        verify(&token, &signing.verifying_key()).unwrap(),
        [3, 236, 255, 224, 193]
    );
}

#[test]
fn e18_rfc7515_appendix_e_crit_must_be_rejected() {
    let header = "{\"alg\":\"none\",\r\n \"crit\":[\"http://example.com/UNDEFINED\"],\r\n \"http://example.com/UNDEFINED\":true\r\n}";
    let token = "eyJhbGciOiJub25lIiwNCiAiY3JpdCI6WyJodHRwOi8vZXhhbXBsZS5jb20vVU5ERUZJTkVEIl0sDQogImh0dHA6Ly9leGFtcGxlLmNvbS9VTkRFRklORUQiOnRydWUNCn0.RkFJTA.";
    assert_eq!(
        token,
        format!(
            "{}.{}.",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode("FAIL")
        )
    );
    // Under a key's own algorithm, signed by that key, it is `crit` alone that speaks against it.
    let signed = header.replace("none", "EdDSA");
    for key in super::rfc8037::verifying() {
        assert_eq!(verify(token, &key).unwrap_err().kind(), ErrorKind::Header);
        let token = super::rfc8037::sign(&signed, b"FAIL");
        assert_eq!(verify(&token, &key).unwrap_err().kind(), ErrorKind::Header);
        let token = super::rfc8037::sign(r#"{"alg":"EdDSA"}"#, b"FAIL");
        assert_eq!(verify(&token, &key).unwrap(), b"FAIL");
    }
}
