//! Sealed cookies through the layer, in an axum application whose clock the tests hold.
#![expect(
    clippy::unwrap_used,
    reason = "the exception for tests does not reach their helpers"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRef, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get};
use cloakroom_tower::cookie::{CookieName, SetCookie, SetCookieBuilder, Transport, danger};
use cloakroom_tower::core::UnixTime;
use cloakroom_tower::keyring::{Key, KeyRing};
use cloakroom_tower::testing::{Recorder, cookie_header, logged_in};
use cloakroom_tower::{
    CookieLayer, Cookies, Error, EventKind, InvalidSealedCookie, Persistence, Reach, Required, Sealed,
    SealedCookie, Sealer,
};
use http::header::{CACHE_CONTROL, COOKIE, LOCATION, SET_COOKIE, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use serde::{Deserialize, Serialize};
use tower::ServiceExt;

const T0: i64 = 1_750_000_000_123;
const HOUR: i64 = 3_600_000;

#[derive(Clone, Serialize, Deserialize)]
struct Login {
    subject: String,
    #[serde(default)]
    remember: bool,
}

impl SealedCookie for Login {
    const NAME: CookieName = CookieName::from_static("__Host-id");
    const PURPOSE: &'static str = "login";
    const TTL: Duration = Duration::from_secs(3600);
    const MAX_TTL: Duration = Duration::from_secs(2 * 3600);

    fn persistence(&self) -> Persistence {
        if self.remember {
            Persistence::UntilExpiry
        } else {
            Persistence::BrowserSession
        }
    }
}

fn login(subject: &str) -> Login {
    Login {
        subject: subject.to_owned(),
        remember: false,
    }
}

fn remembered(subject: &str) -> Login {
    Login {
        remember: true,
        ..login(subject)
    }
}

/// The whole application: `act` does what the request's `act` field says, `required` wants a login.
struct Desk {
    ring: KeyRing,
    sealer: Sealer<Login>,
    clock: Arc<AtomicI64>,
    recorder: Recorder,
    app: Router,
}

#[derive(Clone)]
struct Shared {
    sealer: Sealer<Login>,
}

impl FromRef<Shared> for Sealer<Login> {
    fn from_ref(shared: &Shared) -> Self {
        shared.sealer.clone()
    }
}

impl Desk {
    fn new() -> Self {
        Self::with(|layer| layer)
    }

    fn with(change: impl FnOnce(CookieLayer) -> CookieLayer) -> Self {
        let ring = KeyRing::generate().unwrap();
        let sealer = Sealer::encrypted(&ring).unwrap();
        let clock = Arc::new(AtomicI64::new(T0));
        let recorder = Recorder::new();
        let held = Arc::clone(&clock);
        let layer = CookieLayer::new()
            .with_clock(move || UnixTime::from_millis(held.load(Ordering::Relaxed)))
            .observer(recorder.clone());
        let app = Self::routes(&sealer).layer(change(layer));
        Self {
            ring,
            sealer,
            clock,
            recorder,
            app,
        }
    }

    fn routes(sealer: &Sealer<Login>) -> Router {
        Router::new()
            .route("/", any(act))
            .route("/required", get(required))
            .route("/twice", get(twice))
            .with_state(Shared {
                sealer: sealer.clone(),
            })
    }

    fn at(&self, millis: i64) -> &Self {
        self.clock.store(millis, Ordering::Relaxed);
        self
    }

    /// `name=value` with `value` sealed at T0.
    fn cookie(&self, value: &Login) -> String {
        let header = cookie_header(&self.sealer, value, UnixTime::from_millis(T0)).unwrap();
        header.to_str().unwrap().to_owned()
    }

    async fn call(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.app.clone().oneshot(request).await.unwrap().into_parts();
        let body = axum::body::to_bytes(body, 1 << 16).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
            events: self.recorder.take_kinds(),
        }
    }

    /// A request with these Cookie header values, whose handler does `steps`.
    async fn ask(&self, cookies: &[&str], steps: &'static str) -> Answer {
        let mut request = Request::builder()
            .header("act", steps)
            .body(Body::empty())
            .unwrap();
        for cookie in cookies {
            request
                .headers_mut()
                .append(COOKIE, HeaderValue::from_str(cookie).unwrap());
        }
        self.call(request).await
    }
}

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
    events: Vec<EventKind>,
}

impl Answer {
    fn set_cookies(&self) -> Vec<&str> {
        let lines = self.headers.get_all(SET_COOKIE).iter();
        lines.map(|line| line.to_str().unwrap()).collect()
    }

    /// The only Set-Cookie line as `name=value` and attributes.
    #[track_caller]
    fn set_cookie(&self) -> (&str, &str) {
        let lines = self.set_cookies();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(self.headers[CACHE_CONTROL], "no-store");
        lines[0].split_once("; ").unwrap()
    }

