use alloc::sync::Arc;
use core::error::Error;
use core::fmt;

use crate::{IndexSecret, SubjectTag};

/// Who a session or a family of refresh tokens belongs to: the application's own identifier of an account, with the tag that places its sessions.
///
/// Names end up in logs, so `Debug` shows the tag alone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    id: Arc<str>,
    tag: SubjectTag,
}

impl Subject {
    /// The greatest length of an identifier, in bytes of UTF-8.
    pub const MAX_LEN: usize = 255;

    /// The subject called `id`, 1 to 255 bytes without NUL, compared byte for byte.
    ///
    /// # Errors
    ///
    /// When `id` is empty, longer, or contains NUL, which PostgreSQL cannot store.
    pub fn new(id: &str, secret: &IndexSecret) -> Result<Self, InvalidSubject> {
        Self::from_parts(id, secret.tag(id.as_bytes()))
    }

    /// The subject of a record, by what its store kept. A record's selector begins with its subject's tag.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new).
    pub fn from_parts(id: &str, tag: SubjectTag) -> Result<Self, InvalidSubject> {
        if id.is_empty() || id.len() > Self::MAX_LEN || id.contains('\0') {
            return Err(InvalidSubject(()));
        }
        Ok(Self { id: id.into(), tag })
    }

    /// The application's identifier.
    pub fn as_str(&self) -> &str {
        &self.id
    }

    /// What the selectors of its sessions begin with.
    pub const fn tag(&self) -> SubjectTag {
        self.tag
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = self.tag.as_bytes();
        write!(f, "Subject(tag {a:02x}{b:02x})")
    }
}

/// A text is no [`Subject`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidSubject(());

impl fmt::Display for InvalidSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a subject is 1 to 255 bytes of text without NUL")
    }
}

impl Error for InvalidSubject {}
