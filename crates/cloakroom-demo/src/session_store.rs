use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_postgres::PostgresSessionStore;
use cloakroom_redis::RedisSessionStore;
use cloakroom_session::{InvalidSettings, Sessions, Settings};
use cloakroom_sqlite::SqliteSessionStore;
use cloakroom_store::MemoryStore;
use cloakroom_store::cloakroom_id::IndexSecret;

use crate::any_store::{AnyStore, each};

/// How long ago a password may have been given for what ends sessions (ASVS 7.5.2).
pub(crate) const RECENT: Duration = Duration::from_mins(5);
/// How many sessions one account may have (ASVS 7.1.2). A further login ends the one that was not used for longest.
pub(crate) const PER_ACCOUNT: NonZeroU32 = NonZeroU32::new(20).expect("20 is not 0");

/// The store of sessions that was opened.
pub(crate) type SessionStore =
    AnyStore<Arc<MemoryStore>, SqliteSessionStore, PostgresSessionStore, RedisSessionStore>;

impl SessionStore {
    /// The sessions in it: the timeouts are the crate's own, 30 minutes and 12 hours, and 7 and 30 days of those that
    /// are to be remembered.
    pub(crate) fn sessions(&self, secret: IndexSecret) -> Result<Sessions, InvalidSettings> {
        let settings = Settings::new(secret).max_sessions_per_subject(PER_ACCOUNT);
        each!(self.clone(), store => Sessions::new(store, settings))
    }
}
