//! Tokens that verify: claims, times, scopes, and who hears of it.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use cloakroom_tower::EventKind::{InsufficientScope, TokenRejected, TokenUnreadable, Verified};
use cloakroom_tower::cloakroom_core::UnixTime;
use cloakroom_tower::cloakroom_jwt::{ErrorKind, HmacKey, Signer, SigningKey, Verifier};
use cloakroom_tower::testing::{authorization_header, bearing};
use cloakroom_tower::{Bearer, BearerErrorKind, BearerSource, BearerVerifier, CookieLayer, Error, Event};
use http::header::{AUTHORIZATION, COOKIE};
use http::{Request, Response as HttpResponse};
use serde_json::json;
use tower::ServiceExt;

use crate::desk::{
    AUDIENCE, Claims, Desk, ISSUER, T0, claims, good, policy, signer, tampered, token, verifier,
};

#[tokio::test]
async fn claims_come_typed_and_the_registered_ones_beside_them() {
    let layer = CookieLayer::new().with_clock(|| UnixTime::from_millis(T0 * 1000));
    let verifier = BearerVerifier::<Claims>::from_authorization(verifier());
    let service = tower::ServiceBuilder::new()
        .layer(layer)
        .service_fn(|request: Request<()>| {
            let verifier = verifier.clone();
            async move {
                let bearer = Bearer::read(request.headers(), request.extensions(), &verifier)?;
                assert_eq!((bearer.issuer(), bearer.subject()), (ISSUER, Some("u1")));
                assert_eq!((bearer.token_id(), bearer.policy()), (Some("t1"), 0));
                assert_eq!(bearer.issued_at(), Some(UnixTime::from_millis(T0 * 1000)));
                assert_eq!(
                    bearer.expires_at(),
                    Some(UnixTime::from_millis((T0 + 300) * 1000))
                );
                assert_eq!(bearer.not_before(), Some(UnixTime::from_millis((T0 - 1) * 1000)));
                assert_eq!(bearer.audience().collect::<Vec<_>>(), ["other", AUDIENCE]);
                assert_eq!(bearer.kid(), Some("k1"));
                assert_eq!(bearer.auth_time(), Some(UnixTime::from_millis((T0 - 60) * 1000)));
                assert_eq!(bearer.source(), BearerSource::Authorization);
                assert_eq!(
                    *bearer,
                    Claims {
                        role: "editor".to_owned()
                    }
                );
                for (scope, held) in [
                    ("notes:read", true),
                    ("notes:list", true),
                    ("notes", false),
                    ("!#[]~", false),
                ] {
                    assert_eq!(bearer.has_scope(scope), held, "{scope:?}");
                    match bearer.require_scope(scope) {
                        Ok(()) => assert!(held, "{scope:?}"),
                        Err(error) => assert!(!held && error.status() == 403, "{scope:?}"),
                    }
                }
                // Two scopes, held both, and what is none at all: a mistake of the program, and no fault of the token.
                for scope in [
                    "notes:read notes:list",
                    "",
                    " ",
                    "notes:read ",
                    "a\"b",
                    "a\\b",
                    "a\r\nb",
                    "\u{e4}",
                ] {
                    assert!(!bearer.has_scope(scope), "{scope:?}");
                    let error = bearer.require_scope(scope).unwrap_err();
                    assert!(matches!(error, Error::InvalidScope), "{scope:?}");
                    assert_eq!(error.status(), 500);
                    assert_eq!(
                        error.to_string(),
                        "a scope that a route asks for is not one scope-token"
                    );
                }
                let debug = format!("{bearer:?} {verifier:?}");
                for hidden in ["u1", "t1", "k1", "editor", "notes", ISSUER, AUDIENCE] {
                    assert!(!debug.contains(hidden), "{debug}");
                }
                assert_eq!(bearer.into_claims().role, "editor");
                Ok::<_, Error>(HttpResponse::new(String::new()))
            }
        });
    let token = token(&json!({ "nbf": T0 - 1, "aud": ["other", AUDIENCE] }));
    let request = Request::builder().header(AUTHORIZATION, format!("Bearer {token}"));
    service.oneshot(request.body(()).unwrap()).await.unwrap();
}

