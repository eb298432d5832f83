//! The app: a script that refreshes in the background, in tabs, browsers and against thieves.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::PASSWORD;
use crate::support::chromium::Chromium;
use crate::support::client::Browser;
use crate::support::server::{Folder, PROGRAM, Server};

/// What revocations take at the most to be known to every server.
const BOUND: Duration = Duration::from_secs(1);

/// A server of the folder whose access tokens live for so many seconds.
fn serve(folder: &Folder, access_ttl: &str) -> Server {
    let mut command = Command::new(PROGRAM);
    command
        .args(["--port", "0", "--access-ttl", access_ttl, "--db"])
        .arg(folder.db());
    Server::spawn(command)
}

/// A profile in which ada is logged in to the app, and whose script has its first access token.
async fn log_in(server: &Server) -> Chromium {
    let chromium = Chromium::start().await;
    chromium.goto(&format!("http://{}/app", server.address)).await;
    chromium.enter("ada", PASSWORD).await;
    assert_eq!(chromium.text("#user").await, "ada");
    chromium.element("#refreshes li[data-generation='1']").await;
    chromium
}

async fn logged_in(access_ttl: &str) -> (Folder, Server, Chromium) {
    let folder = Folder::new();
    let server = serve(&folder, access_ttl);
    Browser::new(server.address).register("ada");
    let chromium = log_in(&server).await;
    (folder, server, chromium)
}

async fn click(chromium: &Chromium, css: &str) {
    chromium.element(css).await.click().await.unwrap();
}

async fn refresh_cookie(chromium: &Chromium) -> Option<Value> {
    let cookies = chromium.cookies().await;
    cookies
        .into_iter()
        .find(|cookie| cookie["name"] == json!("__Host-refresh"))
}

/// Waits for the end of the page's log-in, and gives its name.
async fn end(chromium: &Chromium) -> String {
    let body = chromium.element("body[data-over]").await;
    assert!(chromium.has("#call:disabled").await && chromium.has("#again:not([hidden])").await);
    body.attr("data-over").await.unwrap().unwrap()
}

#[tokio::test]
async fn the_access_token_is_renewed_in_the_background_and_lies_in_no_storage() {
    let (_folder, _server, chromium) = logged_in("5").await;
    // Nobody touches the page.
    for generation in 2..=4 {
        chromium
            .element(&format!(
                "#refreshes li[data-generation='{generation}'][data-retried='false']"
            ))
            .await;
    }
    click(&chromium, "#call").await;
    chromium.element("#answer[data-status='200']").await;
    let answer = chromium.text("#answer").await;
    assert!(answer.contains("\"name\": \"ada\""), "{answer}");
    for storage in ["document.cookie", "localStorage.length", "sessionStorage.length"] {
        let held = chromium.script(&format!("return String({storage})")).await;
        assert_eq!(
            held,
            json!(if storage == "document.cookie" { "" } else { "0" }),
            "{storage}"
        );
    }
    let cookie = refresh_cookie(&chromium).await.unwrap();
    for (member, expected) in [
        ("domain", json!("127.0.0.1")),
        ("path", json!("/")),
        ("secure", json!(true)),
        ("httpOnly", json!(true)),
        ("sameSite", json!("Strict")),
        ("session", json!(false)),
    ] {
        assert_eq!(cookie[member], expected, "{member} of {cookie}");
    }
    let page = chromium.client.source().await.unwrap();
    assert!(!page.contains(&cookie["value"].as_str().unwrap()[13..]));
    for width in [1200, 700, 360, 320] {
        let params = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
        chromium
            .devtools("Emulation.setDeviceMetricsOverride", params)
            .await;
        let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(chromium.script(wide).await, json!(0), "at {width}");
    }
}

#[tokio::test]
async fn two_tabs_that_refresh_at_the_same_moment_both_go_on() {
    let (_folder, server, chromium) = logged_in("300").await;
    let url = format!("http://{}/app", server.address);
    let first = chromium.client.window().await.unwrap();
    let second = chromium.client.new_window(true).await.unwrap().handle;
    chromium.client.switch_to_window(second.clone()).await.unwrap();
    chromium.goto(&url).await;
    chromium.element("#refreshes li[data-generation]").await;
    let rounds = 3;
    for round in 1..=rounds {
        // Both click at a time that lies ahead, so neither waits for the other's answer.
        let at = chromium.script("return Date.now() + 1500").await;
        for tab in [&first, &second] {
            chromium.client.switch_to_window(tab.clone()).await.unwrap();
            let script =
                format!("setTimeout(() => document.querySelector('#refresh').click(), {at} - Date.now())");
            chromium.script(&script).await;
        }
        for tab in [&first, &second] {
            chromium.client.switch_to_window(tab.clone()).await.unwrap();
            chromium
                .element(&format!("#refreshes li:nth-child({})", round + 1))
                .await;
            assert!(!chromium.has("body[data-over]").await);
            assert!(!chromium.has("#refreshes li[data-failed]").await);
        }
    }
    for tab in [first, second] {
        chromium.client.switch_to_window(tab).await.unwrap();
        click(&chromium, "#call").await;
        chromium.element("#answer[data-status='200']").await;
    }
}

