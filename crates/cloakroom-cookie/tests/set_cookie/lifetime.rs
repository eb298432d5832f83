//! B5, B6 and the removal of B11.

use std::time::Duration;

use cloakroom_cookie::{SameSite, SetCookie};

use crate::{DAY, SECOND, finish, refused};

#[test]
fn b5_max_age_is_whole_seconds_from_one_to_400_days() {
    const ZERO: &str = "Max-Age is less than one second, which only a removal may have";
    const TOO_LONG: &str = "Max-Age is longer than 400 days";
    let nanosecond = Duration::from_nanos(1);
    for (max_age, persistent, clamped) in [
        (Duration::ZERO, Err(ZERO), Err(ZERO)),
        (Duration::from_nanos(999_999_999), Err(ZERO), Err(ZERO)),
        (SECOND, Ok(1), Ok(1)),
        (Duration::from_nanos(1_999_999_999), Ok(1), Ok(1)),
        (DAY, Ok(86_400), Ok(86_400)),
        (
            Duration::new(34_559_999, 999_999_999),
            Ok(34_559_999),
            Ok(34_559_999),
        ),
        (400 * DAY, Ok(34_560_000), Ok(34_560_000)),
        (400 * DAY + nanosecond, Err(TOO_LONG), Ok(34_560_000)),
        (400 * DAY + SECOND, Err(TOO_LONG), Ok(34_560_000)),
        (Duration::MAX, Err(TOO_LONG), Ok(34_560_000)),
    ] {
        let new = || SetCookie::new("n", "v").without_path().without_same_site();
        for (built, seconds) in [
            (new().persistent(max_age), persistent),
            (new().persistent_clamped(max_age), clamped),
        ] {
            match seconds {
                Ok(seconds) => {
                    let cookie = built.finish().unwrap();
                    assert_eq!(cookie.max_age(), Some(Duration::from_secs(seconds)));
                    assert_eq!(
                        cookie.to_header_string(),
                        format!("n=v; Max-Age={seconds}; Secure; HttpOnly")
                    );
                    assert!(!cookie.is_removal());
                }
                Err(error) => refused(finish(built), error),
            }
        }
    }
    assert_eq!(SetCookie::MAX_MAX_AGE, 400 * DAY);
}

#[test]
fn b5_there_is_no_empty_max_age_and_zero_is_a_removal() {
    let session = SetCookie::new("n", "v").finish().unwrap();
    assert_eq!(session.max_age(), None);
    assert!(!session.to_header_string().contains("Max-Age"));
    assert!(!session.is_removal());
    let removal = session.removal();
    assert_eq!(removal.max_age(), Some(Duration::ZERO));
    assert!(removal.is_removal());
    assert_eq!(removal.removal(), removal);
}

// B6 ---------------------------------------------------------------------------------------------------------------

#[test]
fn b6_removal_keeps_what_the_user_agent_needs() {
    const GONE: &str = "Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
    for (cookie, removal) in [
        (
            SetCookie::host("n", "v").persistent(DAY).finish(),
            format!("__Host-n=; Path=/; {GONE}; Secure; HttpOnly; SameSite=Lax"),
        ),
        (
            SetCookie::host_http("n", "v")
                .same_site(SameSite::None)
                .partitioned()
                .finish(),
            format!("__Host-Http-n=; Path=/; {GONE}; Secure; HttpOnly; SameSite=None; Partitioned"),
        ),
        (
            SetCookie::http("n", "v").path("/p").domain("a.example").finish(),
            format!("__Http-n=; Path=/p; Domain=a.example; {GONE}; Secure; HttpOnly; SameSite=Lax"),
        ),
        (
            SetCookie::secure_prefix("n", "v")
                .script_readable()
                .same_site(SameSite::Strict)
                .finish(),
            format!("__Secure-n=; Path=/; {GONE}; Secure; SameSite=Strict"),
        ),
        (
            SetCookie::new("__hOsT-n", "v").finish(),
            format!("__hOsT-n=; Path=/; {GONE}; Secure; HttpOnly; SameSite=Lax"),
        ),
        (
            SetCookie::new("n", "\"v\"")
                .insecure()
                .script_readable()
                .without_path()
                .without_same_site()
                .finish(),
            format!("n=; {GONE}"),
        ),
    ] {
        let cookie = cookie.unwrap();
        let gone = cookie.removal();
        assert_eq!(gone.to_header_string(), removal);
        assert_eq!(gone.value(), "");
        assert_eq!(
            (
                gone.name(),
                gone.path(),
                gone.domain(),
                gone.secure(),
                gone.http_only(),
                gone.same_site()
            ),
            (
                cookie.name(),
                cookie.path(),
                cookie.domain(),
                cookie.secure(),
                cookie.http_only(),
                cookie.same_site()
            ),
        );
        assert_eq!(gone.partitioned(), cookie.partitioned());
    }
}

#[test]
fn b11_removal_writes_max_age_0_and_expires_1970() {
    let cookie = SetCookie::new("n", "v")
        .persistent_clamped(Duration::MAX)
        .finish()
        .unwrap();
    assert_eq!(
        cookie.removal().to_header_string(),
        "n=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly; SameSite=Lax"
    );
}
