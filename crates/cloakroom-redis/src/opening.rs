use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::cluster::ClusterClientBuilder;
use redis::io::tcp::TcpSettings;
use redis::{Client, FromRedisValue as _, IntoConnectionInfo as _, ProtocolVersion, Value};

use crate::connection::{Connection, Place};
use crate::error::OpenError;
use crate::prefix::Prefix;
use crate::server::Server;

/// How a store is opened: what the builders of all stores share.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    pub(crate) prefix: String,
    pub(crate) min_replicas: u32,
    pub(crate) response_timeout: Duration,
    pub(crate) accept_eviction: bool,
    /// Where in a Cluster the server is that is asked what it is.
    pub(crate) asked: fn(&Prefix) -> Place,
}

/// The settings and the ends that the builders of all stores have, each of which holds an `opening` and makes its store by
/// `built`.
macro_rules! opening_methods {
    ($store:ident) => {
        /// What all keys begin with; `cloakroom` unless it is set. Stores with different prefixes share nothing.
        pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
            self.opening.prefix = prefix.into();
            self
        }

        /// How many replicas must have received a write before it counts as done; 0 unless it is set.
        ///
        /// A write that they do not confirm within a second fails as `Unavailable` although it was made.
        pub fn min_replicas(mut self, replicas: u32) -> Self {
            self.opening.min_replicas = replicas;
            self
        }

        /// How long an answer may take before the operation fails as `Timeout`; 1.5 seconds unless it is set.
        pub fn response_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.opening.response_timeout = timeout;
            self
        }

        /// Connects to the server or the Cluster of `url`:
        /// `redis://[user:password@]host[:port][/database]`, `redis+cluster://[user:password@]host:port,host:port`, or
        /// either with `rediss` in front when the crate `redis` was built with TLS.
        ///
        /// # Errors
        ///
        /// When the URL is malformed, nobody answers, or who answers is unfit to hold what the store does.
        pub async fn connect(self, url: &str) -> Result<$store, crate::OpenError> {
            let opened = self.opening.connect(url).await?;
            Ok(self.built(opened))
        }

        /// Connects to one server by a client of the caller's own.
        ///
        /// # Errors
        ///
        /// Those of [`connect`](Self::connect).
        pub async fn single(self, client: redis::Client) -> Result<$store, crate::OpenError> {
            let opened = self.opening.single(client).await?;
            Ok(self.built(opened))
        }

        /// Connects to a Cluster by a client of the caller's own. Its retries and timeouts are set here: a client that
        /// repeats commands by itself would take its own success for somebody else's.
        ///
        /// # Errors
        ///
        /// Those of [`connect`](Self::connect).
        pub async fn cluster(
            self,
            client: redis::cluster::ClusterClientBuilder,
        ) -> Result<$store, crate::OpenError> {
            let opened = self.opening.cluster(client).await?;
            Ok(self.built(opened))
        }
    };
}
pub(crate) use opening_methods;

/// A store that has been reached.
pub(crate) struct Opened {
    pub(crate) prefix: Prefix,
    pub(crate) server: Server,
}

impl Default for Opening {
    fn default() -> Self {
        Self {
            prefix: "cloakroom".into(),
            min_replicas: 0,
            response_timeout: Duration::from_millis(1500),
            accept_eviction: false,
            asked: |_| Place::of_slot(0),
        }
    }
}

impl Opening {
    pub(crate) async fn connect(&self, url: &str) -> Result<Opened, OpenError> {
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

    pub(crate) async fn single(&self, client: Client) -> Result<Opened, OpenError> {
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

    pub(crate) async fn cluster(&self, client: ClusterClientBuilder) -> Result<Opened, OpenError> {
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

    async fn open(&self, reads: Connection, writes: Option<Connection>) -> Result<Opened, OpenError> {
        let prefix = Prefix::new(&self.prefix).ok_or(OpenError::Prefix)?;
        self.check(&reads, (self.asked)(&prefix)).await?;
        Ok(Opened {
            prefix,
            server: Server::new(reads, writes, self.min_replicas),
        })
    }

    /// Asks the server what it is. One that may not be asked is taken as it is.
    async fn check(&self, connection: &Connection, place: Place) -> Result<(), OpenError> {
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