#[tokio::test]
async fn an_answer_that_was_lost_is_given_once_more() {
    let (_folder, server, chromium) = logged_in("300").await;
    let before = refresh_cookie(&chromium).await.unwrap()["value"].clone();
    click(&chromium, "#refresh").await;
    chromium
        .element("#refreshes li[data-generation='2'][data-retried='false']")
        .await;
    let after = refresh_cookie(&chromium).await.unwrap()["value"].clone();
    // As if the answer had never come.
    let params = json!({
        "url": format!("http://{}/app", server.address), "name": "__Host-refresh", "value": before, "path": "/",
        "secure": true, "httpOnly": true, "sameSite": "Strict",
    });
    assert_eq!(
        chromium.devtools("Network.setCookie", params).await["success"],
        json!(true)
    );
    click(&chromium, "#refresh").await;
    chromium
        .element("#refreshes li[data-generation='2'][data-retried='true']")
        .await;
    assert_eq!(
        refresh_cookie(&chromium).await.unwrap()["value"],
        after,
        "the same successor"
    );
}

#[tokio::test]
async fn a_thief_is_caught_and_both_are_out() {
    let (_folder, server, chromium) = logged_in("300").await;
    click(&chromium, "#steal").await;
    chromium.element("#thefts li[data-thief='ahead']").await;
    assert!(chromium.text("#thefts").await.contains("generations 2, 3, 4"));
    assert!(!chromium.has("body[data-over]").await, "nobody has noticed yet");
    click(&chromium, "#refresh").await;
    assert_eq!(end(&chromium).await, "reused");
    chromium.element("#thefts li[data-thief='refused']").await;
    assert!(
        chromium
            .text("#thefts")
            .await
            .contains("generation 4, was tried as well: it is refused.")
    );
    assert!(
        chromium
            .text("#state")
            .await
            .contains("the thief is out, and so are you.")
    );
    assert_eq!(refresh_cookie(&chromium).await, None);
    chromium.follow("#again a").await;
    assert!(chromium.has("form[action='/app/login']").await);
    assert_eq!(
        chromium.client.current_url().await.unwrap().as_str(),
        format!("http://{}/app", server.address)
    );
}

#[tokio::test]
async fn logging_out_removes_the_cookie_and_shows_the_form() {
    let (_folder, _server, chromium) = logged_in("300").await;
    chromium.follow("header form[action='/app/logout'] button").await;
    assert!(
        chromium
            .text(".notice")
            .await
            .starts_with("You are logged out of the app.")
    );
    assert_eq!(refresh_cookie(&chromium).await, None);
    assert!(chromium.has("form[action='/app/login']").await);
}

#[tokio::test]
async fn log_out_everywhere_at_one_server_ends_every_carrier_at_another_within_a_second() {
    let folder = Folder::new();
    let (near, far) = (serve(&folder, "300"), serve(&folder, "300"));
    Browser::new(near.address).register("ada");
    // Each carrier has a profile of its own: a log-in by one ends the others in its browser.
    let (desk, app, ticket, session) =
        tokio::join!(log_in(&near), log_in(&far), Chromium::start(), Chromium::start());
    let far = format!("http://{}", far.address);
    for (chromium, path) in [(&ticket, "/login"), (&session, "/session")] {
        chromium.goto(&format!("{far}{path}")).await;
        chromium.enter("ada", PASSWORD).await;
        assert_eq!(chromium.text("#user").await, "ada");
    }
    click(&app, "#call").await;
    app.element("#answer[data-status='200']").await;

    desk.follow(".leaving form[action='/app/everywhere'] button")
        .await;
    let acknowledged = Instant::now();
    assert!(
        desk.text(".notice")
            .await
            .starts_with("You are logged out everywhere")
    );
    tokio::time::sleep(BOUND.saturating_sub(acknowledged.elapsed())).await;
    // From now on the first request of each is refused.
    click(&app, "#call").await;
    app.element("#answer[data-status='401']").await;
    assert_eq!(end(&app).await, "revoked");
    assert!(
        app.text("#state")
            .await
            .contains("You were logged out everywhere.")
    );
    ticket.goto(&format!("{far}/")).await;
    assert!(!ticket.has("#user").await && ticket.has("form[action='/login']").await);
    session.goto(&format!("{far}/session")).await;
    assert!(!session.has("#user").await && session.has("form[action='/session/login']").await);
    // And whoever knows the password is let in again.
    ticket.enter("ada", PASSWORD).await;
    assert_eq!(ticket.text("#user").await, "ada");
}
