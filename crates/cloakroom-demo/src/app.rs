use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use cloakroom_core::{Tick, UnixTime};
use cloakroom_lineage::{Clocks, Gate, Lineages};
use cloakroom_session::Sessions;
use cloakroom_tower::{BearerVerifier, CookieLayer, CsrfFormLayer, CsrfLayer, Sealer};

use crate::attempts::Attempts;
use crate::handlers::{access_token, account, api, app, everywhere, key_ring, overview, session};
use crate::host_check::host_check;
use crate::keys::{Keys, KeysError, Step};
use crate::layers::Layers;
use crate::login_ticket::LoginTicket;
use crate::loot::Loot;
use crate::page_error::page_error;
use crate::pages::{self, CSRF_FIELD, Notice, Problem};
use crate::password_hasher::PasswordHasher;
use crate::refresh::Refresh;
use crate::security_headers::security_headers;
use crate::tokens::{AccessClaims, Tokens};
use crate::users::Users;

/// The largest form has a password of 1024 bytes, three characters a byte when escaped, and a name.
const BODY_LIMIT: usize = 8 * 1024;

/// What the handlers share. None of it grows with the number of people who are logged in.
#[derive(Clone, Debug)]
pub(crate) struct App(Arc<Shared>);

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) users: Users,
    pub(crate) keys: Keys,
    pub(crate) hasher: PasswordHasher,
    pub(crate) attempts: Attempts,
    pub(crate) tokens: Tokens,
    pub(crate) sessions: Sessions,
    pub(crate) layers: Layers,
    /// The families of refresh tokens.
    pub(crate) refresh: Refresh,
    /// What the thieves hold that the app's page plays.
    pub(crate) loot: Loot,
    /// What ends all that a person holds.
    pub(crate) lineages: Lineages,
    /// What says whether a ticket or an access token has been ended.
    pub(crate) gate: Gate,
    /// The clocks of the gate.
    pub(crate) clocks: Clocks,
    /// Where things lie, to be shown.
    pub(crate) db: PathBuf,
    pub(crate) key_file: PathBuf,
    pub(crate) store: String,
    pub(crate) started: Instant,
}

impl App {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// The monotonic clock, from the start of the program.
    pub(crate) fn tick(&self) -> Tick {
        Tick::of(Instant::now(), self.started)
    }

    /// Takes a step of the key ring, and brings all that has keys of it up to it. Blocks on the disk.
    pub(crate) fn take_step(&self, step: Step) -> Result<(), KeysError> {
        let taken = self.keys.take(step, UnixTime::now);
        // Also when it failed: the ring in use may be that of another process now.
        self.keys.with_ring(|ring| {
            self.layers.replace_keys(ring);
            self.refresh.replace(ring)
        })?;
        taken
    }

    /// The whole server. The layers are listed from the inside out: the last one sees a request first.
    pub(crate) fn router(self) -> Router {
        let Layers {
            sessions,
            identities,
            pages,
            app,
            api,
        } = &self.layers;
        // What a page of ours is answered under, with the tokens of its forms.
        let under = |routes: Router<Self>, tokens: &CsrfLayer| {
            routes
                .method_not_allowed_fallback(async || Problem::Method)
                .layer(identities.clone())
                .layer(sessions.clone())
                .layer(tokens.clone())
                .layer(CsrfFormLayer::new(CSRF_FIELD))
                .layer(CookieLayer::new().on_error(page_error))
        };
        // Under layers of its own, so that a program is answered in JSON; the outer ones are for all.
        let api = Router::new()
            .route("/me", get(api::me))
            .route("/keys", get(api::keys))
            .route("/token", post(api::token))
            .fallback(api::not_found)
            .method_not_allowed_fallback(api::wrong_method)
            .layer(identities.clone())
            .layer(sessions.clone())
            .layer(api.clone())
            .layer(CookieLayer::new().on_error(api::error));
        let session = Router::new()
            .route("/session", get(session::show))
            .route("/session/login", post(session::log_in))
            .route("/session/logout", post(session::log_out))
            .route("/session/count", post(session::count))
            .route("/session/race", post(session::race))
            .route("/session/devices", post(session::end))
            .route("/session/confirm", post(session::confirm))
            .route("/session/password", post(session::change_password));
        let all_pages = Router::new()
            .merge(session)
            .route("/session/clock.css", get(pages::clock_style))
            .route("/", get(overview::show))
            .route("/login", get(account::login_form).post(account::log_in))
            .route("/register", get(account::register_form).post(account::register))
            .route("/logout", post(account::log_out))
            .route("/everywhere", post(everywhere::log_out_everywhere))
            .route("/keys/{step}", post(key_ring::take_step))
            .route("/jwt", get(access_token::form).post(access_token::log_in))
            .route("/jwt/call", post(access_token::call))
            .fallback(async || Problem::NotFound);
        under(all_pages, pages)
            .merge(under(app::routes(), app))
            .nest("/api", api)
            .route("/.well-known/jwks.json", get(api::key_set))
            .route("/style.css", get(pages::style))
            .route("/app.js", get(pages::app_script))
            .route("/favicon.svg", get(pages::favicon))
            .layer(DefaultBodyLimit::max(BODY_LIMIT))
            .layer(from_fn(host_check))
            .layer(from_fn(security_headers))
            .with_state(self)
    }
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl FromRef<App> for Sealer<LoginTicket> {
    fn from_ref(app: &App) -> Self {
        app.keys.sealer()
    }
}

impl FromRef<App> for BearerVerifier<AccessClaims> {
    fn from_ref(app: &App) -> Self {
        app.tokens.bearer_verifier()
    }
}

/// See Other (RFC 9110 section 15.4.4): the answer to a form that did something. A reload then repeats nothing.
pub(crate) fn see_other(path: &str, notice: Notice) -> Response {
    let location = format!("{path}?notice={}", notice.slug());
    match HeaderValue::try_from(location) {
        Ok(location) => (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response(),
        Err(_) => Problem::Internal.into_response(),
    }
}

/// Writes the reason of a failure where its operator reads it: one line, and never what a person typed.
pub(crate) fn report(error: &dyn std::error::Error) {
    say(&error.to_string());
}

/// The same for what is no failure.
pub(crate) fn say(line: &str) {
    use std::io::Write as _;
    // Nobody may be reading; that must not stop the server.
    let _ = writeln!(std::io::stderr(), "cloakroom-demo: {line}");
}
