//! An HTTPS server on loopback that answers as it is told, byte for byte.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Writes this and closes.
    Bytes(Vec<u8>),
    /// Writes this and keeps the connection open.
    Stall(Vec<u8>),
    /// Writes the first, then the second one octet at a time, each a little later.
    Trickle(Vec<u8>, Vec<u8>),
    /// Writes the first, then the second without end.
    Endless(Vec<u8>, Vec<u8>),
    /// Waits for a permit, then writes this and closes.
    Gated(Arc<Semaphore>, Vec<u8>),
}

impl Reply {
    /// 200 with this body and these further lines of the head.
    pub(crate) fn ok(body: &str, lines: &[&str]) -> Self {
        Self::Bytes(response("200 OK", body, lines))
    }

    pub(crate) fn status(status: &str, lines: &[&str]) -> Self {
        Self::Bytes(response(status, "", lines))
    }
}

/// A response with its Content-Length.
pub(crate) fn response(status: &str, body: &str, lines: &[&str]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len());
    for line in lines {
        head.push_str(line);
        head.push_str("\r\n");
    }
    format!("{head}\r\n{body}").into_bytes()
}

pub(crate) struct Server {
    port: u16,
    is_tls: bool,
    /// The authority that signed the certificate.
    pub(crate) root: String,
    reply: Arc<Mutex<Reply>>,
    requests: Arc<Mutex<Vec<String>>>,
    /// Connections that are open.
    open: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Server {
    /// A server whose certificate is for 127.0.0.1.
    pub(crate) async fn https(reply: Reply) -> Self {
        Self::https_as("127.0.0.1", reply).await
    }

    /// A server whose certificate is for `name`.
    pub(crate) async fn https_as(name: &str, reply: Reply) -> Self {
        let (acceptor, root) = acceptor(name);
        Self::start(Some(acceptor), root, reply).await
    }

    pub(crate) async fn http(reply: Reply) -> Self {
        Self::start(None, String::new(), reply).await
    }

    async fn start(acceptor: Option<TlsAcceptor>, root: String, reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let reply = Arc::new(Mutex::new(reply));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let open = Arc::new(AtomicUsize::new(0));
        let is_tls = acceptor.is_some();
        let shared = (Arc::clone(&reply), Arc::clone(&requests), Arc::clone(&open));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (acceptor, shared) = (acceptor.clone(), shared.clone());
                tokio::spawn(async move {
                    let (reply, requests, open) = shared;
                    open.fetch_add(1, Ordering::SeqCst);
                    serve(stream, acceptor, &reply, &requests).await;
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self {
            port,
            is_tls,
            root,
            reply,
            requests,
            open,
            task,
        }
    }

    pub(crate) fn url(&self) -> String {
        self.url_at("127.0.0.1")
    }

    pub(crate) fn url_at(&self, host: &str) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://{host}:{}/jwks.json?a=b", self.port)
    }

    pub(crate) fn set(&self, reply: Reply) {
        *self.reply.lock().unwrap() = reply;
    }

    /// The heads of the requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn hits(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// Waits until `is_enough` requests have come.
    pub(crate) async fn hit(&self, is_enough: usize) {
        while self.hits() < is_enough {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Waits until no connection is open.
    pub(crate) async fn left(&self) {
        while self.open.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    reply: &Mutex<Reply>,
    requests: &Mutex<Vec<String>>,
) {
    match acceptor {
        // A client that does not trust the certificate ends it here.
        Some(acceptor) => match acceptor.accept(stream).await {
            Ok(stream) => answer(stream, reply, requests).await,
            Err(_) => Some(()),
        },
        None => answer(stream, reply, requests).await,
    };
}

/// `None` when the client went away.
async fn answer<S>(mut stream: S, reply: &Mutex<Reply>, requests: &Mutex<Vec<String>>) -> Option<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    requests.lock().unwrap().push(String::from_utf8(head).unwrap());
    let reply = reply.lock().unwrap().clone();
    match reply {
        Reply::Bytes(bytes) => write(&mut stream, &bytes).await?,
        Reply::Stall(bytes) => {
            write(&mut stream, &bytes).await?;
            // Until the client goes away.
            let _ = stream.read_u8().await;
        }
        Reply::Trickle(head, rest) => {
            write(&mut stream, &head).await?;
            for octet in rest {
                tokio::time::sleep(Duration::from_millis(20)).await;
                write(&mut stream, &[octet]).await?;
            }
        }
        Reply::Endless(head, rest) => {
            write(&mut stream, &head).await?;
            loop {
                write(&mut stream, &rest).await?;
            }
        }
        Reply::Gated(gate, bytes) => {
            gate.acquire().await.unwrap().forget();
            write(&mut stream, &bytes).await?;
        }
    }
    stream.shutdown().await.ok()
}

async fn write<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> Option<()> {
    stream.write_all(bytes).await.ok()?;
    stream.flush().await.ok()
}

/// A certificate for `name` under an authority of its own.
fn acceptor(name: &str) -> (TlsAcceptor, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let root = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new([name.to_owned()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![leaf.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), root)
}
