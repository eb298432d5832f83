use std::error::Error;
use std::fmt;

/// A way to write values of `T` as bytes. `Json` is one, with the feature `json`; the bytes themselves need none.
///
/// A payload is read only after its seal was verified, so what is read is what some version of the application wrote.
/// Errors carry nothing: what they would quote is a payload.
pub trait Codec<T: ?Sized> {
    /// Writes `value`.
    ///
    /// # Errors
    ///
    /// When this codec cannot write it.
    fn encode(&self, value: &T) -> Result<Vec<u8>, EncodeError>;

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    ///
    /// When `bytes` are no such thing.
    fn decode(&self, bytes: &[u8]) -> Result<T, DecodeError>
    where
        T: Sized;
}

/// The codec cannot write the value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct EncodeError;

impl EncodeError {
    /// The error.
    pub const fn new() -> Self {
        Self
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the codec cannot write the value")
    }
}

impl Error for EncodeError {}

/// The payload is not what the codec writes for the type. Its seal is good: another version of the application wrote it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct DecodeError;

impl DecodeError {
    /// The error.
    pub const fn new() -> Self {
        Self
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the payload is not what the codec writes for the type")
    }
}

impl Error for DecodeError {}

#[cfg(feature = "json")]
pub use json::Json;

#[cfg(feature = "json")]
mod json {
    use std::time::Duration;

    use cloakroom_core::UnixTime;
    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use zeroize::{Zeroize as _, Zeroizing};

    use super::{Codec, DecodeError, EncodeError};
    use crate::text::MAX_CHARS;
    use crate::{Opened, SealError, Sealer};

    /// The codec that writes JSON.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct Json;

    impl<T: Serialize + DeserializeOwned> Codec<T> for Json {
        fn encode(&self, value: &T) -> Result<Vec<u8>, EncodeError> {
            write(value).ok_or(EncodeError)
        }

        fn decode(&self, bytes: &[u8]) -> Result<T, DecodeError> {
            serde_json::from_slice(bytes).map_err(|_| DecodeError::new())
        }
    }

    impl Sealer {
        /// Seals the JSON of `value`, on the terms of [`seal`](Self::seal).
        ///
        /// # Errors
        ///
        /// Those of [`seal`](Self::seal), and [`SealError::Encode`] when `value` cannot be written as JSON.
        ///
        /// # Panics
        ///
        /// When the operating system has no random bytes for the thread's generator.
        pub fn seal_json<T: Serialize + ?Sized>(
            &self,
            value: &T,
            now: UnixTime,
            ttl: Duration,
        ) -> Result<String, SealError> {
            let payload = Zeroizing::new(write(value).ok_or(SealError::Encode)?);
            self.seal(&payload, now, ttl)
        }

        /// Seals the JSON of `value` in place of the payload of `opened`, on the terms of
        /// [`reseal_with`](Self::reseal_with): with the same time of issue and the same expiry.
        ///
        /// # Errors
        ///
        /// Those of [`reseal_with`](Self::reseal_with), and [`SealError::Encode`] when `value` cannot be written as JSON.
        ///
        /// # Panics
        ///
        /// When the operating system has no random bytes for the thread's generator.
        pub fn reseal_json<T: Serialize + ?Sized>(
            &self,
            opened: &Opened,
            value: &T,
        ) -> Result<String, SealError> {
            let payload = Zeroizing::new(write(value).ok_or(SealError::Encode)?);
            self.reseal_with(opened, &payload)
        }
    }

    /// The JSON of `value`. What fits into a cookie never makes the buffer grow, which would leave a copy behind.
    fn write<T: Serialize + ?Sized>(value: &T) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(MAX_CHARS);
        if serde_json::to_writer(&mut bytes, value).is_ok() {
            return Some(bytes);
        }
        bytes.zeroize();
        None
    }
}
