//! Tokens for programs, the API that takes them, and the page that shows what it makes of them.

use cloakroom_core::UnixTime;
use cloakroom_jwt::{Backend, JwkSet, Policy, Verifier};
use serde_json::{Value, json};

use crate::start;
use crate::support::client::{Browser, Response};
use crate::support::server::Server;

const ADA: &str = "name=ada&password=correct+horse";

/// A program: no cookie, no browser's fields.
fn send(browser: &Browser, request_line: &str, fields: &[(&str, &[u8])], body: &[u8]) -> Response {
    let host = browser.address.to_string();
    let fields = [&[("Host", host.as_bytes())], fields].concat();
    crate::support::client::send(browser.address, request_line, &fields, body)
}

fn grant(browser: &Browser, body: &str) -> Response {
    let json: (&str, &[u8]) = ("Content-Type", b"application/json");
    send(browser, "POST /api/token", &[json], body.as_bytes())
}

fn json_of(response: &Response) -> Value {
    assert_eq!(response.one("Content-Type"), Some("application/json"));
    serde_json::from_str(&response.body).unwrap()
}

/// A token from the API, for a scope.
fn token(browser: &Browser, scope: &str) -> String {
    let body = json!({ "name": "ada", "password": "correct horse", "scope": scope });
    let response = grant(browser, &body.to_string());
    assert_eq!(response.status, 200, "{}", response.body);
    json_of(&response)["access_token"].as_str().unwrap().to_owned()
}

fn get(browser: &Browser, path: &str, authorization: &str) -> Response {
    let fields: [(&str, &[u8]); 1] = [("Authorization", authorization.as_bytes())];
    send(browser, &format!("GET {path}"), &fields, b"")
}

/// What the page shows after a call of the API.
fn call(browser: &mut Browser, token: &str, path: &str, sent: &str) -> Response {
    let token = token.replace('%', "%25").replace('+', "%2B").replace('&', "%26");
    browser.post("/jwt/call", &format!("token={token}&path={path}&sent={sent}"))
}

