use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::Tick;
use cloakroom_jwt::{JwksCache, Policy};
use tokio::runtime::Handle as Runtime;
use tokio::sync::{mpsc, watch};

use crate::client::Client;
use crate::clock::Clock;
use crate::endpoint::{Endpoint, Refused};
use crate::issuer::{Issuer, Shared};
use crate::refresh::Refresh;
use crate::snapshot::State;
use crate::verifier::Handle;
use crate::{InvalidConfig, JwksVerifier, Observer, tls};

/// The shortest and the longest time limit. A cache gives a fetch up later than the longest.
const LIMITS: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(25));

/// What a [`JwksVerifier`] is made of.
pub struct Builder {
    issuers: Vec<(Policy, String)>,
    root_pems: Vec<Vec<u8>>,
    with_system_roots: bool,
    allows_loopback_http: bool,
    connect_limit: Duration,
    limit: Duration,
    cache: JwksCache,
    clock: Clock,
    observer: Arc<dyn Observer>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            issuers: Vec::new(),
            root_pems: Vec::new(),
            with_system_roots: true,
            allows_loopback_http: false,
            connect_limit: Duration::from_secs(5),
            limit: Duration::from_secs(10),
            cache: JwksCache::new(),
            clock: Clock::system(),
            observer: Arc::new(()),
        }
    }

    /// Verifies tokens under `policy` with the keys behind `jwks_url`. RSA keys without `alg` are left out unless the
    /// policy says [`Policy::rsa_algorithm`].
    #[must_use]
    pub fn issuer(mut self, policy: Policy, jwks_url: impl Into<String>) -> Self {
        self.issuers.push((policy, jwks_url.into()));
        self
    }

    /// Trusts the certificates in `pem` too, for endpoints of a private authority.
    #[must_use]
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_pems.push(pem.into());
        self
    }

    /// Trusts only what [`root_certificates`](Self::root_certificates) gave, and not what the system trusts.
    #[must_use]
    pub fn without_system_roots(mut self) -> Self {
        self.with_system_roots = false;
        self
    }

    /// How long a fetch may take, from the name lookup to the last byte: 10 s by default, from 10 ms to 25 s.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.limit = limit.clamp(LIMITS.0, LIMITS.1);
        self
    }

    /// How long connecting may take, TLS included: 5 s by default. The time limit counts as well.
    #[must_use]
    pub fn connect_limit(mut self, limit: Duration) -> Self {
        self.connect_limit = limit.clamp(LIMITS.0, LIMITS.1);
        self
    }

    /// How often a set is fetched whose answer has no Cache-Control: [`JwksCache::refresh_every`].
    #[must_use]
    pub fn refresh_every(mut self, lifetime: Duration) -> Self {
        self.cache = self.cache.refresh_every(lifetime);
        self
    }

    /// How long a set is used past its lifetime when it cannot be fetched: [`JwksCache::max_stale`]. With zero its tokens
    /// are answered with [`VerifyError::Unavailable`](crate::VerifyError::Unavailable) at the end of each lifetime, until
    /// the fetch that begins then has ended: leave it some seconds more than the time limit.
    #[must_use]
    pub fn max_stale(mut self, max_stale: Duration) -> Self {
        self.cache = self.cache.max_stale(max_stale);
        self
    }

    /// Reads the age of key sets from `clock`. The default is the system's monotonic clock.
    ///
    /// A panic in it reaches whoever verifies a token then; the refreshing task rests for a second and goes on.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> Tick + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(clock);
        self
    }

    /// Tells `observer` how the key sets fare.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observer = Arc::new(observer);
        self
    }

    pub(crate) fn allow_loopback_http(mut self) -> Self {
        self.allows_loopback_http = true;
        self
    }

    /// Starts to fetch, on the runtime that this is called on, which must live as long as the verifier is used. See [`JwksVerifier::first_load`] for when to go on.
    ///
    /// # Errors
    ///
    /// What is wrong with the configuration. That an endpoint cannot be reached is no error.
    pub fn start(self) -> Result<JwksVerifier, InvalidConfig> {
        let runtime = Runtime::try_current().map_err(|_| InvalidConfig::NoRuntime)?;
        if self.issuers.is_empty() {
            return Err(InvalidConfig::NoIssuer);
        }
        let mut issuers = Vec::with_capacity(self.issuers.len());
        for (index, (policy, url)) in self.issuers.into_iter().enumerate() {
            let endpoint =
                Endpoint::parse(&url, self.allows_loopback_http).map_err(|refused| match refused {
                    Refused::Unreadable => InvalidConfig::Url { issuer: index },
                    Refused::NotHttps => InvalidConfig::NotHttps { issuer: index },
                })?;
            let issuer = Issuer::new(policy, endpoint, self.cache.clone()).map_err(|problem| {
                InvalidConfig::Policy {
                    issuer: index,
                    problem,
                }
            })?;
            issuers.push(issuer);
        }
        let tls = if issuers.iter().any(|issuer| issuer.endpoint.is_tls) {
            let roots = tls::roots(&self.root_pems, self.with_system_roots)?;
            Some(tls::connector(roots)?)
        } else {
            None
        };
        let shared = Arc::new(Shared {
            issuers,
            clock: self.clock,
        });
        let (begun, begun_receiver) = mpsc::unbounded_channel();
        let (state, state_receiver) = watch::channel(Arc::new(State::empty(shared.issuers.len())));
        let refresh = Refresh {
            shared: Arc::clone(&shared),
            client: Client {
                tls,
                connect_limit: self.connect_limit,
                limit: self.limit,
            },
            observer: self.observer,
            begun: begun_receiver,
            state,
        };
        runtime.spawn(refresh.run());
        Ok(JwksVerifier::new(Handle {
            shared,
            begun,
            state: state_receiver,
        }))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("issuers", &self.issuers)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
