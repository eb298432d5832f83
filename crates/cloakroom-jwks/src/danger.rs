//! What a reviewer should search for: everything that weakens a check is here, by name.

use crate::Builder;

/// Fetches key sets over plain http too, from loopback hosts only: `localhost`, 127.0.0.0/8 and `::1`.
///
/// For tests and for work on one machine. Every process there that can take the port can give out keys.
#[must_use]
pub fn loopback_http(builder: Builder) -> Builder {
    builder.allow_loopback_http()
}
