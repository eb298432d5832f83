//! The server of an issuer's keys.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cloakroom_tower::cloakroom_jwt::{SigningKey, jwk_set_json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// It publishes `key`; while it is not well it answers 500.
pub(crate) async fn key_server(key: &SigningKey, is_well: Arc<AtomicBool>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let set = jwk_set_json([&key.verifying_key()]).unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            let status = if is_well.load(Ordering::Relaxed) {
                "200 OK"
            } else {
                "500 No"
            };
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{set}",
                set.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    address
}
