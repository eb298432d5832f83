//! The request side: listing a Cookie header and finding one cookie in it.

use std::hint::black_box;

use cloakroom_cookie::Cookies;

use crate::headers;
use crate::workload::{Subject, Target, Workload};

const LISTING: Target = Target::AtMost(0.9);
const FINDING: Target = Target::AtMost(1.1);
const SPLIT_PARSE: Target = Target::TimesFaster(4.0);

/// Listing all cookies, and finding one of them.
pub(crate) fn workloads() -> Vec<Workload> {
    let (one, ten, forty) = (headers::one(), headers::ten(), headers::forty());
    let mut all = vec![
        list("1 cookie", &one),
        list("10 cookies", &ten),
        list("40 cookies", &forty),
        list("8 KiB of a=;", &headers::flood()),
        find("only of 1", &one, "__Host-id"),
    ];
    for (case, name) in [
        ("first", "_ga"),
        ("middle", "consent"),
        ("last", "__Host-id"),
        ("absent", "session"),
    ] {
        all.push(find(&format!("{case} of 10"), &ten, name));
    }
    for (case, name) in [
        ("first", "_ga_1"),
        ("middle", "_ga_3"),
        ("last", "__Host-id"),
        ("absent", "session"),
    ] {
        all.push(find(&format!("{case} of 40"), &forty, name));
    }
    all
}

/// What a listing is condensed to: a sum that depends on each name's and each value's length.
fn weigh(name: usize, value: usize) -> u64 {
    (1 + name + 3 * value) as u64
}

fn list(case: &str, header: &str) -> Workload {
    let header: &'static str = header.to_owned().leak();
    let pairs: Vec<(&str, &str)> = header
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .collect();
    let answer = pairs
        .iter()
        .map(|(name, value)| weigh(name.len(), value.len()))
        .sum();
    // The bare loop leaves the space after `;` to the name, which a server that means it would have to trim.
    let spaces = header.matches("; ").count() as u64;
    // A jar keeps one cookie of a name, or one list of values, so it is asked for its last one.
    let (last_name, last_value) = *pairs.last().expect("each header has pairs");
    let last = weigh(last_name.len(), last_value.len());
    let biscotti = biscotti_processor();
    Workload::new(format!("list/{case}"), answer, move || {
        cloakroom_cookie::pairs(black_box(header.as_bytes()))
            .map(|pair| pair.map_or(0, |pair| weigh(pair.name().len(), pair.value().as_bytes().len())))
            .sum()
    })
    .target(
        LISTING,
        Subject::new("str::split loop", answer + spaces, move || {
            black_box(header)
                .split(';')
                .map(|pair| {
                    pair.split_once('=')
                        .map_or(0, |(name, value)| weigh(name.len(), value.len()))
                })
                .sum()
        }),
    )
    .target(
        SPLIT_PARSE,
        Subject::new("cookie split_parse", answer, move || {
            cookie::Cookie::split_parse(black_box(header))
                .map(|pair| pair.map_or(0, |pair| weigh(pair.name().len(), pair.value().len())))
                .sum()
        }),
    )
    .beside(Subject::new("biscotti", last, move || {
        biscotti::RequestCookies::parse_header(black_box(header), &biscotti)
            .ok()
            .and_then(|jar| jar.get(last_name))
            .map_or(0, |cookie| weigh(cookie.name().len(), cookie.value().len()))
    }))
    .beside(Subject::new("cookie-monster", last, move || {
        monster_jar(black_box(header), last_name, |cookie| {
            weigh(last_name.len(), cookie.value().len())
        })
    }))
}

fn find(case: &str, header: &str, name: &'static str) -> Workload {
    let header: &'static str = header.to_owned().leak();
    let answer = header
        .split("; ")
        .filter_map(|pair| pair.split_once('='))
        .find(|(found, _)| *found == name)
        .map_or(0, |(_, value)| value.len() as u64);
    let biscotti = biscotti_processor();
    Workload::new(format!("find/{case}"), answer, move || {
        Cookies::new(black_box(header.as_bytes()))
            .ok()
            .and_then(|cookies| cookies.first(black_box(name)))
            .map_or(0, |value| value.as_bytes().len() as u64)
    })
    .target(
        FINDING,
        Subject::new("str::split loop", answer, move || {
            let name = black_box(name);
            black_box(header)
                .split(';')
                .filter_map(|pair| pair.split_once('='))
                .find(|(found, _)| found.strip_prefix(' ').unwrap_or(found) == name)
                .map_or(0, |(_, value)| value.len() as u64)
        }),
    )
    .beside(Subject::new("cookie split_parse", answer, move || {
        let name = black_box(name);
        cookie::Cookie::split_parse(black_box(header))
            .flatten()
            .find(|cookie| cookie.name() == name)
            .map_or(0, |cookie| cookie.value().len() as u64)
    }))
    .beside(Subject::new("biscotti", answer, move || {
        biscotti::RequestCookies::parse_header(black_box(header), &biscotti)
            .ok()
            .and_then(|jar| jar.get(black_box(name)))
            .map_or(0, |cookie| cookie.value().len() as u64)
    }))
    .beside(Subject::new("cookie-monster", answer, move || {
        monster_jar(black_box(header), black_box(name), |cookie| {
            cookie.value().len() as u64
        })
    }))
}

/// Without percent-decoding, which nobody else here does unasked.
pub(crate) fn biscotti_processor() -> biscotti::Processor {
    let mut config = biscotti::ProcessorConfig::default();
    config.percent_encode = false;
    config.into()
}

/// `cookie-monster` takes known prefixes off the names that it parses.
fn monster_jar(header: &str, name: &str, read: impl Fn(&cookie_monster::Cookie) -> u64) -> u64 {
    let name = name.strip_prefix("__Host-").unwrap_or(name);
    cookie_monster::CookieJar::from_cookie(header)
        .get(name)
        .map_or(0, read)
}