    /// The request went on with `body` and the response says nothing about cookies.
    #[track_caller]
    fn is_quiet(&self, body: &str, events: &[EventKind]) {
        assert_eq!(self.status, StatusCode::OK);
        assert_eq!(self.body, body);
        assert_eq!(self.set_cookies(), [""; 0]);
        assert!(!self.headers.contains_key(CACHE_CONTROL));
        assert_eq!(self.events, events);
    }
}

const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Lax";
const REMOVED: &str = "__Host-id=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly; \
                       SameSite=Lax";

/// Does the steps of the request's `act` field and answers with whom it saw first.
async fn act(
    mut cookie: Sealed<Login>,
    State(shared): State<Shared>,
    parts: Parts,
) -> Result<Response, Error> {
    let mut body = who(&cookie);
    let mut status = StatusCode::OK;
    let mut own = HeaderMap::new();
    for step in parts.headers["act"].to_str().unwrap().split(',').map(str::trim) {
        match *step.split(' ').collect::<Vec<_>>().as_slice() {
            [""] => {}
            ["set", subject] => cookie.set(login(subject))?,
            ["remember", subject] => cookie.set(remembered(subject))?,
            ["ttl", millis, subject] => {
                let ttl = Duration::from_millis(millis.parse().unwrap());
                cookie.set_with_ttl(remembered(subject), ttl)?;
            }
            ["remove"] => cookie.remove()?,
            ["look"] => {
                let again = Sealed::read(&parts.headers, &parts.extensions, &shared.sealer)?;
                assert_eq!(again.issued_at(), cookie.issued_at());
                assert_eq!(again.expires_at(), cookie.expires_at());
                body = format!("{body} {} {}", who(&cookie), who(&again));
            }
            ["own", line] => drop(own.append(SET_COOKIE, HeaderValue::from_str(line).unwrap())),
            ["status", code] => status = StatusCode::from_bytes(code.as_bytes()).unwrap(),
            _ => unreachable!("{step}"),
        }
    }
    Ok((status, own, body).into_response())
}

fn who(cookie: &Sealed<Login>) -> String {
    assert_eq!(cookie.is_present(), cookie.get().is_some());
    cookie.get().map_or("nobody", |login| &login.subject).to_owned()
}

async fn required(login: Required<Login>) -> String {
    format!(
        "{} {:?} {:?}",
        login.subject,
        login.issued_at(),
        login.expires_at()
    )
}

async fn twice(first: Sealed<Login>, second: Sealed<Login>, cookies: Cookies) -> String {
    format!(
        "{} {} {}",
        who(&first),
        who(&second),
        cookies.request().iter().count()
    )
}

use EventKind::{
    Conflict, Expired, NotYetValid, Opened, Rejected, Removed, Resealed, Revoked, Set, Unreadable, Withheld,
};

// Reading.

#[tokio::test]
async fn an_untouched_read_sends_nothing() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    desk.ask(&[&cookie], "").await.is_quiet("u1", &[Opened]);
    desk.ask(&["theme=dark", &format!("x=1; {cookie}; y=2")], "")
        .await
        .is_quiet("u1", &[Opened]);
    desk.ask(&[], "").await.is_quiet("nobody", &[]);
    desk.ask(&["theme=dark"], "").await.is_quiet("nobody", &[]);
    // A response without an error in its extensions is the handler's, 4xx or not.
    let answer = desk.ask(&[&cookie], "status 404").await;
    assert_eq!((answer.status.as_u16(), answer.set_cookies().len()), (404, 0));
}

#[tokio::test]
async fn a_head_request_reads_and_reseals_like_a_get() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    let next = Key::generate().unwrap();
    let id = next.id();
    let ring = desk.ring.announce(next).unwrap().activate(id).unwrap();
    desk.sealer.replace(&ring).unwrap();
    let request = Request::builder()
        .method(Method::HEAD)
        .uri("/twice")
        .header(COOKIE, cookie);
    let answer = desk.call(request.body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""));
    assert_eq!(answer.set_cookie().1, ATTRIBUTES);
}

#[tokio::test]
async fn a_tampered_cookie_is_as_good_as_none() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    let start = "__Host-id=".len();
    for place in start..cookie.len() {
        let mut tampered = cookie.clone().into_bytes();
        tampered[place] = if tampered[place] == b'A' { b'B' } else { b'A' };
        let tampered = String::from_utf8(tampered).unwrap();
        desk.ask(&[&tampered], "").await.is_quiet("nobody", &[Rejected]);
    }
    for other in [
        &cookie[..cookie.len() - 1],
        &format!("{cookie}A"),
        "__Host-id=",
        "__Host-id=\"\"",
    ] {
        desk.ask(&[other], "").await.is_quiet("nobody", &[Rejected]);
    }
}

