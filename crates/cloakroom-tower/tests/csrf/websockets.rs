//! Over real connections: handshakes by HTTP/1.1 and by extended CONNECT.

use axum::Router;
use axum::body::Body;
use axum::routing::any;
use cloakroom_tower::CsrfLayer;
use http::{Method, Request, StatusCode, Version};
use hyper::client::conn;
use hyper::ext::Protocol;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tokio::io::duplex;

use crate::desk::{policy, ring};

/// Takes every handshake that reaches it.
fn app() -> Router {
    let handler = any(async |request: Request<Body>| match request.version() {
        Version::HTTP_2 => {
            assert_eq!(request.method(), Method::CONNECT);
            assert_eq!(
                request.extensions().get::<Protocol>().unwrap().as_str(),
                "websocket"
            );
            (StatusCode::OK, [("upgrade", "")])
        }
        _ => (StatusCode::SWITCHING_PROTOCOLS, [("upgrade", "websocket")]),
    });
    let layer = CsrfLayer::new(policy().finish().unwrap(), &ring());
    Router::new().route("/ws", handler).layer(layer)
}

const CASES: [(&[(&str, &str)], bool); 7] = [
    (&[("origin", "https://app.example")], true),
    (
        &[
            ("origin", "https://app.example"),
            ("sec-fetch-site", "same-origin"),
        ],
        true,
    ),
    (&[("origin", "https://evil.example")], false),
    (
        &[
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
        ],
        false,
    ),
    (
        &[
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "same-site"),
        ],
        false,
    ),
    (&[("origin", "http://app.example")], false),
    (&[("origin", "null")], false),
];

#[tokio::test]
async fn g5_a_websocket_handshake_from_another_origin_is_refused() {
    for upgrade in ["websocket", "WebSocket", "h2c, websocket"] {
        for (fields, passes) in CASES {
            let (client, server) = duplex(1 << 16);
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(server), TowerToHyperService::new(app()))
                .with_upgrades();
            tokio::spawn(connection);
            let (mut sender, connection) = conn::http1::handshake(TokioIo::new(client)).await.unwrap();
            tokio::spawn(connection.with_upgrades());
            let mut request = Request::get("/ws")
                .header("host", "app.example")
                .header("connection", "upgrade")
                .header("upgrade", upgrade)
                .header("cookie", "__Host-id=x");
            for (name, value) in fields {
                request = request.header(*name, *value);
            }
            let response = sender.send_request(request.body(Body::empty()).unwrap()).await;
            let expected = if passes { 101 } else { 403 };
            assert_eq!(response.unwrap().status(), expected, "{upgrade} {fields:?}");
        }
    }
}

#[tokio::test]
async fn g5_an_extended_connect_from_another_origin_is_refused() {
    for (fields, passes) in CASES {
        let (client, server) = duplex(1 << 16);
        let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        builder.enable_connect_protocol();
        let connection = builder.serve_connection(TokioIo::new(server), TowerToHyperService::new(app()));
        tokio::spawn(connection);
        let (mut sender, connection) = conn::http2::handshake(TokioExecutor::new(), TokioIo::new(client))
            .await
            .unwrap();
        tokio::spawn(connection);
        let mut request = Request::connect("https://app.example/ws")
            .extension(Protocol::from_static("websocket"))
            .header("cookie", "__Host-id=x");
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        // Until the server's settings are here, the client may not send it.
        let response = loop {
            let request = request_of(&request);
            sender.ready().await.unwrap();
            match sender.send_request(request).await {
                Ok(response) => break response,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        let expected = if passes { 200 } else { 403 };
        assert_eq!(response.status(), expected, "{fields:?}");
    }
}

/// The same request once more.
fn request_of(builder: &http::request::Builder) -> Request<Body> {
    let mut request = Request::connect(builder.uri_ref().unwrap().clone())
        .extension(Protocol::from_static("websocket"))
        .body(Body::empty())
        .unwrap();
    *request.headers_mut() = builder.headers_ref().unwrap().clone();
    request
}
