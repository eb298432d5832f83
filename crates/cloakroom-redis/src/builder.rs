use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::cluster::ClusterClientBuilder;
use redis::io::tcp::TcpSettings;
use redis::{Client, FromRedisValue as _, IntoConnectionInfo as _, ProtocolVersion, Value};

use crate::connection::{Connection, Place};
use crate::error::OpenError;
use crate::keys::Keys;
use crate::store::RedisSessionStore;

/// What a [`RedisSessionStore`] is built of.
#[derive(Clone, Debug)]
#[must_use]
pub struct RedisSessionStoreBuilder {
    prefix: String,
    min_replicas: u32,
    cutoff_retention: Duration,
    response_timeout: Duration,
    accept_eviction: bool,
}

impl RedisSessionStoreBuilder {
    pub(crate) fn new() -> Self {
        Self {
            prefix: "cloakroom".into(),
            min_replicas: 0,
            cutoff_retention: Duration::from_secs(400 * 24 * 60 * 60),
            response_timeout: Duration::from_millis(1500),
            accept_eviction: false,
        }
    }

    /// What all keys begin with; `cloakroom` unless it is set. Stores with different prefixes share nothing.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How many replicas must have received a write before it counts as done; 0 unless it is set.
    ///
    /// A write that they do not confirm within a second fails as `Unavailable` although it was made. Touches do not
    /// wait: one that is lost ends an idle session early, nothing else.
    pub fn min_replicas(mut self, replicas: u32) -> Self {
        self.min_replicas = replicas;
        self
    }

    /// How long a subject's cut-off is kept; 400 days unless it is set. It has to be longer than any session lives.
    pub fn cutoff_retention(mut self, retention: Duration) -> Self {
        self.cutoff_retention = retention;
        self
    }

    /// How long an answer may take before the operation fails as `Timeout`; 1.5 seconds unless it is set.
    pub fn response_timeout(mut self, timeout: Duration) -> Self {
        self.response_timeout = timeout;
        self
    }

    /// Opens the store on servers that may evict keys. Sessions may then vanish early, and, worse, lists and cut-offs:
    /// sessions live on that were revoked.
    pub fn accept_eviction(mut self) -> Self {
        self.accept_eviction = true;
        self
    }

    /// Connects to the server or the Cluster of `url`:
    /// `redis://[user:password@]host[:port][/database]`, `redis+cluster://[user:password@]host:port,host:port`, or
    /// either with `rediss` in front when the crate `redis` was built with TLS.
    ///
    /// # Errors
    ///
    /// When the URL is malformed, nobody answers, or who answers is unfit to hold sessions.
    pub async fn connect(self, url: &str) -> Result<RedisSessionStore, OpenError> {
        if let Some((scheme, rest)) = url.split_once("+cluster://") {
            if scheme != "redis" && scheme != "rediss" {
                return Err(OpenError::Url("expected redis+cluster:// or rediss+cluster://"));
            }
            return self.cluster(cluster_client(scheme, rest)?).await;
        }
        if !url.starts_with("redis://") && !url.starts_with("rediss://") {
            return Err(OpenError::Url(
                "expected redis://host:port or redis+cluster://host:port,host:port",
            ));
        }
        let server = url.into_connection_info().map_err(OpenError::of)?;
        // The third version of the protocol tells the client of a lost connection before the next request fails on it.
        let protocol = server
            .redis_settings()
            .clone()
            .set_protocol(ProtocolVersion::RESP3);
        let server = server.set_redis_settings(protocol).set_tcp_settings(tcp());
        self.single(Client::open(server).map_err(OpenError::of)?).await
    }

