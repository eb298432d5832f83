//! The app: a refresh token in a cookie, access tokens in answers to its script.

mod beside;
mod leave;
mod login;
mod others;
mod refresh;
mod thief;

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

use crate::support::client::{Browser, Response, send};
use crate::{Folder, Server, start};

const COOKIE: &str = "__Host-refresh";
const REMOVAL: &str = "__Host-refresh=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly; SameSite=Strict";

/// A browser that keeps all cookies, and does what the page's script does.
#[derive(Clone, Debug)]
struct Profile {
    address: SocketAddr,
    cookies: Vec<(String, String)>,
    /// The CSRF token of the newest page or answer.
    csrf: String,
}

impl Profile {
    fn new(address: SocketAddr) -> Self {
        Self {
            address,
            cookies: Vec::new(),
            csrf: String::new(),
        }
    }

    fn cookie(&self) -> Option<&str> {
        let held = self.cookies.iter().find(|(name, _)| name == COOKIE);
        held.map(|(_, value)| value.as_str())
    }

    fn set_cookie(&mut self, value: &str) {
        self.cookies.retain(|(name, _)| name != COOKIE);
        self.cookies.push((COOKIE.to_owned(), value.to_owned()));
    }

    fn request(&mut self, request_line: &str, fields: &[(&str, &[u8])], body: &[u8]) -> Response {
        let host = self.address.to_string();
        let pairs: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let cookie = pairs.join("; ");
        let mut all = vec![("Host", host.as_bytes())];
        if !pairs.is_empty() {
            all.push(("Cookie", cookie.as_bytes()));
        }
        all.extend_from_slice(fields);
        let response = send(self.address, request_line, &all, body);
        for line in response.all("Set-Cookie") {
            let (name, value) = line.split("; ").next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(held, _)| held != name);
            if !line.contains("Max-Age=0;") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        response
    }

    /// The page, and the CSRF token in it.
    fn page(&mut self) -> Response {
        let page = self.request("GET /app", &[("Sec-Fetch-Site", b"none")], b"");
        if page.status == 200 {
            page.between("name=\"csrf\" value=\"", "\"")
                .clone_into(&mut self.csrf);
        }
        page
    }

    fn post(&mut self, path: &str, csrf: Option<&str>, body: &str) -> Response {
        let origin = format!("http://{}", self.address);
        let mut fields: Vec<(&str, &[u8])> = vec![
            ("Origin", origin.as_bytes()),
            ("Sec-Fetch-Site", b"same-origin"),
            ("Content-Type", b"application/x-www-form-urlencoded"),
        ];
        fields.extend(csrf.map(|csrf| ("X-CSRF-Token", csrf.as_bytes())));
        self.request(&format!("POST {path}"), &fields, body.as_bytes())
    }

    /// What the script sends.
    fn ask(&mut self, path: &str, access_token: Option<&str>) -> Response {
        let csrf = self.csrf.clone();
        let body = access_token.map(|token| format!("access_token={token}"));
        self.post(path, Some(&csrf), &body.unwrap_or_default())
    }

    /// Sends the form of the page, as without a script.
    fn log_in(&mut self, name: &str, password: &str) -> Response {
        self.page();
        let form = format!("name={name}&password={password}&csrf={}", self.csrf);
        self.post("/app/login", None, &form)
    }

    /// What a refresh brings that succeeds.
    #[track_caller]
    fn refresh(&mut self) -> Value {
        let response = self.ask("/app/refresh", None);
        assert_eq!(response.status, 200, "{}", response.body);
        let answer = json(&response);
        answer["csrf_token"].as_str().unwrap().clone_into(&mut self.csrf);
        answer
    }

    /// The name of what a refresh ends with, its status, and whether the cookie is removed.
    #[track_caller]
    fn refused(&mut self, access_token: Option<&str>) -> (u16, String, bool) {
        let response = self.ask("/app/refresh", access_token);
        let removed = response.all("Set-Cookie").contains(&REMOVAL);
        let error = json(&response)["error"].as_str().unwrap().to_owned();
        (response.status, error, removed)
    }

    /// The status with which the API answers to an access token.
    fn api(&self, access_token: &str) -> u16 {
        let authorization = format!("Bearer {access_token}");
        let host = self.address.to_string();
        let fields: [(&str, &[u8]); 2] = [
            ("Host", host.as_bytes()),
            ("Authorization", authorization.as_bytes()),
        ];
        send(self.address, "GET /api/me", &fields, b"").status
    }

    /// Waits until the server has heard that the token is ended, which takes less than a second.
    fn wait_for_the_end_of(&self, access_token: &str) {
        for _ in 0..200 {
            if self.api(access_token) == 401 {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the access token does not end");
    }
}

#[track_caller]
fn json(response: &Response) -> Value {
    assert_eq!(
        response.one("Content-Type"),
        Some("application/json"),
        "{}",
        response.body
    );
    assert_eq!(response.one("Cache-Control"), Some("no-store"));
    serde_json::from_str(&response.body).unwrap()
}

fn over(error: &str) -> (u16, String, bool) {
    (400, error.to_owned(), true)
}

/// A browser in which ada is logged in to the app, with its page open.
fn logged_in() -> (Folder, Server, Profile) {
    let (folder, server, _) = start();
    Browser::new(server.address).register("ada");
    let profile = another(server.address);
    (folder, server, profile)
}

fn another(address: SocketAddr) -> Profile {
    let mut profile = Profile::new(address);
    let answer = profile.log_in("ada", "correct+horse");
    assert_eq!(
        (answer.status, answer.one("Location")),
        (303, Some("/app?notice=app-in")),
        "{}",
        answer.body
    );
    let page = profile.page();
    assert_eq!(page.between("id=\"user\">", "<"), "ada");
    profile
}
