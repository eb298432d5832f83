//! JWKs and JWK sets: what is read, what is refused and by which member, what is published.

mod common;
mod members;
mod publish;
mod sets;
mod usage;
