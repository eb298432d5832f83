use std::time::Duration;

use axum::extract::RawQuery;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use cloakroom_core::UnixTime;
use maud::{Markup, html};

/// The deadlines whose clocks a page shows, and their words in the address.
const CLOCKS: [&str; 2] = ["idle", "absolute"];
/// A browser's counters have 32 bits; no session lives for longer than 400 days.
const MOST: u64 = 400 * 86_400;

/// How long it is until the two deadlines of a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Countdown {
    idle: u64,
    absolute: u64,
}

impl Countdown {
    pub(super) fn new(now: UnixTime, idle_deadline: UnixTime, absolute_deadline: UnixTime) -> Self {
        let left = |deadline: UnixTime| {
            let left: Duration = deadline.checked_duration_since(now).unwrap_or_default();
            left.as_secs().min(MOST)
        };
        let absolute = left(absolute_deadline);
        Self {
            idle: left(idle_deadline).min(absolute),
            absolute,
        }
    }

    /// The style sheet that makes the clocks tick: no page here has a script. And the page is asked for once more when
    /// its session has ended, so that nobody goes on seeing what was meant for another. Not before: each look at a
    /// session keeps it alive.
    pub(super) fn head(self) -> Markup {
        html! {
            link rel="stylesheet" href=(format!("/session/clock.css?idle={}&absolute={}", self.idle, self.absolute));
            meta http-equiv="refresh" content=(format!("{};url=/session?notice=session-needed", self.idle + 2));
        }
    }
}

/// A clock of one of the deadlines; the time that is left stands beside it in words.
pub(super) fn clock(deadline: &'static str) -> Markup {
    html! { span.clock id=(format!("{deadline}-clock")) aria-hidden="true" {} }
}

/// `/session/clock.css`: how long the clocks of `style.css` run. Numbers come from the address and nothing else does,
/// so it says nothing of any session and keeps none alive.
pub(crate) async fn clock_style(RawQuery(query): RawQuery) -> impl IntoResponse {
    let style: String = CLOCKS
        .iter()
        .map(|clock| rule(clock, seconds(query.as_deref(), clock)))
        .collect();
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], style)
}

fn rule(clock: &str, seconds: u64) -> String {
    format!(
        "@keyframes {clock} {{ from {{ --left: {seconds} }} to {{ --left: 0 }} }}\n\
         #{clock}-clock::before {{ animation-name: {clock}; animation-duration: {seconds}s }}\n"
    )
}

fn seconds(query: Option<&str>, clock: &str) -> u64 {
    let pairs = query.unwrap_or_default().split('&');
    let seconds = pairs
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| *name == clock)
        .and_then(|(_, value)| value.parse::<u64>().ok());
    seconds.unwrap_or(0).min(MOST)
}

#[cfg(test)]
mod tests {
    use cloakroom_core::UnixTime;

    use super::{Countdown, MOST, rule, seconds};

    #[test]
    fn the_address_gives_numbers_and_nothing_else() {
        for (query, expected) in [
            (None, 0),
            (Some(""), 0),
            (Some("idle=90"), 90),
            (Some("absolute=1&idle=90"), 90),
            (Some("idle=-1"), 0),
            (Some("idle=1}*{color:red"), 0),
            (Some("idle=99999999999999999999"), 0),
            (Some("idle=999999999999"), MOST),
        ] {
            assert_eq!(seconds(query, "idle"), expected, "{query:?}");
        }
        assert!(
            rule("idle", 90)
                .contains("#idle-clock::before { animation-name: idle; animation-duration: 90s }")
        );
    }

    #[test]
    fn the_page_is_asked_for_again_after_the_earlier_deadline() {
        let at = UnixTime::from_millis;
        for (idle, absolute, expected) in [(1000, 9000, "3;url"), (9000, 1000, "3;url"), (-5, -5, "2;url")] {
            let head = Countdown::new(at(0), at(idle), at(absolute)).head().into_string();
            assert!(head.contains(&format!("content=\"{expected}")), "{head}");
        }
    }
}
