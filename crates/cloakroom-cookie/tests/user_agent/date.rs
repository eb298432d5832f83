//! B9: the date.

use cloakroom_cookie::parse::cookie_date;

use crate::seconds;

#[test]
fn b9_cookie_dates_are_found_in_nearly_anything() {
    for (date, unix) in [
        // The three formats of RFC 9110 section 5.6.7.
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
        ("Sun Nov  6 08:49:37 1994", 784_111_777),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
        ("Tue, 19 Jan 2038 03:14:08 GMT", 2_147_483_648),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
        ("Mon, 01 Jan 1601 00:00:00 GMT", -11_644_473_600),
        // Neither order, nor weekday, nor zone, nor letter case, nor kind of delimiter counts.
        ("1994 nov 6 08:49:37", 784_111_777),
        ("08:49:37/1994/NOVEMBER/6", 784_111_777),
        ("xyz; 6-nOvX-1994 [08:49:37] PST +0800", 784_111_777),
        ("6\tNov\t1994\t8:49:37", 784_111_777),
        ("06 Nov 1994 08:49:37GMT", 784_111_777),
        ("06th Nov 1994x 08:49:37.123", 784_111_777),
        ("6 Nov 94 8:49:37", 784_111_777),
        ("6 Nov 094 8:49:37", 784_111_777),
        ("6 Nov 1994 -8:49:37x:", 784_111_777),
        // Octets above US-ASCII, controls and the colon are no delimiters.
        ("6\u{a0}x Nov\u{e9} 1994\u{661} 08:49:37\u{661}", 784_111_777),
        ("6\u{1}7 Nov: 1994:95 8:49:37:00", 784_111_777),
        // Two digits: 70 to 99 are of the last century, 0 to 69 of this one.
        ("1 Jan 70 0:0:0", 0),
        ("1 Jan 99 0:0:0", 915_148_800),
        ("1 Jan 69 0:0:0", 3_124_224_000),
        ("1 Jan 00 0:0:0", 946_684_800),
        ("1 Jan 0000 0:0:0", 946_684_800),
        ("1 Jan 001 0:0:0", 978_307_200),
        // The first that fits is taken; what comes later is noise.
        // A year has two digits at least, so 2 is none.
        ("1 2 Jan Feb 2000 01:00:00 02:00:00", 946_688_400),
        ("1 Jan Feb 2000 2001 01:00:00 02:00:00", 946_688_400),
        ("29 Feb 2000 00:00:00", 951_782_400),
        ("29 Feb 2024 00:00:00", 1_709_164_800),
        ("28 Feb 1900 00:00:00", -2_203_977_600),
        ("1 Mar 1900 00:00:00", -2_203_891_200),
        ("31 Dec 2000 00:00:00", 978_220_800),
    ] {
        assert_eq!(cookie_date(date.as_bytes()), Some(seconds(unix)), "{date}");
    }
}

#[test]
fn b9_what_is_no_cookie_date_is_none() {
    for date in [
        "",
        " ",
        "0",
        "Thu, 01 Jan 1970",
        "01 Jan 00:00:00",
        "Jan 1970 00:00:00",
        "01 1970 00:00:00",
        "Thu, 01 Jan 1970 00:00 GMT",
        "01 Jan 1970 24:00:00",
        "01 Jan 1970 00:60:00",
        "01 Jan 1970 00:00:60",
        "01 Jan 1970 000:00:00",
        "01 Jan 1970 00:000:00",
        "01 Jan 1970 00:00:000",
        "01 Jan 1970 00::00",
        "01 Jan 1970 :00:00",
        "01 Jan 1970 00:00:",
        "01 Jan 1970 00.00.00",
        "00 Jan 1970 00:00:00",
        "32 Jan 1970 00:00:00",
        "31 Apr 1970 00:00:00",
        "30 Feb 2000 00:00:00",
        "29 Feb 1900 00:00:00",
        "29 Feb 2023 00:00:00",
        "01 Jan 1600 23:59:59",
        "01 Jan 100 00:00:00",
        "01 Jan 12345 00:00:00",
        "01 Jan 2 00:00:00",
        "01 Ja 1970 00:00:00",
        "01 xJan 1970 00:00:00",
        "01 01 1970 00:00:00",
        "1970-01-01T00:00:00Z",
        "never",
        "1234567890",
    ] {
        assert_eq!(cookie_date(date.as_bytes()), None, "{date}");
    }
}

/// Days from 1970-01-01 counted one year and one month at a time.
fn days_counted(year: i64, month: usize, day: i64) -> (i64, i64) {
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let month_days = |year: i64, month: usize| {
        [
            31,
            28 + i64::from(leap(year)),
            31,
            30,
            31,
            30,
            31,
            31,
            30,
            31,
            30,
            31,
        ][month]
    };
    let years = |range: std::ops::Range<i64>| range.map(|year| 365 + i64::from(leap(year))).sum::<i64>();
    let before = if year < 1970 {
        -years(year..1970)
    } else {
        years(1970..year)
    };
    let months: i64 = (0..month).map(|month| month_days(year, month)).sum();
    (before + months + day - 1, month_days(year, month))
}

#[test]
fn b9_cookie_dates_agree_with_the_calendar_on_every_day() {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    for year in (1601..2420).chain([2800, 9996, 9999]) {
        let (mut day_of_year, _) = days_counted(year, 0, 1);
        for (number, month) in MONTHS.iter().enumerate() {
            let (_, days) = days_counted(year, number, 1);
            for day in 1..=days {
                let date = format!("{day} {month} {year} 12:34:56");
                assert_eq!(
                    cookie_date(date.as_bytes()),
                    Some(seconds(day_of_year * 86_400 + 45_296)),
                    "{date}"
                );
                day_of_year += 1;
            }
            let date = format!("{} {month} {year} 12:34:56", days + 1);
            assert_eq!(cookie_date(date.as_bytes()), None, "{date}");
        }
    }
}
