use cloakroom_jwt::{
    Algorithm, Ed25519SigningKey, Ed25519VerifyingKey, Es256SigningKey, Es256VerifyingKey, Es384SigningKey,
    Es384VerifyingKey, InvalidKey, InvalidKeyKind, Signer, SigningKey, VerifyingKey, aws_lc,
};

use super::common::{self, CLAIMS, der, verify};

type FromPem<K> = fn(&str) -> Result<K, InvalidKey>;
type FromDer<K> = fn(&[u8]) -> Result<K, InvalidKey>;

macro_rules! table {
    ($key:ty, $pem:ident, $der:ident: $($name:literal $type:ty),+ $(,)?) => {
        vec![$((
            $name,
            (|text| <$type>::$pem(text).map(<$key>::from)) as FromPem<$key>,
            (|bytes| <$type>::$der(bytes).map(<$key>::from)) as FromDer<$key>,
        )),+]
    };
}

fn verifying() -> Vec<(&'static str, FromPem<VerifyingKey>, FromDer<VerifyingKey>)> {
    let mut table = table!(VerifyingKey, from_pem, from_der:
        "Ed25519" Ed25519VerifyingKey,
        "P-256" Es256VerifyingKey,
        "P-384" Es384VerifyingKey,
        "Ed25519" aws_lc::Ed25519VerifyingKey,
        "P-256" aws_lc::Es256VerifyingKey,
        "P-384" aws_lc::Es384VerifyingKey,
    );
    table.push((
        "RSA",
        |pem| aws_lc::RsaVerifyingKey::from_pem(Algorithm::Rs256, pem).map(VerifyingKey::from),
        |der| aws_lc::RsaVerifyingKey::from_der(Algorithm::Rs256, der).map(VerifyingKey::from),
    ));
    table
}

fn signing() -> Vec<(&'static str, FromPem<SigningKey>, FromDer<SigningKey>)> {
    table!(SigningKey, from_pkcs8_pem, from_pkcs8_der:
        "Ed25519" Ed25519SigningKey,
        "P-256" Es256SigningKey,
        "P-384" Es384SigningKey,
        "Ed25519" aws_lc::Ed25519SigningKey,
        "P-256" aws_lc::Es256SigningKey,
        "P-384" aws_lc::Es384SigningKey,
    )
}

const PUBLIC: [(&str, &str); 4] = [
    ("Ed25519", common::ED25519_SPKI),
    ("P-256", common::P256_SPKI),
    ("P-384", common::P384_SPKI),
    ("RSA", common::RSA_SPKI),
];

const PRIVATE: [(&str, &str); 4] = [
    ("Ed25519", common::ED25519_PKCS8),
    ("P-256", common::P256_PKCS8),
    ("P-384", common::P384_PKCS8),
    ("RSA", common::RSA_PKCS8),
];

#[test]
fn each_type_reads_its_own_keys_and_no_others() {
    for (expected, from_pem, from_der) in verifying() {
        for (name, pem) in PUBLIC {
            let outcomes = [
                from_pem(pem),
                from_der(&der(pem)),
                from_pem(&format!("\n {pem}\r\n")),
            ];
            for outcome in outcomes {
                assert_eq!(
                    outcome.map(|_| ()).map_err(|error| error.kind()),
                    if name == expected {
                        Ok(())
                    } else {
                        Err(InvalidKeyKind::OtherType)
                    },
                    "{name} for {expected}"
                );
            }
        }
        for other in [
            include_str!("pem/p521.spki.pem"),
            include_str!("pem/x25519.spki.pem"),
        ] {
            assert_eq!(from_pem(other).unwrap_err().kind(), InvalidKeyKind::OtherType);
        }
    }
    for (expected, from_pem, from_der) in signing() {
        for (name, pem) in PRIVATE {
            for outcome in [
                from_pem(pem),
                from_der(&der(pem)),
                from_pem(&pem.replace('\n', "\r\n")),
            ] {
                assert_eq!(
                    outcome.map(|_| ()).map_err(|error| error.kind()),
                    if name == expected {
                        Ok(())
                    } else {
                        Err(InvalidKeyKind::OtherType)
                    },
                    "{name} for {expected}"
                );
            }
        }
        let other = include_str!("pem/p521.pkcs8.pem");
        assert_eq!(from_pem(other).unwrap_err().kind(), InvalidKeyKind::OtherType);
    }
}

