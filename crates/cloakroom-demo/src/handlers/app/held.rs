use std::sync::Arc;

use cloakroom_core::UnixTime;
use cloakroom_store::StoreError;
use cloakroom_token::{Family, RefreshError, RefreshToken, RefreshTokens, Refreshed, TokenStore as _};
use cloakroom_tower::Cookies;

use crate::app::App;
use crate::refresh::Refresh;
use crate::refresh_cookie::REFRESH_COOKIE;
use crate::token_store::AnyTokenStore;

/// The refresh token that a browser has sent. Its MAC is right; whether its family lives, the store knows.
pub(in crate::handlers) struct Held {
    tokens: Arc<RefreshTokens<AnyTokenStore>>,
    text: String,
    opened: RefreshToken,
}

/// Why there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::handlers) enum NotHeld {
    /// No cookie, or several: nobody can say which is the browser's own.
    Absent,
    /// It is no refresh token of the app.
    Unknown,
    /// It names a key that this server does not have: another server may, and the family may live.
    UnknownKey,
}

impl Held {
    pub(in crate::handlers) fn of(app: &App, cookies: &Cookies) -> Result<Self, NotHeld> {
        let request = cookies.request();
        let value = request.unique(REFRESH_COOKIE).map_err(|_| NotHeld::Absent)?;
        let value = value.ok_or(NotHeld::Absent)?;
        let text = str::from_utf8(value.as_bytes()).map_err(|_| NotHeld::Unknown)?;
        let tokens = app.refresh.tokens();
        let opened = tokens.open(text, &Refresh::client()).map_err(|rejected| {
            if rejected.is_of_unknown_key() {
                NotHeld::UnknownKey
            } else {
                NotHeld::Unknown
            }
        })?;
        Ok(Self {
            text: text.to_owned(),
            tokens,
            opened,
        })
    }

    /// What issues and rotates, under the keys by which this one was read.
    pub(in crate::handlers) fn tokens(&self) -> &RefreshTokens<AnyTokenStore> {
        &self.tokens
    }

    /// The family, if it lives, whichever generation this token is.
    pub(in crate::handlers) async fn family(&self) -> Result<Option<Family>, StoreError> {
        let (id, hash) = (self.opened.family(), self.opened.secret_hash());
        self.tokens.store().load_family(&id, &hash, UnixTime::now()).await
    }

    pub(in crate::handlers) async fn rotate(&self) -> Result<Refreshed, RefreshError> {
        self.tokens
            .rotate(&self.text, &Refresh::client(), None, UnixTime::now())
            .await
    }

    /// Ends the family (RFC 7009 section 2.1), and with it every copy of its tokens.
    pub(in crate::handlers) async fn revoke(&self) -> Result<bool, StoreError> {
        self.tokens.revoke(&self.text, &Refresh::client()).await
    }
}
