//! Over a real connection, by HTTP/1.1 and HTTP/2: cookie crumbs, streaming bodies, upgrades, a client that goes away.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::routing::any;
use axum::{BoxError, Router};
use cloakroom_tower::cloakroom_session::SessionError;
use cloakroom_tower::{Session, SessionLayer};
use http::header::{CONNECTION, COOKIE, HOST, SET_COOKIE, UPGRADE};
use http::{Request, StatusCode, Version};
use http_body_util::BodyExt;
use hyper::body::Frame;
use hyper::client::conn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::sync::mpsc;

use crate::desk::{Desk, selector_of};

/// A client of `app` over a connection of HTTP/2.
async fn connect(app: Router) -> conn::http2::SendRequest<Body> {
    let (client, server) = duplex(1 << 16);
    let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(server), TowerToHyperService::new(app));
    tokio::spawn(connection);
    let (sender, connection) = conn::http2::handshake(TokioExecutor::new(), TokioIo::new(client))
        .await
        .unwrap();
    tokio::spawn(connection);
    sender
}

fn to(path: &str, steps: &str, crumbs: &[&str]) -> Request<Body> {
    let mut request = Request::get(format!("https://example.com{path}")).header("act", steps);
    for crumb in crumbs {
        request = request.header(COOKIE, *crumb);
    }
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn d13_over_http_2_crumbs_are_one_list_and_the_head_has_the_cookie() {
    let desk = Desk::new();
    let mut client = connect(desk.app.clone()).await;
    let response = client.send_request(to("/", "login u1", &[])).await.unwrap();
    assert_eq!(response.version(), Version::HTTP_2);
    let line = response.headers()[SET_COOKIE].to_str().unwrap().to_owned();
    let cookie = line.split(';').next().unwrap();
    for crumbs in [
        &[cookie][..],
        &["a=1", cookie, "b=2"],
        &["a=1; b=2", &format!("c=3; {cookie}")],
    ] {
        let response = client.send_request(to("/", "who", crumbs)).await.unwrap();
        assert!(!response.headers().contains_key(SET_COOKIE));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, "u1");
    }
}

/// A body that is made piece by piece, and writes into the session with each.
struct Streaming {
    session: Session,
    pieces: mpsc::Sender<Result<(), SessionError>>,
    stream: mpsc::Receiver<Bytes>,
}

impl HttpBody for Streaming {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.stream.poll_recv(cx).map(|piece| {
            let piece = piece?;
            self.pieces.try_send(self.session.insert("late", &1)).unwrap();
            Some(Ok(Frame::data(piece)))
        })
    }
}

#[tokio::test]
async fn d13_a_streaming_body_is_not_touched_and_the_commit_does_not_wait_for_it() {
    let desk = Desk::new();
    let (pieces, mut told) = mpsc::channel::<Result<(), SessionError>>(1);
    let (go_on, stream) = mpsc::channel::<Bytes>(1);
    let stream = Arc::new(Mutex::new(Some(stream)));
    let handler = any(move |session: Session| {
        let (stream, pieces) = (stream.lock().unwrap().take().unwrap(), pieces.clone());
        async move {
            session.login("u1").unwrap();
            Body::new(Streaming {
                session,
                pieces,
                stream,
            })
        }
    });
    let app = Router::new().route("/stream", handler);
    let mut client = connect(app.layer(SessionLayer::new(desk.sessions.clone()))).await;
    let response = client.send_request(to("/stream", "", &[])).await.unwrap();
    // The head is here, with the cookie of a session that is stored, and no byte of the body was made.
    let line = response.headers()[SET_COOKIE].to_str().unwrap().to_owned();
    let cookie = line.split(';').next().unwrap().to_owned();
    assert_eq!(desk.ask(&[&cookie], "who").await.body, "u1");
    let mut body = response.into_body();
    for piece in ["one", "two"] {
        go_on.send(Bytes::from_static(piece.as_bytes())).await.unwrap();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), piece);
        assert!(matches!(told.recv().await, Some(Err(SessionError::Committed))));
    }
    drop(go_on);
    assert_eq!(body.collect().await.unwrap().to_bytes(), "");
    assert_eq!(desk.ask(&[&cookie], "get late").await.body, "nothing");
}

#[tokio::test]
async fn d19_a_client_that_goes_away_gets_no_login_and_has_its_logout() {
    let desk = Desk::new();
    let (cookie, other) = (desk.cookie("u1").await, desk.cookie("u1").await);
    // The end of the other session tells when the server has noticed.
    let login = format!("end {}, login u2, wait", selector_of(&other).to_text());
    for (steps, left) in [(&*login, 1), ("logout, wait", 0)] {
        let mut client = connect(desk.app.clone()).await;
        let request = tokio::spawn(client.send_request(to("/", steps, &[&cookie])));
        desk.gate.reached().await;
        // The stream is reset, and the server drops the handler's future.
        request.abort();
        drop(client);
        desk.until(async || desk.listed("u1").await.len() == left).await;
        assert_eq!(desk.listed("u2").await, []);
    }
}

#[tokio::test]
async fn d13_an_upgrade_is_answered_with_the_cookie_and_then_belongs_to_the_handler() {
    let desk = Desk::new();
    let handler = any(async |session: Session, mut request: axum::extract::Request| {
        session.insert("a", &"1").unwrap();
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let mut io = TokioIo::new(upgrade.await?);
            let mut asked = [0; 4];
            io.read_exact(&mut asked).await?;
            let late = matches!(session.insert("b", &"2"), Err(SessionError::Committed));
            io.write_all(if late { b"late" } else { b"done" }).await?;
            Ok::<_, BoxError>(())
        });
        (
            StatusCode::SWITCHING_PROTOCOLS,
            [(UPGRADE, "websocket"), (CONNECTION, "upgrade")],
        )
    });
    let app = Router::new().route("/", handler);
    let app = app.layer(SessionLayer::new(desk.sessions.clone()));
    let (client, server) = duplex(1 << 16);
    let connection = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(server), TowerToHyperService::new(app))
        .with_upgrades();
    tokio::spawn(connection);
    let (mut sender, connection) = conn::http1::handshake(TokioIo::new(client)).await.unwrap();
    tokio::spawn(connection.with_upgrades());
    let request = Request::get("/")
        .header(HOST, "example.com")
        .header(CONNECTION, "upgrade")
        .header(UPGRADE, "websocket")
        .body(Body::empty());
    let response = sender.send_request(request.unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
    let line = response.headers()[SET_COOKIE].to_str().unwrap().to_owned();
    let mut io = TokioIo::new(hyper::upgrade::on(response).await.unwrap());
    io.write_all(b"ping").await.unwrap();
    let mut answer = [0; 4];
    io.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"late");
    let cookie = line.split(';').next().unwrap();
    desk.forget();
    desk.ask(&[cookie], "get a, get b")
        .await
        .is_quiet(200, "1 nothing", &["load"]);
}
