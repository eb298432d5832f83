use maud::{Markup, html};

use crate::pages::csrf_field::CsrfField;
use crate::pages::layout::layout;
use crate::pages::welcome::error_text;
use crate::pages::{FormError, Notice};
use crate::password::Password;

/// The page of somebody who has no session.
#[derive(Debug, Default)]
pub(crate) struct SessionForm {
    pub(crate) csrf: CsrfField,
    /// What was typed and ticked before the form came back.
    pub(crate) name: String,
    pub(crate) remember: bool,
    pub(crate) error: Option<FormError>,
    pub(crate) notice: Option<Notice>,
}

pub(crate) fn session_form(page: &SessionForm) -> Markup {
    layout(
        "Log in with a session",
        &html! { a href="/register" { "Make an account" } },
        page.notice,
        &html! {
            div.welcome {
                section.pitch {
                    h1 { "The server keeps the coat. You hold a number." }
                    p.lead {
                        "Log in here, and your browser gets a random token that says nothing. All else is in the \
                         server's store: so it can show you where you are logged in, and end any of it at once."
                    }
                }
                section.card.entry {
                    h2 { "Log in with a session" }
                    @if let Some(error) = &page.error {
                        p.error role="alert" id="form-error" { (error_text(error)) }
                    }
                    form method="post" action="/session/login" { (page.csrf)
                        label for="name" { "Name" }
                        input #name name="name" type="text" value=(page.name) required maxlength="32"
                            autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false";
                        label for="password" { "Password" }
                        input #password name="password" type="password" required maxlength=(Password::MAX_BYTES)
                            autocomplete="current-password" autofocus[!page.name.is_empty()];
                        label.tick for="remember" {
                            input #remember name="remember" type="checkbox" value="yes" checked[page.remember];
                            " Remember me in this browser, up to 30 days"
                        }
                        button.primary type="submit" { "Log in" }
                    }
                    p.other { "New here? " a href="/register" { "Make an account" } "." }
                }
                ul.facts {
                    li { strong { "It ends when you say so. " } "Log out here, and a copy of the cookie opens nothing. End any other device from your own." }
                    li { strong { "It ends by itself. " } "After 30 minutes without use or 12 hours; remembered, after 7 days or 30." }
                    li { strong { "It opens nothing when stolen from the store. " } "There is a SHA-256 hash of its secret part, and no token." }
                    li { strong { "Twenty at a time. " } "A further log-in ends the session that you have not used for longest." }
                }
            }
        },
    )
}
