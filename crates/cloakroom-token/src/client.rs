use std::sync::Arc;
use std::{error, fmt};

/// Who was given a token: OAuth 2.0's `client_id`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Client(Arc<str>);

impl Client {
    /// The greatest length, in bytes.
    pub const MAX_LEN: usize = 255;

    /// The client of this id, 1 to 255 bytes without NUL, compared byte for byte.
    ///
    /// # Errors
    ///
    /// When `id` is empty, longer, or contains NUL.
    pub fn new(id: &str) -> Result<Self, InvalidClient> {
        if id.is_empty() || id.len() > Self::MAX_LEN || id.contains('\0') {
            return Err(InvalidClient(()));
        }
        Ok(Self(id.into()))
    }

    /// Its id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text is no [`Client`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidClient(());

impl fmt::Display for InvalidClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a client's id is 1 to 255 bytes of text without NUL")
    }
}

impl error::Error for InvalidClient {}