#[tokio::test]
async fn c3_expiry_and_clock_skew_to_the_millisecond() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    for (now, body, event) in [
        (T0 - 5001, "nobody", NotYetValid),
        (T0 - 5000, "u1", Opened),
        (T0, "u1", Opened),
        (T0 + HOUR - 1, "u1", Opened),
        (T0 + HOUR, "nobody", Expired),
        (T0 + HOUR + 1, "nobody", Expired),
        (i64::MAX, "nobody", Expired),
        (i64::MIN, "nobody", NotYetValid),
    ] {
        desk.at(now).ask(&[&cookie], "").await.is_quiet(body, &[event]);
    }
}

#[tokio::test]
async fn another_name_is_another_cookie() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    let value = cookie.strip_prefix("__Host-id=").unwrap();
    for name in ["id", "__host-id", "__Host-ID", "%5F%5FHost-id", "__Host-id2"] {
        desk.ask(&[&format!("{name}={value}")], "")
            .await
            .is_quiet("nobody", &[]);
    }
}

#[tokio::test]
async fn a6_at_most_four_duplicates_are_tried_and_differing_ones_conflict() {
    let desk = Desk::new();
    let (one, two) = (desk.cookie(&login("u1")), desk.cookie(&login("u2")));
    let junk = "__Host-id=junk";
    for (cookies, body, event) in [
        (vec![junk, &one], "u1", Opened),
        (vec![&one, junk], "u1", Opened),
        (vec![junk, junk, junk, &one], "u1", Opened),
        (vec![junk, junk, junk, junk, &one], "nobody", Rejected),
        (vec![&one, &one], "u1", Opened),
        (vec![&one, &two], "nobody", Conflict),
        (vec![junk, &one, junk, &two], "nobody", Conflict),
        (vec![&one, junk, junk, junk, &two], "u1", Opened),
    ] {
        // In one header and in one header each.
        desk.ask(&[&cookies.join("; ")], "")
            .await
            .is_quiet(body, &[event]);
        desk.ask(&cookies, "").await.is_quiet(body, &[event]);
    }
}

#[tokio::test]
async fn a_payload_of_another_shape_is_as_good_as_none() {
    /// The same cookie before the application was changed.
    #[derive(Serialize, Deserialize)]
    struct Old {
        user: u64,
    }
    impl SealedCookie for Old {
        const NAME: CookieName = Login::NAME;
        const PURPOSE: &'static str = Login::PURPOSE;
    }
    let desk = Desk::new();
    let old = Sealer::<Old>::encrypted(&desk.ring).unwrap();
    let cookie = cookie_header(&old, &Old { user: 1 }, UnixTime::from_millis(T0)).unwrap();
    desk.ask(&[cookie.to_str().unwrap()], "")
        .await
        .is_quiet("nobody", &[Unreadable]);
}

#[tokio::test]
async fn c2_another_purpose_mode_or_ring_is_rejected() {
    #[derive(Serialize)]
    struct Other(Login);
    impl<'de> Deserialize<'de> for Other {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Login::deserialize(deserializer).map(Self)
        }
    }
    impl SealedCookie for Other {
        const NAME: CookieName = Login::NAME;
        const PURPOSE: &'static str = "login/2";
    }
    let desk = Desk::new();
    let now = UnixTime::from_millis(T0);
    let purpose = Sealer::<Other>::encrypted(&desk.ring).unwrap();
    let mode = Sealer::<Login>::signed(&desk.ring).unwrap();
    let ring = Sealer::<Login>::encrypted(&KeyRing::generate().unwrap()).unwrap();
    for cookie in [
        cookie_header(&purpose, &Other(login("u1")), now),
        cookie_header(&mode, &login("u1"), now),
        cookie_header(&ring, &login("u1"), now),
    ] {
        let cookie = cookie.unwrap();
        desk.ask(&[cookie.to_str().unwrap()], "")
            .await
            .is_quiet("nobody", &[Rejected]);
    }
}

// Keys that change under a running server.

