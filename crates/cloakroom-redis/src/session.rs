//! Server-side sessions.

#[cfg(feature = "session")]
mod builder;
#[cfg(feature = "session")]
mod load;
#[cfg(feature = "session")]
mod purge;
pub mod row;
#[cfg(feature = "session")]
mod scripts;
#[cfg(feature = "session")]
mod store;

#[cfg(feature = "session")]
pub use builder::RedisSessionStoreBuilder;
#[cfg(feature = "session")]
pub use store::RedisSessionStore;
