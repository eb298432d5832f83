//! The cookie-date.

use std::iter;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use cloakroom_cookie::parse::cookie_date as ours;
use cloakroom_core::UnixTime;

/// RFC 6265bis section 5.1.1, step by step and with no thought of speed.
pub(crate) fn reference(text: &[u8]) -> Option<i64> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in text
        .split(|&byte| is_delimiter(byte))
        .filter(|token| !token.is_empty())
    {
        // Each token serves the first production that it matches and that nothing has served before.
        if time.is_none() && hms(token).is_some() {
            time = hms(token);
        } else if day.is_none() && number(token, 1, 2).is_some() {
            day = number(token, 1, 2);
        } else if month.is_none() && month_of(token).is_some() {
            month = month_of(token);
        } else if year.is_none() && number(token, 2, 4).is_some() {
            year = number(token, 2, 4);
        }
    }
    let ((hour, minute, second), day, month, mut year) = (time?, day?, month?, year?);
    if (70..=99).contains(&year) {
        year += 1900;
    } else if (0..=69).contains(&year) {
        year += 2000;
    }
    let exists = (1..=days_in(year, month)).contains(&day);
    if !exists || year < 1601 || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some(((days_since_epoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, 0x09 | 0x20..=0x2F | 0x3B..=0x40 | 0x5B..=0x60 | 0x7B..=0x7E)
}

/// `least*mostDIGIT [ non-digit *OCTET ]`.
fn number(token: &[u8], least: usize, most: usize) -> Option<i64> {
    let digits = token.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let text = (least..=most)
        .contains(&digits)
        .then(|| std::str::from_utf8(&token[..digits]).ok())??;
    text.parse().ok()
}

/// `time-field ":" time-field ":" time-field [ non-digit *OCTET ]`.
fn hms(token: &[u8]) -> Option<(i64, i64, i64)> {
    let fields: Vec<&[u8]> = token.splitn(3, |&byte| byte == b':').collect();
    let &[hour, minute, second] = fields.as_slice() else {
        return None;
    };
    let whole = |field: &[u8]| {
        field
            .iter()
            .all(u8::is_ascii_digit)
            .then(|| number(field, 1, 2))?
    };
    Some((whole(hour)?, whole(minute)?, number(second, 1, 2)?))
}

/// One to twelve.
fn month_of(token: &[u8]) -> Option<i64> {
    let name = token.get(..3)?.to_ascii_lowercase();
    (1..)
        .zip(MONTHS)
        .find(|(_, month)| month.as_bytes() == name)
        .map(|(number, _)| number)
}

fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The years that there are cookie-dates of.
const YEARS: RangeInclusive<i64> = 1601..=9999;

/// Days from 1970-01-01 to the first of each year, and to the end of the last one: counted year by year, so that no
/// clever formula is checked against itself.
static NEW_YEARS: LazyLock<Vec<i64>> = LazyLock::new(|| {
    let days = |year| (1..=12).map(|month| days_in(year, month)).sum::<i64>();
    let first = -(*YEARS.start()..1970).map(days).sum::<i64>();
    let ends = YEARS.scan(first, |day, year| {
        *day += days(year);
        Some(*day)
    });
    iter::once(first).chain(ends).collect()
});

fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let index = usize::try_from(year - YEARS.start()).expect("not before the first year");
    NEW_YEARS[index] + (1..month).map(|month| days_in(year, month)).sum::<i64>() + day - 1
}

/// The date as `Expires` carries it (IMF-fixdate, RFC 9110 section 5.6.7), without the name of the day, which no
/// user agent reads.
fn format(seconds: i64) -> String {
    let (mut days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let index = NEW_YEARS.partition_point(|new_year| *new_year <= days) - 1;
    let (year, mut month) = (
        YEARS.start() + i64::try_from(index).expect("a few thousand years"),
        1,
    );
    days -= NEW_YEARS[index];
    while days >= days_in(year, month) {
        days -= days_in(year, month);
        month += 1;
    }
    let name = MONTHS[usize::try_from(month - 1).expect("a month from one to twelve")];
    format!(
        "{:02} {name} {year:04} {:02}:{:02}:{:02} GMT",
        days + 1,
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60
    )
}

/// Laws, for any bytes:
///
/// 1. The parser agrees with the reference on which texts are dates and on their second.
/// 2. A date that was read, written as `Expires` has it, reads as the same second; so does any second of the years
///    1601 to 9999.
///
/// # Panics
///
/// When a law is broken.
pub fn cookie_date(data: &[u8]) {
    let parsed = ours(data);
    assert_eq!(
        parsed.map(UnixTime::as_millis),
        reference(data).map(|seconds| seconds * 1000)
    );
    if let Some(time) = parsed {
        round_trips(time.as_secs());
    }
    if let Some(raw) = data.first_chunk() {
        let (first, last) = (NEW_YEARS[0], NEW_YEARS[NEW_YEARS.len() - 1]);
        round_trips(first * 86_400 + i64::from_le_bytes(*raw).rem_euclid((last - first) * 86_400));
    }
}

fn round_trips(seconds: i64) {
    assert_eq!(
        ours(format(seconds).as_bytes()),
        UnixTime::from_secs(seconds),
        "a written date reads differently"
    );
}
