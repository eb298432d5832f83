//! What lists of devices know about a client.

use std::net::SocketAddr;
use std::num::NonZeroU8;

use axum::body::Body;
use axum::extract::ConnectInfo;
use cloakroom_tower::{SessionLayer, forwarded_for};
use http::Request;
use http::header::{COOKIE, USER_AGENT};

use crate::desk::{Desk, request};

fn from_somewhere(cookies: &[&str], steps: &str, agent: &str) -> Request<Body> {
    let mut request = request(cookies, steps);
    let headers = request.headers_mut();
    headers.insert(USER_AGENT, agent.parse().unwrap());
    headers.insert("x-forwarded-for", "10.0.0.1, 192.0.2.7".parse().unwrap());
    headers.insert("forwarded", "for=192.0.2.8".parse().unwrap());
    headers.insert("x-real-ip", "192.0.2.9".parse().unwrap());
    let connection: SocketAddr = "[2001:db8::1]:4711".parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(connection));
    request
}

#[tokio::test]
async fn an_address_is_believed_only_from_where_it_was_said_to_come() {
    let connected = |layer: SessionLayer| {
        layer.client_address(|parts| {
            let ConnectInfo(address) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
            Some(address.ip())
        })
    };
    let hops =
        |hops| move |layer: SessionLayer| layer.client_address(forwarded_for(NonZeroU8::new(hops).unwrap()));
    for (desk, address) in [
        (Desk::new(), ""),
        (Desk::layered(connected), "2001:db8::1"),
        (Desk::layered(hops(1)), "192.0.2.7"),
        (Desk::layered(hops(2)), "10.0.0.1"),
        (Desk::layered(hops(3)), ""),
    ] {
        let answer = desk.call(from_somewhere(&[], "login u1", "curl/8")).await;
        let cookie = answer.set_cookie().0;
        let answer = desk.call(from_somewhere(&[cookie], "devices", "other")).await;
        assert_eq!(answer.body, format!("curl/8 {address} true"));
    }
}

#[tokio::test]
async fn a_device_is_shown_by_its_user_agent_and_ended_by_its_selector() {
    let desk = Desk::new();
    let mut held = Vec::new();
    for agent in ["one", "two", "\u{e4}"] {
        let answer = desk.call(from_somewhere(&[], "login u1", agent)).await;
        held.push(answer.set_cookie().0.to_owned());
    }
    let answer = desk.ask(&[&held[0]], "devices").await;
    for shown in ["one  true", "two  false", "\u{e4}  false"] {
        assert!(answer.body.contains(shown), "{answer:?}");
    }
    let end = format!("end {}", crate::desk::selector_of(&held[1]).to_text());
    // Somebody else's list is no way to it: the answer is that of one that is not there.
    let stranger = desk.cookie("u2").await;
    let other = desk.ask(&[&stranger], &end).await;
    assert_eq!((other.status.as_u16(), other.body.as_str()), (200, ""));
    assert!(desk.stored(&held[1]).await.is_some());
    desk.ask(&[&held[0]], &end)
        .await
        .is_quiet(200, "", &["load", "delete_one"]);
    assert!(desk.stored(&held[1]).await.is_none());
    assert_eq!(desk.listed("u1").await.len(), 2);
    // A long one is cut, between two characters.
    let long = format!("{}\u{e4}{}", "x".repeat(255), "y".repeat(10_000));
    let answer = desk.call(from_somewhere(&[], "login u3", &long)).await;
    let answer = desk.ask(&[answer.set_cookie().0], "devices").await;
    assert_eq!(answer.body, format!("{}  true", "x".repeat(255)));
    // A request without the header is as good.
    let cookie = &held[0];
    let bare = Request::get("/")
        .header("act", "devices")
        .header(COOKIE, cookie)
        .body(Body::empty());
    assert_eq!(desk.call(bare.unwrap()).await.status.as_u16(), 200);
}
