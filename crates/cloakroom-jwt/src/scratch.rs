use alloc::vec::Vec;
use core::fmt;

use crate::json::Index;

/// The buffers that a token is verified in, used again for the next.
///
/// They grow with the first tokens, up to what `Policy::max_len` allows, and from then on verifying allocates nothing.
/// One serves any number of verifiers, one token at a time: keep one in a thread or in a connection.
///
/// The claims of the last token stay in it until the next one comes; they are no secret of the server's, and are not
/// wiped. `Debug` does not show them.
#[derive(Default)]
pub struct Scratch {
    /// The decoded header or payload, followed by zeros.
    pub(crate) octets: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    pub(crate) index: Index,
}

impl Scratch {
    /// Empty buffers, which have allocated nothing yet.
    pub const fn new() -> Self {
        Self {
            octets: Vec::new(),
            signature: Vec::new(),
            index: Index::new(),
        }
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").finish_non_exhaustive()
    }
}
