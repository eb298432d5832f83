//! The application under test.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use cloakroom_tower::cloakroom_cookie::{CookieName, SetCookie};
use cloakroom_tower::cloakroom_core::{Tick, UnixTime};
use cloakroom_tower::cloakroom_csrf::{CsrfPolicy, CsrfPolicyBuilder};
use cloakroom_tower::cloakroom_jwt::{HmacKey, Policy, Signer, SigningKey, Typ, Verifier};
use cloakroom_tower::cloakroom_keyring::{Key, KeyRing};
use cloakroom_tower::cloakroom_lineage::cloakroom_id::IndexSecret;
use cloakroom_tower::cloakroom_lineage::cloakroom_revocation::{Fleet, Moment, RevocationCheck};
use cloakroom_tower::cloakroom_lineage::{Clocks, Gate as RevocationGate, Lineages};
use cloakroom_tower::cloakroom_seal::Ticket;
use cloakroom_tower::cloakroom_session::{Sessions, Settings};
use cloakroom_tower::testing::{Recorder, session_token};
use cloakroom_tower::{
    BearerVerifier, CookieLayer, CsrfLayer, Error, EventKind, Identity, IdentityLayer, IdentityLayerBuilder,
    Logins, OnError, SealedCookie, Sealer, SessionLayer,
};
use http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tower::ServiceExt;

use crate::probe::Probe;
use crate::revocations::{Follower, Revocations};

/// Milliseconds since 1970, at a whole second.
pub(crate) const T0: i64 = 1_750_000_000_000;
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const ISSUER: &str = "https://login.example";
pub(crate) const AUDIENCE: &str = "https://notes.example";
pub(crate) const GONE: &str =
    "Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly; SameSite=Lax";
const TOKEN_COOKIE: CookieName = CookieName::from_static("__Host-jwt");

#[derive(Serialize, Deserialize)]
pub(crate) struct Login(Ticket);

impl SealedCookie for Login {
    const NAME: CookieName = CookieName::from_static("__Host-ticket");
    const PURPOSE: &'static str = "login";
}

impl AsRef<Ticket> for Login {
    fn as_ref(&self) -> &Ticket {
        &self.0
    }
}

impl From<Ticket> for Login {
    fn from(ticket: Ticket) -> Self {
        Self(ticket)
    }
}

#[derive(Deserialize)]
pub(crate) struct Claims {
    /// A claim of the application's own, which a token of another one may have otherwise.
    #[serde(rename = "role")]
    _role: Option<String>,
}

/// Where a handler or a store waits until a test lets it go on.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Notify, Notify)>);

impl Gate {
    pub(crate) async fn reached(&self) {
        self.0.0.notified().await;
    }

    pub(crate) fn open(&self) {
        self.0.1.notify_one();
    }

    pub(crate) async fn wait(&self) {
        self.0.0.notify_one();
        self.0.1.notified().await;
    }
}

/// The whole application: sessions, then tickets, then JWTs; `act` does what the request's `act` field says.
pub(crate) struct Desk {
    pub(crate) store: Probe,
    pub(crate) sessions: Sessions,
    pub(crate) sealer: Sealer<Login>,
    pub(crate) verifier: BearerVerifier<Claims>,
    pub(crate) revocations: Revocations,
    pub(crate) follower: Follower,
    pub(crate) recorder: Recorder,
    /// Where a late login waits, between its stamp and its end.
    pub(crate) waiting: Gate,
    clock: Arc<AtomicI64>,
    app: Router,
}

/// What a desk is made with.
pub(crate) struct Plan {
    pub(crate) csrf: bool,
    /// How many of the carriers' cookies the CSRF policy is not told of.
    pub(crate) forgotten: usize,
    pub(crate) gate: bool,
    pub(crate) lineages: bool,
    /// What the lineages end beside local logins.
    pub(crate) issuer: Option<&'static str>,
    pub(crate) policy: fn(Policy) -> Policy,
    pub(crate) settings: fn(Settings) -> Settings,
    pub(crate) carriers: fn(IdentityLayerBuilder, &Carriers) -> IdentityLayerBuilder,
}

