//! B7: the cookies of one response.

use cloakroom_cookie::{SetCookie, SetCookies};

#[test]
fn b7_a_response_sets_one_cookie_of_each_name() {
    let cookie = |name: &'static str, value: &str| SetCookie::new(name, value).finish().unwrap();
    let mut cookies = SetCookies::new();
    assert!(cookies.is_empty());
    assert_eq!(cookies.insert(cookie("a", "1")), Ok(()));
    assert_eq!(cookies.insert(cookie("b", "2")), Ok(()));
    // Another case, another prefix: another cookie.
    assert_eq!(cookies.insert(cookie("A", "3")), Ok(()));
    assert_eq!(cookies.insert(cookie("__Host-a", "4")), Ok(()));
    let before = cookies.clone();
    // Neither another Path or Domain nor a removal makes it another name.
    for second in [
        cookie("a", "1"),
        cookie("a", "9"),
        cookie("a", "9").removal(),
        SetCookie::new("a", "9")
            .path("/p")
            .domain("a.b")
            .finish()
            .unwrap(),
    ] {
        let error = cookies.insert(second).unwrap_err();
        assert_eq!(error.name().as_str(), "a");
        assert_eq!(error.to_string(), "the response sets a cookie named a already");
        assert_eq!(cookies, before);
    }
    assert_eq!(cookies.replace(cookie("a", "5")), Some(cookie("a", "1")));
    assert_eq!(cookies.replace(cookie("c", "6")), None);
    assert_eq!(cookies.remove("b"), Some(cookie("b", "2")));
    assert_eq!(cookies.remove("b"), None);
    let now = cookies
        .iter()
        .map(|cookie| (cookie.name().as_str(), cookie.value()));
    assert_eq!(
        now.collect::<Vec<_>>(),
        [("a", "5"), ("A", "3"), ("__Host-a", "4"), ("c", "6")]
    );
    assert_eq!(
        (cookies.len(), cookies.get("A"), cookies.get("b")),
        (4, Some(&cookie("A", "3")), None)
    );
}

#[cfg(feature = "http")]
#[test]
fn b7_each_cookie_is_a_field_of_its_own() {
    let mut headers = http::HeaderMap::new();
    headers.append("set-cookie", http::HeaderValue::from_static("before=1"));
    let mut cookies = SetCookies::new();
    cookies.append_to(&mut headers);
    assert_eq!(headers.len(), 1);
    cookies
        .insert(SetCookie::host("a", "1").finish().unwrap())
        .unwrap();
    cookies
        .insert(
            SetCookie::new("b", "2")
                .without_same_site()
                .finish()
                .unwrap()
                .removal(),
        )
        .unwrap();
    cookies.append_to(&mut headers);
    let fields: Vec<_> = headers
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().unwrap())
        .collect();
    assert_eq!(
        fields,
        [
            "before=1",
            "__Host-a=1; Path=/; Secure; HttpOnly; SameSite=Lax",
            "b=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly",
        ]
    );
    assert!(
        headers
            .get_all("set-cookie")
            .iter()
            .skip(1)
            .all(http::HeaderValue::is_sensitive)
    );
}
