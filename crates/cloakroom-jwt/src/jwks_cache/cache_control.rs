use core::time::Duration;

/// How long an answer with this Cache-Control is fresh (RFC 9111 section 5.2.2); `None` when it does not say.
///
/// `no-store` and `no-cache` leave no time at all, and neither does a `max-age` that is no number (section 4.2.1 wants
/// it taken for stale). Of several the shortest counts. What a quoted argument holds is read as if it were not quoted:
/// a server that writes directives there gets fetched from more often, nothing else.
pub(super) fn lifetime(value: Option<&str>) -> Option<Duration> {
    value?.split(',').filter_map(directive).min()
}

fn directive(directive: &str) -> Option<Duration> {
    let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
    let name = name.trim_matches(is_space);
    if name.eq_ignore_ascii_case("no-store") || name.eq_ignore_ascii_case("no-cache") {
        return Some(Duration::ZERO);
    }
    name.eq_ignore_ascii_case("max-age")
        .then(|| Duration::from_secs(delta_seconds(argument.trim_matches(is_space))))
}

/// Delta-seconds (RFC 9111 section 1.2.2), which a recipient takes quoted too (section 5.2).
fn delta_seconds(argument: &str) -> u64 {
    let digits = argument
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(argument);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    // The only error that is left is a number that is too large.
    digits.parse().unwrap_or(u64::MAX)
}

fn is_space(c: char) -> bool {
    c == ' ' || c == '\t'
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::lifetime;

    #[test]
    fn a_lifetime_is_read_as_rfc_9111_says() {
        let table: &[(&str, Option<u64>)] = &[
            ("", None),
            ("public, must-revalidate", None),
            ("max-age=300", Some(300)),
            ("Public, MAX-AGE=300", Some(300)),
            ("public\t,\tmax-age\t=\t300\t", Some(300)),
            ("max-age=\"300\"", Some(300)),
            ("max-age=0", Some(0)),
            ("s-maxage=9", None),
            ("max-age=300, max-age=60", Some(60)),
            ("max-age=300, no-cache", Some(0)),
            ("No-Store", Some(0)),
            ("no-cache=\"set-cookie\", max-age=5", Some(0)),
            ("max-age", Some(0)),
            ("max-age=", Some(0)),
            ("max-age=-1", Some(0)),
            ("max-age=+1", Some(0)),
            ("max-age=1.5", Some(0)),
            ("max-age=\"5", Some(0)),
            ("max-age=\u{661}", Some(0)),
            ("max-age=99999999999999999999999", Some(u64::MAX)),
        ];
        for (value, seconds) in table {
            assert_eq!(lifetime(Some(value)), seconds.map(Duration::from_secs), "{value}");
        }
        assert_eq!(lifetime(None), None);
    }
}
