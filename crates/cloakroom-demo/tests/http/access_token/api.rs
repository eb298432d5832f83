use cloakroom_core::UnixTime;
use cloakroom_jwt::{Backend, JwkSet, Policy, Verifier};
use serde_json::{Value, json};

use super::{ADA, call, get, grant, json_of, send, token};
use crate::start;
use crate::support::client::Browser;
use crate::support::server::{Folder, PROGRAM, Server};

#[test]
fn a_program_gets_a_token_and_the_api_takes_it() {
    let (_folder, _server, mut browser) = start();
    browser.register("ada");
    let response = grant(&browser, r#"{"name":"Ada","password":"correct horse"}"#);
    assert_eq!(response.status, 200, "{}", response.body);
    assert_eq!(response.one("Cache-Control"), Some("no-store"));
    assert_eq!(response.one("Pragma"), Some("no-cache"));
    assert_eq!(response.set("__Host-id"), None);
    let body = json_of(&response);
    assert_eq!(
        (&body["token_type"], &body["expires_in"]),
        (&json!("Bearer"), &json!(300))
    );
    assert_eq!(body["scope"], "me:read");
    let token = body["access_token"].as_str().unwrap();

    for scheme in ["Bearer", "bearer", "Bearer  "] {
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
    let request = "Bearer error=\"invalid_request\", error_description=\"the Authorization field is not one scheme \
                   and one token\"";
    for (authorization, status, challenge, code) in [
        ("Basic YWRhOmg=", 401, "Bearer".to_owned(), None),
        (
            &format!("Bearer {tampered}"),
            401,
            invalid("the token's signature does not verify"),
            Some("invalid_token"),
        ),
        (
            &format!("Bearer {}", "a".repeat(60_000)),
            401,
            invalid("the token is longer than the policy allows"),
            Some("invalid_token"),
        ),
        (
            &format!("Bearer {token} x"),
            400,
            request.to_owned(),
            Some("invalid_request"),
        ),
        (
            &format!("Bearer {token},{token}"),
            400,
            request.to_owned(),
            Some("invalid_request"),
        ),
    ] {
        let response = get(&browser, "/api/me", authorization);
        let shown = &authorization[..authorization.len().min(80)];
        assert_eq!(
            (response.status, response.one("WWW-Authenticate")),
            (status, Some(&*challenge)),
            "{shown}"
        );
        let body = json_of(&response);
        assert_eq!(body.get("error").and_then(Value::as_str), code, "{shown}: {body}");
        assert!(body["error_description"].is_string(), "{shown}: {body}");
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
        (r#"{"name":"ada"}"#.to_owned(), 400, "invalid_request"),
        (
            r#"{"name":"ada","password":1}"#.to_owned(),
            400,
            "invalid_request",
        ),
        ("[]".to_owned(), 400, "invalid_request"),
        (
            r#"{"name":"ada","name":"ada","password":"correct horse"}"#.to_owned(),
            400,
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
    let issuer = "https://cloakroom-demo.localhost/";
    let policy = Policy::access_token(issuer, format!("{issuer}api"));
    let verifier = Verifier::one(policy, fetched.keys).unwrap();
    let accepted = verifier
        .verify_owned::<Value>(&token(&browser, ""), UnixTime::now())
        .unwrap();
    assert_eq!(accepted.claims()["name"], "ada");
}

#[test]
fn a_token_outlives_a_restart_and_not_its_key() {
    let (folder, server, mut browser) = start();
    browser.register("ada");
    let token = token(&browser, "");
    let bearer = format!("Bearer {token}");
    assert!(server.stop("TERM").success());
    let server = Server::start(&folder);
    browser.address = server.address;
    assert_eq!(get(&browser, "/api/me", &bearer).status, 200);
    assert!(server.stop("TERM").success());
    std::fs::remove_file(folder.signing_file()).unwrap();
    let server = Server::start(&folder);
    browser.address = server.address;
    assert_eq!(browser.who().as_deref(), Some("ada"));
    let response = get(&browser, "/api/me", &bearer);
    assert_eq!(
        (response.status, response.one("WWW-Authenticate")),
        (
            401,
            Some("Bearer error=\"invalid_token\", error_description=\"no key has the token's key id\"")
        )
    );
    let page = call(&mut browser, &token, "/api/me", "as-it-is");
    assert!(
        page.body.contains("or of this one under another key"),
        "{}",
        page.body
    );
}

#[test]
fn the_life_of_a_token_is_chosen() {
    let folder = Folder::new();
    let mut command = std::process::Command::new(PROGRAM);
    command
        .args(["--port", "0", "--access-ttl", "7", "--db"])
        .arg(folder.db());
    let server = Server::spawn(command);
    let mut browser = Browser::new(server.address);
    browser.register("ada");
    let answer = grant(&browser, "{\"name\":\"ada\",\"password\":\"correct horse\"}");
    assert_eq!(json_of(&answer)["expires_in"], 7);
    assert_eq!(
        get(&browser, "/api/me", &format!("Bearer {}", token(&browser, ""))).status,
        200
    );
}
