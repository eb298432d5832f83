use cloakroom_core::UnixTime;
use cloakroom_session::{Device, Info};
use maud::{Markup, html};

use super::clock::{Countdown, clock};
use super::confirm::account;
use super::devices::devices;
use crate::pages::csrf_field::CsrfField;
use crate::pages::everywhere::everywhere;
use crate::pages::layout::layout_with;
use crate::pages::time::{span, time};
use crate::pages::welcome::error_text;
use crate::pages::{FormError, Notice};
use crate::password::Password;
use crate::session_cookie::SESSION_COOKIE;
use crate::users::User;

/// The page of somebody who has a session.
#[derive(Debug)]
pub(crate) struct SessionPage {
    pub(crate) csrf: CsrfField,
    pub(crate) user: User,
    pub(crate) info: Info,
    pub(crate) authenticated_at: UnixTime,
    pub(crate) devices: Vec<Device>,
    /// The number that the session keeps.
    pub(crate) count: u64,
    /// Where sessions are kept, in words.
    pub(crate) store: String,
    pub(crate) now: UnixTime,
    /// Why the form to change the password came back.
    pub(crate) password_error: Option<FormError>,
    pub(crate) notice: Option<Notice>,
}

pub(crate) fn session_page(page: &SessionPage) -> Markup {
    let countdown = Countdown::new(page.now, page.info.idle_deadline, page.info.absolute_deadline);
    layout_with(
        &countdown.head(),
        "Your session",
        &account(&page.csrf, &page.user.name),
        page.notice,
        &html! {
            (ticket(page))
            div.columns {
                (browser_holds(page))
                (server_holds(page))
            }
            (devices(&page.csrf, &page.devices, page.now))
            div.columns {
                (counter(page))
                (change_password(page))
            }
            (leaving(page))
            (everywhere(&page.csrf))
        },
    )
}

fn ticket(page: &SessionPage) -> Markup {
    let left = |deadline: UnixTime| span(deadline.checked_duration_since(page.now).unwrap_or_default());
    html! {
        section.ticket aria-labelledby="ticket-title" {
            div.body {
                h1 #ticket-title { "Your session, " strong #user { (page.user.name) } }
                dl.times {
                    div {
                        dt { "Ends without use" }
                        dd { (time(page.info.idle_deadline)) small { (left(page.info.idle_deadline)) " left; each use begins it anew" } }
                    }
                    div {
                        dt { "Ends in any case" }
                        dd { (time(page.info.absolute_deadline)) small { (left(page.info.absolute_deadline)) " left" } }
                    }
                }
            }
            div.stub {
                p { "Without use, in" }
                p.number { (clock("idle")) }
                p { "In any case, in" }
                p.number { (clock("absolute")) }
            }
        }
    }
}

fn browser_holds(page: &SessionPage) -> Markup {
    html! {
        section.card #browser aria-labelledby="browser-title" {
            h2 #browser-title { "What your browser holds" }
            p { "One cookie with a random token. It says nothing, and there is nothing in it to be read." }
            dl.sheet {
                dt { "Name" } dd { code { (SESSION_COOKIE) } }
                dt { "Flags" }
                dd {
                    ul.chips {
                        li { "Secure" } li { "HttpOnly" } li { "SameSite=Lax" } li { "Path=/" } li { "no Domain" }
                    }
                }
                dt { "Value" } dd { "64 characters: 16 bytes that find the session, 32 that open it" }
                dt { "Expires" }
                dd #cookie-expires {
                    @if page.info.persistent {
                        (time(page.info.absolute_deadline))
                    } @else {
                        "with the browser's own session"
                    }
                }
            }
            p.fine {
                "The secret part is not printed here: a page that shows the cookie gives away what HttpOnly keeps from \
                 scripts. The other part is the selector that the server shows, which opens nothing."
            }
        }
    }
}

fn server_holds(page: &SessionPage) -> Markup {
    let info = &page.info;
    html! {
        section.card #server aria-labelledby="server-title" {
            h2 #server-title { "What the server holds" }
            p { "All of the session but its token: of that token’s secret part there is a SHA-256 hash, and no more." }
            dl.sheet {
                dt { "store" } dd { span.wrap #store { (page.store) } }
                dt { "selector" } dd { code.wrap #selector { (info.selector.to_text()) } }
                dt { "subject" } dd { code.wrap { (page.user.id) } }
                dt { "created" } dd { (time(info.created_at)) }
                dt { "last seen" } dd { (time(info.last_seen_at)) " " small { "to the minute" } }
                dt { "password given" } dd { (time(page.authenticated_at)) }
                dt { "idle deadline" } dd { (time(info.idle_deadline)) }
                dt { "absolute deadline" } dd { (time(info.absolute_deadline)) }
                dt { "remembered" } dd #remembered { (if info.persistent { "yes" } else { "no" }) }
                dt { "data" } dd { code { "count = " (page.count) } }
            }
        }
    }
}

fn counter(page: &SessionPage) -> Markup {
    html! {
        section.card #counter aria-labelledby="counter-title" {
            h2 #counter-title { "A number in the session" }
            p.tally { span.unseen { "It is " } output #count { (page.count) } }
            p {
                "Add to it from many tabs at once. Each request reads the session, changes it and writes it back; when \
                 another one was faster, the change is made again to what is there by then, so none is lost."
            }
            div.choices {
                form method="post" action="/session/count" { (page.csrf) button.primary type="submit" { "Add one" } }
                form method="post" action="/session/race" { (page.csrf) button type="submit" { "Add four at once" } }
            }
        }
    }
}

fn change_password(page: &SessionPage) -> Markup {
    html! {
        section.card.entry #change aria-labelledby="change-title" {
            h2 #change-title { "Change your password" }
            @if let Some(error) = &page.password_error {
                p.error role="alert" id="form-error" { (error_text(error)) }
            }
            form method="post" action="/session/password" { (page.csrf)
                input.unseen type="text" value=(page.user.name) readonly autocomplete="username" tabindex="-1" aria-hidden="true";
                label for="old" { "The old password" }
                input #old name="old" type="password" required maxlength=(Password::MAX_BYTES)
                    autocomplete="current-password" autofocus[page.password_error.is_some()];
                label for="new" { "A new one" }
                input #new name="new" type="password" required minlength=(Password::MIN_CHARS)
                    maxlength=(Password::MAX_BYTES) autocomplete="new-password" aria-describedby="new-rule";
                p.rule #new-rule { "At least 8 characters." }
                button.primary type="submit" { "Change it" }
            }
            p.fine { "This session gets a new token, and all else ends: other sessions, sealed cookies, tokens. Whoever knew the old password is out." }
        }
    }
}

fn leaving(page: &SessionPage) -> Markup {
    html! {
        section.card.leaving aria-labelledby="leaving-title" {
            div {
                h2 #leaving-title { "Logging out" }
                p {
                    "The server deletes the session, and tells this browser to drop the cookie. "
                    strong { "A copy of the cookie opens nothing from then on" }
                    ", wherever it was taken. The price is what is on this page: a server that remembers, and asks its \
                     store with each request that needs to know who you are."
                }
            }
            form method="post" action="/session/logout" { (page.csrf) button.primary type="submit" { "Log out" } }
        }
    }
}
