use cloakroom_tower::CsrfToken;
use maud::{Markup, html};

use crate::pages::layout::layout;
use crate::pages::welcome::error_text;
use crate::pages::{FormError, Notice};
use crate::password::Password;

/// The page of somebody who is not logged in to the app.
#[derive(Debug)]
pub(crate) struct AppForm<'a> {
    /// What was typed before the form came back.
    pub(crate) name: &'a str,
    pub(crate) error: Option<&'a FormError>,
    pub(crate) notice: Option<Notice>,
    pub(crate) csrf: &'a CsrfToken,
}

pub(crate) fn app_form(page: &AppForm<'_>) -> Markup {
    layout(
        "Log in to the app",
        &html! { a href="/register" { "Make an account" } },
        page.notice,
        &html! {
            div.welcome {
                section.pitch {
                    h1 { "A short ticket, and a way to the next one." }
                    p.lead {
                        "A program in the page calls the API with an access token that ends soon. In the background it \
                         gets another one, by a refresh token that is good for one use. Whoever copies that is found \
                         out."
                    }
                }
                section.card.entry {
                    h2 { "Log in to the app" }
                    @if let Some(error) = page.error {
                        p.error role="alert" id="form-error" { (error_text(error)) }
                    }
                    form method="post" action="/app/login" {
                        input type="hidden" name="csrf" value=(page.csrf);
                        label for="name" { "Name" }
                        input #name name="name" type="text" value=(page.name) required maxlength="32"
                            autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false";
                        label for="password" { "Password" }
                        input #password name="password" type="password" required maxlength=(Password::MAX_BYTES)
                            autocomplete="current-password" autofocus[!page.name.is_empty()];
                        button.primary type="submit" { "Log in" }
                    }
                    p.other { "New here? " a href="/register" { "Make an account" } "." }
                }
                ul.facts {
                    li { strong { "Out of reach. " } "The refresh token lies in a cookie that no script reads; the access token in a variable that a reload forgets." }
                    li { strong { "Two tabs are no theft. " } "They may refresh at the same moment, and an answer may get lost: they get the same successor." }
                    li { strong { "A copy is one. " } "Use an old token, and the whole log-in ends, the thief’s as well as yours." }
                    li { strong { "It ends within a second. " } "Log out everywhere, and every server refuses the access token, though none looks it up." }
                }
            }
        },
    )
}
