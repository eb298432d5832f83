use core::fmt;

/// A key, a JWK or a JWK set that was refused: why, and where. It holds no byte of the key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidKey {
    kind: InvalidKeyKind,
    member: Option<&'static str>,
    index: Option<usize>,
    /// The label of the PEM block that was asked for.
    label: Option<&'static str>,
}

impl InvalidKey {
    /// The reason.
    pub const fn kind(&self) -> InvalidKeyKind {
        self.kind
    }

    /// The member of the JWK or JWK set that is at fault, when one is.
    pub const fn member(&self) -> Option<&'static str> {
        self.member
    }

    /// The place of the key in its JWK set, counted from 0.
    pub const fn index(&self) -> Option<usize> {
        self.index
    }

    pub(crate) const fn new(kind: InvalidKeyKind) -> Self {
        Self {
            kind,
            member: None,
            index: None,
            label: None,
        }
    }

    /// [`InvalidKeyKind::Pem`], where a block of this label was asked for.
    #[cfg(any(feature = "aws-lc", feature = "eddsa", feature = "es256"))]
    pub(crate) const fn pem(label: &'static str) -> Self {
        Self {
            label: Some(label),
            ..Self::new(InvalidKeyKind::Pem)
        }
    }

    pub(crate) const fn member_of(kind: InvalidKeyKind, member: &'static str) -> Self {
        Self {
            kind,
            member: Some(member),
            index: None,
            label: None,
        }
    }

    /// The same about `member`, unless it names one already.
    pub(crate) fn or_member(self, member: &'static str) -> Self {
        Self {
            member: self.member.or(Some(member)),
            ..self
        }
    }

    pub(crate) fn at(self, index: usize) -> Self {
        Self {
            index: Some(index),
            ..self
        }
    }
}

impl From<InvalidKeyKind> for InvalidKey {
    fn from(kind: InvalidKeyKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(index) = self.index {
            write!(f, "key {index} of the set: ")?;
        }
        if let Some(member) = self.member {
            write!(f, "member `{member}`: ")?;
        }
        f.write_str(self.kind.text())?;
        match self.label {
            Some(label @ "PRIVATE KEY") => write!(
                f,
                " `{label}`: `openssl pkcs8 -topk8 -nocrypt` makes one of an `EC PRIVATE KEY`"
            ),
            Some(label) => write!(f, " `{label}`"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for InvalidKey {}

/// The reasons to refuse a key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum InvalidKeyKind {
    /// An HMAC secret shorter than its hash (RFC 7518 section 3.2).
    TooShort,
    /// An HMAC secret that is the text or the encoding of another key: PEM, DER, JWK (RFC 8725 section 3.1).
    EncodedKey,
    /// Not one PEM block with the label that was asked for (RFC 7468): `PUBLIC KEY` or `PRIVATE KEY`.
    Pem,
    /// Not the DER that was asked for: `SubjectPublicKeyInfo` or PKCS#8.
    Der,
    /// A sound key of another type or curve.
    OtherType,
    /// No such key: a point that is not on the curve or not in its one form, a scalar out of range, a number that is
    /// no modulus.
    Value,
    /// An RSA modulus below 2048 or above 8192 bits.
    RsaSize,
    /// An RSA exponent that is even, below 3, or above 33 bits.
    RsaExponent,
    /// A key id that is empty or longer than 256 bytes.
    Kid,
    /// Not the JSON object that was asked for.
    Json,
    /// A member, an operation or a key that is there twice.
    Duplicate,
    /// A member that must be there is not.
    Missing,
    /// A member of the wrong type, not in canonical base64url, or of the wrong length.
    Malformed,
    /// A type, curve or algorithm that is not supported, or not by this backend with the features it was built with.
    Unsupported,
    /// The key says that it is for something else (`use`, `key_ops`).
    Use,
    /// A member that contradicts another one.
    Conflict,
    /// A private or a symmetric key where only public keys belong.
    Private,
    /// A set longer than 256 KiB or of more than 100 keys.
    TooLarge,
}

impl InvalidKeyKind {
    const fn text(self) -> &'static str {
        match self {
            Self::TooShort => "the HMAC secret is shorter than the hash",
            Self::EncodedKey => "the HMAC secret is the encoding of another key",
            Self::Pem => "not one PEM block with the label",
            Self::Der => "not the expected DER structure",
            Self::OtherType => "a key of another type or curve",
            Self::Value => "not a valid key of its type",
            Self::RsaSize => "an RSA modulus below 2048 or above 8192 bits",
            Self::RsaExponent => "an RSA exponent that is even, below 3 or above 33 bits",
            Self::Kid => "a key id that is empty or longer than 256 bytes",
            Self::Json => "not a JSON object of the expected form",
            Self::Duplicate => "present twice",
            Self::Missing => "absent",
            Self::Malformed => "of the wrong type, encoding or length",
            Self::Unsupported => "not supported by this backend with the features of this build",
            Self::Use => "the key is not meant for this",
            Self::Conflict => "contradicts another member",
            Self::Private => "a private or symmetric key where a public one belongs",
            Self::TooLarge => "more than 256 KiB or 100 keys",
        }
    }
}