pub(crate) struct Carriers {
    pub(crate) sessions: SessionLayer,
    pub(crate) sealer: Sealer<Login>,
    pub(crate) verifier: BearerVerifier<Claims>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            csrf: true,
            forgotten: 0,
            gate: true,
            lineages: true,
            issuer: Some(ISSUER),
            policy: |policy| policy.revocable(12 * HOUR, Duration::from_secs(2)),
            settings: |settings| settings,
            carriers: |builder, carriers| {
                builder
                    .session(&carriers.sessions)
                    .ticket(&carriers.sealer)
                    .token(&carriers.verifier)
            },
        }
    }
}

pub(crate) fn key() -> SigningKey {
    let secret = b"\x01\x02\xff a secret of the tests of identities, long enough";
    SigningKey::from(HmacKey::hs256(secret).unwrap()).with_kid("k1")
}

pub(crate) fn signer() -> Signer {
    Signer::new(key(), "at+jwt").unwrap()
}

pub(crate) fn verifier(policy: Policy) -> Verifier {
    Verifier::one(policy, [key().verifying_key()]).unwrap()
}

pub(crate) fn policy() -> Policy {
    Policy::new(ISSUER, AUDIENCE, Typ::exact("at+jwt"))
}

pub(crate) fn index() -> IndexSecret {
    IndexSecret::from_bytes(b"\x00\x01 no secret, 32 bytes of a test").unwrap()
}

pub(crate) fn ring() -> KeyRing {
    KeyRing::single(Key::from_bytes(&(0..32).collect::<Vec<u8>>()).unwrap())
}

pub(crate) fn gate(clocks: &Clocks, follower: &Follower) -> RevocationGate {
    let check = RevocationCheck::new(Fleet::default(), 12 * HOUR, [follower.snapshot()]);
    RevocationGate::new(check.unwrap(), clocks.clone())
}

impl Desk {
    pub(crate) async fn new() -> Self {
        Self::with(Plan::default()).await
    }

    pub(crate) async fn with(plan: Plan) -> Self {
        Self::built(plan, |layer| layer).await
    }

    pub(crate) async fn built<F>(plan: Plan, change: impl FnOnce(IdentityLayer) -> IdentityLayer<F>) -> Self
    where
        F: OnError<Body> + Clone + Send + Sync + 'static,
    {
        let clock = Arc::new(AtomicI64::new(T0));
        let held = Arc::clone(&clock);
        let now = move || UnixTime::from_millis(held.load(Ordering::Relaxed));
        let wall = now.clone();
        let clocks = Clocks::of(move || Moment {
            wall: wall(),
            tick: Tick::from_millis(u64::try_from(wall().as_millis()).unwrap()),
        });
        let (store, recorder) = (Probe::new(), Recorder::new());
        let sessions = Sessions::new(store.clone(), (plan.settings)(Settings::new(index()))).unwrap();
        let sessions = sessions.with_clock(now.clone());
        let revocations = Revocations::new(&clocks);
        let follower = Follower::new(&clocks);
        follower.follow(&revocations.inner).await;
        let verifier = BearerVerifier::from_authorization(verifier((plan.policy)(policy())));
        let carriers = Carriers {
            sessions: SessionLayer::new(sessions.clone()).cookie_or_bearer(),
            sealer: Sealer::encrypted(&ring()).unwrap(),
            verifier: verifier.or_cookie(TOKEN_COOKIE).unwrap(),
        };
        let mut builder = (plan.carriers)(IdentityLayer::builder(), &carriers);
        if plan.gate {
            builder = builder.with_gate(gate(&clocks, &follower));
        }
        if plan.lineages {
            let lineages = Lineages::new(revocations.clone()).sessions(Arc::clone(&store.inner));
            let lineages = plan.issuer.into_iter().fold(lineages, Lineages::issuer);
            builder = builder.with_lineages(lineages.with_clocks(clocks), index());
        }
        let identities = change(builder.finish().unwrap());
        let waiting = Gate::default();
        let names: Vec<_> = identities.cookies().cloned().collect();
        let mut app = Router::new()
            .route("/", any(act))
            .route("/me", any(async |me: Identity| describe(&me)))
            .route("/maybe", any(maybe))
            .with_state(waiting.clone())
            .layer(identities)
            .layer(carriers.sessions.clone())
            .layer(CookieLayer::new().with_clock(now).observer(recorder.clone()));
        if plan.csrf {
            let policy = CsrfPolicy::builder().public_origin("https://app.example");
            let names = names.iter().skip(plan.forgotten);
            let policy = names.fold(policy, CsrfPolicyBuilder::carrier_cookie);
            app = app.layer(CsrfLayer::new(policy.finish().unwrap(), &ring()));
        }
        Self {
            store,
            sessions,
            sealer: carriers.sealer,
            verifier: carriers.verifier,
            revocations,
            follower,
            recorder,
            waiting,
            clock,
            app,
        }
    }

