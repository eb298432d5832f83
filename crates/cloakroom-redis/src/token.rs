//! Families of refresh tokens and opaque access tokens.

mod access;
mod builder;
mod purge;
mod row;
mod scripts;
mod store;

pub use builder::RedisTokenStoreBuilder;
pub use store::RedisTokenStore;
