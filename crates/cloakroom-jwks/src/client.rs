use std::io;
use std::time::Duration;

use cloakroom_jwt::JwksCache;
use http::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, HOST, USER_AGENT};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::FetchError;
use crate::connect::connect;
use crate::endpoint::Endpoint;

/// How much of a response is buffered, and so about how long its head may be, in bytes.
const MAX_HEAD: usize = 32 * 1024;

/// Fetches key sets: one GET on one connection each, nothing kept, nothing followed.
#[derive(Clone)]
pub(crate) struct Client {
    /// Absent when all endpoints are loopback http.
    pub(crate) tls: Option<TlsConnector>,
    pub(crate) connect_limit: Duration,
    pub(crate) limit: Duration,
}

/// What an endpoint answered.
pub(crate) struct Answer {
    pub(crate) body: Vec<u8>,
    pub(crate) cache_control: Option<String>,
}

impl Client {
    /// The body behind `endpoint`, at most [`JwksCache::MAX_BODY`] bytes of it, within the time limit.
    pub(crate) async fn get(&self, endpoint: &Endpoint) -> Result<Answer, FetchError> {
        timeout(self.limit, self.get_unlimited(endpoint))
            .await
            .unwrap_or(Err(FetchError::TimedOut))
    }

    async fn get_unlimited(&self, endpoint: &Endpoint) -> Result<Answer, FetchError> {
        let connected = timeout(self.connect_limit, self.connect(endpoint))
            .await
            .unwrap_or(Err(FetchError::TimedOut))?;
        match connected {
            Connected::Plain(stream) => exchange(stream, endpoint).await,
            Connected::Tls(stream) => exchange(*stream, endpoint).await,
        }
    }

    async fn connect(&self, endpoint: &Endpoint) -> Result<Connected, FetchError> {
        let addresses = lookup_host((endpoint.host.as_str(), endpoint.port))
            .await
            .map_err(FetchError::Connect)?;
        let mut addresses: Vec<_> = addresses.collect();
        if !endpoint.is_tls {
            addresses.retain(|address| address.ip().is_loopback());
            if addresses.is_empty() {
                return Err(FetchError::NotLoopback);
            }
        }
        let stream = connect(addresses, TcpStream::connect)
            .await
            .map_err(FetchError::Connect)?;
        if !endpoint.is_tls {
            return Ok(Connected::Plain(stream));
        }
        let (Some(tls), Ok(name)) = (&self.tls, ServerName::try_from(endpoint.host.clone())) else {
            return Err(FetchError::Connect(io::ErrorKind::InvalidInput.into()));
        };
        let stream = tls.connect(name, stream).await.map_err(FetchError::Connect)?;
        Ok(Connected::Tls(Box::new(stream)))
    }
}

enum Connected {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

/// One GET. The connection is driven here and not in a task, so that no connection outlives a fetch that is cut off.
async fn exchange<S>(stream: S, endpoint: &Endpoint) -> Result<Answer, FetchError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let request = Request::get(&endpoint.target)
        .header(HOST, &endpoint.authority)
        .header(
            ACCEPT,
            "application/jwk-set+json, application/json;q=0.9, */*;q=0.1",
        )
        .header(ACCEPT_ENCODING, "identity")
        .header(CONNECTION, "close")
        .header(USER_AGENT, concat!("cloakroom-jwks/", env!("CARGO_PKG_VERSION")))
        .body(Empty::<Bytes>::new())
        .map_err(|error| FetchError::Http(error.into()))?;
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| FetchError::Http(error.into()))?;
    let answer = async {
        let response = sender
            .send_request(request)
            .await
            .map_err(|error| FetchError::Http(error.into()))?;
        read(response).await
    };
    tokio::pin!(answer);
    tokio::pin!(connection);
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        // The connection may be over before the last of the body was taken. What it broke off with, the body tells.
        _ = &mut connection => answer.await,
    }
}

async fn read(response: Response<Incoming>) -> Result<Answer, FetchError> {
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    if is_encoded(response.headers()) {
        return Err(FetchError::Encoded);
    }
    let cache_control = joined(response.headers());
    let mut incoming = response.into_body();
    // What is announced is believed only when it is too much; what comes is counted.
    if incoming.size_hint().lower() > JwksCache::MAX_BODY as u64 {
        return Err(FetchError::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| FetchError::Http(error.into()))?;
        let Ok(data) = frame.into_data() else { continue };
        if data.len() > JwksCache::MAX_BODY - body.len() {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&data);
    }
    Ok(Answer { body, cache_control })
}

fn is_encoded(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    codings.any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// The directives of all Cache-Control lines (RFC 9110 section 5.3). A line that is not ASCII says nothing.
fn joined(headers: &HeaderMap) -> Option<String> {
    let lines: Vec<_> = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}
