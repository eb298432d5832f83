//! What is refused, cut off or not connected to.

use std::time::Duration;

use cloakroom_jwks::{Builder, InvalidConfig, JwksVerifier, danger};

use super::server::{Reply, Server, response};
use super::{ISSUER, Rig, Verdict, key, policy, run, set, token, verdict};

/// Fetches once from `server` and tells the failure.
async fn failure(server: &Server, more: impl FnOnce(Builder) -> Builder) -> String {
    let rig = Rig::start_with(server, more);
    assert!(!rig.verifier.first_load().await);
    assert_eq!(rig.verify(&key(1, "a")), Verdict::Unavailable(1));
    let heard = rig.heard.count(2).await;
    assert_eq!(heard[1], "stale");
    heard[0].clone()
}

#[test]
fn only_status_200_counts() {
    run(async {
        let good = set(&[&key(1, "a")]);
        let other = Server::https(Reply::ok(&good, &[])).await;
        for status in [
            "301 Moved Permanently",
            "302 Found",
            "303 See Other",
            "307 Temporary Redirect",
            "308 Permanent Redirect",
            "204 No Content",
            "206 Partial Content",
            "404 Not Found",
        ] {
            let location = format!("location: {}", other.url());
            let body = if status.starts_with("204") { "" } else { &good };
            let server = Server::https(Reply::Bytes(response(status, body, &[&location]))).await;
            let told = failure(&server, |builder| builder.root_certificates(other.root.as_str())).await;
            assert_eq!(told, format!("failed: the status is {}", &status[..3]));
        }
        assert_eq!(other.hits(), 0, "no redirect was followed");
    });
}

#[test]
fn a_body_that_is_too_large_is_cut_off() {
    run(async {
        let keys = set(&[&key(1, "a")]);
        let padded = |length: usize| keys.clone() + &" ".repeat(length - keys.len());
        let chunk = |length: usize| {
            [
                format!("{length:x}\r\n").into_bytes(),
                vec![b' '; length],
                b"\r\n".into(),
            ]
            .concat()
        };
        let too_large = "failed: the body is longer than 262144 bytes";
        let long = format!("x: {}", "y".repeat(2_000));
        let ok = |lines: &str| format!("HTTP/1.1 200 OK\r\n{lines}\r\n").into_bytes();
        for (reply, told) in [
            (Reply::ok(&padded(262_144 + 1), &[]), too_large),
            // It says so, and never sends it.
            (Reply::Stall(ok("content-length: 262145\r\n")), too_large),
            (
                Reply::Stall(ok("content-length: 9223372036854775807\r\n")),
                too_large,
            ),
            // It does not say, and never ends.
            (Reply::Endless(ok(""), vec![b' '; 1000]), too_large),
            (
                Reply::Endless(ok("transfer-encoding: chunked\r\n"), chunk(1000)),
                too_large,
            ),
            (
                Reply::Endless(ok("transfer-encoding: chunked\r\n"), chunk(300_000)),
                too_large,
            ),
            // It says less than it sends: the rest is not part of the body.
            (
                Reply::Endless(ok("content-length: 10\r\n"), vec![b' '; 1000]),
                "failed: the body is not a JWK set",
            ),
            // It says more than it sends.
            (
                Reply::Bytes([ok("content-length: 1000\r\n"), keys.clone().into_bytes()].concat()),
                "failed: the HTTP exchange failed",
            ),
            (
                Reply::Bytes(ok("content-length: 1\r\ncontent-length: 2\r\n")),
                "failed: the HTTP exchange failed",
            ),
            (
                Reply::Bytes(ok("content-length: -1\r\n")),
                "failed: the HTTP exchange failed",
            ),
            // A head that ends, and is longer than any needs to be.
            (
                Reply::ok(&keys, &[long.as_str(); 90]),
                "failed: the HTTP exchange failed",
            ),
            // A head without end.
            (
                Reply::Endless(
                    b"HTTP/1.1 200 OK\r\n".into(),
                    b"x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n".into(),
                ),
                "failed: the HTTP exchange failed",
            ),
        ] {
            let shown = format!("{reply:.60?}");
            let server = Server::https(reply).await;
            assert_eq!(failure(&server, |builder| builder).await, told, "{shown}");
            server.left().await;
        }
        // To the byte.
        let server = Server::https(Reply::ok(&padded(262_144), &[])).await;
        let rig = Rig::start(&server);
        assert!(rig.verifier.first_load().await);
        let chunked = [
            ok("transfer-encoding: chunked\r\n"),
            format!("{:x}\r\n{keys}\r\n0\r\n\r\n", keys.len()).into_bytes(),
        ];
        server.set(Reply::Bytes(chunked.concat()));
        assert!(Rig::start(&server).verifier.first_load().await);
        server.set(Reply::Bytes([ok(""), keys.clone().into_bytes()].concat()));
        assert!(Rig::start(&server).verifier.first_load().await, "until it closes");
    });
}

#[test]
fn what_is_slow_is_cut_off() {
    run(async {
        let body = set(&[&key(1, "a")]);
        let whole = response("200 OK", &body, &[]);
        let head = whole.len() - body.len();
        for reply in [
            Reply::Stall(Vec::new()),
            Reply::Stall(whole[..20].to_vec()),
            Reply::Stall(whole[..head].to_vec()),
            Reply::Stall(whole[..whole.len() - 1].to_vec()),
            // Never idle for long, and 20 ms an octet is still too slow for all of it.
            Reply::Trickle(Vec::new(), whole.clone()),
            Reply::Trickle(whole[..head].to_vec(), whole[head..].to_vec()),
            Reply::Endless(
                b"HTTP/1.1 100 Continue\r\n\r\n".into(),
                b"HTTP/1.1 100 Continue\r\n\r\n".into(),
            ),
        ] {
            let server = Server::https(reply).await;
            let told = failure(&server, |builder| builder.time_limit(Duration::from_millis(300))).await;
            assert_eq!(told, "failed: the time limit has passed");
            server.left().await;
        }
    });
}