    /// Connects to one server by a client of the caller's own.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect).
    pub async fn single(self, client: Client) -> Result<RedisSessionStore, OpenError> {
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(self.response_timeout))
            .set_connection_timeout(Some(Duration::from_secs(1)))
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(20))
            .set_max_delay(Duration::from_millis(100))
            .set_pipeline_buffer_size(1024);
        let open = async || {
            let manager = ConnectionManager::new_with_config(client.clone(), config.clone()).await;
            manager.map(Connection::Single).map_err(OpenError::of)
        };
        let reads = open().await?;
        let writes = if self.min_replicas == 0 {
            None
        } else {
            Some(open().await?)
        };
        self.open(reads, writes).await
    }

    /// Connects to a Cluster by a client of the caller's own. Its retries and timeouts are set here: a client that
    /// repeats commands by itself would take its own success for somebody else's.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect).
    pub async fn cluster(self, client: ClusterClientBuilder) -> Result<RedisSessionStore, OpenError> {
        let client = client
            .retries(0)
            .response_timeout(self.response_timeout)
            .connection_timeout(Duration::from_secs(1))
            .build()
            .map_err(OpenError::of)?;
        let open = async || {
            let connection = client.get_async_connection().await;
            connection.map(Connection::Cluster).map_err(OpenError::of)
        };
        let reads = open().await?;
        let writes = if self.min_replicas == 0 {
            None
        } else {
            Some(open().await?)
        };
        self.open(reads, writes).await
    }

    async fn open(
        self,
        reads: Connection,
        writes: Option<Connection>,
    ) -> Result<RedisSessionStore, OpenError> {
        let keys = Keys::new(&self.prefix).ok_or(OpenError::Prefix)?;
        self.check(&reads).await?;
        Ok(RedisSessionStore::new(
            keys,
            reads,
            writes,
            self.min_replicas,
            self.cutoff_retention,
        ))
    }

    /// Asks the server what it is. One that may not be asked is taken as it is.
    async fn check(&self, connection: &Connection) -> Result<(), OpenError> {
        let place = Place::of_slot(0);
        let info = match connection.command(place, &redis::cmd("INFO")).await {
            Ok(Value::VerbatimString { text, .. }) => text,
            Ok(info) => String::from_redis_value(info).unwrap_or_default(),
            Err(error) if error.code() == Some("NOPERM") => return Ok(()),
            Err(error) => return Err(OpenError::of(error)),
        };
        let field = |name: &str| {
            info.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .map(str::trim)
        };
        match field("redis_mode") {
            Some("cluster") if !connection.is_cluster() => {
                return Err(OpenError::Mode(
                    "this Redis server belongs to a Cluster: say redis+cluster:// instead of redis://",
                ));
            }
            Some("sentinel") => {
                return Err(OpenError::Mode("this is a Redis Sentinel, which holds no data"));
            }
            _ => {}
        }
        if let Some(version) = field("redis_version") {
            let mut parts = version.split('.').map(str::parse::<u32>);
            if let (Some(Ok(major)), Some(Ok(minor))) = (parts.next(), parts.next())
                && (major, minor) < (6, 2)
            {
                return Err(OpenError::TooOld(version.to_owned()));
            }
        }
        match (field("maxmemory"), field("maxmemory_policy")) {
            (Some(limit), Some(policy))
                if limit != "0" && policy != "noeviction" && !self.accept_eviction =>
            {
                Err(OpenError::Evicts(policy.to_owned()))
            }
            _ => Ok(()),
        }
    }
}

/// The client for what follows `redis+cluster://`.
fn cluster_client(scheme: &str, rest: &str) -> Result<ClusterClientBuilder, OpenError> {
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (login, nodes) = match rest.rsplit_once('@') {
        Some((login, nodes)) => (format!("{login}@"), nodes),
        None => (String::new(), rest),
    };
    let malformed = OpenError::Url("expected redis+cluster://[user:password@]host:port,host:port");
    if nodes.contains(['/', '?', '#']) || nodes.split(',').any(str::is_empty) {
        return Err(malformed);
    }
    let nodes = nodes
        .split(',')
        .map(|node| format!("{scheme}://{login}{node}").into_connection_info())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| match OpenError::of(error) {
            OpenError::Url(reason) if reason.starts_with("rediss") => OpenError::Url(reason),
            _ => malformed,
        })?;
    let nodes = nodes.into_iter().map(|node| {
        let settings = node.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        node.set_redis_settings(settings)
    });
    Ok(ClusterClientBuilder::new(nodes)
        .tcp_settings(tcp())
        .use_protocol(ProtocolVersion::RESP3))
}

/// A connection whose other end is gone without a word is given up after some seconds, where the system can do that.
fn tcp() -> TcpSettings {
    let settings = TcpSettings::default().set_nodelay(true);
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    let settings = settings.set_user_timeout(Duration::from_secs(5));
    settings
}
