//! Revocations and their feed.

mod answer;
mod builder;
mod feed;
mod keys;
mod scripts;
mod store;

pub use builder::RedisRevocationStoreBuilder;
pub use store::RedisRevocationStore;