#[test]
fn a_peer_that_never_speaks_tls_is_cut_off() {
    run(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = super::Heard::default();
        let verifier = JwksVerifier::builder()
            .issuer(policy(ISSUER), format!("https://127.0.0.1:{port}/"))
            .connect_limit(Duration::from_millis(100))
            .with_clock(super::Hand::default().read())
            .observer(heard.observer())
            .start()
            .unwrap();
        assert!(!verifier.first_load().await);
        assert_eq!(heard.count(2).await[0], "failed: the time limit has passed");
    });
}

#[test]
fn a_body_with_a_content_coding_is_refused() {
    run(async {
        let body = set(&[&key(1, "a")]);
        let server = Server::https(Reply::ok(&body, &["content-encoding: gzip"])).await;
        assert_eq!(
            failure(&server, |builder| builder).await,
            "failed: the body has a content coding"
        );
        server.set(Reply::ok(&body, &["content-encoding: Identity"]));
        assert!(Rig::start(&server).verifier.first_load().await);
    });
}

#[test]
fn a_wrong_certificate_is_refused() {
    run(async {
        let reply = Reply::ok(&set(&[&key(1, "a")]), &[]);
        // For another name, by an authority that is trusted.
        let server = Server::https_as("id.example", reply.clone()).await;
        assert_eq!(failure(&server, |builder| builder).await, "failed: no connection");
        // By an authority that is not trusted: neither another's, nor the system's.
        let server = Server::https(reply).await;
        let other = Server::https(Reply::status("404 Not Found", &[])).await;
        for is_system in [false, true] {
            let heard = super::Heard::default();
            let builder = JwksVerifier::builder()
                .issuer(policy(ISSUER), server.url())
                .root_certificates(other.root.as_str())
                .with_clock(super::Hand::default().read())
                .observer(heard.observer());
            let builder = if is_system {
                builder
            } else {
                builder.without_system_roots()
            };
            let verifier = builder.start().unwrap();
            assert!(!verifier.first_load().await);
            assert_eq!(heard.count(2).await[0], "failed: no connection");
        }
        assert_eq!(server.hits(), 0);
    });
}

#[test]
fn a_host_that_refuses_or_does_not_speak_http_is_a_failure() {
    run(async {
        let server = Server::https(Reply::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n".into())).await;
        assert_eq!(
            failure(&server, |builder| builder).await,
            "failed: the HTTP exchange failed"
        );
        server.set(Reply::Bytes(Vec::new()));
        assert_eq!(
            failure(&server, |builder| builder).await,
            "failed: the HTTP exchange failed"
        );

        // A port that was free a moment ago.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let heard = super::Heard::default();
        let verifier = JwksVerifier::builder()
            .issuer(policy(ISSUER), format!("https://127.0.0.1:{port}/"))
            .root_certificates(server.root.as_str())
            .without_system_roots()
            .with_clock(super::Hand::default().read())
            .observer(heard.observer())
            .start()
            .unwrap();
        assert!(!verifier.first_load().await);
        assert_eq!(heard.count(2).await, ["failed: no connection", "stale"]);
    });
}

#[test]
fn plain_http_is_refused_but_by_name_on_loopback() {
    run(async {
        let signing = key(1, "a");
        let server = Server::http(Reply::ok(&set(&[&signing]), &[])).await;
        let builder = |url: &str| JwksVerifier::builder().issuer(policy(ISSUER), url);
        let urls = [
            server.url(),
            server.url_at("localhost"),
            "http://id.example/".into(),
        ];
        for url in &urls {
            let refused = builder(url).start().unwrap_err();
            assert!(matches!(refused, InvalidConfig::NotHttps { issuer: 0 }), "{url}");
        }
        assert_eq!(server.hits(), 0);
        let refused = danger::loopback_http(builder(&urls[2])).start().unwrap_err();
        assert!(matches!(refused, InvalidConfig::NotHttps { issuer: 0 }));
        for url in &urls[..2] {
            let verifier = danger::loopback_http(builder(url)).start().unwrap();
            assert!(verifier.first_load().await, "{url}");
            assert_eq!(verdict(&verifier, &token(&signing)), Verdict::Good);
        }
    });
}

#[test]
fn a_wrong_configuration_does_not_start() {
    let builder = JwksVerifier::builder;
    let https = "https://id.example/jwks.json";
    let started = builder().issuer(policy(ISSUER), https).start();
    assert!(matches!(started.unwrap_err(), InvalidConfig::NoRuntime));
    run(async move {
        assert!(matches!(builder().start().unwrap_err(), InvalidConfig::NoIssuer));
        let second = builder()
            .issuer(policy(ISSUER), https)
            .issuer(policy(ISSUER), "https://a:b@id.example/");
        assert!(matches!(
            second.start().unwrap_err(),
            InvalidConfig::Url { issuer: 1 }
        ));
        let empty = builder().issuer(policy(""), https).start().unwrap_err();
        assert!(matches!(empty, InvalidConfig::Policy { issuer: 0, .. }));
        for pem in [
            "",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            let error = builder()
                .issuer(policy(ISSUER), https)
                .root_certificates(pem)
                .start();
            assert!(
                matches!(error.unwrap_err(), InvalidConfig::Certificate(_)),
                "{pem}"
            );
        }
        let none = builder()
            .issuer(policy(ISSUER), https)
            .without_system_roots()
            .start();
        assert!(matches!(none.unwrap_err(), InvalidConfig::NoRoots));
    });
}
