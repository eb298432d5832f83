use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::pages::{self, Problem};

/// Answers only to the names of this machine.
///
/// A foreign site can let its own name resolve to 127.0.0.1 (DNS rebinding). Its pages would then be "same-origin"
/// with this server and could register, log in and revoke everybody's keys; the `Host` that they send gives them away.
pub(crate) async fn host_check(request: Request, next: Next) -> Response {
    if is_loopback(request.headers()) {
        next.run(request).await
    } else {
        pages::problem(Problem::Host).into_response()
    }
}

fn is_loopback(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let host = host.as_bytes();
    let name = match host.iter().rposition(|&byte| byte == b':') {
        Some(colon) if host[colon + 1..].iter().all(u8::is_ascii_digit) => &host[..colon],
        _ => host,
    };
    name == b"127.0.0.1" || name.eq_ignore_ascii_case(b"localhost")
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::is_loopback;

    #[test]
    fn only_this_machines_names_are_answered() {
        for (hosts, expected) in [
            (&["127.0.0.1:8990"][..], true),
            (&["127.0.0.1"], true),
            (&["localhost:1"], true),
            (&["LocalHost"], true),
            (&["evil.example:8990"], false),
            (&["127.0.0.1.evil.example"], false),
            (&["localhost.evil.example:8990"], false),
            (&["127.0.0.1:8990x"], false),
            (&["user@127.0.0.1"], false),
            (&["0.0.0.0:8990"], false),
            (&[""], false),
            (&[], false),
            (&["127.0.0.1", "127.0.0.1"], false),
        ] {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append("host", HeaderValue::from_static(host));
            }
            assert_eq!(is_loopback(&headers), expected, "{hosts:?}");
        }
    }
}