#[tokio::test]
async fn the_layers_clock_decides() {
    let desk = Desk::by_authorization();
    let token = good();
    let end = (T0 + 300) * 1000;
    for (now, status) in [
        (T0 * 1000 - 1, 401),
        (T0 * 1000, 200),
        (end - 1, 200),
        (end, 401),
        (end + 1, 401),
        (i64::MAX, 401),
        (i64::MIN, 401),
    ] {
        assert_eq!(desk.at(now).bring(&token).await.status.as_u16(), status, "{now}");
    }
}

#[tokio::test]
async fn authorization_alone_needs_no_layer() {
    let app = Desk::routes(&BearerVerifier::from_authorization(verifier()));
    let now = UnixTime::now().as_millis() / 1000;
    let ask = async |path, field: Option<String>| {
        let mut request = Request::get(path);
        if let Some(field) = field {
            request = request.header(AUTHORIZATION, field);
        }
        // No cookie is looked at.
        let request = request.header(COOKIE, format!("__Host-jwt={}", good()));
        let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await;
        let (parts, body) = response.unwrap().into_parts();
        let body = axum::body::to_bytes(body, 1 << 10).await.unwrap();
        let challenge = parts.headers.get("www-authenticate");
        let challenge = challenge.map(|value| value.to_str().unwrap().to_owned());
        (
            parts.status.as_u16(),
            challenge,
            String::from_utf8(body.to_vec()).unwrap(),
        )
    };
    let bearer = |token| Some(format!("Bearer {token}"));
    // The system's clock decides.
    let fresh = token(&json!({ "iat": now, "exp": now + 300 }));
    let who = "u1 editor by authorization".to_owned();
    for path in ["/", "/maybe"] {
        assert_eq!(ask(path, bearer(fresh.clone())).await, (200, None, who.clone()));
    }
    let expired = "Bearer error=\"invalid_token\", error_description=\"the token has expired\"";
    assert_eq!(
        ask("/", bearer(good())).await,
        (
            401,
            Some(expired.to_owned()),
            "the token has expired\n".to_owned()
        )
    );
    let (status, challenge, _) = ask("/", None).await;
    assert_eq!((status, challenge.as_deref()), (401, Some("Bearer")));
    assert_eq!(ask("/maybe", None).await, (200, None, "nobody".to_owned()));
    assert_eq!(ask("/", Some("Bearer".to_owned())).await.0, 400);
    assert_eq!(ask("/write", bearer(fresh)).await.0, 403);
}

#[tokio::test]
async fn a_cookie_without_the_layer_is_a_mistake_of_the_program() {
    let authorization = BearerVerifier::from_authorization(verifier());
    for verifier in [
        BearerVerifier::from_cookie(verifier(), crate::desk::COOKIE_NAME).unwrap(),
        authorization.or_cookie(crate::desk::COOKIE_NAME).unwrap(),
    ] {
        // Told on the first request, whatever it brings.
        for name in [AUTHORIZATION, COOKIE] {
            let request = Request::get("/").header(name, format!("Bearer {}", good()));
            let response = Desk::routes(&verifier)
                .oneshot(request.body(Body::empty()).unwrap())
                .await
                .unwrap();
            assert_eq!(response.status(), 500);
            assert!(matches!(
                response.extensions().get::<Error>(),
                Some(Error::MissingLayer)
            ));
        }
    }
}

#[tokio::test]
async fn claims_of_another_shape_are_an_invalid_token() {
    let desk = Desk::by_authorization();
    for role in [json!(null), json!(1), json!(["editor"])] {
        let answer = desk.bring(&token(&json!({ "role": role }))).await;
        answer.refuses(
            401,
            "Bearer error=\"invalid_token\", error_description=\"the token's claims are not those that this needs\"",
            "the token's claims are not those that this needs",
            &[TokenUnreadable],
        );
    }
}

