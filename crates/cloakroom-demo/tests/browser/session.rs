//! The log-in that the server remembers, in two browsers at once.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::PASSWORD;
use crate::support::chromium::Chromium;
use crate::support::client::Browser;
use crate::support::execute;
use crate::support::server::{Folder, Server};

/// Two browsers, each with a profile of its own, in both of which the same account has a session.
async fn two_profiles() -> (Folder, Server, Chromium, Chromium, String) {
    let folder = Folder::new();
    let server = Server::start(&folder);
    Browser::new(server.address).register("ada");
    let url = format!("http://{}/session", server.address);
    let (desk, phone) = tokio::join!(Chromium::start(), Chromium::start());
    for chromium in [&desk, &phone] {
        chromium.goto(&url).await;
        chromium.enter("ada", PASSWORD).await;
        assert_eq!(chromium.text("#user").await, "ada");
    }
    (folder, server, desk, phone, url)
}

/// The page at the next click of somebody whose session has ended elsewhere.
async fn is_logged_out_at_the_next_click(chromium: &Chromium) {
    chromium.follow("form[action='/session/count'] button").await;
    assert!(
        chromium.text(".notice").await.starts_with("Log in first."),
        "{}",
        chromium.client.source().await.unwrap()
    );
    assert!(chromium.has("form[action='/session/login']").await);
    assert!(!chromium.has("#user").await);
}

#[tokio::test]
async fn one_profile_ends_the_session_of_the_other() {
    let (folder, _server, desk, phone, url) = two_profiles().await;
    desk.goto(&url).await;
    assert_eq!(desk.count(".devices li").await, 2);
    assert_eq!(desk.count(".devices li[data-current]").await, 1);
    let agent = desk.text(".devices li:not([data-current]) .agent").await;
    assert!(agent.contains("Chrome"), "{agent}");
    desk.follow(".devices li:not([data-current]) form[action='/session/devices'] button")
        .await;
    assert!(desk.text(".notice").await.starts_with("That session is over"));
    assert_eq!(desk.count(".devices li").await, 1);
    is_logged_out_at_the_next_click(&phone).await;

    // Logged in again, it is ended with all others, now that the password was given too long ago.
    phone.enter("ada", PASSWORD).await;
    assert_eq!(phone.count(".devices li").await, 2);
    execute(
        &folder.sessions(),
        "UPDATE cloakroom_session SET authenticated_at = authenticated_at - 301000",
    )
    .await;
    desk.goto(&url).await;
    desk.follow("button[value='end-others']").await;
    assert_eq!(desk.text("h1").await, "Your password once more");
    assert!(desk.has("header form[action='/session/logout'] button").await);
    phone.follow("form[action='/session/count'] button").await;
    assert_eq!(phone.text("#count").await, "1", "nothing has happened yet");
    desk.type_into("#password", "wrong horse").await;
    desk.follow("form[action='/session/confirm'] button").await;
    assert_eq!(desk.text("[role=alert]").await, "The password is wrong.");
    desk.type_into("#password", PASSWORD).await;
    desk.follow("form[action='/session/confirm'] button").await;
    assert!(
        desk.text(".notice")
            .await
            .starts_with("All other sessions are over")
    );
    assert_eq!(desk.text("#user").await, "ada");
    is_logged_out_at_the_next_click(&phone).await;
}

#[tokio::test]
async fn a_changed_password_logs_the_other_profile_out() {
    let (_folder, _server, desk, phone, _url) = two_profiles().await;
    let before = desk.cookies().await.remove(0)["value"].clone();
    desk.type_into("#old", PASSWORD).await;
    desk.type_into("#new", "better horse").await;
    desk.follow("form[action='/session/password'] button").await;
    assert!(
        desk.text(".notice")
            .await
            .starts_with("Your password is changed.")
    );
    assert_eq!(desk.text("#user").await, "ada");
    assert_ne!(
        desk.cookies().await.remove(0)["value"],
        before,
        "the token is a new one"
    );
    is_logged_out_at_the_next_click(&phone).await;
    phone.enter("ada", PASSWORD).await;
    assert_eq!(phone.text("[role=alert]").await, "Name or password is wrong.");
    phone.enter("ada", "better horse").await;
    assert_eq!(phone.text("#user").await, "ada");
}

