fn main() {
    let mut cookies = cloakroom_cookie::pairs(b"theme=dark; sid=31d4").filter_map(Result::ok);
    let sid = cookies
        .find(|cookie| cookie.name() == b"sid")
        .and_then(|cookie| cookie.value().as_str().ok());
    println!("sid={}", sid.unwrap_or("none"));
}
