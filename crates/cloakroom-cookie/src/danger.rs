//! What weakens a promise of this crate, in one place, so that a review can look for the word.

use crate::Transport;

/// Cookies for plain HTTP in any build: names lose their prefix and cookies their `Secure`, so whoever sits on the
/// network reads and replaces them. Read [`Transport`] first.
pub const fn plain_http_in_release() -> Transport {
    Transport::plain_http()
}