#[tokio::test]
async fn c4_a_rotation_reseals_without_a_handler_s_help() {
    let desk = Desk::new();
    let cookie = desk.cookie(&remembered("u1"));
    let next = Key::generate().unwrap();
    let id = next.id();
    let old = desk.ring.active().id();

    let announced = desk.ring.announce(next).unwrap();
    desk.sealer.replace(&announced).unwrap();
    desk.ask(&[&cookie], "").await.is_quiet("u1", &[Opened]);

    // Half an hour and a bit into its life the cookie goes out again with what is left, rounded down.
    let active = announced.activate(id).unwrap();
    desk.sealer.replace(&active).unwrap();
    let answer = desk.at(T0 + HOUR / 2 + 1).ask(&[&cookie], "").await;
    assert_eq!(
        (answer.body.as_str(), answer.events.as_slice()),
        ("u1", &[Opened, Resealed][..])
    );
    let (resealed, attributes) = answer.set_cookie();
    assert_eq!(attributes, "Path=/; Max-Age=1799; Secure; HttpOnly; SameSite=Lax");
    assert_ne!(resealed, cookie);

    // Twice in one request is once in the response.
    let request = Request::builder().uri("/twice").header(COOKIE, &cookie);
    let answer = desk.call(request.body(Body::empty()).unwrap()).await;
    assert_eq!(
        (answer.body.as_str(), answer.events.as_slice()),
        ("u1 u1 1", &[Opened, Opened, Resealed][..])
    );
    answer.set_cookie();

    // The new one needs nothing any more, outlives the old key and ends when the old one would have.
    desk.ask(&[resealed], "").await.is_quiet("u1", &[Opened]);
    desk.sealer.replace(&active.remove(old).unwrap()).unwrap();
    desk.ask(&[&cookie], "").await.is_quiet("nobody", &[Rejected]);
    desk.at(T0 + HOUR - 1)
        .ask(&[resealed], "")
        .await
        .is_quiet("u1", &[Opened]);
    desk.at(T0 + HOUR)
        .ask(&[resealed], "")
        .await
        .is_quiet("nobody", &[Expired]);
}

#[tokio::test]
async fn c9_resealing_escapes_no_cutoff_and_prolongs_nothing() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    let next = Key::generate().unwrap();
    let id = next.id();
    let old = desk.ring.active().id();
    let ring = desk.ring.announce(next).unwrap().activate(id).unwrap();
    desk.sealer.replace(&ring).unwrap();
    let answer = desk.at(T0 + 1000).ask(&[&cookie], "").await;
    let resealed = answer.set_cookie().0;
    // The old key leaked: it is revoked, and what may have been forged with it is refused in its new dress too.
    for (cutoff, body, event) in [
        (T0 - 1, "u1", Opened),
        (T0, "nobody", Revoked),
        (T0 + 1, "nobody", Revoked),
    ] {
        desk.sealer
            .replace(&ring.revoke(old, UnixTime::from_millis(cutoff)).unwrap())
            .unwrap();
        desk.ask(&[resealed], "").await.is_quiet(body, &[event]);
        desk.ask(&[&cookie], "").await.is_quiet("nobody", &[Rejected]);
    }
}

#[tokio::test]
async fn a_resealed_session_cookie_stays_one() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    let next = Key::generate().unwrap();
    let id = next.id();
    desk.sealer
        .replace(&desk.ring.announce(next).unwrap().activate(id).unwrap())
        .unwrap();
    assert_eq!(desk.ask(&[&cookie], "").await.set_cookie().1, ATTRIBUTES);
}

#[tokio::test]
async fn what_is_left_below_a_second_is_not_resealed() {
    let desk = Desk::new();
    let cookie = desk.cookie(&remembered("u1"));
    let next = Key::generate().unwrap();
    let id = next.id();
    desk.sealer
        .replace(&desk.ring.announce(next).unwrap().activate(id).unwrap())
        .unwrap();
    let answer = desk.at(T0 + HOUR - 1000).ask(&[&cookie], "").await;
    assert_eq!(
        answer.set_cookie().1,
        "Path=/; Max-Age=1; Secure; HttpOnly; SameSite=Lax"
    );
    desk.at(T0 + HOUR - 999)
        .ask(&[&cookie], "")
        .await
        .is_quiet("u1", &[Opened]);
}

#[tokio::test]
async fn resealing_gives_way_to_the_handler() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    let next = Key::generate().unwrap();
    let id = next.id();
    desk.sealer
        .replace(&desk.ring.announce(next).unwrap().activate(id).unwrap())
        .unwrap();

    let answer = desk.ask(&[&cookie], "remove").await;
    assert_eq!(answer.set_cookies(), [REMOVED]);
    assert_eq!(answer.events, [Opened, Removed]);

    let answer = desk.ask(&[&cookie], "set u2").await;
    assert_eq!(answer.events, [Opened, Set]);
    let set = answer.set_cookie().0;
    desk.ask(&[set], "").await.is_quiet("u2", &[Opened]);

    // A login that fails: the new cookie is held back and the old one still goes out under the new key.
    let answer = desk.ask(&[&cookie], "set u2, status 500").await;
    assert_eq!(answer.events, [Opened, Withheld, Resealed]);
    let resealed = answer.set_cookie().0;
    desk.ask(&[resealed], "").await.is_quiet("u1", &[Opened]);

    // Lines that the handler wrote itself.
    let answer = desk.ask(&[&cookie], "own __Host-id=;Max-Age=0").await;
    assert_eq!(answer.set_cookies(), ["__Host-id=;Max-Age=0"]);
    assert_eq!(answer.events, [Opened]);
    let answer = desk.ask(&[&cookie], "own __Host-id2=1").await;
    assert_eq!(answer.set_cookies().len(), 2);
    assert_eq!(answer.events, [Opened, Resealed]);

    for code in ["status 304", "status 404", "status 503"] {
        assert_eq!(
            desk.ask(&[&cookie], code).await.events,
            [Opened, Resealed],
            "{code}"
        );
    }
}

