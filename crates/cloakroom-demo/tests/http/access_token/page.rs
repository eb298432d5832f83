use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::{ADA, call, get, json_of, token};
use crate::start;

#[test]
fn the_page_shows_the_token_taken_apart_and_sets_no_cookie() {
    let (_folder, _server, mut browser) = start();
    browser.register("ada");
    browser.cookie = None;
    let form = browser.get("/jwt");
    assert_eq!(form.status, 200);
    assert!(form.body.contains("action=\"/jwt\""));
    let wrong = browser.post("/jwt", "name=ada&password=correct+horsf");
    assert_eq!(wrong.status, 403);
    assert!(wrong.body.contains("Name or password is wrong.") && !wrong.body.contains("eyJ"));

    let page = browser.post("/jwt", ADA);
    assert_eq!((page.status, page.set("__Host-id")), (200, None));
    assert_eq!(page.one("Cache-Control"), Some("no-store"));
    let token = page.between("autocorrect=\"off\">eyJ", "</textarea>").to_owned();
    let token = format!("eyJ{token}");
    let curl = format!("Authorization: Bearer {token}' http://{}/api/me", browser.address);
    assert!(page.body.contains(&curl), "{}", page.body);
    let header = page.between("id=\"header\">", "</pre>");
    for part in [
        "&quot;alg&quot;:&quot;EdDSA&quot;",
        "&quot;typ&quot;:&quot;at+jwt&quot;",
    ] {
        assert!(header.contains(part), "{header}");
    }
    for claim in [
        "iss",
        "aud",
        "sub",
        "client_id",
        "iat",
        "exp",
        "auth_time",
        "jti",
        "scope",
        "name",
    ] {
        assert!(page.body.contains(&format!("data-claim=\"{claim}\"")), "{claim}");
    }
    let me = get(&browser, "/api/me", &format!("Bearer {token}"));
    assert_eq!((me.status, &json_of(&me)["name"]), (200, &json!("ada")));
    let wider = browser.post("/jwt", &format!("{ADA}&keys=yes"));
    assert!(wider.body.contains("me:read keys:read"));
}

#[test]
fn the_page_shows_the_apis_own_answers() {
    let (_folder, _server, mut browser) = start();
    browser.register("ada");
    browser.cookie = None;
    let token = token(&browser, "");
    for (path, sent, status, description, why) in [
        ("/api/me", "as-it-is", "200 OK", None, "Its signature verifies"),
        (
            "/api/keys",
            "as-it-is",
            "403 Forbidden",
            Some("the token does not have the scope that this needs"),
            "it was not given for this",
        ),
        (
            "/api/me",
            "tampered",
            "401 Unauthorized",
            Some("the token's signature does not verify"),
            "only the issuer can make a new one",
        ),
        (
            "/api/me",
            "unsigned",
            "401 Unauthorized",
            Some("the token's header asks for something that is not supported"),
            "is no algorithm here",
        ),
        (
            "/api/me",
            "expired",
            "401 Unauthorized",
            Some("the token has expired"),
            "its time is over",
        ),
        (
            "/api/me",
            "other-audience",
            "401 Unauthorized",
            Some("the token is for another audience"),
            "names another API",
        ),
    ] {
        let page = call(&mut browser, &token, path, sent);
        assert_eq!(page.status, 200, "{sent}");
        assert_eq!(page.between("id=\"status\">", "<"), status, "{sent}");
        assert!(
            page.between("id=\"why\">", "</p>").contains(why),
            "{sent}: {}",
            page.body
        );
        // The very token that the page shows gets the very answer that the page shows.
        let shown = page.between("Authorization: Bearer ", "</pre>");
        let answer = get(&browser, path, &format!("Bearer {shown}"));
        assert_eq!(answer.status.to_string(), status[..3]);
        assert_eq!(sent == "as-it-is", shown == token, "{sent}");
        let changed: Vec<_> = page
            .body
            .split("data-part=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        let expected: &[&str] = match sent {
            "tampered" => &["name"],
            "unsigned" => &["header", "signature"],
            "expired" => &["auth_time", "exp", "iat"],
            "other-audience" => &["aud"],
            _ => &[],
        };
        assert_eq!(changed, expected, "{sent}");
        let challenge = answer.one("WWW-Authenticate");
        match (description, challenge) {
            (None, None) => assert!(!page.body.contains("data-field=\"www-authenticate\"")),
            (Some(description), Some(challenge)) => {
                assert!(
                    challenge.contains(&format!("error_description=\"{description}\"")),
                    "{challenge}"
                );
                let field = page.between("data-field=\"www-authenticate\">", "<");
                assert_eq!(field.replace("&quot;", "\""), challenge);
                assert_eq!(
                    page.between("id=\"body\">", "<").replace("&quot;", "\""),
                    answer.body
                );
            }
            both => panic!("{sent}: {both:?}"),
        }
        assert!(page.body.contains(&token), "the field keeps the token");
    }
}

