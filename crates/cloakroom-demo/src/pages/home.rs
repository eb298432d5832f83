use cloakroom_core::UnixTime;
use cloakroom_keyring::{KeyId, KeyState};
use maud::{Markup, html};

use super::Notice;
use super::csrf_field::CsrfField;
use super::everywhere::everywhere;
use super::key_table::key_table;
use super::layout::layout;
use super::time::{span, time};
use crate::login_ticket::COOKIE;
use crate::outer_fields::OuterFields;
use crate::users::User;

/// The page of somebody who is logged in.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) csrf: CsrfField,
    pub(crate) user: User,
    /// `None` when the browser's cookie has no form that could be shown; it opened all the same.
    pub(crate) cookie: Option<HeldCookie>,
    pub(crate) authenticated_at: UnixTime,
    pub(crate) expires_at: UnixTime,
    pub(crate) now: UnixTime,
    pub(crate) keys: Vec<(KeyId, KeyState)>,
    pub(crate) cutoff: Option<UnixTime>,
    pub(crate) db: String,
    pub(crate) key_file: String,
    pub(crate) notice: Option<Notice>,
}

/// The cookie as this request brought it.
#[derive(Debug)]
pub(crate) struct HeldCookie {
    /// Name and value together, what browsers limit to 4096.
    pub(crate) bytes: usize,
    pub(crate) outer: OuterFields,
}

pub(crate) fn home(page: &Home) -> Markup {
    let account = html! {
        span.who { (page.user.name) }
        form method="post" action="/logout" { (page.csrf) button.quiet type="submit" { "Log out" } }
    };
    layout(
        "Logged in",
        &account,
        page.notice,
        &html! {
            (ticket(page))
            div.columns {
                (browser_holds(page))
                (server_holds(page))
            }
            (other_way())
            (key_table(&page.csrf, &page.keys, page.cutoff))
            (leaving(page))
            (everywhere(&page.csrf))
        },
    )
}

/// The cookie as what it is: a numbered ticket in two parts.
fn ticket(page: &Home) -> Markup {
    let since = page
        .now
        .checked_duration_since(page.authenticated_at)
        .unwrap_or_default();
    let left = page
        .expires_at
        .checked_duration_since(page.now)
        .unwrap_or_default();
    html! {
        section.ticket aria-labelledby="ticket-title" {
            div.body {
                h1 #ticket-title { "You are logged in as " strong #user { (page.user.name) } }
                dl.times {
                    div { dt { "Password given" } dd { (time(page.authenticated_at)) small { (span(since)) " ago" } } }
                    div { dt { "Good until" } dd { (time(page.expires_at)) small { (span(left)) " left" } } }
                }
            }
            div.stub {
                p { "Sealed with key" }
                @match &page.cookie {
                    Some(cookie) => p.number #sealed-with { (cookie.outer.key_id) },
                    None => p.number { "?" },
                }
                @match sealed_under(page) {
                    Some((KeyState::Retiring, active)) => {
                        p.anew #resealed-with { "sealed anew with " b { (active) } }
                    },
                    Some((KeyState::Active, _)) => p.anew { "the active key" },
                    _ => p.anew { "another key of the ring" },
                }
            }
        }
    }
}

/// The state of the key that the cookie came under, and the active key: what came under a retiring one, this answer
/// brings sealed anew.
fn sealed_under(page: &Home) -> Option<(KeyState, KeyId)> {
    let came_under = &page.cookie.as_ref()?.outer.key_id;
    let (_, state) = page.keys.iter().find(|(id, _)| id.to_string() == *came_under)?;
    let (active, _) = page.keys.iter().find(|(_, state)| *state == KeyState::Active)?;
    Some((*state, *active))
}

fn browser_holds(page: &Home) -> Markup {
    html! {
        section.card #browser aria-labelledby="browser-title" {
            h2 #browser-title { "What your browser holds" }
            p { "One cookie. It is all there is to being logged in." }
            dl.sheet {
                dt { "Name" } dd { code { (COOKIE) } }
                dt { "Flags" }
                dd {
                    ul.chips {
                        li { "Secure" } li { "HttpOnly" } li { "SameSite=Lax" } li { "Path=/" } li { "no Domain" }
                    }
                }
                @if let Some(cookie) = &page.cookie {
                    dt { "Size" } dd { (cookie.bytes) " bytes, name and value; browsers take 4096" }
                }
                dt { "Expires" } dd { (time(page.expires_at)) }
            }
            @if let Some(HeldCookie { outer, .. }) = &page.cookie {
                h3 { "The value, taken apart" }
                ol.bytes {
                    li { span.field { "Version" } code { (format!("{:02x}", outer.version)) } span.gloss { "encrypted" } }
                    li { span.field { "Key id" } code { (outer.key_id) } span.gloss { "which key of the ring" } }
                    li { span.field { "Nonce" } code { (outer.nonce) } span.gloss { "fresh each time" } }
                    li.dark {
                        span.field { "Sealed" }
                        span { (outer.sealed) " bytes" }
                        span.gloss { "issue time, life, ticket, padding, tag" }
                    }
                }
                p.fine {
                    "The server can open the last part; you and your browser cannot. It is not printed here: a page \
                     that shows the cookie gives away what HttpOnly keeps from scripts."
                }
            }
        }
    }
}

fn server_holds(page: &Home) -> Markup {
    html! {
        section.card #server aria-labelledby="server-title" {
            h2 #server-title { "What the server holds" }
            p { "About your log-in: " strong { "nothing" } ". No session, no token, no list of tickets; a list of those that were ended early." }
            h3 { "Your row, as for anybody who ever registered" }
            dl.sheet {
                dt { "id" } dd { code.wrap { (page.user.id) } }
                dt { "name" } dd { code { (page.user.name) } }
                dt { "password" } dd { "an Argon2id hash, 19 MiB and two passes" }
                dt { "made" } dd { (time(page.user.created_at)) }
                dt { "file" } dd { code.wrap { (page.db) } }
            }
            h3 { "Its keys" }
            dl.sheet {
                dt { "file" } dd { code.wrap { (page.key_file) } }
            }
            p.fine {
                "Opening your ticket looked nothing up but the list in this server's memory. This page then read your row, to show it to you; that is also \
                 how it would notice if your account were gone."
            }
        }
    }
}

fn other_way() -> Markup {
    html! {
        section.card.leaving #session aria-labelledby="session-title" {
            div {
                h2 #session-title { "Or a session that the server remembers" }
                p {
                    "The same account, the other way round: the browser holds a random token, and the server all else. \
                     It can show you where you are logged in, and end any of it at once."
                }
            }
            a.button href="/session" { "To your session" }
        }
    }
}

fn leaving(page: &Home) -> Markup {
    html! {
        section.card.leaving aria-labelledby="leaving-title" {
            div {
                h2 #leaving-title { "Logging out" }
                p {
                    "Logging out makes this browser drop its cookie, and strikes the ticket out: its number goes to a \
                     list that every server keeps in memory. "
                    strong { "A copy taken before opens nothing from then on" }
                    ", on any server, within a second. The number stays in the list until the ticket would have ended \
                     by itself, at "
                    (time(page.expires_at))
                    "."
                }
            }
            form method="post" action="/logout" { (page.csrf) button.primary type="submit" { "Log out" } }
        }
    }
}
