//! What Chromium makes of it: only a real browser can say that a cookie is out of a script's reach.

#![allow(clippy::unwrap_used, reason = "the lint knows tests, not their helpers")]

mod app;
mod session;
#[path = "../support/mod.rs"]
mod support;

use std::time::{Duration, SystemTime};

use cloakroom_cookie::{SameSite, SetCookie};
use serde_json::{Value, json};
use support::canned::{self, Page};
use support::chromium::Chromium;
use support::client::Browser;
use support::server::{Folder, Server};

const PASSWORD: &str = "correct horse";

async fn registered() -> (Folder, Server, Chromium, String) {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let chromium = Chromium::start().await;
    let url = format!("http://{}/", server.address);
    chromium.goto(&url).await;
    chromium.follow(".entry a[href='/register']").await;
    chromium.enter("ada", PASSWORD).await;
    assert_eq!(chromium.text("#user").await, "ada");
    (folder, server, chromium, url)
}

#[tokio::test]
async fn a_person_logs_in_and_stays_so_across_a_restart() {
    let (folder, server, chromium, url) = registered().await;
    let port = server.address.port();
    assert!(server.stop("TERM").success());
    assert!(chromium.client.goto(&url).await.is_err(), "nobody is there");
    let server = Server::start_on(&folder, port);
    chromium.goto(&url).await;
    assert_eq!(chromium.text("#user").await, "ada");

    chromium.follow("header form[action='/logout'] button").await;
    assert!(
        chromium
            .text(".notice")
            .await
            .starts_with("This browser has forgotten its ticket.")
    );
    assert_eq!(chromium.cookies().await, [Value::Null; 0], "the removal removes");
    chromium.enter("ada", "wrong horse").await;
    assert_eq!(chromium.text("[role=alert]").await, "Name or password is wrong.");
    chromium.enter("Ada", PASSWORD).await;
    assert_eq!(chromium.text("#user").await, "ada");
    drop(server);
}

