//! The two DER structures that keys travel in: `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7, with the keys of RFC
//! 5480, RFC 8410 and RFC 8017) and PKCS#8 (RFC 5958). One reader, so that every backend takes the same keys.

use cloakroom_core::Secret;

use super::parts::{Curve, PrivateKind, PrivateParts, PublicParts};
use super::{InvalidKey, InvalidKeyKind};

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const NULL: u8 = 0x05;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const CONTEXT_0: u8 = 0xa0;
const CONTEXT_1: u8 = 0xa1;
const CONTEXT_1_PRIMITIVE: u8 = 0x81;

const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const SECP256R1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const SECP384R1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// The public key in a `SubjectPublicKeyInfo`.
pub(crate) fn public_key(der: &[u8]) -> Result<PublicParts, InvalidKey> {
    let (algorithm, key) = read_spki(der).ok_or(InvalidKeyKind::Der)?;
    match algorithm? {
        KeyType::Ec(curve) => Ok(PublicParts::Ec(curve, key.to_vec())),
        KeyType::Ed25519 => Ok(PublicParts::Ed25519(key.to_vec())),
        KeyType::Rsa => read_rsa(key).ok_or_else(|| InvalidKeyKind::Der.into()),
    }
}

/// The private key in a PKCS#8 structure, version 1 or 2.
pub(crate) fn private_key(der: &[u8]) -> Result<PrivateParts, InvalidKey> {
    let Pkcs8 {
        algorithm,
        key,
        public,
    } = read_pkcs8(der).ok_or(InvalidKeyKind::Der)?;
    match algorithm? {
        KeyType::Ec(curve) => read_ec_private(curve, key, public),
        KeyType::Ed25519 => read_ed25519_seed(key).map(|seed| PrivateParts {
            kind: PrivateKind::Ed25519,
            secret: Secret::new(seed.to_vec()),
            public: public.map(<[u8]>::to_vec),
        }),
        KeyType::Rsa => return Err(InvalidKeyKind::OtherType.into()),
    }
    .ok_or_else(|| InvalidKeyKind::Der.into())
}

enum KeyType {
    Ec(Curve),
    Ed25519,
    Rsa,
}

/// `None` is bad DER, an inner error a key of some other type.
type Algorithm = Result<KeyType, InvalidKeyKind>;

fn read_spki(der: &[u8]) -> Option<(Algorithm, &[u8])> {
    let mut reader = Reader(der);
    let mut spki = Reader(reader.take(SEQUENCE)?);
    reader.end()?;
    let algorithm = read_algorithm(spki.take(SEQUENCE)?)?;
    let key = spki.take_bits(BIT_STRING)?;
    spki.end()?;
    Some((algorithm, key))
}

struct Pkcs8<'d> {
    algorithm: Algorithm,
    key: &'d [u8],
    public: Option<&'d [u8]>,
}

fn read_pkcs8(der: &[u8]) -> Option<Pkcs8<'_>> {
    let mut reader = Reader(der);
    let mut info = Reader(reader.take(SEQUENCE)?);
    reader.end()?;
    if !matches!(info.take(INTEGER)?, [0 | 1]) {
        return None;
    }
    let algorithm = read_algorithm(info.take(SEQUENCE)?)?;
    let key = info.take(OCTET_STRING)?;
    // Attributes say nothing about the key.
    if info.next_is(CONTEXT_0) {
        info.take(CONTEXT_0)?;
    }
    // The public key is tagged implicitly (RFC 5958 section 2); some writers tag it explicitly.
    let public = if info.next_is(CONTEXT_1_PRIMITIVE) {
        Some(info.take_bits(CONTEXT_1_PRIMITIVE)?)
    } else if info.next_is(CONTEXT_1) {
        Some(Reader(info.take(CONTEXT_1)?).take_bits(BIT_STRING)?)
    } else {
        None
    };
    info.end()?;
    Some(Pkcs8 {
        algorithm,
        key,
        public,
    })
}

