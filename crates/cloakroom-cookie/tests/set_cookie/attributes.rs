//! B4: attributes that need each other. The order of errors.

use std::time::Duration;

use cloakroom_cookie::{SameSite, SetCookie};

use crate::{finish, refused};

#[test]
fn b4_same_site_none_and_partitioned_need_secure() {
    let new = || SetCookie::new("n", "v");
    refused(
        finish(new().same_site(SameSite::None).insecure()),
        "SameSite=None needs Secure",
    );
    refused(
        finish(new().insecure().same_site(SameSite::None)),
        "SameSite=None needs Secure",
    );
    refused(finish(new().partitioned().insecure()), "Partitioned needs Secure");
    refused(finish(new().insecure().partitioned()), "Partitioned needs Secure");
    assert_eq!(
        finish(new().same_site(SameSite::None).partitioned()).unwrap(),
        "n=v; Path=/; Secure; HttpOnly; SameSite=None; Partitioned"
    );
    for (builder, written) in [
        (
            new().same_site(SameSite::Strict),
            "n=v; Path=/; HttpOnly; SameSite=Strict",
        ),
        (
            new().same_site(SameSite::Lax),
            "n=v; Path=/; HttpOnly; SameSite=Lax",
        ),
        (new().without_same_site(), "n=v; Path=/; HttpOnly"),
        (new().without_same_site().script_readable().without_path(), "n=v"),
    ] {
        assert_eq!(finish(builder.insecure()).unwrap(), written);
    }
}

#[test]
fn names_paths_and_domains_may_come_at_run_time() {
    fn of(name: &str, path: &str, domain: &str) -> String {
        let cookie = SetCookie::new(name.to_owned(), "v").path(path).domain(domain);
        cookie.finish().unwrap().to_header_string()
    }
    let text = String::from("n /p a.b");
    let mut words = text.split(' ');
    let mut word = || words.next().unwrap();
    assert_eq!(
        of(word(), word(), word()),
        "n=v; Path=/p; Domain=a.b; Secure; HttpOnly; SameSite=Lax"
    );
}

#[test]
fn the_first_error_is_kept() {
    let builder = SetCookie::new("n", "v")
        .path("x")
        .domain("com")
        .persistent(Duration::ZERO);
    refused(
        finish(builder.insecure().partitioned()),
        "path-value does not begin with a slash at byte 0",
    );
    refused(finish(SetCookie::new("", ";").path("x")), "cookie-name is empty");
    refused(
        finish(SetCookie::new("n", ";").path("x")),
        "cookie-value has a forbidden octet at byte 0",
    );
    refused(
        finish(SetCookie::new("n", ";").value_percent_encoded(";")),
        "cookie-value has a forbidden octet at byte 0",
    );
}
