use core::fmt;

/// A key that was refused. It tells why, never what it held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidKey(pub(super) &'static str);

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl core::error::Error for InvalidKey {}