#[tokio::test]
async fn a_cutoff_logs_everybody_out_and_the_next_login_in() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    assert_eq!(desk.sealer.cutoff(), None);
    desk.sealer.raise_cutoff(UnixTime::from_millis(T0 - 1));
    desk.ask(&[&cookie], "").await.is_quiet("u1", &[Opened]);
    desk.sealer.clone().raise_cutoff(UnixTime::from_millis(T0));
    desk.sealer.raise_cutoff(UnixTime::from_millis(T0 - 9));
    assert_eq!(desk.sealer.cutoff(), Some(UnixTime::from_millis(T0)));
    desk.ask(&[&cookie], "").await.is_quiet("nobody", &[Revoked]);

    // A login in the very millisecond of the cut-off, and on a server whose clock is behind it.
    for now in [T0, T0 - 4999] {
        let answer = desk.at(now).ask(&[], "set u2, look").await;
        assert_eq!(answer.body, "nobody u2 u2");
        desk.ask(&[answer.set_cookie().0], "")
            .await
            .is_quiet("u2", &[Opened]);
    }
    let answer = desk.at(T0 - 5000).ask(&[], "set u2").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(
        answer.body,
        "the cut-off of the cookie __Host-id lies in the future: a value sealed now would be refused\n"
    );

    // The ring's own cut-off and the other one: the higher counts, for new values as well.
    let old = KeyRing::generate().unwrap();
    let id = old.active().id();
    let next = Key::generate().unwrap();
    let ring = old.announce(next.clone()).unwrap().activate(next.id()).unwrap();
    desk.sealer
        .replace(&ring.revoke(id, UnixTime::from_millis(T0 + 7)).unwrap())
        .unwrap();
    assert_eq!(desk.sealer.cutoff(), Some(UnixTime::from_millis(T0 + 7)));
    let answer = desk.at(T0).ask(&[], "set u3, look").await;
    assert_eq!(answer.body, "nobody u3 u3");
}

// Writing.

#[tokio::test]
async fn set_replace_and_remove() {
    let desk = Desk::new();
    let answer = desk.ask(&[], "set u1").await;
    assert_eq!(answer.events, [Set]);
    let (cookie, attributes) = answer.set_cookie();
    assert_eq!(attributes, ATTRIBUTES);
    desk.ask(&[cookie], "").await.is_quiet("u1", &[Opened]);

    let answer = desk.at(T0 + 1000).ask(&[cookie], "set u2, remember u3").await;
    assert_eq!(answer.events, [Opened, Set]);
    let (cookie, attributes) = answer.set_cookie();
    assert_eq!(attributes, "Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Lax");
    desk.at(T0 + 1000 + HOUR - 1)
        .ask(&[cookie], "")
        .await
        .is_quiet("u3", &[Opened]);

    for cookies in [&[cookie][..], &[], &["__Host-id=junk"]] {
        let answer = desk.ask(cookies, "set u4, remove").await;
        assert_eq!(answer.set_cookies(), [REMOVED]);
        assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
        assert_eq!(answer.events.last(), Some(&Removed));
    }

    let answer = desk.at(T0).ask(&[], "ttl 7200999 u5").await;
    let (cookie, attributes) = answer.set_cookie();
    assert_eq!(attributes, "Path=/; Max-Age=7200; Secure; HttpOnly; SameSite=Lax");
    desk.at(T0 + 2 * HOUR - 1)
        .ask(&[cookie], "")
        .await
        .is_quiet("u5", &[Opened]);
    desk.at(T0 + 2 * HOUR)
        .ask(&[cookie], "")
        .await
        .is_quiet("nobody", &[Expired]);
}

