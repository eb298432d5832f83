//! Every way of writing.

use cloakroom_cookie::{SameSite, SetCookie};

use crate::{DAY, SECOND};

#[test]
fn every_way_of_writing_writes_the_same() {
    let cookie = SetCookie::new("n", "v")
        .path("/p")
        .domain("a.b")
        .persistent(90 * SECOND)
        .partitioned();
    let cookie = cookie.finish().unwrap();
    let text = "n=v; Path=/p; Domain=a.b; Max-Age=90; Secure; HttpOnly; SameSite=Lax; Partitioned";
    assert_eq!(cookie.to_header_string(), text);
    assert_eq!(cookie.to_string(), text);
    let mut out = b"before".to_vec();
    cookie.write_to(&mut out);
    assert_eq!(out, format!("before{text}").as_bytes());
    #[cfg(feature = "http")]
    {
        assert_eq!(cookie.to_header_value(), text);
        assert!(cookie.to_header_value().is_sensitive());
    }
}

#[test]
fn writing_into_a_reused_buffer_allocates_nothing_and_a_string_once() {
    let longest = SetCookie::new("n", "v".repeat(4095))
        .domain("a.b")
        .persistent(400 * DAY)
        .partitioned();
    let longest = longest.same_site(SameSite::Strict).finish().unwrap();
    let mut out = Vec::new();
    for cookie in [&longest, &longest.removal()] {
        out.clear();
        cookie.write_to(&mut out);
        out.clear();
        assert_eq!(
            allocation_counter::measure(|| cookie.write_to(&mut out)).count_total,
            0
        );
        let once = allocation_counter::measure(|| drop(cookie.to_header_string()));
        assert_eq!(once.count_total, 1);
    }
}

#[test]
fn a_glob_import_leaves_core_alone() {
    use cloakroom_cookie::*;

    let name: CookieName = core::str::FromStr::from_str("n").unwrap();
    assert_eq!(name.as_str(), "n");
}