    pub(crate) fn at(&self, millis: i64) -> &Self {
        self.clock.store(millis, Ordering::Relaxed);
        self
    }

    pub(crate) fn now(&self) -> UnixTime {
        UnixTime::from_millis(self.clock.load(Ordering::Relaxed))
    }

    /// Lets the snapshot learn all that was revoked, at this time.
    pub(crate) async fn learn_at(&self, millis: i64) {
        self.at(millis).follower.follow(&self.revocations.inner).await;
    }

    /// Retires the key of the tickets.
    pub(crate) fn rotate(&self) {
        let next = Key::generate().unwrap();
        let id = next.id();
        let ring = ring().announce(next).unwrap().activate(id).unwrap();
        self.sealer.replace(&ring).unwrap();
    }

    pub(crate) async fn session(&self, subject: &str) -> String {
        let token = session_token(&self.sessions, subject).await.unwrap();
        self.store.take();
        format!("__Host-id={}", *token.to_text())
    }

    pub(crate) fn ticket(&self, subject: &str) -> String {
        let ticket = Ticket::issue(subject, self.now()).unwrap();
        let cookie = self.sealer.seal(&Login(ticket), self.now()).unwrap();
        format!("{}={}", cookie.name(), cookie.value())
    }

    /// A JWT of now, with what `changes` has over its claims; a null takes a claim away.
    pub(crate) fn token(&self, changes: &Value) -> String {
        signer().sign(&self.claims(changes)).unwrap()
    }

    pub(crate) fn claims(&self, changes: &Value) -> Value {
        let now = self.now().as_millis() / 1000;
        let mut claims = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": "u1", "iat": now, "exp": now + 300, "jti": "t1",
            "auth_time": now - 60,
        });
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        claims
    }

    /// The same in its cookie.
    pub(crate) fn token_cookie(&self, changes: &Value) -> String {
        format!("__Host-jwt={}", self.token(changes))
    }

    pub(crate) async fn call(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// A POST of our own page with these cookies, whose handler does `steps`.
    pub(crate) async fn act(&self, cookies: &[&str], steps: &str) -> Answer {
        self.call(request("POST", "/", cookies, steps)).await
    }

    /// Who a request with these cookies is from.
    pub(crate) async fn maybe(&self, cookies: &[&str]) -> Answer {
        self.call(request("GET", "/maybe", cookies, "")).await
    }

    pub(crate) async fn me(&self, cookies: &[&str]) -> Answer {
        self.call(request("GET", "/me", cookies, "")).await
    }

    /// The same with an Authorization field.
    pub(crate) async fn bear(
        &self,
        path: &str,
        authorizations: &[&str],
        cookies: &[&str],
        steps: &str,
    ) -> Answer {
        let mut request = request("POST", path, cookies, steps);
        for authorization in authorizations {
            let authorization = HeaderValue::from_str(authorization).unwrap();
            request.headers_mut().append(AUTHORIZATION, authorization);
        }
        self.call(request).await
    }

    /// The kinds of what the recorder heard since the last call.
    pub(crate) fn heard(&self) -> Vec<EventKind> {
        self.recorder.take_kinds()
    }
}

