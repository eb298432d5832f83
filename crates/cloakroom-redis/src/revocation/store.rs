use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_error::{StoreError, StoreErrorKind};
use cloakroom_revocation::{Credential, Denial, Denied, Entry, Fleet, Found, RevocationStore};
use redis::{Cmd, Value};
use tokio::sync::Notify;

use super::answer;
use super::builder::RedisRevocationStoreBuilder;
use super::keys::Keys;
use super::scripts::Scripts;
use crate::error::OpenError;
use crate::script::{Lua, time_bytes};
use crate::server::{Server, count};

/// How many entries one script deletes at most.
const PURGED: u64 = 1000;

/// Revocations and their feed in Redis or Valkey. A clone is another handle to the same store.
#[derive(Clone)]
pub struct RedisRevocationStore(Arc<Inner>);

struct Inner {
    keys: Keys,
    scripts: Scripts,
    server: Server,
    fleet: Fleet,
    /// What this process writes, it tells whoever follows the feed through the same store.
    news: Notify,
}

impl RedisRevocationStore {
    /// Connects to the server or the Cluster of `url` with the usual settings: see
    /// [`RedisRevocationStoreBuilder::connect`].
    ///
    /// # Errors
    ///
    /// When the URL is malformed, nobody answers, or who answers is unfit to hold revocations.
    pub async fn connect(url: &str, fleet: Fleet) -> Result<Self, OpenError> {
        Self::builder(fleet).connect(url).await
    }

    /// Settings to be chosen.
    pub fn builder(fleet: Fleet) -> RedisRevocationStoreBuilder {
        RedisRevocationStoreBuilder::new(fleet)
    }

    pub(super) fn new(keys: Keys, server: Server, fleet: Fleet) -> Self {
        Self(Arc::new(Inner {
            keys,
            scripts: Scripts::new(),
            server,
            fleet,
            news: Notify::new(),
        }))
    }

    pub(super) fn scripts(&self) -> &Scripts {
        &self.0.scripts
    }

    pub(super) fn call(&self, script: &Lua) -> Cmd {
        script.call(&self.0.keys.names())
    }

    pub(super) async fn run(&self, script: &Lua, call: Cmd) -> Result<Value, StoreError> {
        self.0.server.run(self.0.keys.place(), script, call).await
    }

    /// Runs a script that revokes, and tells of it.
    async fn write(&self, script: &Lua, call: Cmd) -> Result<Value, StoreError> {
        let place = self.0.keys.place();
        let answer = self.0.server.run_durably(place, script, call).await;
        self.0.news.notify_one();
        answer
    }

    /// Ends when something was written by this store or a clone of it, since this ended last or now.
    pub(super) async fn news(&self) {
        self.0.news.notified().await;
    }

    /// Writes a cut-off, or leaves a later one.
    async fn move_cut_off(&self, entry: &Entry) -> Result<UnixTime, StoreError> {
        let script = &self.0.scripts.cut_off;
        let mut call = self.call(script);
        call.arg(&fresh::<16>()?[..])
            .arg(&fresh::<8>()?[..])
            .arg(entry.encode())
            .arg(span(self.0.fleet.max_skew))
            .arg(span(self.kept()));
        answer::cutoff(self.write(script, call).await?)
    }

    /// The time of a cut-off that is made now.
    fn cut_off_at(&self, now: UnixTime) -> UnixTime {
        now.saturating_add(self.0.fleet.max_skew)
    }

    fn subject_entry(&self, issuer: &str, subject: &str, now: UnixTime) -> Entry {
        let at = self.cut_off_at(now);
        Entry::Subject {
            issuer: issuer.into(),
            subject: subject.into(),
            at,
            keep_until: at.saturating_add(self.kept()),
        }
    }

    /// How much longer than its time a cut-off is kept.
    fn kept(&self) -> Duration {
        self.0.fleet.longest_age.saturating_add(self.0.fleet.leeway)
    }

    /// What is kept until then or before is not live any more.
    fn dead(&self, now: UnixTime) -> UnixTime {
        now.saturating_sub(self.0.fleet.max_skew)
    }
}

impl RevocationStore for RedisRevocationStore {
    fn fleet(&self) -> Fleet {
        self.0.fleet
    }

