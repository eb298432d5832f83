//! The response side: building a cookie and writing its Set-Cookie line.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

use cloakroom_cookie::{CookieName, SetCookie};

use crate::workload::{Subject, Target, Workload};

/// A token that the server has just made: each builder gets a `String` of its own, none a literal that it need not keep.
const VALUE: &str = "kC3yNq0ZsW5hVtX8uB1rJm7dPfLgQaEoYi2TzRx4DnUwHvKcSbMjGe6lA9pF0Ik5";
const LINE: &str = "__Host-id=kC3yNq0ZsW5hVtX8uB1rJm7dPfLgQaEoYi2TzRx4DnUwHvKcSbMjGe6lA9pF0Ik5; \
                    Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Lax";
const MAX_AGE: u64 = 43_200;
const NAME: CookieName = CookieName::from_static("__Host-id");

const REUSED: Target = Target::TimesFaster(5.0);
const FRESH: Target = Target::TimesFaster(3.0);

/// Building, writing into a reused buffer and into a fresh one, and all of a response at once.
pub(crate) fn workloads() -> Vec<Workload> {
    for line in [
        ours().to_header_string(),
        cookie_cookie().to_string(),
        monster_line(&monster_cookie()),
        biscotti_line(),
    ] {
        assert_eq!(
            attributes(&line),
            attributes(LINE),
            "a peer writes another cookie"
        );
    }
    vec![build(), write_reused(), write_fresh(), build_and_write()]
}

/// The peers order the attributes differently.
fn attributes(line: &str) -> Vec<&str> {
    let mut attributes: Vec<&str> = line.split("; ").collect();
    attributes.sort_unstable();
    attributes
}

fn build() -> Workload {
    let answer = VALUE.len() as u64;
    Workload::new("set-cookie/build", answer, || {
        black_box(ours()).value().len() as u64
    })
    .allocating(1)
    .beside(Subject::new("cookie", answer, || {
        black_box(cookie_cookie()).value().len() as u64
    }))
    .beside(Subject::new("biscotti", answer, || {
        black_box(biscotti_cookie()).value().len() as u64
    }))
    .beside(Subject::new("cookie-monster", answer, || {
        black_box(monster_cookie()).value().len() as u64
    }))
}

fn write_reused() -> Workload {
    let answer = LINE.len() as u64;
    let buffer = RefCell::new(Vec::with_capacity(256));
    let text = RefCell::new(String::with_capacity(256));
    let (cookie, theirs, theirs_again) = (ours(), cookie_cookie(), cookie_cookie());
    Workload::new("set-cookie/write, reused buffer", answer, move || {
        let mut buffer = buffer.borrow_mut();
        buffer.clear();
        black_box(&cookie).write_to(&mut buffer);
        black_box(&*buffer).len() as u64
    })
    .target(
        REUSED,
        Subject::new("cookie to_string", answer, move || {
            black_box(&theirs).to_string().len() as u64
        }),
    )
    .beside(Subject::new("cookie write!", answer, move || {
        let mut text = text.borrow_mut();
        text.clear();
        let _ = write!(text, "{}", black_box(&theirs_again));
        black_box(&*text).len() as u64
    }))
}

fn write_fresh() -> Workload {
    let answer = LINE.len() as u64;
    let (cookie, theirs, monster) = (ours(), cookie_cookie(), monster_cookie());
    Workload::new("set-cookie/write, fresh", answer, move || {
        black_box(&cookie).to_header_string().len() as u64
    })
    .allocating(1)
    .target(
        FRESH,
        Subject::new("cookie to_string", answer, move || {
            black_box(&theirs).to_string().len() as u64
        }),
    )
    .beside(Subject::new("cookie-monster", answer, move || {
        monster_line(black_box(&monster)).len() as u64
    }))
}

fn build_and_write() -> Workload {
    let answer = LINE.len() as u64;
    Workload::new("set-cookie/build and write", answer, || {
        ours().to_header_string().len() as u64
    })
    .allocating(2)
    .beside(Subject::new("cookie", answer, || {
        cookie_cookie().to_string().len() as u64
    }))
    .beside(Subject::new("biscotti", answer, || biscotti_line().len() as u64))
    .beside(Subject::new("cookie-monster", answer, || {
        monster_line(&monster_cookie()).len() as u64
    }))
}

fn ours() -> SetCookie {
    SetCookie::new(NAME, black_box(VALUE).to_owned())
        .persistent(Duration::from_secs(black_box(MAX_AGE)))
        .finish()
        .expect("the bench's own cookie is valid")
}

fn cookie_cookie() -> cookie::Cookie<'static> {
    cookie::Cookie::build(("__Host-id", black_box(VALUE).to_owned()))
        .path("/")
        .max_age(cookie::time::Duration::seconds(black_box(MAX_AGE).cast_signed()))
        .secure(true)
        .http_only(true)
        .same_site(cookie::SameSite::Lax)
        .build()
}

fn biscotti_cookie() -> biscotti::ResponseCookie<'static> {
    biscotti::ResponseCookie::new("__Host-id", black_box(VALUE).to_owned())
        .set_path("/")
        .set_max_age(biscotti::time::SignedDuration::from_secs(
            black_box(MAX_AGE).cast_signed(),
        ))
        .set_secure(true)
        .set_http_only(true)
        .set_same_site(biscotti::SameSite::Lax)
}

/// `biscotti` writes through a collection only.
fn biscotti_line() -> String {
    thread_local!(static PROCESSOR: biscotti::Processor = crate::request::biscotti_processor());
    PROCESSOR.with(|processor| {
        let mut cookies = biscotti::ResponseCookies::new();
        cookies.insert(biscotti_cookie());
        cookies.header_values(processor).next().unwrap_or_default()
    })
}

fn monster_cookie() -> cookie_monster::Cookie {
    cookie_monster::Cookie::host("id", black_box(VALUE).to_owned())
        .max_age_secs(black_box(MAX_AGE))
        .http_only()
        .same_site(cookie_monster::SameSite::Lax)
        .build()
}

fn monster_line(cookie: &cookie_monster::Cookie) -> String {
    cookie.serialize().unwrap_or_default()
}
