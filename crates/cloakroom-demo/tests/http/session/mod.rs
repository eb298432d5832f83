//! The log-in that the server remembers.

mod devices;
mod login;
mod password;
mod refusals;

use crate::support::client::{Browser, Response};
use crate::support::execute;
use crate::{Folder, Server, start};

const ATTRIBUTES: &str = "; Path=/; Secure; HttpOnly; SameSite=Lax";
const REMOVAL: &str = "__Host-session=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly; SameSite=Lax";

/// An account of that name; the browser that made it holds nothing of it.
fn account(address: std::net::SocketAddr, name: &str) {
    Browser::new(address).register(name);
}

/// A browser in which the account of that name has a session.
#[track_caller]
fn logged_in(address: std::net::SocketAddr, name: &str) -> Browser {
    let mut browser = Browser::new(address);
    let answer = log_in(&mut browser, name, "correct+horse", "");
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(answer.one("Location"), Some("/session?notice=session-in"));
    browser
}

fn log_in(browser: &mut Browser, name: &str, password: &str, more: &str) -> Response {
    browser.post(
        "/session/login",
        &format!("name={name}&password={password}{more}"),
    )
}

fn with_session(name: &str) -> (Folder, Server, Browser) {
    let (folder, server, _) = start();
    account(server.address, name);
    let browser = logged_in(server.address, name);
    (folder, server, browser)
}

/// Who the page of the session says has it.
#[track_caller]
fn who(browser: &mut Browser) -> Option<String> {
    let page = browser.get("/session");
    assert_eq!(page.status, 200, "{}", page.body);
    if page.body.contains("action=\"/session/login\"") {
        return None;
    }
    Some(page.between("<strong id=\"user\">", "</strong>").to_owned())
}

fn count(browser: &mut Browser) -> u64 {
    let page = browser.get("/session");
    page.between("id=\"count\">", "<").parse().unwrap()
}

fn selector(browser: &mut Browser) -> String {
    let page = browser.get("/session");
    page.between("id=\"selector\">", "<").to_owned()
}

fn devices(browser: &mut Browser) -> usize {
    browser.get("/session").body.matches("id=\"device-").count()
}

/// As if every password had been given five minutes and a second earlier.
async fn grow_old(folder: &Folder) {
    execute(
        &folder.sessions(),
        "UPDATE cloakroom_session SET authenticated_at = authenticated_at - 301000",
    )
    .await;
}

#[track_caller]
fn redirected(answer: &Response, notice: &str) {
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(
        answer.one("Location"),
        Some(&*format!("/session?notice={notice}"))
    );
}
