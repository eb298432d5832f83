/// Which library's types a JWK becomes. A choice for each value: nothing about it is global.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Backend {
    /// The pure Rust implementations. Elliptic curves need the features `eddsa` and `es256`; RSA is not there.
    RustCrypto,
    /// AWS-LC. HMAC keys are RustCrypto's all the same, which are faster for a token.
    #[cfg(feature = "aws-lc")]
    AwsLc,
}
