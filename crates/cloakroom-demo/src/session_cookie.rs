use cloakroom_cookie::{InvalidSetCookie, SetCookie};
use cloakroom_tower::{InvalidSessionCookie, SessionCookie};

/// The wire name of the cookie that carries a session's token. The log-in without server state has another one.
pub(crate) const SESSION_COOKIE: &str = "__Host-session";

/// `Secure`, `HttpOnly`, `SameSite=Lax`, `Path=/`, no `Domain`.
pub(crate) fn session_cookie() -> Result<SessionCookie, InvalidCookie> {
    Ok(SessionCookie::new(&SetCookie::host("session", "").finish()?)?)
}

/// The cookie above is none. Only a change of its name or its attributes could do that.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidCookie {
    #[error(transparent)]
    Attributes(#[from] InvalidSetCookie),
    #[error(transparent)]
    Session(#[from] InvalidSessionCookie),
}

#[cfg(test)]
mod tests {
    use super::{SESSION_COOKIE, session_cookie};

    #[test]
    fn the_name_is_the_one_that_travels() {
        assert_eq!(session_cookie().unwrap().name().as_str(), SESSION_COOKIE);
    }
}
