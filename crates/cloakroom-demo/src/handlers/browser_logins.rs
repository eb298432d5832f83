use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use cloakroom_tower::{Cookies, Error as CookieError, Logins};

use super::Failure;
use super::app::{Held, NotHeld, remove};
use crate::app::App;

/// All that a browser is logged in by: what the identity layer carries, and the app's family of refresh tokens.
///
/// Whoever logs out on a shared computer means all of it, by whichever page.
pub(crate) struct BrowserLogins {
    app: App,
    /// What the identity layer carries.
    pub(super) logins: Logins,
    cookies: Cookies,
    /// Not where the request has an Authorization field: that alone counts then, and no cookie is touched.
    by_cookies: bool,
}

impl BrowserLogins {
    /// Ends all of it, copies too, and makes the browser forget it. Part that could not be ended is an error; the rest has
    /// ended all the same.
    pub(super) async fn log_out(&self) -> Result<(), Failure> {
        let family = match self.held() {
            // Nothing was revoked, so nobody may say so: the cookie stays for another attempt.
            Err(NotHeld::UnknownKey) => Err(Failure::UnknownKey),
            _ => self.forget_family().await,
        };
        self.logins.log_out().await?;
        family
    }

    /// Ends the family of refresh tokens, if there is one, and removes its cookie: what a log-in by another carrier leaves
    /// nothing of. When the store fails, both are as they were.
    pub(super) async fn forget_family(&self) -> Result<(), Failure> {
        self.end_family().await?;
        if self.by_cookies {
            remove(&self.cookies)?;
        }
        Ok(())
    }

    /// The same without the cookie, for a log-in that puts another one in its place. A token of a key that this server does
    /// not have keeps nobody from logging in: the key may have been removed for good.
    pub(super) async fn end_family(&self) -> Result<(), Failure> {
        if let Ok(held) = self.held() {
            held.revoke().await?;
        }
        Ok(())
    }

    fn held(&self) -> Result<Held, NotHeld> {
        if !self.by_cookies {
            return Err(NotHeld::Absent);
        }
        Held::of(&self.app, &self.cookies)
    }
}

impl FromRequestParts<App> for BrowserLogins {
    type Rejection = CookieError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, CookieError> {
        Ok(Self {
            app: app.clone(),
            logins: Logins::read(&parts.headers, &parts.extensions)?,
            cookies: Cookies::from_request_parts(parts, app).await?,
            by_cookies: !parts.headers.contains_key(AUTHORIZATION),
        })
    }
}
