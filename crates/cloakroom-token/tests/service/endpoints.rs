//! Introspection (RFC 7662) and revocation (RFC 7009).

use cloakroom_token::{AccessGrant, Caller, Grant, Hint, Reply, TokenEndpoints, TokenRequest};
use serde_json::{Value, json};

use crate::world::{
    Api, NOW, Store, access, access_grant, at, client, confirmation, grant, node, now, ring, rotate, store,
};

struct World {
    store: Store,
    endpoints: TokenEndpoints<Api, Store>,
}

fn world() -> World {
    let store = store();
    let endpoints = TokenEndpoints::new(access(store.clone()), node(store.clone(), &ring()))
        .with_scope(|data| std::str::from_utf8(data).ok().map(str::to_owned));
    World { store, endpoints }
}

impl World {
    fn access_token(&self, change: impl FnOnce(&mut AccessGrant)) -> String {
        let mut grant = access_grant(&node(self.store.clone(), &ring()));
        change(&mut grant);
        now(access(self.store.clone()).issue(&grant, NOW))
            .unwrap()
            .token
            .to_string()
    }

    fn refresh_token(&self, change: impl FnOnce(&mut Grant)) -> String {
        let node = node(self.store.clone(), &ring());
        let mut grant = grant(&node);
        change(&mut grant);
        now(node.issue(&grant, NOW)).unwrap().token.to_string()
    }

    fn ask(&self, caller: &Caller, token: &str) -> Value {
        let reply = now(self.endpoints.introspect(caller, body(token).as_bytes(), at(1)));
        assert_eq!(reply.status, 200);
        assert_no_store(&reply);
        assert!(reply.headers.contains(&("content-type", "application/json")));
        if reply.body != r#"{"active":false}"# {
            assert!(reply.body.contains(r#""active":true"#));
        }
        serde_json::from_str(&reply.body).unwrap()
    }

    /// Revokes, which answers one and the same whatever the token.
    fn revoke(&self, caller: &Caller, body: &str) {
        let reply = now(self.endpoints.revoke(caller, body.as_bytes()));
        assert_eq!((reply.status, reply.body.as_str()), (200, ""));
        assert_no_store(&reply);
    }
}

fn app() -> Caller {
    Caller::client(client("app"))
}

fn api() -> Caller {
    Caller::resource_server(client("api"))
}

fn body(token: &str) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("token", token)
        .finish()
}

#[track_caller]
fn assert_no_store(reply: &Reply) {
    assert!(reply.headers.contains(&("cache-control", "no-store")));
    assert!(reply.headers.contains(&("pragma", "no-cache")));
}

