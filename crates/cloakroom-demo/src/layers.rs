use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};
use cloakroom_keyring::KeyRing;
use cloakroom_lineage::{Gate, Lineages};
use cloakroom_session::Sessions;
use cloakroom_store::cloakroom_id::IndexSecret;
use cloakroom_tower::cloakroom_csrf::{Binding, CsrfPolicy, CsrfPolicyBuilder, InvalidCsrfPolicy};
use cloakroom_tower::{
    BearerVerifier, CsrfLayer, IdentityLayer, InvalidIdentityLayer, Sealer, SessionCookie, SessionLayer,
};

use crate::login_ticket::LoginTicket;
use crate::refresh::Refresh;
use crate::refresh_cookie::REFRESH_COOKIE;
use crate::tokens::AccessClaims;

/// The layers that say who sends a request, by whichever carrier, and whether it may change anything.
#[derive(Debug)]
pub(crate) struct Layers {
    pub(crate) sessions: SessionLayer,
    pub(crate) identities: IdentityLayer,
    /// For pages: each form has to bring a token.
    pub(crate) pages: CsrfLayer,
    /// The same for the app's page, whose tokens are bound to the app's own log-in where there is one: whatever else comes
    /// and goes in this browser, its forms are as good as before.
    pub(crate) app: CsrfLayer,
    /// For the API, whose callers have no page to take a token from.
    pub(crate) api: CsrfLayer,
}

/// What the layers are made of.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) ring: &'a KeyRing,
    pub(crate) sessions: Sessions,
    pub(crate) session_cookie: SessionCookie,
    pub(crate) tickets: Sealer<LoginTicket>,
    pub(crate) access: BearerVerifier<AccessClaims>,
    pub(crate) refresh: Refresh,
    pub(crate) gate: Gate,
    pub(crate) lineages: Lineages,
    pub(crate) index: IndexSecret,
}

impl Layers {
    pub(crate) fn new(parts: Parts<'_>) -> Result<Self, InvalidLayers> {
        let sessions = SessionLayer::new(parts.sessions)
            .cookie(parts.session_cookie.clone())
            .client_address(|request| Some(request.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip()));
        let identities = IdentityLayer::builder()
            .session(&sessions)
            .ticket(&parts.tickets)
            .token(&parts.access)
            .with_gate(parts.gate)
            .with_lineages(parts.lineages, parts.index)
            .finish()?;
        // No public origin: 127.0.0.1 and localhost are both ours, and `host_check` lets no other name pass.
        let policy = identities
            .cookies()
            .fold(CsrfPolicy::builder(), CsrfPolicyBuilder::carrier_cookie)
            .carrier_cookie(REFRESH_COOKIE);
        let refresh = parts.refresh;
        let family = move |headers: &HeaderMap, _: &Extensions| {
            let cookies = cloakroom_cookie::Cookies::from_headers(headers).ok()?;
            let value = cookies.unique(REFRESH_COOKIE).ok()??;
            let text = value.as_str().ok()?;
            let token = refresh.tokens().open(text, &Refresh::client()).ok()?;
            Some(Binding::family(*token.family().as_bytes()))
        };
        let bind_others = |layer: CsrfLayer| {
            layer
                .bind_session(&parts.session_cookie)
                .bind_ticket(&parts.tickets)
        };
        let every_form = policy.clone().require_token_everywhere().finish()?;
        let pages = CsrfLayer::new(every_form.clone(), parts.ring);
        let app = CsrfLayer::new(every_form, parts.ring);
        let api = CsrfLayer::new(policy.finish()?, parts.ring);
        // The first that finds a log-in counts.
        Ok(Self {
            pages: bind_others(pages).bind(family.clone()),
            app: bind_others(app.bind(family.clone())),
            api: bind_others(api).bind(family),
            sessions,
            identities,
        })
    }

    /// Takes the keys of `ring` from the next token on.
    pub(crate) fn replace_keys(&self, ring: &KeyRing) {
        for layer in [&self.pages, &self.app, &self.api] {
            layer.replace_keys(ring);
        }
    }
}

/// The layers contradict themselves: only a change of this program could do that.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidLayers {
    #[error(transparent)]
    Identity(#[from] InvalidIdentityLayer),
    #[error(transparent)]
    Csrf(#[from] InvalidCsrfPolicy),
}