#[tokio::test]
async fn the_cookie_is_host_bound_and_out_of_every_scripts_reach() {
    let (_folder, _server, chromium, url) = registered().await;
    let cookies = chromium.cookies().await;
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    let cookie = &cookies[0];
    for (member, expected) in [
        ("name", json!("__Host-id")),
        // Without a leading dot: this host alone.
        ("domain", json!("127.0.0.1")),
        ("path", json!("/")),
        ("secure", json!(true)),
        ("httpOnly", json!(true)),
        ("sameSite", json!("Lax")),
        ("session", json!(false)),
    ] {
        assert_eq!(cookie[member], expected, "{member} of {cookie}");
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let left = cookie["expires"].as_f64().unwrap() - now.as_secs_f64();
    assert!(
        (43_080.0..=43_200.0).contains(&left),
        "twelve hours from now: {left} s"
    );
    assert_eq!(chromium.script("return document.cookie").await, json!(""));
    let script = "document.cookie = '__Host-id=evil; Path=/; Secure'; return document.cookie";
    assert_eq!(
        chromium.script(script).await,
        json!(""),
        "nor can one write over it"
    );
    chromium.goto(&url).await;
    assert_eq!(chromium.text("#user").await, "ada");
    let background = "return getComputedStyle(document.querySelector('.ticket .body')).backgroundColor";
    assert_eq!(
        chromium.script(background).await,
        json!("rgb(138, 28, 60)"),
        "the policy lets our style in"
    );
}

#[tokio::test]
async fn keys_rotate_under_a_person_and_a_revoked_one_logs_out() {
    let (_folder, _server, chromium, url) = registered().await;
    let old = chromium.text("#sealed-with").await;
    chromium.follow("form[action='/keys/announce'] button").await;
    chromium
        .follow("tr[data-state=announced] form[action='/keys/activate'] button")
        .await;
    assert_eq!(chromium.text("#user").await, "ada");
    let new = chromium.text("#resealed-with b").await;
    assert_ne!(new, old);
    chromium.goto(&url).await;
    assert_eq!(chromium.text("#sealed-with").await, new);
    assert!(!chromium.has("#resealed-with").await);

    chromium
        .follow("tr[data-state=retiring] form[action='/keys/revoke'] button")
        .await;
    assert!(
        chromium
            .text(".notice")
            .await
            .starts_with("The key is revoked and the cut-off is set")
    );
    assert!(!chromium.has("#user").await);
    chromium.goto(&url).await;
    assert_eq!(chromium.status().await, 200);
    assert!(!chromium.has("#user").await && !chromium.has(".problem").await);
    assert_eq!(
        chromium.cookie_names().await,
        ["__Host-id"],
        "the browser still has it; it opens nothing"
    );
    chromium.enter("ada", PASSWORD).await;
    assert_eq!(chromium.text("#user").await, "ada");
    assert_eq!(chromium.text("tr[data-state=revoked] code").await, old);
    assert!(
        chromium
            .text("#cutoff")
            .await
            .starts_with("Cut-off: every ticket issued at or before ")
    );
}

#[tokio::test]
async fn a_tampered_cookie_means_logged_out_and_no_error_page() {
    let (_folder, _server, chromium, url) = registered().await;
    let cookie = chromium.cookies().await.remove(0);
    let right = cookie["value"].as_str().unwrap();
    let middle = right.len() / 2;
    let other = if right.as_bytes()[middle] == b'A' {
        "B"
    } else {
        "A"
    };
    let tampered = format!("{}{other}{}", &right[..middle], &right[middle + 1..]);
    for (value, logged_in) in [(&*tampered, false), ("", false), ("junk", false), (right, true)] {
        let params = json!({
            "url": url, "name": "__Host-id", "value": value, "path": "/",
            "secure": true, "httpOnly": true, "sameSite": "Lax",
        });
        assert_eq!(
            chromium.devtools("Network.setCookie", params).await["success"],
            json!(true)
        );
        chromium.goto(&url).await;
        assert_eq!(chromium.status().await, 200, "{value}");
        assert_eq!(chromium.has("#user").await, logged_in, "{value}");
        assert!(
            !chromium.has(".problem").await && !chromium.has(".notice").await,
            "{value}"
        );
        assert_eq!(
            chromium.has(".entry form[action='/login']").await,
            !logged_in,
            "{value}"
        );
    }
}

#[tokio::test]
async fn a_person_gets_a_token_and_sees_what_the_api_refuses() {
    let (_folder, _server, chromium, url) = registered().await;
    chromium.follow("nav a[href='/jwt']").await;
    chromium.enter("ada", "wrong horse").await;
    assert_eq!(chromium.text("[role=alert]").await, "Name or password is wrong.");
    chromium.enter("ada", PASSWORD).await;
    assert_eq!(chromium.text("tr[data-claim=name] td").await, "\"ada\"");
    assert!(chromium.text("#header").await.contains("\"typ\":\"at+jwt\""));
    let field = "return document.querySelector('#token-text').value";
    let token = chromium.script(field).await;
    let token = token.as_str().unwrap();
    assert!(chromium.text("#curl").await.contains(token));
    assert_eq!(
        chromium.cookie_names().await,
        ["__Host-id"],
        "the token is in no cookie"
    );
    assert_eq!(
        chromium.client.current_url().await.unwrap().as_str(),
        format!("{url}jwt")
    );

    for (sent, status, says) in [
        ("as-it-is", "200 OK", "\"name\":\"ada\""),
        (
            "tampered",
            "401 Unauthorized",
            "the token's signature does not verify",
        ),
        (
            "unsigned",
            "401 Unauthorized",
            "the token's header asks for something",
        ),
        ("expired", "401 Unauthorized", "the token has expired"),
        (
            "other-audience",
            "401 Unauthorized",
            "the token is for another audience",
        ),
    ] {
        chromium.follow(&format!("button[value='{sent}']")).await;
        assert_eq!(chromium.text("#status").await, status, "{sent}");
        assert!(chromium.text("#body").await.contains(says), "{sent}");
        assert_eq!(
            chromium.script(field).await,
            json!(token),
            "the field keeps the token"
        );
        assert_eq!(
            chromium.has("[data-field='www-authenticate']").await,
            sent != "as-it-is",
            "{sent}"
        );
    }
    // The choice of the scope's resource stays, and a token that a person wrote is no page of theirs.
    chromium
        .element("#path option[value='/api/keys']")
        .await
        .click()
        .await
        .unwrap();
    chromium.follow("button[value='as-it-is']").await;
    assert_eq!(chromium.text("#status").await, "403 Forbidden");
    chromium
        .type_into("#token-text", "</textarea><script>document.title='evil'</script>")
        .await;
    chromium.follow("button[value='as-it-is']").await;
    assert_eq!(chromium.text("#status").await, "400 Bad Request");
    assert_eq!(
        chromium.client.title().await.unwrap(),
        "Your token · Cloakroom demo"
    );
    assert!(chromium.has("#undecodable").await);
}

#[tokio::test]
async fn forms_of_other_origins_are_refused() {
    let (folder, server, chromium, url) = registered().await;
    let target = url.clone();
    let other = canned::serve(move |path| {
        let form = |action: &str, fields: &str| Page {
            html: format!("<form method=post action='{target}{action}'>{fields}<button>Win</button></form>"),
            ..Page::default()
        };
        match path {
            "/logout" => Some(form("logout", "")),
            "/announce" => Some(form("keys/announce", "")),
            "/login" => Some(form(
                "login",
                "<input name=name value=eve><input name=password value='correct horse'>",
            )),
            _ => None,
        }
    });
    Browser::new(server.address).register("eve");
    let ring = std::fs::read(folder.key_file()).unwrap();
    // Another site, to which the cookie is not sent; and another origin of this site, to which it is.
    for host in ["localhost", "127.0.0.1"] {
        for path in ["logout", "announce", "login"] {
            chromium
                .goto(&format!("http://{host}:{}/{path}", other.port()))
                .await;
            chromium.follow("button").await;
            assert_eq!(
                chromium.text("h1").await,
                "Refused: the form came from another site"
            );
            assert_eq!(chromium.status().await, 403, "{host} {path}");
            chromium.goto(&url).await;
            assert_eq!(chromium.text("#user").await, "ada", "{host} {path}");
        }
    }
    assert_eq!(std::fs::read(folder.key_file()).unwrap(), ring);
    // A link is no form: whoever comes by one is still logged in.
    let link = canned::serve({
        let url = url.clone();
        move |_| {
            Some(Page {
                html: format!("<a href='{url}'>Look</a>"),
                ..Page::default()
            })
        }
    });
    chromium.goto(&format!("http://localhost:{}/", link.port())).await;
    chromium.follow("a").await;
    assert_eq!(chromium.text("#user").await, "ada");
}

/// Each prefix twice: a line that breaks its rule, and the same line under a name without the prefix, so that it is
/// the prefix and nothing else that the browser refuses.
#[tokio::test]
async fn the_browser_refuses_what_breaks_a_prefix() {
    let broken = [
        ("__Host-", "=1; Path=/; Secure; Domain=localhost"),
        ("__Host-", "=1; Path=/"),
        ("__Host-", "=1; Path=/sub; Secure"),
        ("__host-", "=1; Path=/"),
        ("__Secure-", "=1; Path=/"),
        ("__Http-", "=1; Path=/; Secure"),
        ("__Host-Http-", "=1; Path=/; Secure"),
        ("__Host-Http-", "=1; Path=/; HttpOnly"),
    ];
    let lines = broken.iter().enumerate().flat_map(|(index, (prefix, rest))| {
        [
            format!("{prefix}refused{index}{rest}"),
            format!("taken{index}{rest}"),
        ]
    });
    let nameless = [
        "=__Host-refused=1; Path=/; Secure".to_owned(),
        "=taken; Path=/; Secure".to_owned(),
    ];
    let lines: Vec<_> = lines.chain(nameless).collect();
    let server = canned::serve(move |path| {
        (path == "/sub/page").then(|| Page {
            set_cookie: lines.clone(),
            html: "<p>Cookies</p>".to_owned(),
        })
    });
    let chromium = Chromium::start().await;
    chromium
        .goto(&format!("http://localhost:{}/sub/page", server.port()))
        .await;
    let expected: Vec<_> = std::iter::once(String::new())
        .chain((0..broken.len()).map(|index| format!("taken{index}")))
        .collect();
    assert_eq!(chromium.cookie_names().await, expected);
}

#[tokio::test]
async fn the_browser_takes_what_we_write_and_drops_what_we_remove() {
    let hour = Duration::from_hours(1);
    let cookies: Vec<SetCookie> = [
        SetCookie::host("a", "1").finish(),
        SetCookie::host("b", "1")
            .persistent(hour)
            .same_site(SameSite::Strict)
            .finish(),
        SetCookie::host("c", "1")
            .partitioned()
            .same_site(SameSite::None)
            .finish(),
        SetCookie::host_http("d", "1").finish(),
        SetCookie::http("e", "1").path("/sub").finish(),
        SetCookie::secure_prefix("f", "1").script_readable().finish(),
        SetCookie::new("g", "1").path("/sub").persistent(hour).finish(),
    ]
    .into_iter()
    .map(Result::unwrap)
    .collect();
    let mut names: Vec<_> = cookies.iter().map(|cookie| cookie.name().to_string()).collect();
    names.sort();
    let set = cookies.clone();
    let server = canned::serve(move |path| {
        let removed = match path {
            "/sub/set" => false,
            "/sub/remove" => true,
            _ => return None,
        };
        let line = |cookie: &SetCookie| {
            if removed {
                cookie.removal().to_string()
            } else {
                cookie.to_string()
            }
        };
        Some(Page {
            set_cookie: set.iter().map(line).collect(),
            html: "<p>Cookies</p>".to_owned(),
        })
    });
    let chromium = Chromium::start().await;
    let url = format!("http://localhost:{}/sub/", server.port());
    chromium.goto(&format!("{url}set")).await;
    let held = chromium.cookies().await;
    assert_eq!(chromium.cookie_names().await, names);
    for (cookie, held) in cookies.iter().map(|cookie| {
        let held = held
            .iter()
            .find(|held| held["name"] == json!(cookie.name().to_string()));
        (cookie, held.unwrap())
    }) {
        assert_eq!(held["secure"], json!(cookie.secure()), "{held}");
        assert_eq!(held["httpOnly"], json!(cookie.http_only()), "{held}");
        assert_eq!(held["path"], json!(cookie.path().unwrap()), "{held}");
        assert_eq!(held["session"], json!(cookie.max_age().is_none()), "{held}");
        assert_eq!(held["partitionKey"].is_object(), cookie.partitioned(), "{held}");
    }
    assert_eq!(
        chromium.script("return document.cookie").await,
        json!("__Secure-f=1")
    );
    chromium.goto(&format!("{url}remove")).await;
    assert_eq!(chromium.cookie_names().await, [""; 0]);
}
