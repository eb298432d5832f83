use crate::{HmacKey, SigningKey, VerifyingKey};

/// A key under which [`attacks`](crate::attacks) finds a good token. It is implemented for the crate's own types alone.
pub trait AttackKey: sealed::Key {}

impl<K: sealed::Key> AttackKey for K {}

mod sealed {
    use super::{HmacKey, SigningKey, VerifyingKey};

    pub trait Key {
        fn verifying(&self) -> VerifyingKey;
        /// The key that signs, where it is at hand.
        fn signing(&self) -> Option<SigningKey>;
    }

    impl Key for VerifyingKey {
        fn verifying(&self) -> VerifyingKey {
            self.clone()
        }

        fn signing(&self) -> Option<SigningKey> {
            self.hmac().map(SigningKey::from)
        }
    }

    impl Key for SigningKey {
        fn verifying(&self) -> VerifyingKey {
            self.verifying_key()
        }

        fn signing(&self) -> Option<SigningKey> {
            Some(self.clone())
        }
    }

    impl Key for HmacKey {
        fn verifying(&self) -> VerifyingKey {
            self.into()
        }

        fn signing(&self) -> Option<SigningKey> {
            Some(self.into())
        }
    }
}