fn read_algorithm(content: &[u8]) -> Option<Algorithm> {
    let mut reader = Reader(content);
    let algorithm = match reader.take(OID)? {
        EC_PUBLIC_KEY => match reader.take(OID)? {
            SECP256R1 => Ok(KeyType::Ec(Curve::P256)),
            SECP384R1 => Ok(KeyType::Ec(Curve::P384)),
            _ => Err(InvalidKeyKind::OtherType),
        },
        // Without parameters (RFC 8410 section 3).
        ED25519 => Ok(KeyType::Ed25519),
        // With NULL (RFC 3279 section 2.3.1).
        RSA_ENCRYPTION => reader.take(NULL)?.is_empty().then_some(Ok(KeyType::Rsa))?,
        _ => return Some(Err(InvalidKeyKind::OtherType)),
    };
    reader.end()?;
    Some(algorithm)
}

/// `RSAPublicKey` (RFC 8017 appendix A.1.1).
fn read_rsa(content: &[u8]) -> Option<PublicParts> {
    let mut reader = Reader(content);
    let mut key = Reader(reader.take(SEQUENCE)?);
    reader.end()?;
    let n = key.take_positive()?.to_vec();
    let e = key.take_positive()?.to_vec();
    key.end()?;
    Some(PublicParts::Rsa { n, e })
}

/// `ECPrivateKey` (RFC 5915 section 3).
fn read_ec_private(curve: Curve, content: &[u8], public: Option<&[u8]>) -> Option<PrivateParts> {
    let mut reader = Reader(content);
    let mut key = Reader(reader.take(SEQUENCE)?);
    reader.end()?;
    if key.take(INTEGER)? != [1] {
        return None;
    }
    let scalar = key.take(OCTET_STRING)?;
    if key.next_is(CONTEXT_0) {
        let mut parameters = Reader(key.take(CONTEXT_0)?);
        let named = match curve {
            Curve::P256 => SECP256R1,
            Curve::P384 => SECP384R1,
        };
        if parameters.take(OID)? != named {
            return None;
        }
        parameters.end()?;
    }
    let inner = if key.next_is(CONTEXT_1) {
        let mut explicit = Reader(key.take(CONTEXT_1)?);
        let point = explicit.take_bits(BIT_STRING)?;
        explicit.end()?;
        Some(point)
    } else {
        None
    };
    key.end()?;
    if inner.is_some() && public.is_some() && inner != public {
        return None;
    }
    Some(PrivateParts {
        kind: PrivateKind::Ec(curve),
        secret: Secret::new(scalar.to_vec()),
        public: inner.or(public).map(<[u8]>::to_vec),
    })
}

/// `CurvePrivateKey` (RFC 8410 section 7).
fn read_ed25519_seed(content: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader(content);
    let seed = reader.take(OCTET_STRING)?;
    reader.end()?;
    Some(seed)
}

/// Reads one value after another. Lengths are definite and minimal, as DER demands.
struct Reader<'d>(&'d [u8]);

impl<'d> Reader<'d> {
    fn next_is(&self, tag: u8) -> bool {
        self.0.first() == Some(&tag)
    }

    fn take(&mut self, tag: u8) -> Option<&'d [u8]> {
        let (&[found, first], rest) = self.0.split_first_chunk()?;
        if found != tag {
            return None;
        }
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81 => {
                let (&[length], rest) = rest.split_first_chunk()?;
                (length >= 0x80).then_some((usize::from(length), rest))?
            }
            0x82 => {
                let (&length, rest) = rest.split_first_chunk()?;
                let length = u16::from_be_bytes(length);
                (length >= 0x100).then_some((usize::from(length), rest))?
            }
            // No key is longer than 64 KiB.
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }

    /// A BIT STRING of whole bytes.
    fn take_bits(&mut self, tag: u8) -> Option<&'d [u8]> {
        self.take(tag)?.strip_prefix(&[0])
    }

    /// A positive INTEGER, without the zero that keeps it positive.
    fn take_positive(&mut self) -> Option<&'d [u8]> {
        match self.take(INTEGER)? {
            [0, rest @ ..] if rest.first().is_some_and(|high| *high >= 0x80) => Some(rest),
            content @ [1..=0x7f, ..] => Some(content),
            _ => None,
        }
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}