pub(crate) fn request(method: &str, path: &str, cookies: &[&str], steps: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header("act", steps);
    let request = request.header("sec-fetch-site", "same-origin");
    let mut request = request.body(Body::empty()).unwrap();
    for cookie in cookies {
        let cookie = HeaderValue::from_str(cookie).unwrap();
        request.headers_mut().append(COOKIE, cookie);
    }
    request
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// The Set-Cookie lines in the order of their text, each cut into the pair and the attributes.
    pub(crate) fn set_cookies(&self) -> Vec<(&str, &str)> {
        let lines = self.headers.get_all(SET_COOKIE).iter();
        let mut lines: Vec<_> = lines
            .map(|line| line.to_str().unwrap().split_once("; ").unwrap())
            .collect();
        lines.sort_unstable();
        if !lines.is_empty() {
            assert_eq!(self.headers[CACHE_CONTROL], "no-store");
        }
        lines
    }

    /// The response has this status and body, and sets no cookie.
    #[track_caller]
    pub(crate) fn is(&self, status: u16, body: &str) {
        assert_eq!((self.status.as_u16(), &*self.body), (status, body), "{self:?}");
        assert_eq!(self.set_cookies(), [("", ""); 0], "{self:?}");
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        assert_eq!(self.headers.get_all(name).iter().count(), 1, "{name} {self:?}");
        self.headers[name].to_str().unwrap()
    }

    /// The response removes the cookies of these names and sets no other.
    #[track_caller]
    pub(crate) fn removes(&self, names: &[&str]) {
        let expected: Vec<_> = names.iter().map(|name| (format!("{name}="), GONE)).collect();
        let expected: Vec<_> = expected.iter().map(|(pair, rest)| (&**pair, *rest)).collect();
        assert_eq!(self.set_cookies(), expected, "{self:?}");
    }

    /// The one cookie that it sets, beside removals of the `removed`.
    #[track_caller]
    pub(crate) fn sets_beside(&self, removed: &[&str]) -> &str {
        let lines = self.set_cookies();
        let (gone, set): (Vec<_>, Vec<_>) = lines.into_iter().partition(|(_, rest)| *rest == GONE);
        let gone: Vec<_> = gone.iter().map(|(pair, _)| pair.trim_end_matches('=')).collect();
        assert_eq!(gone, removed, "{self:?}");
        assert_eq!(set.len(), 1, "{self:?}");
        set[0].0
    }
}

async fn maybe(me: Option<Identity>) -> String {
    me.map_or("nobody".to_owned(), |me| describe(&me))
}

fn describe(me: &Identity) -> String {
    let at = me
        .authenticated_at()
        .map_or("-".to_owned(), |at| (at.as_millis() - T0).to_string());
    format!("{} {} {at} {:?}", me.issuer(), me.subject(), me.source())
}

/// Does the steps of the request's `act` field and answers with what it saw.
async fn act(State(gate): State<Gate>, parts: Parts) -> Result<Response, Error> {
    let (headers, extensions) = (&parts.headers, &parts.extensions);
    let mut seen = Vec::new();
    let mut status = StatusCode::OK;
    for step in parts.headers["act"].to_str().unwrap().split(',').map(str::trim) {
        let logins = || Logins::read(headers, extensions);
        match *step.split(' ').collect::<Vec<_>>().as_slice() {
            [""] => {}
            ["who"] => seen.push(describe(&Identity::read(headers, extensions).await?)),
            ["maybe"] => seen.push(maybe(Identity::read_optional(headers, extensions).await?).await),
            ["enter", by @ ("session" | "ticket"), subject, ref late @ ..] => {
                let logins = logins()?;
                let at = logins.authenticated_at(subject).await?;
                if !late.is_empty() {
                    gate.wait().await;
                }
                match by {
                    "session" => logins.log_in_by_session(subject, at)?,
                    _ => logins.log_in_by_ticket(&Login(Ticket::issue(subject, at)?))?,
                }
            }
            ["enter", "cookie", name, value] => {
                let cookie = SetCookie::new(name.to_owned(), value).finish().unwrap();
                logins()?.log_in_by_token_cookie(cookie)?;
            }
            ["wait"] => gate.wait().await,
            ["enter", "answer"] => logins()?.log_in_by_answer()?,
            ["leave"] => logins()?.log_out().await?,
            ["leave", "everywhere"] => {
                let me = Identity::read(headers, extensions).await?;
                let ended = logins()?.log_out_everywhere(&me).await?;
                seen.push(format!("{} {}", ended.cutoff.as_millis() - T0, ended.deleted));
            }
            ["panic"] => panic!("the handler panics"),
            ["status", code] => status = StatusCode::from_bytes(code.as_bytes()).unwrap(),
            _ => unreachable!("{step}"),
        }
    }
    Ok((status, seen.join(", ")).into_response())
}