#[test]
fn hostile_and_long_tokens_are_refused_clearly() {
    let (_folder, _server, mut browser) = start();
    browser.register("ada");
    for (token, sent, status, says) in [
        ("junk", "as-it-is", 200, "401 Unauthorized"),
        ("a b", "as-it-is", 200, "400 Bad Request"),
        ("%C3%A4", "as-it-is", 200, "400 Bad Request"),
        ("", "as-it-is", 200, "400 Bad Request"),
        ("a%0D%0AX-Evil: 1", "as-it-is", 422, "Nothing was sent"),
        ("a%00b", "tampered", 422, "Nothing was sent"),
        (
            "junk",
            "expired",
            422,
            "The issuer would sign it as it will be a minute after its end, and did not",
        ),
        ("junk", "expired", 422, "the token is not a well-formed JWS"),
        (
            "e30.e30.AA",
            "other-audience",
            422,
            "The issuer would sign it for the API of another server, and did not",
        ),
        ("<script>alert(1)</script>", "as-it-is", 200, "400 Bad Request"),
        (&"a".repeat(7000), "as-it-is", 200, "401 Unauthorized"),
        (&"a".repeat(9000), "as-it-is", 413, "The form is too large"),
        // So much is not collected to look for the form's own token.
        (&"a".repeat(200_000), "as-it-is", 403, "Refused: the form"),
    ] {
        let response = browser.post("/jwt/call", &format!("token={token}&path=/api/me&sent={sent}"));
        let shown = &token[..token.len().min(40)];
        assert_eq!(response.status, status, "{shown}: {}", response.body);
        assert!(response.body.contains(says), "{shown}: {}", response.body);
        assert!(!response.body.contains("<script"), "{shown}");
        assert!(response.all("X-Evil").is_empty());
    }
    for form in [
        "token=a&path=/api/me",
        "token=a&path=/api/me&sent=frobnicated",
        "token=a&path=/keys/announce&sent=as-it-is",
        "path=/api/me&sent=as-it-is",
    ] {
        assert!(
            matches!(browser.post("/jwt/call", form).status, 400 | 422),
            "{form}"
        );
    }
    let other: (&str, &[u8]) = ("Sec-Fetch-Site", b"cross-site");
    for path in ["/jwt", "/jwt/call"] {
        let response = browser.request(&format!("POST {path}"), &[other], ADA.as_bytes());
        assert_eq!(response.status, 403, "{path}");
    }
}

#[test]
fn what_the_page_says_of_a_token_agrees_with_what_it_shows() {
    let (_folder, _server, mut browser) = start();
    browser.register("ada");
    let unsupported = "asks for something that is not supported";
    for (header, sent, reason) in [
        (r#"{"alg":"EdDSA","crit":["x"],"x":1}"#, "as-it-is", unsupported),
        (r#"{"alg":"EdDSA","zip":"DEF"}"#, "as-it-is", unsupported),
        (r#"{"alg":"ES256K"}"#, "as-it-is", unsupported),
        (r#"{"typ":"at+jwt"}"#, "as-it-is", unsupported),
        (r#"{"alg":"EdDSA","zip":"DEF"}"#, "tampered", unsupported),
        (
            r#"{"alg":"EdDSA","zip":"DEF"}"#,
            "unsigned",
            "is no algorithm here",
        ),
        (
            r#"{"alg":"none","alg":"EdDSA"}"#,
            "as-it-is",
            "no member has another of its name",
        ),
    ] {
        let token = format!("{}.eyJuYW1lIjoiYWRhIn0.AA", URL_SAFE_NO_PAD.encode(header));
        let page = call(&mut browser, &token, "/api/me", sent);
        let why = page.between("id=\"why\">", "</p>");
        assert!(why.contains(reason), "{header}: {why}");
        assert_eq!(why.contains("none"), sent == "unsigned", "{header}: {why}");
        let shown = page.between("id=\"header\">", "</pre>").replace("&quot;", "\"");
        assert_eq!(shown, header, "as it is spelled");
        assert!(page.body.contains("data-claim=\"name\""), "{header}");
    }
}

#[test]
fn the_page_tells_what_it_tampered_with() {
    let (_folder, _server, mut browser) = start();
    browser.register("ada");
    let twice = URL_SAFE_NO_PAD.encode(r#"{"name":"ada","name":"bob"}"#);
    for (token, change) in [
        (
            "eyJhbGciOiJFZERTQSJ9.eyJuYW1lIjoiYWRhIn0.AA",
            "The name in the claims was changed",
        ),
        ("eyJhbGciOiJFZERTQSJ9.e30.AA", "A name was put into the claims"),
        ("junk", "so its last character was changed"),
        (
            &format!("eyJhbGciOiJFZERTQSJ9.{twice}.AA"),
            "so its last character was changed",
        ),
    ] {
        let page = call(&mut browser, token, "/api/me", "tampered");
        let why = page.between("id=\"why\">", "</p>");
        assert!(why.contains(change), "{token}: {why}");
    }
}