    async fn deny(&self, denial: &Denial, now: UnixTime) -> Result<Denied, StoreError> {
        let fleet = &self.0.fleet;
        let token = Entry::Token {
            issuer: denial.issuer().into(),
            token_id: denial.token_id().into(),
            keep_until: denial.keep_until(fleet),
        };
        let script = &self.0.scripts.deny;
        let mut call = self.call(script);
        call.arg(&fresh::<16>()?[..])
            .arg(&fresh::<8>()?[..])
            .arg(token.encode())
            .arg(format!("{}\0{}", denial.issuer(), denial.subject()))
            .arg(
                self.subject_entry(denial.issuer(), denial.subject(), denial.cut_off_from(fleet, now))
                    .encode(),
            )
            .arg(&time_bytes(self.dead(now))[..])
            .arg(Fleet::DENIALS_PER_SUBJECT)
            .arg(fleet.max_entries)
            .arg(span(fleet.max_skew))
            .arg(span(self.kept()))
            .arg(&time_bytes(denial.issued_at())[..])
            .arg(span(fleet.furthest_ahead()));
        match self.write(script, call).await? {
            Value::Int(1) => Ok(Denied::Token),
            at => answer::cutoff(at).map(Denied::Subject),
        }
    }

    async fn cut_off(&self, issuer: &str, subject: &str, now: UnixTime) -> Result<UnixTime, StoreError> {
        Entry::check_names(&[issuer, subject])?;
        self.move_cut_off(&self.subject_entry(issuer, subject, now)).await
    }

    async fn revoke_all(&self, now: UnixTime) -> Result<UnixTime, StoreError> {
        let at = self.cut_off_at(now);
        self.move_cut_off(&Entry::All { at }).await
    }

    async fn look_up(&self, credential: &Credential<'_>) -> Result<Found, StoreError> {
        let named =
            |kind, name: Option<&str>| name.and_then(|text| name_bytes(kind, credential.issuer, text));
        let script = &self.0.scripts.look_up;
        let mut call = self.call(script);
        call.arg(named(1, credential.token_id).unwrap_or_default())
            .arg(named(2, credential.subject).unwrap_or_default())
            .arg(&b"\x03\0\0\0\0"[..]);
        answer::found(self.run(script, call).await?)
    }

    /// Scripts read the clock and write in one step.
    async fn look_up_settled(&self, credential: &Credential<'_>) -> Result<Found, StoreError> {
        self.look_up(credential).await
    }

    /// Old steps of the feed go with each new one, and not here.
    async fn purge(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        let script = &self.0.scripts.purge;
        let max = u64::from(max.get());
        let mut purged = 0;
        while purged < max {
            let wanted = PURGED.min(max - purged);
            let mut call = self.call(script);
            call.arg(&time_bytes(self.dead(now))[..])
                .arg(wanted)
                .arg(span(self.0.fleet.max_skew));
            let ended = count(&self.run(script, call).await?)?;
            purged += ended;
            if ended < wanted {
                break;
            }
        }
        Ok(purged)
    }
}

/// Prints neither addresses nor credentials.
impl fmt::Debug for RedisRevocationStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisRevocationStore")
            .field("keys", &self.0.keys)
            .field("cluster", &self.0.server.connection().is_cluster())
            .field("min_replicas", &self.0.server.min_replicas())
            .finish_non_exhaustive()
    }
}

/// A duration for the scripts: milliseconds that a number of theirs holds.
fn span(duration: Duration) -> u64 {
    const MOST: u128 = 4_000_000_000_000_000;
    u64::try_from(duration.as_millis().min(MOST)).unwrap_or_default()
}

/// Bytes that nobody has seen.
pub(super) fn fresh<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| StoreError::new(StoreErrorKind::Other, std::io::Error::from(error)))?;
    Ok(bytes)
}

/// The name under which an entry is found: its kind, issuer and name as the entry has them. No entry has a longer one.
fn name_bytes(kind: u8, issuer: &str, name: &str) -> Option<Vec<u8>> {
    let mut bytes = vec![kind];
    for text in [issuer, name] {
        bytes.extend(u16::try_from(text.len()).ok()?.to_be_bytes());
        bytes.extend(text.as_bytes());
    }
    Some(bytes)
}
