use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use cloakroom_cookie::Cookies;

use crate::login_ticket::COOKIE;
use crate::pages::{self, Problem};
use crate::session_cookie::SESSION_COOKIE;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what another site made the browser send, before anything else sees the request.
pub(crate) async fn origin_check(request: Request, next: Next) -> Response {
    match decide(request.method(), request.headers()) {
        Decision::Allow => next.run(request).await,
        Decision::Refuse => pages::problem(Problem::CrossSite).into_response(),
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Allow,
    Refuse,
}

/// The first line that matches decides. Forwarded headers are never read, and no origin but our own is trusted.
///
/// 1. GET, HEAD and OPTIONS change nothing here: allow.
/// 2. `Sec-Fetch-Site: same-origin`: allow. `none` (typed, bookmarked): allow when `Origin` is absent or ours.
///    Anything else, or the header twice: refuse.
/// 3. No `Sec-Fetch-Site` but an `Origin`: allow when it is ours; `null`, a list or another: refuse.
/// 4. Neither, so no browser of the last years: allow without a cookie of ours, which leaves nothing to ride on.
fn decide(method: &Method, headers: &HeaderMap) -> Decision {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(method) {
        return Decision::Allow;
    }
    let allowed = match (only(headers, SEC_FETCH_SITE), only(headers, ORIGIN)) {
        (Only::Several, _) | (_, Only::Several) => false,
        (Only::One(site), origin) => match (site.as_bytes(), origin) {
            (b"same-origin", _) | (b"none", Only::Absent) => true,
            (b"none", Only::One(origin)) => is_ours(origin, headers),
            _ => false,
        },
        (Only::Absent, Only::One(origin)) => is_ours(origin, headers),
        (Only::Absent, Only::Absent) => !has_carrier_cookie(headers),
    };
    if allowed {
        Decision::Allow
    } else {
        Decision::Refuse
    }
}

/// Whether `origin` without its scheme is the one `Host` of the request, byte for byte.
fn is_ours(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let origin = origin.as_bytes();
    let host_and_port = origin
        .strip_prefix(b"http://")
        .or_else(|| origin.strip_prefix(b"https://"));
    match (host_and_port, only(headers, HOST)) {
        (Some(ours), Only::One(host)) => !ours.is_empty() && ours == host.as_bytes(),
        _ => false,
    }
}

/// A header that is too long to be read counts as one that has a cookie of ours.
fn has_carrier_cookie(headers: &HeaderMap) -> bool {
    Cookies::from_headers(headers).map_or(true, |cookies| {
        cookies.first(COOKIE).is_some() || cookies.first(SESSION_COOKIE).is_some()
    })
}

enum Only<'a> {
    Absent,
    One(&'a HeaderValue),
    Several,
}

fn only(headers: &HeaderMap, name: HeaderName) -> Only<'_> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Only::Absent,
        (Some(value), None) => Only::One(value),
        (Some(_), Some(_)) => Only::Several,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};

    use super::Decision::{Allow, Refuse};
    use super::decide;

    const OURS: &str = "origin: http://127.0.0.1:8990";
    const COOKIE: &str = "cookie: a=1; __Host-id=AjJ";

    #[track_caller]
    fn check(method: &Method, lines: &[&str], expected: super::Decision) {
        let mut headers = HeaderMap::new();
        headers.append("host", HeaderValue::from_static("127.0.0.1:8990"));
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            headers.append(
                name.parse::<HeaderName>().unwrap(),
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            );
        }
        assert_eq!(decide(method, &headers), expected, "{method} {lines:?}");
    }

    #[test]
    fn what_changes_nothing_passes() {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            check(
                &method,
                &["sec-fetch-site: cross-site", "origin: null", COOKIE],
                Allow,
            );
        }
    }

    #[test]
    fn sec_fetch_site_decides_when_it_is_there() {
        for (lines, expected) in [
            (&["sec-fetch-site: same-origin", OURS, COOKIE][..], Allow),
            (&["sec-fetch-site: same-origin", COOKIE], Allow),
            // A same-origin form under `Referrer-Policy: no-referrer` sends this Origin.
            (&["sec-fetch-site: same-origin", "origin: null"], Allow),
            (&["sec-fetch-site: none", COOKIE], Allow),
            (&["sec-fetch-site: none", OURS], Allow),
            (&["sec-fetch-site: none", "origin: http://evil.example"], Refuse),
            (&["sec-fetch-site: none", "origin: null"], Refuse),
            (&["sec-fetch-site: same-site", OURS], Refuse),
            (&["sec-fetch-site: cross-site", OURS], Refuse),
            (&["sec-fetch-site: cross-site"], Refuse),
            (&["sec-fetch-site: Same-Origin"], Refuse),
            (&["sec-fetch-site: same-origin "], Refuse),
            (&["sec-fetch-site: "], Refuse),
            (&["sec-fetch-site: unheard-of"], Refuse),
            (
                &["sec-fetch-site: same-origin", "sec-fetch-site: same-origin"],
                Refuse,
            ),
        ] {
            check(&Method::POST, lines, expected);
            check(&Method::DELETE, lines, expected);
        }
    }

    #[test]
    fn origin_decides_when_it_is_alone() {
        for (lines, expected) in [
            (&[OURS][..], Allow),
            (&[OURS, COOKIE], Allow),
            (&["origin: https://127.0.0.1:8990"], Allow),
            (&["origin: http://127.0.0.1"], Refuse),
            (&["origin: http://127.0.0.1:8991"], Refuse),
            (&["origin: http://localhost:8990"], Refuse),
            (&["origin: http://127.0.0.1:8990/"], Refuse),
            (&["origin: HTTP://127.0.0.1:8990"], Refuse),
            (&["origin: 127.0.0.1:8990"], Refuse),
            (&["origin: ftp://127.0.0.1:8990"], Refuse),
            (&["origin: null"], Refuse),
            (&["origin: "], Refuse),
            (&["origin: http://"], Refuse),
            (&["origin: http://127.0.0.1:8990 http://evil.example"], Refuse),
            (&["origin: http://127.0.0.1:8990.evil.example"], Refuse),
            (&[OURS, OURS], Refuse),
            (&[OURS, "origin: null"], Refuse),
            (&[OURS, "host: evil.example"], Refuse),
            (&["origin: \u{ff}"], Refuse),
        ] {
            check(&Method::POST, lines, expected);
        }
    }

    #[test]
    fn neither_header_passes_without_our_cookie_alone() {
        check(&Method::POST, &[], Allow);
        check(&Method::POST, &["cookie: id=1; __host-id=x; x__Host-id=1"], Allow);
        check(&Method::POST, &[COOKIE], Refuse);
        check(&Method::POST, &["cookie: __Host-session=x"], Refuse);
        check(
            &Method::POST,
            &["cookie: a=1", "cookie: b=2; __Host-id=junk"],
            Refuse,
        );
        let too_long = format!("cookie: {}", "a=1; ".repeat(8000));
        check(&Method::POST, &[&too_long], Refuse);
    }

    #[test]
    fn forwarded_headers_are_never_read() {
        for header in [
            "x-forwarded-host: evil.example",
            "forwarded: host=evil.example",
            "x-forwarded-proto: https",
        ] {
            check(&Method::POST, &[header, "origin: http://evil.example"], Refuse);
        }
    }
}
