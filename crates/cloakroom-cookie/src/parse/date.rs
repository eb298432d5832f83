use cloakroom_core::UnixTime;

/// What a user agent reads in the value of `Expires` (RFC 6265bis section 5.1.1), or `None` where it reads no date.
///
/// The algorithm takes nearly anything: it looks for a time, a day of the month, a month and a year in that order of
/// preference among the runs between delimiters, and for no weekday and no time zone. Any bytes may come in.
///
/// ```
/// use cloakroom_cookie::parse::cookie_date;
///
/// let date = cookie_date(b"Sun, 06 Nov 1994 08:49:37 GMT");
/// assert_eq!(date.map(|date| date.as_secs()), Some(784_111_777));
/// assert_eq!(cookie_date(b"30 Feb 2000 00:00:00"), None);
/// ```
pub fn cookie_date(date: &[u8]) -> Option<UnixTime> {
    let mut time = None;
    let mut day = None;
    let mut month = None;
    let mut year = None;
    for token in date.split(|&octet| is_delimiter(octet)) {
        if token.is_empty() {
            continue;
        }
        if time.is_none() {
            time = hms_time(token);
            if time.is_some() {
                continue;
            }
        }
        if day.is_none() {
            day = number(token, 1, 2);
            if day.is_some() {
                continue;
            }
        }
        if month.is_none() {
            month = month_of(token);
            if month.is_some() {
                continue;
            }
        }
        if year.is_none() {
            year = number(token, 2, 4);
        }
    }
    let (hour, minute, second) = time?;
    let (day, month) = (day?, month?);
    let year = match year? {
        year @ 70..=99 => year + 1900,
        year @ 0..=69 => year + 2000,
        year => year,
    };
    if !(1..=days_in(month, year)).contains(&day) || year < 1601 || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let minutes = (days_since_epoch(year, month, day) * 24 + i64::from(hour)) * 60 + i64::from(minute);
    UnixTime::from_secs(minutes * 60 + i64::from(second))
}

/// `delimiter` of the date grammar.
const fn is_delimiter(octet: u8) -> bool {
    matches!(octet, 0x09 | 0x20..=0x2f | 0x3b..=0x40 | 0x5b..=0x60 | 0x7b..=0x7e)
}

/// `min*maxDIGIT [ non-digit *OCTET ]`.
fn number(token: &[u8], min: usize, max: usize) -> Option<u32> {
    let (number, rest) = leading_number(token, min, max)?;
    (!rest.first().is_some_and(u8::is_ascii_digit)).then_some(number)
}

/// `hms-time [ non-digit *OCTET ]`, where `hms-time` is three fields of one or two digits with colons between.
fn hms_time(token: &[u8]) -> Option<(u32, u32, u32)> {
    let (hour, rest) = leading_number(token, 1, 2)?;
    let (minute, rest) = leading_number(rest.strip_prefix(b":")?, 1, 2)?;
    let second = number(rest.strip_prefix(b":")?, 1, 2)?;
    Some((hour, minute, second))
}

/// The number that `min` to `max` leading digits spell, and what comes after them.
fn leading_number(token: &[u8], min: usize, max: usize) -> Option<(u32, &[u8])> {
    let digits = token
        .iter()
        .take(max)
        .take_while(|octet| octet.is_ascii_digit())
        .count();
    if digits < min {
        return None;
    }
    let (digits, rest) = token.split_at(digits);
    let number = digits
        .iter()
        .fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
    Some((number, rest))
}

/// The month, 1 to 12, whose first three letters begin `token` in any letter case.
fn month_of(token: &[u8]) -> Option<u32> {
    let letters = token.first_chunk::<3>()?.map(|octet| octet.to_ascii_lowercase());
    Some(match &letters {
        b"jan" => 1,
        b"feb" => 2,
        b"mar" => 3,
        b"apr" => 4,
        b"may" => 5,
        b"jun" => 6,
        b"jul" => 7,
        b"aug" => 8,
        b"sep" => 9,
        b"oct" => 10,
        b"nov" => 11,
        b"dec" => 12,
        _ => return None,
    })
}

const fn days_in(month: u32, year: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to the date, in the proleptic Gregorian calendar. Years begin in March here, so that the leap
/// day is the last of its year and months 3 to 14 have (153 m - 457) / 5 days before them.
fn days_since_epoch(year: u32, month: u32, day: u32) -> i64 {
    let (year, month) = if month < 3 {
        (year - 1, month + 12)
    } else {
        (year, month)
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month - 457) / 5 + day - 1;
    i64::from(days) - 719_468
}