#[test]
fn pem_private_and_public_belong_together() {
    for (name, from_pem, _) in signing() {
        let pem = PRIVATE.iter().find(|(other, _)| *other == name).unwrap().1;
        let key = from_pem(pem).unwrap();
        let token = Signer::new(&key, "JWT").unwrap().sign(&CLAIMS).unwrap();
        for (other, from_pem, _) in verifying() {
            if other == name {
                let pem = PUBLIC.iter().find(|(other, _)| *other == name).unwrap().1;
                assert_eq!(
                    verify(&token, &from_pem(pem).unwrap()).unwrap(),
                    br#"{"sub":"alice"}"#
                );
            }
        }
    }
}

#[test]
fn another_label_is_refused() {
    let others = [
        include_str!("pem/p256.sec1.pem"),
        include_str!("pem/p256.certificate.pem"),
        include_str!("pem/p256.encrypted.pem"),
        include_str!("pem/rsa2048.pkcs1.pem"),
        "",
        "-----BEGIN PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\n-----END PRIVATE KEY-----",
        "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    ];
    for (_, from_pem, _) in verifying() {
        for pem in others.into_iter().chain(PRIVATE.map(|(_, pem)| pem)) {
            assert_eq!(from_pem(pem).unwrap_err().kind(), InvalidKeyKind::Pem);
        }
        for (_, pem) in PUBLIC {
            // Two blocks, text before, text after, a character that is none of base64.
            let broken = [
                format!("{pem}{pem}"),
                format!("Subject: me\n{pem}"),
                format!("{pem}."),
                pem.replacen("MI", "M!", 1)
                    .replacen("MF", "M!", 1)
                    .replacen("MC", "M!", 1)
                    .replacen("MH", "M!", 1),
            ];
            for pem in broken {
                assert_eq!(from_pem(&pem).unwrap_err().kind(), InvalidKeyKind::Pem);
            }
        }
    }
    for (_, from_pem, _) in signing() {
        for pem in others.into_iter().chain(PUBLIC.map(|(_, pem)| pem)) {
            assert_eq!(from_pem(pem).unwrap_err().kind(), InvalidKeyKind::Pem);
        }
    }
}

/// Each prefix, each changed byte, each byte too many: an error or the key of other numbers, and never a panic.
#[test]
fn broken_der_is_refused() {
    for (expected, _, from_der) in verifying() {
        let good = der(PUBLIC.iter().find(|(name, _)| *name == expected).unwrap().1);
        for length in 0..good.len() {
            assert_eq!(from_der(&good[..length]).unwrap_err().kind(), InvalidKeyKind::Der);
        }
        assert_eq!(
            from_der(&[&good[..], &[0]].concat()).unwrap_err().kind(),
            InvalidKeyKind::Der
        );
        // The tags and lengths up to the key itself.
        for at in 0..12 {
            for changed in 0..=u8::MAX {
                let mut bytes = good.clone();
                bytes[at] = changed;
                assert_eq!(from_der(&bytes).is_ok(), bytes == good, "byte {at} as {changed}");
            }
        }
    }
    for (expected, _, from_der) in signing() {
        let good = der(PRIVATE.iter().find(|(name, _)| *name == expected).unwrap().1);
        for length in 0..good.len() {
            assert_eq!(from_der(&good[..length]).unwrap_err().kind(), InvalidKeyKind::Der);
        }
    }
}

#[test]
fn public_key_beside_a_private_one_must_be_its_own() {
    for (from_der, pem) in [
        (
            (|der| Es256SigningKey::from_pkcs8_der(der).map(SigningKey::from)) as FromDer<SigningKey>,
            common::P256_PKCS8,
        ),
        (
            |der| aws_lc::Es256SigningKey::from_pkcs8_der(der).map(SigningKey::from),
            common::P256_PKCS8,
        ),
        (
            |der| Es384SigningKey::from_pkcs8_der(der).map(SigningKey::from),
            common::P384_PKCS8,
        ),
        (
            |der| aws_lc::Es384SigningKey::from_pkcs8_der(der).map(SigningKey::from),
            common::P384_PKCS8,
        ),
    ] {
        let mut bytes = der(pem);
        assert!(from_der(&bytes).is_ok());
        *bytes.last_mut().unwrap() ^= 1;
        assert_eq!(from_der(&bytes).unwrap_err().kind(), InvalidKeyKind::Conflict);
    }
}

#[test]
fn an_error_about_pem_names_the_label_and_a_remedy() {
    // What `openssl ecparam -genkey` writes (RFC 5915 section 4).
    let sec1 = common::P256_PKCS8.replace(" PRIVATE KEY", " EC PRIVATE KEY");
    assert_eq!(
        Es256SigningKey::from_pkcs8_pem(&sec1).unwrap_err().to_string(),
        "not one PEM block with the label `PRIVATE KEY`: \
         `openssl pkcs8 -topk8 -nocrypt` makes one of an `EC PRIVATE KEY`"
    );
    assert_eq!(
        Es256VerifyingKey::from_pem(&sec1).unwrap_err().to_string(),
        "not one PEM block with the label `PUBLIC KEY`"
    );
}

#[test]
fn points_have_one_form() {
    let compressed = include_str!("pem/p256.compressed.spki.pem");
    assert_eq!(
        Es256VerifyingKey::from_pem(compressed).unwrap_err().kind(),
        InvalidKeyKind::Value
    );
    assert_eq!(
        aws_lc::Es256VerifyingKey::from_pem(compressed)
            .unwrap_err()
            .kind(),
        InvalidKeyKind::Value
    );
    let spki = der(common::P256_SPKI);
    let point = &spki[spki.len() - 65..];
    for form in [0, 2, 3, 5, 6, 7] {
        let mut other = point.to_vec();
        other[0] = form;
        assert_eq!(
            Es256VerifyingKey::from_sec1(&other).unwrap_err().kind(),
            InvalidKeyKind::Value
        );
        assert_eq!(
            aws_lc::Es256VerifyingKey::from_sec1(&other).unwrap_err().kind(),
            InvalidKeyKind::Value
        );
    }
    // Not on the curve, of another length, infinity.
    let mut off = point.to_vec();
    off[64] ^= 1;
    for bad in [
        &off[..],
        &point[..64],
        &[0],
        &[],
        &[4; 65],
        &[&[4][..], &[0; 64]].concat(),
    ] {
        assert_eq!(
            Es256VerifyingKey::from_sec1(bad).unwrap_err().kind(),
            InvalidKeyKind::Value
        );
        assert_eq!(
            aws_lc::Es256VerifyingKey::from_sec1(bad).unwrap_err().kind(),
            InvalidKeyKind::Value
        );
    }
}

#[test]
fn scalars_are_in_range() {
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let order: Vec<u8> = (0..32)
        .map(|at| u8::from_str_radix(&order[2 * at..2 * at + 2], 16).unwrap())
        .collect();
    for bad in [&[0; 32][..], &order, &[0xff; 32], &[1; 31], &[1; 33], &[]] {
        assert_eq!(
            Es256SigningKey::from_scalar(bad).unwrap_err().kind(),
            InvalidKeyKind::Value
        );
        assert_eq!(
            aws_lc::Es256SigningKey::from_scalar(bad).unwrap_err().kind(),
            InvalidKeyKind::Value
        );
    }
    for bad in [&[0; 48][..], &[0xff; 48], &[1; 47], &[1; 32]] {
        assert_eq!(
            Es384SigningKey::from_scalar(bad).unwrap_err().kind(),
            InvalidKeyKind::Value
        );
        assert_eq!(
            aws_lc::Es384SigningKey::from_scalar(bad).unwrap_err().kind(),
            InvalidKeyKind::Value
        );
    }
}