#[tokio::test]
async fn a_missing_scope_is_a_403_that_names_it() {
    let desk = Desk::by_authorization();
    let ask = async |changes| {
        let field = format!("Bearer {}", token(&changes));
        desk.ask("/write", &[field.as_bytes()], &[]).await
    };
    let answer = ask(json!({ "scope": "notes:read notes:write" })).await;
    answer.is("written", &[Verified]);
    for scope in [
        json!("notes:read"),
        json!("notes:writer"),
        json!("NOTES:WRITE"),
        json!(""),
        json!(null),
        json!(["notes:write"]),
        json!({ "notes:write": true }),
    ] {
        let answer = ask(json!({ "scope": scope })).await;
        answer.refuses(
            403,
            "Bearer error=\"insufficient_scope\", error_description=\"the token does not have the scope that this \
             needs\", scope=\"notes:write\"",
            "the token does not have the scope that this needs",
            &[Verified, InsufficientScope],
        );
    }
}

#[tokio::test]
async fn on_error_changes_the_answer_and_the_observer_hears_the_kind() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&heard);
    let verifier = BearerVerifier::from_authorization(verifier());
    let desk = Desk::built(verifier.or_cookie(crate::desk::COOKIE_NAME).unwrap(), |layer| {
        layer.observer(move |event: &Event<'_>| {
            let told = (
                event.kind(),
                event.cookie().map(str::to_owned),
                event.token_error(),
            );
            list.lock().unwrap().push(told);
        })
    });
    let layer = CookieLayer::new().on_error(|error, response: Response| match error {
        Error::Bearer(error) if *error.kind() == BearerErrorKind::Required => {
            (response.headers().clone(), "{\"error\":\"login\"}").into_response()
        }
        _ => response,
    });
    let own = Desk::routes(&desk.verifier).layer(layer);
    let request = Request::get("/").body(Body::empty()).unwrap();
    let response = own.oneshot(request).await.unwrap();
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    let body = axum::body::to_bytes(response.into_body(), 1 << 10).await.unwrap();
    assert_eq!(body, "{\"error\":\"login\"}");

    desk.bring(&good()).await;
    desk.bring(&tampered()).await;
    desk.ask("/", &[], &["__Host-jwt=junk"]).await;
    let cookie = Some("__Host-jwt".to_owned());
    assert_eq!(
        *heard.lock().unwrap(),
        [
            (Verified, None, None),
            (TokenRejected, None, Some(ErrorKind::Signature)),
            (TokenRejected, cookie, Some(ErrorKind::Malformed)),
        ]
    );
}

#[tokio::test]
async fn a_verifier_is_replaced_for_all_clones_at_once() {
    let desk = Desk::by_authorization();
    let next =
        SigningKey::from(HmacKey::hs256(b"\xff\xfe another secret, which comes next \x03\x02\x01").unwrap());
    let next_signer = Signer::new(next.clone(), "at+jwt").unwrap();
    let next_token = next_signer.sign(&claims(&json!({}))).unwrap();
    assert_eq!(desk.bring(&next_token).await.status, 401);
    desk.verifier
        .clone()
        .replace(Verifier::one(policy(), [next.verifying_key()]).unwrap());
    assert_eq!(desk.bring(&next_token).await.status, 200);
    assert_eq!(desk.bring(&good()).await.status, 401);
}

#[tokio::test]
async fn the_testing_helpers_make_requests_that_are_logged_in() {
    let desk = Desk::by_authorization();
    let request = Request::get("/").body(Body::empty()).unwrap();
    let request = bearing(request, &signer(), &claims(&json!({}))).unwrap();
    assert!(request.headers()[AUTHORIZATION].is_sensitive());
    assert!(!request.headers().contains_key(COOKIE));
    desk.call(request)
        .await
        .is("u1 editor by authorization", &[Verified]);
    let header = authorization_header(&signer(), &claims(&json!({ "role": "reader" }))).unwrap();
    let answer = desk.ask("/", &[header.as_bytes()], &[]).await;
    answer.is("u1 reader by authorization", &[Verified]);
}
