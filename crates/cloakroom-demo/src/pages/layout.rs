use maud::{DOCTYPE, Markup, html};

use super::Notice;

/// A whole page around `main`; `account` is what stands at the right of its head.
pub(super) fn layout(title: &str, account: &Markup, notice: Option<Notice>, main: &Markup) -> Markup {
    layout_with(&html! {}, title, account, notice, main)
}

/// The same with something more in its head.
pub(super) fn layout_with(
    head: &Markup,
    title: &str,
    account: &Markup,
    notice: Option<Notice>,
    main: &Markup,
) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Cloakroom demo" }
                link rel="icon" href="/favicon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/style.css";
                (head)
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header.top {
                    a.brand href="/" { (hanger()) span { "Cloakroom" } }
                    nav.carriers aria-label="Carriers" {
                        a href="/" { "Cookie" }
                        a href="/jwt" { "Token" }
                        a href="/session" { "Session" }
                        a href="/app" { "App" }
                    }
                    div.account { (account) }
                }
                main id="main" {
                    @if let Some(notice) = notice {
                        p.notice role="status" { (notice.text()) }
                    }
                    (main)
                }
                footer {
                    p {
                        "This server runs on your own machine and listens to it alone. Of its pages the app holds a \
                         script, and no other. It is a demonstration of the Cloakroom crates, not a service."
                    }
                }
            }
        }
    }
}

/// The mark: a coat hanger.
fn hanger() -> Markup {
    html! {
        svg viewBox="0 0 32 24" width="32" height="24" aria-hidden="true" focusable="false" {
            path d="M2.5 21.5 16 11.5l13.5 10z M16 11.5V9c2.6-.5 3.9-1.8 3.9-3.7a3.9 3.9 0 0 0-7.8 0" {}
        }
    }
}
