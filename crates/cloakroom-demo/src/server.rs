use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use cloakroom_lineage::{Clocks, Gate};
use cloakroom_revocation::AgeTooLong;
use cloakroom_session::InvalidSettings;
use cloakroom_store::Page;
use cloakroom_store::cloakroom_id::IndexSecret;
use cloakroom_token::InvalidSettings as InvalidRefresh;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::app::{App, Shared};
use crate::args::Args;
use crate::attempts::Attempts;
use crate::fleet;
use crate::keys::{Keys, KeysError};
use crate::layers::{InvalidLayers, Layers, Parts};
use crate::loot::Loot;
use crate::password_hasher::{HashError, PasswordHasher};
use crate::places::{Places, PlacesError};
use crate::refresh::Refresh;
use crate::secret_file::{self, SecretFileError};
use crate::session_cookie::{InvalidCookie, session_cookie};
use crate::signing_seed::SigningSeed;
use crate::store_choice::StoreChoice;
use crate::stores::{StoreError, Stores};
use crate::tokens::{Tokens, TokensError};
use crate::users::{OpenError, Users};

/// How long requests may go on after a signal. A browser keeps connections open that it does not use.
const FAREWELL: Duration = Duration::from_secs(3);
/// How long it may take at the start to load all revocations.
const LOADING: Duration = Duration::from_secs(30);

/// Serves until SIGINT or SIGTERM.
///
/// What can go wrong is tried before anything is made or changed: the port, the files with secrets that are there, the
/// databases. Files with secrets are made last.
#[tokio::main]
pub(crate) async fn run(args: &Args) -> Result<(), StartError> {
    let places = Places::of(args)?;
    let listener = listen(args.port).await?;
    let address = listener.local_addr().map_err(StartError::Runtime)?;
    let keys = Keys::read(&places.key_file).map_err(|error| StartError::keys(&places, error))?;
    let index: Option<IndexSecret> =
        secret_file::read(&places.index_file).map_err(|error| StartError::index(&places, error))?;
    let seed: Option<SigningSeed> =
        secret_file::read(&places.signing_file).map_err(|error| StartError::signing(&places, error))?;
    let (users, stores) = open_databases(args, &places).await?;
    let keys = match keys {
        Some(keys) => keys,
        None => Keys::create(&places.key_file).map_err(|error| StartError::keys(&places, error))?,
    };
    let index = match index {
        Some(index) => index,
        None => secret_file::create(&places.index_file).map_err(|error| StartError::index(&places, error))?,
    };
    let seed = match seed {
        Some(seed) => seed,
        None => {
            secret_file::create(&places.signing_file).map_err(|error| StartError::signing(&places, error))?
        }
    };
    let clocks = Clocks::system();
    let (follower, gate) = fleet::follow(stores.revocations.clone(), &clocks)?;
    let following = tokio::spawn(follower.run());
    let sessions = stores.sessions.sessions(index.clone())?;
    let purging = [
        tokio::spawn(sessions.purge_loop(stores.purge_every(), Page::MAX)),
        tokio::spawn(stores.clone().purge_loop()),
    ];
    let refresh = keys.with_ring(|ring| Refresh::new(stores.tokens.clone(), ring, index.clone()))?;
    let tokens = Tokens::new(address, &seed, args.access_ttl)?;
    let lineages = stores
        .lineages(tokens.issuer())
        .with_clocks(clocks.clone())
        .observer(fleet::tell);
    let layers = keys.with_ring(|ring| {
        Layers::new(Parts {
            ring,
            sessions: sessions.clone(),
            session_cookie: session_cookie()?,
            tickets: keys.sealer(),
            access: tokens.bearer_verifier(),
            refresh: refresh.clone(),
            gate: gate.clone(),
            lineages: lineages.clone(),
            index,
        })
        .map_err(StartError::from)
    })?;
    let app = App::new(Shared {
        users: users.clone(),
        keys,
        hasher: PasswordHasher::new()?,
        attempts: Attempts::default(),
        tokens,
        sessions,
        layers,
        refresh,
        loot: Loot::default(),
        lineages,
        gate: gate.clone(),
        clocks,
        store: places.store.label(),
        db: places.db,
        key_file: places.key_file,
        started: Instant::now(),
    });
    ready(&gate).await?;
    // Heard from before anybody is told that the server runs.
    let stop = stop_signal().map_err(StartError::Runtime)?;
    greet(&app, address);
    let served = serve(listener, app, stop).await;
    purging.iter().for_each(tokio::task::JoinHandle::abort);
    following.abort();
    stores.close().await;
    users.close().await;
    served.map_err(StartError::Runtime)
}

