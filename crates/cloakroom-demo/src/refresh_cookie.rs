use std::time::Duration;

use cloakroom_cookie::{InvalidSetCookie, SameSite, SetCookie};
use cloakroom_core::UnixTime;

/// The wire name of the cookie that carries the app's refresh token.
pub(crate) const REFRESH_COOKIE: &str = "__Host-refresh";

/// `Secure`, `HttpOnly`, `SameSite=Strict`, `Path=/`, no `Domain`, for as long as the token's family may live.
pub(crate) fn refresh_cookie(
    token: &str,
    ends: UnixTime,
    now: UnixTime,
) -> Result<SetCookie, InvalidSetCookie> {
    let left = ends.checked_duration_since(now).unwrap_or_default();
    SetCookie::host("refresh", token)
        .same_site(SameSite::Strict)
        .persistent(left.max(Duration::from_secs(1)))
        .finish()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cloakroom_core::UnixTime;

    use super::{REFRESH_COOKIE, refresh_cookie};

    #[test]
    fn it_lives_as_long_as_its_family() {
        let now = UnixTime::from_millis(1_750_000_000_999);
        for (left, age) in [(90_000, 90), (999, 1), (0, 1)] {
            let ends = now.saturating_add(Duration::from_millis(left));
            let cookie = refresh_cookie("text", ends, now).unwrap();
            assert_eq!(
                cookie.to_header_string(),
                format!("{REFRESH_COOKIE}=text; Path=/; Max-Age={age}; Secure; HttpOnly; SameSite=Strict")
            );
        }
    }
}