#[tokio::test]
async fn what_gives_privilege_goes_out_below_400_alone_and_what_takes_it_always() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    for (steps, sent, event) in [
        ("set u2, status 303", true, &[Opened, Set][..]),
        ("set u2, status 400", false, &[Opened, Withheld]),
        ("set u2, status 500", false, &[Opened, Withheld]),
    ] {
        let answer = desk.ask(&[&cookie], steps).await;
        assert_eq!(answer.set_cookies().len(), usize::from(sent), "{steps}");
        assert_eq!(answer.events, event, "{steps}");
    }
    for steps in ["remove", "remove, status 400", "set u2, remove, status 500"] {
        let answer = desk.ask(&[&cookie], steps).await;
        assert_eq!(answer.set_cookies(), [REMOVED], "{steps}");
        assert_eq!(answer.events, [Opened, Removed], "{steps}");
    }
    let answer = desk.ask(&[&cookie], "remove, set u2, status 500").await;
    assert_eq!(answer.set_cookies(), [REMOVED]);
    assert_eq!(answer.events, [Opened, Withheld, Removed]);
}

#[tokio::test]
async fn a_write_is_seen_by_later_extractors_of_the_request() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    for (steps, body, events) in [
        ("look", "u1 u1 u1", &[Opened, Opened][..]),
        ("set u2, look", "u1 u2 u2", &[Opened, Set]),
        ("remove, look", "u1 nobody nobody", &[Opened, Removed]),
        ("remove, set u2, look", "u1 u2 u2", &[Opened, Set]),
        ("set u2, remove, look", "u1 nobody nobody", &[Opened, Removed]),
    ] {
        let answer = desk.ask(&[&cookie], steps).await;
        assert_eq!(
            (answer.body.as_str(), answer.events.as_slice()),
            (body, events),
            "{steps}"
        );
    }
}

#[tokio::test]
async fn a_value_that_cannot_be_sealed_is_an_error_and_changes_nothing() {
    let desk = Desk::new();
    for (steps, source) in [
        ("ttl 999 u", "seal"),
        ("ttl 0 u", "seal"),
        ("ttl 7201000 u", "seal"),
    ] {
        let answer = desk.ask(&[], steps).await;
        assert_eq!(
            answer.status,
            StatusCode::INTERNAL_SERVER_ERROR,
            "{steps} {source}"
        );
        assert_eq!(
            answer.body, "the cookie __Host-id could not be sealed\n",
            "{steps}"
        );
        assert_eq!(answer.set_cookies(), [""; 0]);
        assert_eq!(answer.events, []);
    }
    let huge = desk
        .sealer
        .seal(&login(&"x".repeat(3100)), UnixTime::from_millis(T0));
    let Err(Error::Seal { cookie, source }) = huge else {
        panic!("{huge:?}");
    };
    assert_eq!(cookie.as_str(), "__Host-id");
    assert!(!source.to_string().contains("xxx"), "{source}");
}

#[tokio::test]
async fn attributes_follow_the_type_also_in_the_removal() {
    #[derive(Serialize, Deserialize)]
    struct Flash;
    impl SealedCookie for Flash {
        const NAME: CookieName = CookieName::from_static("__Secure-flash");
        const PURPOSE: &'static str = "flash";
        const REACH: Reach = Reach::SharedWithSubdomains;

        fn attributes(cookie: SetCookieBuilder) -> SetCookieBuilder {
            cookie
                .domain("example.com")
                .path("/shop")
                .script_readable()
                .partitioned()
        }
    }
    let sealer = Sealer::<Flash>::signed(&KeyRing::generate().unwrap()).unwrap();
    let cookie = sealer.seal(&Flash, UnixTime::from_millis(T0)).unwrap();
    let expected = "; Path=/shop; Domain=example.com; Secure; SameSite=Lax; Partitioned";
    assert!(cookie.to_header_string().ends_with(expected), "{cookie:?}");
    assert_eq!(
        sealer.removal().unwrap().to_header_string(),
        "__Secure-flash=; Path=/shop; Domain=example.com; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; \
         SameSite=Lax; Partitioned"
    );
}

// Routes that need a cookie, and mistakes in the program.

#[tokio::test]
async fn a_required_cookie_is_there_or_the_answer_is_401() {
    let desk = Desk::new();
    let now = UnixTime::from_millis(T0);
    let request = || Request::builder().uri("/required").body(Body::empty()).unwrap();

    let answer = desk
        .call(logged_in(request(), &desk.sealer, &login("u1"), now).unwrap())
        .await;
    answer.is_quiet("u1 UnixTime(1750000000123) UnixTime(1750003600123)", &[Opened]);

    let answer = desk.call(request()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.body, "this needs a valid cookie __Host-id\n");
    assert_eq!(
        answer.headers[WWW_AUTHENTICATE],
        "Cookie cookie-name=\"__Host-id\""
    );
    assert_eq!((answer.set_cookies().len(), answer.events.len()), (0, 0));

    let mut stale = request();
    stale
        .headers_mut()
        .insert(COOKIE, HeaderValue::from_static("__Host-id=junk"));
    let answer = desk.call(stale).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!((answer.set_cookies().len(), answer.events), (0, vec![Rejected]));
}