/// Waits until all revocations are loaded: before that nobody who has a ticket or a token could be answered.
async fn ready(gate: &Gate) -> Result<(), StartError> {
    tokio::time::timeout(LOADING, gate.ready())
        .await
        .map_err(|_| StartError::Revocations)
}

/// The users and the stores. Whichever is there already, or elsewhere, is tried first: so nothing is made beside one
/// that cannot be used.
async fn open_databases(args: &Args, places: &Places) -> Result<(Users, Stores), StartError> {
    let open_users = || async {
        Users::open(&places.db).await.map_err(|source| StartError::Users {
            path: places.db.clone(),
            source,
        })
    };
    let open_store = || async { Stores::open(&places.store).await.map_err(StartError::Store) };
    let embedded = matches!(places.store, StoreChoice::Sqlite(_));
    if embedded && (args.db.is_none() || places.db.exists()) {
        places.make_folder(args)?;
        let users = open_users().await?;
        return Ok((users, open_store().await?));
    }
    // A folder that is missing would be found only when the store is made.
    if args.db.is_some()
        && let Some(folder) = places.db.parent()
    {
        std::fs::metadata(folder).map_err(|error| StartError::Users {
            path: places.db.clone(),
            source: error.into(),
        })?;
    }
    let store = open_store().await?;
    places.make_folder(args)?;
    Ok((open_users().await?, store))
}

/// Why the server does not start. One line; none of it is secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(transparent)]
    Places(#[from] PlacesError),
    #[error("cannot listen on 127.0.0.1:{port}: {reason}")]
    Port { port: u16, reason: String },
    #[error("cannot use the key file {}: {source}", path.display())]
    Keys { path: PathBuf, source: KeysError },
    #[error("cannot use the index secret {}: {source}", path.display())]
    Index { path: PathBuf, source: SecretFileError },
    #[error("cannot use the key that signs tokens {}: {source}", path.display())]
    Signing { path: PathBuf, source: SecretFileError },
    #[error(
        "the store did not give its revocations, or its clock and this machine's lie more than two seconds apart"
    )]
    Revocations,
    #[error(transparent)]
    Layers(#[from] InvalidLayers),
    #[error(transparent)]
    Fleet(#[from] AgeTooLong),
    #[error(transparent)]
    Refresh(#[from] InvalidRefresh),
    #[error("cannot use the store of the sessions: {0}")]
    Store(StoreError),
    #[error(transparent)]
    Settings(#[from] InvalidSettings),
    #[error(transparent)]
    Cookie(#[from] InvalidCookie),
    #[error("cannot use the database {}: {source}", path.display())]
    Users { path: PathBuf, source: OpenError },
    #[error(transparent)]
    Hasher(#[from] HashError),
    #[error(transparent)]
    Tokens(#[from] TokensError),
    #[error("cannot serve: {0}")]
    Runtime(io::Error),
}

impl StartError {
    fn keys(places: &Places, source: KeysError) -> Self {
        Self::Keys {
            path: places.key_file.clone(),
            source,
        }
    }

    fn index(places: &Places, source: SecretFileError) -> Self {
        Self::Index {
            path: places.index_file.clone(),
            source,
        }
    }

    fn signing(places: &Places, source: SecretFileError) -> Self {
        Self::Signing {
            path: places.signing_file.clone(),
            source,
        }
    }
}

/// This machine's own address and no other, so that nobody else can ask.
async fn listen(port: u16) -> Result<TcpListener, StartError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address)
        .await
        .map_err(|error| StartError::Port {
            port,
            reason: match error.kind() {
                io::ErrorKind::AddrInUse => {
                    "another program listens there; stop it, or choose with --port (0 takes any)".to_owned()
                }
                _ => error.to_string(),
            },
        })
}

/// The first line has the URL; whoever started the program reads it there. Output that nobody takes is no failure.
fn greet(app: &App, address: SocketAddr) {
    let _ = write!(
        io::stdout(),
        "Cloakroom demo: http://{address}/\n  users: {}\n  keys:  {}\n  sessions: {}\nStop it with Ctrl-C.\n",
        app.db.display(),
        app.key_file.display(),
        app.store,
    );
    let _ = io::stdout().flush();
}

async fn serve(
    listener: TcpListener,
    app: App,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stopping, stopped) = oneshot::channel();
    // The address that a browser connected from is shown in its owner's list of devices.
    let service = app.router().into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
        stop.await;
        let _ = stopping.send(());
    });
    let overdue = async move {
        if stopped.await.is_ok() {
            tokio::time::sleep(FAREWELL).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        served = serving => served,
        () = overdue => Ok(()),
    }
}

/// Done at the first SIGINT or SIGTERM.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Done at Ctrl-C.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