#[tokio::test]
async fn all_sessions_end_from_one_profile() {
    let (_folder, _server, desk, phone, url) = two_profiles().await;
    desk.goto(&url).await;
    desk.follow("button[value='end-all']").await;
    assert!(
        desk.text(".notice")
            .await
            .starts_with("All your sessions are over")
    );
    assert!(!desk.has("#user").await);
    assert_eq!(desk.cookies().await, [Value::Null; 0]);
    is_logged_out_at_the_next_click(&phone).await;
}

#[tokio::test]
async fn the_cookie_of_a_session_is_host_bound_and_logging_out_removes_it() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    Browser::new(server.address).register("ada");
    let url = format!("http://{}/session", server.address);
    let chromium = Chromium::start().await;
    for remember in [false, true] {
        chromium.goto(&url).await;
        if remember {
            chromium.element("#remember").await.click().await.unwrap();
        }
        chromium.enter("ada", PASSWORD).await;
        let cookies = chromium.cookies().await;
        assert_eq!(cookies.len(), 1, "{cookies:?}");
        for (member, expected) in [
            ("name", json!("__Host-session")),
            // Without a leading dot: this host alone.
            ("domain", json!("127.0.0.1")),
            ("path", json!("/")),
            ("secure", json!(true)),
            ("httpOnly", json!(true)),
            ("sameSite", json!("Lax")),
            ("session", json!(!remember)),
        ] {
            assert_eq!(cookies[0][member], expected, "{member} of {}", cookies[0]);
        }
        assert_eq!(cookies[0]["value"].as_str().unwrap().len(), 64);
        if remember {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
            let left = cookies[0]["expires"].as_f64().unwrap() - now.as_secs_f64();
            assert!(
                (2_591_880.0..=2_592_000.0).contains(&left),
                "thirty days: {left} s"
            );
        }
        assert_eq!(chromium.script("return document.cookie").await, json!(""));
        chromium
            .follow("header form[action='/session/logout'] button")
            .await;
        assert!(
            chromium
                .text(".notice")
                .await
                .starts_with("Your session is over.")
        );
        assert_eq!(chromium.cookies().await, [Value::Null; 0], "the removal removes");
        // The copy opens nothing.
        let params = json!({
            "url": url, "name": "__Host-session", "value": cookies[0]["value"], "path": "/",
            "secure": true, "httpOnly": true, "sameSite": "Lax",
        });
        assert_eq!(
            chromium.devtools("Network.setCookie", params).await["success"],
            json!(true)
        );
        chromium.goto(&url).await;
        assert!(!chromium.has("#user").await);
        chromium.devtools("Network.clearBrowserCookies", json!({})).await;
    }
}

#[tokio::test]
async fn the_clocks_tick_and_no_page_of_the_session_is_wider_than_its_window() {
    let (folder, _server, desk, phone, url) = two_profiles().await;
    desk.goto(&url).await;
    let left = "return parseInt(getComputedStyle(document.querySelector('#idle-clock'), '::before')
        .getPropertyValue('--left'))";
    let first = desk.script(left).await.as_u64().unwrap();
    assert!((1_700..=1_800).contains(&first), "{first}");
    // It ticks within a second; how long a busy machine takes to show it does not matter.
    while desk.script(left).await.as_u64().unwrap() == first {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    phone.client.goto("about:blank").await.unwrap();
    execute(
        &folder.sessions(),
        "UPDATE cloakroom_session SET authenticated_at = authenticated_at - 301000",
    )
    .await;
    for page in ["page", "confirm", "form"] {
        for width in [1200, 700, 360, 320] {
            let params = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
            desk.devtools("Emulation.setDeviceMetricsOverride", params).await;
            desk.goto(&url).await;
            if page == "confirm" {
                desk.follow("button[value='end-others']").await;
                assert!(desk.has("form[action='/session/confirm']").await);
            }
            let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
            assert_eq!(desk.script(wide).await, json!(0), "{page} at {width}");
        }
        if page == "confirm" {
            desk.follow("header form[action='/session/logout'] button").await;
        }
    }
    assert!(desk.has("form[action='/session/login']").await);
}