#[tokio::test]
async fn on_error_sends_those_without_a_cookie_to_the_login_page() {
    let desk = Desk::new();
    let layer = CookieLayer::new().on_error(|error: &Error, response: Response| match error {
        Error::Required { .. } => Redirect::to("/login").into_response(),
        _ => response,
    });
    let app = Desk::routes(&desk.sealer).layer(layer);
    let request = Request::builder().uri("/required").body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[LOCATION], "/login");
}

#[tokio::test]
async fn a_login_set_outside_of_a_rejected_route_is_held_back_though_on_error_redirects() {
    let desk = Desk::new();
    let sealer = desk.sealer.clone();
    let set_first = move |request: axum::extract::Request, next: axum::middleware::Next| {
        let sealer = sealer.clone();
        async move {
            let mut login = Sealed::read(request.headers(), request.extensions(), &sealer).unwrap();
            login.set(self::login("u1")).unwrap();
            login.remove().unwrap();
            Cookies::read(request.headers(), request.extensions())
                .unwrap()
                .set_on_success(SetCookie::new("a", "1").finish().unwrap())
                .unwrap();
            next.run(request).await
        }
    };
    let app = Desk::routes(&desk.sealer)
        .layer(axum::middleware::from_fn(set_first))
        .layer(CookieLayer::new().on_error(|_: &Error, _: Response| Redirect::to("/login").into_response()));
    let request = Request::builder().uri("/required").body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let lines: Vec<_> = response.headers().get_all(SET_COOKIE).iter().collect();
    assert_eq!(lines, [REMOVED]);
}

#[tokio::test]
async fn a_required_cookie_can_be_changed_and_removed() {
    async fn handler(login: Required<Login>) -> Result<(), Error> {
        let mut sealed = login.into_sealed();
        assert_eq!(sealed.get().unwrap().subject, "u1");
        sealed.remove()
    }
    let desk = Desk::new();
    let now = UnixTime::from_millis(T0);
    let app = Router::new()
        .route("/", get(handler))
        .with_state(desk.sealer.clone());
    let layer = CookieLayer::new().with_clock(move || now);
    let request = Request::new(Body::empty());
    let request = logged_in(request, &desk.sealer, &login("u1"), now).unwrap();
    let response = app.layer(layer).oneshot(request).await.unwrap();
    assert_eq!(response.headers()[SET_COOKIE], REMOVED);
}