#[test]
fn f8_an_active_token_is_described() {
    let world = world();
    let token = world.access_token(|_| ());
    let expected = json!({
        "active": true, "client_id": "app", "sub": "alice", "scope": "read write", "token_type": "Bearer",
        "iat": 1_767_225_600, "exp": 1_767_226_200, "auth_time": 1_767_225_600,
    });
    for caller in [app(), api()] {
        assert_eq!(world.ask(&caller, &token), expected);
    }
    let bound = world.access_token(|grant| {
        grant.confirmation = Some(confirmation(0));
        grant.authenticated_at = at(-1123);
        grant.data = [0xff].into();
    });
    assert_eq!(
        world.ask(&api(), &bound),
        json!({
            "active": true, "client_id": "app", "sub": "alice", "token_type": "DPoP",
            "cnf": {"jkt": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
            "iat": 1_767_225_600, "exp": 1_767_226_200, "auth_time": 1_767_225_599,
        })
    );
    let refresh = world.refresh_token(|_| ());
    assert_eq!(
        world.ask(&app(), &refresh),
        json!({
            "active": true, "client_id": "app", "sub": "alice", "scope": "read write",
            "iat": 1_767_225_600, "exp": 1_767_225_600 + 30 * 86_400, "auth_time": 1_767_225_600,
        })
    );
}

#[test]
fn f8_of_what_is_not_active_nothing_is_told() {
    let world = world();
    let node = node(world.store.clone(), &ring());
    let (token, refresh) = (world.access_token(|_| ()), world.refresh_token(|_| ()));
    let next = rotate(&node, &refresh, at(0)).unwrap().token.to_string();
    let ended = world.access_token(|_| ());
    world.revoke(&app(), &body(&ended));
    let ended_refresh = world.refresh_token(|_| ());
    world.revoke(&app(), &body(&ended_refresh));
    let other = Caller::client(client("other"));
    let inactive = json!({"active": false});
    for (caller, token) in [
        (&app(), "nonsense"),
        (&app(), "acme_at_"),
        (&api(), &token[1..]),
        (&app(), &ended),
        (&api(), &ended),
        (&app(), &ended_refresh),
        // Replaced, and another client's, and nothing for a resource server.
        (&app(), &refresh),
        (&other, &token),
        (&other, &next),
        (&api(), &next),
    ] {
        assert_eq!(world.ask(caller, token), inactive);
    }
    assert!(world.ask(&app(), &next)["active"] == true);
    let late = now(world
        .endpoints
        .introspect(&app(), body(&token).as_bytes(), at(600_000)));
    assert_eq!(late.body, r#"{"active":false}"#);
    // Asking used nothing up, and the replaced token is no reuse.
    assert!(rotate(&node, &next, at(1)).is_ok());
}

#[test]
fn f8_a_caller_that_has_not_authenticated_gets_401() {
    let reply = Reply::unauthenticated();
    assert_eq!(
        (reply.status, reply.body.as_str()),
        (401, r#"{"error":"invalid_client"}"#)
    );
    assert_no_store(&reply);
    assert!(reply.headers.iter().any(|(name, _)| *name == "www-authenticate"));
}

#[test]
fn f8_a_request_is_read_strictly() {
    let long = format!("token={}", "x".repeat(TokenRequest::MAX_LEN - 6));
    let many = (0..15)
        .map(|number| format!("&p{number}=1"))
        .collect::<Vec<_>>()
        .concat();
    for (body, expected) in [
        ("token=abc", Some(("abc", None))),
        ("token=a%20b%2Bc+d", Some(("a b+c d", None))),
        (
            "token_type_hint=refresh_token&token=t",
            Some(("t", Some(Hint::RefreshToken))),
        ),
        (
            "token=t&token_type_hint=access_token",
            Some(("t", Some(Hint::AccessToken))),
        ),
        (
            "token=t&token_type_hint=Access_Token",
            Some(("t", Some(Hint::Other))),
        ),
        ("token=t&token_type_hint=", Some(("t", None))),
        ("&&token=t&", Some(("t", None))),
        ("token=t&other=1", Some(("t", None))),
        (&format!("token=t{many}"), Some(("t", None))),
        (&format!("token=t{many}&more=1"), None),
        (&long, Some((&long[6..], None))),
        (&format!("{long}x"), None),
        ("", None),
        ("token", None),
        ("token=", None),
        ("token=&token=t", None),
        ("token=t&token=t", None),
        ("token=t&tok%65n=u", None),
        ("token=t&token_type_hint=&token_type_hint=access_token", None),
        ("token=t&x=1&x=1", None),
        ("Token=t", None),
        ("token%3Dt", None),
        (r#"{"token":"t"}"#, None),
    ] {
        let found = TokenRequest::parse(body.as_bytes());
        let found = found
            .as_ref()
            .map(|request| (request.token.as_str(), request.hint))
            .ok();
        assert_eq!(found, expected, "{body}");
        if expected.is_none() {
            let world = world();
            for reply in [
                now(world.endpoints.introspect(&app(), body.as_bytes(), NOW)),
                now(world.endpoints.revoke(&app(), body.as_bytes())),
            ] {
                assert_eq!(reply.status, 400);
                assert_no_store(&reply);
                let error: Value = serde_json::from_str(&reply.body).unwrap();
                assert_eq!(error["error"], "invalid_request");
            }
            assert_eq!(world.store.calls(), 0);
        }
    }
    assert!(TokenRequest::parse(b"token=\xff\x00%ff").is_ok());
    let request = TokenRequest::parse(b"token=verysecret").unwrap();
    assert!(!format!("{request:?}").contains("verysecret"));
}

#[test]
fn f8_a_revocation_of_an_unknown_token_answers_200() {
    let world = world();
    for text in ["nonsense", "acme_at_", "cloakroom_rt_", "\u{0}", "\u{1f9e5}"] {
        world.revoke(&app(), &body(text));
    }
    let token = world.access_token(|_| ());
    world.revoke(&app(), &body(&token));
    world.revoke(&app(), &body(&token));
    assert_eq!(world.ask(&app(), &token), json!({"active": false}));
}

#[test]
fn f20_another_client_s_token_is_left_as_it_is_with_200() {
    let world = world();
    let node = node(world.store.clone(), &ring());
    let (token, refresh) = (world.access_token(|_| ()), world.refresh_token(|_| ()));
    for caller in [
        Caller::client(client("other")),
        Caller::client(client("App")),
        api(),
    ] {
        for text in [&token, &refresh] {
            world.revoke(&caller, &body(text));
            world.revoke(&caller, &format!("{}&token_type_hint=refresh_token", body(text)));
        }
    }
    assert_eq!(world.ask(&app(), &token)["active"], true);
    assert!(rotate(&node, &refresh, at(1)).is_ok());
}

#[test]
fn f20_a_wrong_hint_hides_nothing() {
    let world = world();
    for hint in ["access_token", "refresh_token", "id_token", ""] {
        for text in [world.access_token(|_| ()), world.refresh_token(|_| ())] {
            let body = format!("{}&token_type_hint={hint}", body(&text));
            let reply = now(world.endpoints.introspect(&app(), body.as_bytes(), at(1)));
            assert!(reply.body.contains(r#""active":true"#), "{hint}");
            world.revoke(&app(), &body);
            assert_eq!(world.ask(&app(), &text), json!({"active": false}));
        }
    }
}

#[test]
fn a_store_that_fails_is_503_and_never_inactive() {
    let world = world();
    let (token, refresh) = (world.access_token(|_| ()), world.refresh_token(|_| ()));
    world.store.go_down();
    for text in [&token, &refresh] {
        for reply in [
            now(world.endpoints.introspect(&app(), body(text).as_bytes(), NOW)),
            now(world.endpoints.revoke(&app(), body(text).as_bytes())),
        ] {
            assert_eq!(reply.status, 503);
            assert!(reply.failure.is_some() && reply.headers.contains(&("retry-after", "1")));
            assert_no_store(&reply);
        }
    }
}
