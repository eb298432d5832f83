//! What a browser and those who would misuse it get, byte by byte.

#![allow(clippy::unwrap_used, reason = "the lint knows tests, not their helpers")]

mod access_token;
mod app;
mod csrf;
mod everywhere;
mod key_ring;
mod login;
mod refusals;
mod session;
#[path = "../support/mod.rs"]
mod support;

use std::fs;

use support::client::Browser;
use support::server::{Folder, Server};

/// Everything of the cookie but its value.
const ATTRIBUTES: &str = "; Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Lax";
const REMOVAL: &str =
    "__Host-id=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly; SameSite=Lax";

fn start() -> (Folder, Server, Browser) {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let browser = Browser::new(server.address);
    (folder, server, browser)
}

/// The ring in the file: id and state of each key.
fn ring(folder: &Folder) -> Vec<(String, String)> {
    let json: serde_json::Value = serde_json::from_slice(&fs::read(folder.key_file()).unwrap()).unwrap();
    let keys = json["keys"].as_array().unwrap().iter();
    keys.map(|key| {
        (
            key["id"].as_str().unwrap().to_owned(),
            key["state"].as_str().unwrap().to_owned(),
        )
    })
    .collect()
}
