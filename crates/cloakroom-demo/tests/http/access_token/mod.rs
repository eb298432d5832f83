//! Tokens for programs, the API that takes them, and the page that shows what it makes of them.

mod api;
mod page;

use serde_json::{Value, json};

use crate::support::client::{Browser, Response};

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
