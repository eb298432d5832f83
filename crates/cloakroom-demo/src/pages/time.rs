use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cloakroom_core::UnixTime;
use maud::{Markup, html};

/// A time in the words of HTTP, `Fri, 21 Nov 2026 12:05:00 GMT`: the server cannot know the reader's time zone.
pub(super) fn time(at: UnixTime) -> Markup {
    let system: Option<SystemTime> = at
        .checked_duration_since(UnixTime::EPOCH)
        .and_then(|since| UNIX_EPOCH.checked_add(since))
        // The format has four digits for the year.
        .filter(|_| at.as_secs() < 253_402_300_800);
    html! {
        span.time {
            @match system {
                Some(system) => (httpdate::fmt_http_date(system)),
                None => { (at.as_millis()) " ms since 1970" },
            }
        }
    }
}

/// A length of time to the minute, `11 h 59 min`; below one, in seconds.
pub(super) fn span(length: Duration) -> String {
    let minutes = length.as_secs() / 60;
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{} s", length.as_secs()),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cloakroom_core::UnixTime;

    use super::{span, time};

    #[test]
    fn times_are_told_in_gmt_and_never_panic() {
        for (millis, text) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (1_750_000_000_123, "Sun, 15 Jun 2025 15:06:40 GMT"),
            (253_402_300_799_999, "Fri, 31 Dec 9999 23:59:59 GMT"),
            (253_402_300_800_000, "253402300800000 ms since 1970"),
            (-1, "-1 ms since 1970"),
            (i64::MAX, "9223372036854775807 ms since 1970"),
        ] {
            let markup = time(UnixTime::from_millis(millis)).into_string();
            assert_eq!(markup, format!("<span class=\"time\">{text}</span>"));
        }
    }

    #[test]
    fn spans_are_told_to_the_minute() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3599, "59 min"),
            (3600, "1 h"),
            (43_140, "11 h 59 min"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
    }
}
