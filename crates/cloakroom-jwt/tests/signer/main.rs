//! Signing: the bytes of tokens, what claims may be, signatures from elsewhere, messages that are no JWTs.

mod bytes;
mod claims;
mod elsewhere;
