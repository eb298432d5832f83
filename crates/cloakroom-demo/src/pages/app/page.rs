use std::time::Duration;

use cloakroom_token::Family;
use cloakroom_tower::CsrfToken;
use maud::{Markup, html};

use crate::pages::Notice;
use crate::pages::layout::layout_with;
use crate::pages::time::{span, time};
use crate::refresh_cookie::REFRESH_COOKIE;

/// The page of somebody who is logged in to the app.
#[derive(Debug)]
pub(crate) struct AppPage<'a> {
    pub(crate) name: &'a str,
    pub(crate) family: &'a Family,
    /// How long an access token lives.
    pub(crate) access_life: Duration,
    /// Where families are kept, in words.
    pub(crate) store: &'a str,
    pub(crate) notice: Option<Notice>,
    pub(crate) csrf: &'a CsrfToken,
}

pub(crate) fn app_page(page: &AppPage<'_>) -> Markup {
    layout_with(
        &html! {
            meta name="csrf-token" content=(page.csrf);
            script type="module" src="/app.js" {}
        },
        "The app",
        &html! {
            span.who { (page.name) }
            (log_out(page, "quiet"))
        },
        page.notice,
        &html! {
            noscript {
                p.error {
                    "Your browser runs no scripts here, and this page is a program: without its script it gets no \
                     access token, so it can show nothing. Logging out below works all the same."
                }
            }
            (program(page))
            div.columns {
                (refreshes())
                (theft())
            }
            div.columns {
                (browser_holds(page))
                (server_holds(page))
            }
            (leaving(page))
        },
    )
}

fn program(page: &AppPage<'_>) -> Markup {
    html! {
        section.card #program aria-labelledby="program-title" {
            h1 #program-title { "The app of " strong #user { (page.name) } }
            p #state role="status" { "No access token yet." }
            p #again hidden { a.button href="/app" { "Log in again" } }
            dl.sheet {
                dt { "Access token" } dd #left { "none" }
                dt { "Refresh token" } dd { "generation " span #generation { (page.family.generation) } }
            }
            div.choices {
                button.primary #call type="button" { "Ask the API who I am" }
                button #refresh type="button" { "Refresh now" }
            }
            h2 #answer-title { "What the API answered" }
            pre.wire #answer role="status" aria-labelledby="answer-title" { "Nothing was asked yet." }
        }
    }
}

fn refreshes() -> Markup {
    html! {
        section.card aria-labelledby="refreshes-title" {
            h2 #refreshes-title { "Refreshes" }
            p { "Each uses a token up and brings its successor. Open this page in another tab: neither is thrown out." }
            ol.log #refreshes role="log" aria-labelledby="refreshes-title" tabindex="0" {}
        }
    }
}

fn theft() -> Markup {
    html! {
        section.card aria-labelledby="theft-title" {
            h2 #theft-title { "A thief" }
            p {
                "Somebody has copied the cookie out of this browser. The thief goes on with it, three times; and then \
                 this page shows its own."
            }
            p.fine {
                strong { "Only a demonstration plays this. " }
                "This server acts the thief by itself, with the token that your browser sends it. It keeps the thief's \
                 newest token for a minute, to show at your next refresh that it is refused, too."
            }
            button.danger #steal type="button" { "Let a thief use a copy" }
            ol.log #thefts role="log" aria-labelledby="theft-title" tabindex="0" {}
        }
    }
}

fn browser_holds(page: &AppPage<'_>) -> Markup {
    html! {
        section.card #browser aria-labelledby="browser-title" {
            h2 #browser-title { "What your browser holds" }
            dl.sheet {
                dt { "Cookie" } dd { code { (REFRESH_COOKIE) } }
                dt { "Flags" }
                dd {
                    ul.chips {
                        li { "Secure" } li { "HttpOnly" } li { "SameSite=Strict" } li { "Path=/" } li { "no Domain" }
                    }
                }
                dt { "Value" } dd { "the refresh token, 131 characters, another one after each use" }
                dt { "Access token" }
                dd { "in a variable of the page's script, for " (span(page.access_life)) "; in no storage" }
            }
            p.fine {
                "A script that got into this page could use the access token while the page is open. It could not take \
                 the refresh token away."
            }
        }
    }
}

fn server_holds(page: &AppPage<'_>) -> Markup {
    let family = page.family;
    html! {
        section.card #server aria-labelledby="server-title" {
            h2 #server-title { "What the server holds" }
            p { "One row a log-in, however often it is refreshed. Of its secret there is a SHA-256 hash." }
            dl.sheet {
                dt { "store" } dd { span.wrap { (page.store) } }
                dt { "family" } dd { code.wrap #family { (family.id.to_text()) } }
                dt { "client" } dd { code { (family.client.as_str()) } }
                dt { "password given" } dd { (time(family.authenticated_at)) }
                dt { "newest token" } dd { (time(family.rotated_at)) }
                dt { "ends without use" } dd { (time(family.idle_deadline)) }
                dt { "ends in any case" } dd { (time(family.absolute_deadline)) }
            }
            p.fine { "Of the access tokens there is nothing. What was ended is kept, and each server has a copy of it." }
        }
    }
}

fn leaving(page: &AppPage<'_>) -> Markup {
    html! {
        section.card.leaving aria-labelledby="leaving-title" {
            div {
                h2 #leaving-title { "Logging out" }
                p {
                    "Here: the family ends, for every copy of a token of it, and the access token of this page is \
                     denied. Everywhere: all your log-ins end, this one, those by sealed cookie and your sessions; no \
                     server starts a request on any of them a second later."
                }
            }
            div.choices {
                (log_out(page, "primary"))
                form method="post" action="/app/everywhere" {
                    input type="hidden" name="csrf" value=(page.csrf);
                    button.danger type="submit" { "Log out everywhere" }
                }
            }
        }
    }
}

/// A form that works without the script; with it the access token is sent along, so that it ends as well.
fn log_out(page: &AppPage<'_>, class: &str) -> Markup {
    html! {
        form method="post" action="/app/logout" data-notice="app-out" {
            input type="hidden" name="csrf" value=(page.csrf);
            button class=(class) type="submit" { "Log out" }
        }
    }
}