#[test]
fn a_program_gets_a_token_and_the_api_takes_it() {
    let (_folder, _server, mut browser) = start();
    browser.register("ada");
    let response = grant(&browser, r#"{"name":"Ada","password":"correct horse"}"#);
    assert_eq!(response.status, 200, "{}", response.body);
    assert_eq!(response.one("Cache-Control"), Some("no-store"));
    assert_eq!(response.one("Pragma"), Some("no-cache"));
    assert_eq!(response.one("Set-Cookie"), None);
    let body = json_of(&response);
    assert_eq!(
        (&body["token_type"], &body["expires_in"]),
        (&json!("Bearer"), &json!(300))
    );
    assert_eq!(body["scope"], "me:read");
    let token = body["access_token"].as_str().unwrap();

    for scheme in ["Bearer", "bearer"] {
        let me = get(&browser, "/api/me", &format!("{scheme} {token}"));
        assert_eq!((me.status, me.one("WWW-Authenticate")), (200, None));
        assert_eq!(me.one("Cache-Control"), Some("no-store"));
        let me = json_of(&me);
        assert_eq!((&me["name"], &me["scope"]), (&json!("ada"), &json!("me:read")));
        assert!((290..=300).contains(&me["expires_in"].as_u64().unwrap()), "{me}");
    }
    let refused = get(&browser, "/api/keys", &format!("Bearer {token}"));
    assert_eq!(
        (refused.status, refused.one("WWW-Authenticate")),
        (
            403,
            Some(
                "Bearer error=\"insufficient_scope\", error_description=\"the token does not have the scope that this \
                 needs\", scope=\"keys:read\""
            )
        )
    );
    let wider = self::token(&browser, "keys:read other");
    let keys = json_of(&get(&browser, "/api/keys", &format!("Bearer {wider}")));
    assert_eq!(keys["keys"][0]["state"], "active");
    assert_eq!(
        keys["keys"][0].as_object().unwrap().len(),
        2,
        "id and state, no secret"
    );
}

#[test]
fn the_api_refuses_in_json_with_the_challenge() {
    let (_folder, _server, mut browser) = start();
    browser.register("ada");
    let token = token(&browser, "");
    let (rest, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { "B" } else { "A" };
    let tampered = format!("{rest}.{first}{}", &signature[1..]);
    let invalid =
        |description: &str| format!("Bearer error=\"invalid_token\", error_description=\"{description}\"");
    let request = "Bearer error=\"invalid_request\", error_description=\"the Authorization field is not one scheme, \
                   one space and one token\"";
    for (authorization, status, challenge, code) in [
        ("Basic YWRhOmg=", 401, "Bearer".to_owned(), "login_required"),
        (
            &format!("Bearer {tampered}"),
            401,
            invalid("the token's signature does not verify"),
            "invalid_token",
        ),
        (
            &format!("Bearer {}", "a".repeat(60_000)),
            401,
            invalid("the token is longer than the policy allows"),
            "invalid_token",
        ),
        (
            &format!("Bearer  {token}"),
            400,
            request.to_owned(),
            "invalid_request",
        ),
        (
            &format!("Bearer {token},{token}"),
            400,
            request.to_owned(),
            "invalid_request",
        ),
    ] {
        let response = get(&browser, "/api/me", authorization);
        let shown = &authorization[..authorization.len().min(80)];
        assert_eq!(
            (response.status, response.one("WWW-Authenticate")),
            (status, Some(&*challenge)),
            "{shown}"
        );
        assert_eq!(json_of(&response)["error"], code, "{shown}");
    }
    let good = format!("Bearer {token}");
    let twice: [(&str, &[u8]); 2] = [
        ("Authorization", good.as_bytes()),
        ("Authorization", good.as_bytes()),
    ];
    let response = send(&browser, "GET /api/me", &twice, b"");
    assert_eq!(
        (response.status, response.one("WWW-Authenticate")),
        (400, Some(request))
    );
    for path in ["/api/me", &format!("/api/me?access_token={token}")] {
        // Logged in by cookie, which is nothing to the API.
        let response = browser.get(path);
        assert_eq!(
            (response.status, response.one("WWW-Authenticate")),
            (401, Some("Bearer"))
        );
    }
    for (line, status) in [
        ("GET /api/nowhere", 404),
        ("GET /api/token", 405),
        ("DELETE /api/me", 405),
    ] {
        let response = send(&browser, line, &[], b"");
        assert_eq!(response.status, status, "{line}");
        assert!(json_of(&response)["error"].is_string());
    }
}

#[test]
fn asking_for_a_token_has_rules() {
    let (_folder, _server, mut browser) = start();
    browser.register("ada");
    for (body, status, code) in [
        (
            r#"{"name":"ada","password":"correct horsf"}"#.to_owned(),
            400,
            "invalid_grant",
        ),
        (
            r#"{"name":"bob","password":"correct horse"}"#.to_owned(),
            400,
            "invalid_grant",
        ),
        (
            r#"{"name":"<b>","password":"short"}"#.to_owned(),
            400,
            "invalid_grant",
        ),
        (r#"{"name":"ada"}"#.to_owned(), 422, "invalid_request"),
        (
            r#"{"name":"ada","password":1}"#.to_owned(),
            422,
            "invalid_request",
        ),
        ("name=ada".to_owned(), 400, "invalid_request"),
        (String::new(), 400, "invalid_request"),
        (
            format!(r#"{{"name":"ada","password":"{}"}}"#, "x".repeat(9000)),
            413,
            "invalid_request",
        ),
    ] {
        let response = grant(&browser, &body);
        let shown = &body[..body.len().min(60)];
        assert_eq!(response.status, status, "{shown}");
        assert_eq!(json_of(&response)["error"], code, "{shown}");
        assert_eq!(response.one("Cache-Control"), Some("no-store"), "{shown}");
        assert!(
            !response.body.contains("horse") && !response.body.contains("ada"),
            "{shown}"
        );
    }
    let form: (&str, &[u8]) = ("Content-Type", b"application/x-www-form-urlencoded");
    let response = send(&browser, "POST /api/token", &[form], ADA.as_bytes());
    assert_eq!(
        (response.status, &json_of(&response)["error"]),
        (415, &json!("invalid_request"))
    );
    // Another site's script cannot have a browser ask.
    for site in ["cross-site", "same-site"] {
        let fields: [(&str, &[u8]); 2] = [
            ("Content-Type", b"application/json"),
            ("Sec-Fetch-Site", site.as_bytes()),
        ];
        let response = send(&browser, "POST /api/token", &fields, b"{}");
        assert_eq!(response.status, 403);
    }
}

#[test]
fn all_ways_to_log_in_share_their_attempts() {
    let (_folder, _server, mut browser) = start();
    browser.register("ada");
    let wrong = "name=ada&password=correct+horsf";
    for attempt in 0..10 {
        let status = match attempt % 3 {
            0 => browser.post("/login", wrong).status,
            1 => browser.post("/jwt", wrong).status,
            _ => 3 + grant(&browser, r#"{"name":"ada","password":"correct horsf"}"#).status,
        };
        assert_eq!(status, 403, "{attempt}");
    }
    for response in [
        browser.post("/login", ADA),
        browser.post("/jwt", ADA),
        grant(&browser, r#"{"name":"ada","password":"correct horse"}"#),
    ] {
        assert_eq!(response.status, 429, "even the right one");
        let seconds: u64 = response.one("Retry-After").unwrap().parse().unwrap();
        assert!((1..=300).contains(&seconds), "{seconds}");
        assert!(!response.body.contains("eyJ"));
    }
}

#[test]
fn the_published_key_verifies_our_tokens() {
    let (_folder, _server, mut browser) = start();
    browser.register("ada");
    let response = send(&browser, "GET /.well-known/jwks.json", &[], b"");
    assert_eq!(
        (response.status, response.one("Content-Type")),
        (200, Some("application/jwk-set+json"))
    );
    let set: Value = serde_json::from_str(&response.body).unwrap();
    let key = set["keys"][0].as_object().unwrap();
    assert_eq!((&key["kty"], &key["crv"]), (&json!("OKP"), &json!("Ed25519")));
    assert!(!key.contains_key("d"), "no private member");
    let fetched = JwkSet::fetched(response.body.as_bytes(), Backend::RustCrypto, None).unwrap();
    let origin = format!("http://{}", browser.address);
    let policy = Policy::access_token(format!("{origin}/"), format!("{origin}/api"));
    let verifier = Verifier::one(policy, fetched.keys).unwrap();
    let accepted = verifier
        .verify_owned::<Value>(&token(&browser, ""), UnixTime::now())
        .unwrap();
    assert_eq!(accepted.claims()["name"], "ada");
}

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
    assert_eq!((page.status, page.one("Set-Cookie")), (200, None));
    assert_eq!(page.one("Cache-Control"), Some("no-store"));
    let token = page.between("autocorrect=\"off\">eyJ", "</textarea>").to_owned();
    let token = format!("eyJ{token}");
    let curl = format!("Authorization: Bearer {token}' http://{}/api/me", browser.address);
    assert!(page.body.contains(&curl), "{}", page.body);
    let header = page.between("id=\"header\">", "</pre>");
    for part in [
        "&quot;alg&quot;: &quot;EdDSA&quot;",
        "&quot;typ&quot;: &quot;at+jwt&quot;",
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
        ("junk", "expired", 422, "the token is not a well-formed JWS"),
        (
            "e30.e30.AA",
            "other-audience",
            422,
            "It does so only with a token that is good",
        ),
        ("<script>alert(1)</script>", "as-it-is", 200, "400 Bad Request"),
        (&"a".repeat(7000), "as-it-is", 200, "401 Unauthorized"),
        (&"a".repeat(9000), "as-it-is", 413, "The form is too large"),
        (&"a".repeat(200_000), "as-it-is", 413, "The form is too large"),
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
fn a_restart_ends_every_token_and_no_log_in() {
    let (folder, server, mut browser) = start();
    browser.register("ada");
    let token = token(&browser, "");
    let port = server.address.port();
    assert!(server.stop("TERM").success());
    let _server = Server::start_on(&folder, port);
    assert_eq!(browser.who().as_deref(), Some("ada"));
    let response = get(&browser, "/api/me", &format!("Bearer {token}"));
    assert_eq!(
        (response.status, response.one("WWW-Authenticate")),
        (
            401,
            Some("Bearer error=\"invalid_token\", error_description=\"no key has the token's key id\"")
        )
    );
    let page = call(&mut browser, &token, "/api/me", "as-it-is");
    assert!(page.body.contains("before it was started again"), "{}", page.body);
}