#[tokio::test]
async fn a_missing_layer_is_an_error_for_every_extractor() {
    let desk = Desk::new();
    for path in ["/", "/required"] {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = Desk::routes(&desk.sealer).oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert!(
            matches!(response.extensions().get(), Some(Error::MissingLayer)),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_header_over_a_limit_is_not_read() {
    let desk = Desk::with(|layer| layer.limits(cloakroom_tower::cookie::Limits::DEFAULT.with_bytes(10)));
    let answer = desk.ask(&[&desk.cookie(&login("u1"))], "").await;
    assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    assert_eq!(answer.events, [EventKind::LimitExceeded]);
}

#[test]
fn a_cookie_that_cannot_be_is_found_when_the_sealer_is_made() {
    macro_rules! sealed_cookie {
        ($name:ident: $wire:literal, $($rest:tt)*) => {
            #[derive(Debug, Serialize, Deserialize)]
            struct $name;
            impl SealedCookie for $name {
                const NAME: CookieName = CookieName::from_static($wire);
                $($rest)*
            }
        };
    }
    sealed_cookie!(Unbound: "__Secure-id", const PURPOSE: &'static str = "p";);
    sealed_cookie!(Purposeless: "__Host-id", const PURPOSE: &'static str = "";);
    sealed_cookie!(Long: "__Host-id", const PURPOSE: &'static str = "p";
        const TTL: Duration = Duration::from_secs(401 * 24 * 3600););
    sealed_cookie!(Longer: "__Host-id", const PURPOSE: &'static str = "p";
        const MAX_TTL: Duration = Duration::from_secs(12 * 3600 - 1););
    sealed_cookie!(Scoped: "__Host-Http-id", const PURPOSE: &'static str = "p";
        fn attributes(cookie: SetCookieBuilder) -> SetCookieBuilder { cookie.path("/shop") });
    sealed_cookie!(Padded: "__Host-id", const PURPOSE: &'static str = "p";
        const BUCKET: Option<std::num::NonZeroU16> = std::num::NonZeroU16::new(64););
    sealed_cookie!(Good: "__HOST-HTTP-id", const PURPOSE: &'static str = "p";);

    use InvalidSealedCookie as I;
    let ring = KeyRing::generate().unwrap();
    assert!(matches!(
        Sealer::<Unbound>::encrypted(&ring),
        Err(I::NotHostBound { .. })
    ));
    assert!(matches!(
        Sealer::<Purposeless>::encrypted(&ring),
        Err(I::Sealer { .. })
    ));
    assert!(matches!(Sealer::<Long>::encrypted(&ring), Err(I::Sealer { .. })));
    assert!(matches!(
        Sealer::<Longer>::encrypted(&ring),
        Err(I::TtlOverMaxTtl { .. })
    ));
    assert!(matches!(
        Sealer::<Scoped>::encrypted(&ring),
        Err(I::Attributes { .. })
    ));
    assert!(matches!(Sealer::<Padded>::signed(&ring), Err(I::Sealer { .. })));
    assert!(Sealer::<Padded>::encrypted(&ring).is_ok());
    assert!(Sealer::<Good>::signed(&ring).is_ok());
    assert_eq!(
        Sealer::<Unbound>::encrypted(&ring).unwrap_err().to_string(),
        "the cookie __Secure-id begins with neither `__Host-` nor `__Host-Http-`, so other hosts of the domain can \
         set it; say `REACH = Reach::SharedWithSubdomains` if they may"
    );
}

#[tokio::test]
async fn plain_http_changes_name_binding_and_attributes_together() {
    let ring = KeyRing::generate().unwrap();
    let now = UnixTime::from_millis(T0);
    let plain = Sealer::<Login>::encrypted_over(danger::plain_http_in_release(), &ring).unwrap();
    let https = Sealer::<Login>::encrypted_over(Transport::HTTPS, &ring).unwrap();
    let cookie = plain.seal(&login("u1"), now).unwrap();
    assert_eq!(cookie.name().as_str(), "Host-id");
    assert!(!cookie.secure() && cookie.http_only());
    assert_eq!(
        plain.removal().unwrap().to_header_string(),
        "Host-id=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax"
    );
    for (sealer, name, status) in [
        (&plain, "Host-id", 200),
        (&plain, "__Host-id", 401),
        (&https, "Host-id", 401),
        // What travelled in the clear does not open on the real server, whatever name it is given.
        (&https, "__Host-id", 401),
    ] {
        let app = Desk::routes(sealer).layer(CookieLayer::new().with_clock(move || now));
        let request = Request::builder()
            .uri("/required")
            .header(COOKIE, format!("{name}={}", cookie.value()))
            .body(Body::empty())
            .unwrap();
        assert_eq!(
            app.oneshot(request).await.unwrap().status().as_u16(),
            status,
            "{sealer:?} {name}"
        );
    }
}

#[tokio::test]
async fn two_layers_reseal_once() {
    let desk = Desk::new();
    let cookie = desk.cookie(&login("u1"));
    let next = Key::generate().unwrap();
    let id = next.id();
    desk.sealer
        .replace(&desk.ring.announce(next).unwrap().activate(id).unwrap())
        .unwrap();
    let sealer = desk.sealer.clone();
    let look = move |request: axum::extract::Request, next: axum::middleware::Next| {
        assert!(
            Sealed::read(request.headers(), request.extensions(), &sealer)
                .unwrap()
                .is_present()
        );
        next.run(request)
    };
    let layer = || CookieLayer::new().with_clock(|| UnixTime::from_millis(T0));
    let app = Desk::routes(&desk.sealer)
        .layer(layer())
        .layer(axum::middleware::from_fn(look))
        .layer(layer());
    let request = Request::builder().uri("/twice").header(COOKIE, cookie);
    let response = app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.headers().get_all(SET_COOKIE).iter().count(), 1);
}

#[tokio::test]
async fn nothing_secret_is_printed() {
    async fn handler(sealed: Sealed<Login>, required: Required<Login>) -> String {
        format!("{sealed:?} {required:?}")
    }
    let desk = Desk::new();
    let now = UnixTime::from_millis(T0);
    let app = Router::new()
        .route("/", get(handler))
        .with_state(desk.sealer.clone());
    let layer = CookieLayer::new().with_clock(move || now);
    let request = logged_in(Request::new(Body::empty()), &desk.sealer, &login("hunter2"), now).unwrap();
    assert!(request.headers()[COOKIE].is_sensitive());
    let response = app.layer(layer).oneshot(request).await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), 1 << 16).await.unwrap();
    assert_eq!(
        body,
        "Sealed { cookie: \"__Host-id\", issued_at: Some(UnixTime(1750000000123)), \
         expires_at: Some(UnixTime(1750003600123)), .. } \
         Required { cookie: \"__Host-id\", issued_at: UnixTime(1750000000123), \
         expires_at: UnixTime(1750003600123), .. }"
    );
    assert_eq!(
        format!("{:?}", desk.sealer),
        "Sealer { cookie: \"__Host-id\", mode: Encrypted, .. }"
    );
}
