use maud::{Markup, html};

use super::FormError;
use super::csrf_field::CsrfField;
use super::layout::layout;
use super::welcome::error_text;
use crate::password::Password;

/// The part of a page with the button that ends everything.
pub(super) fn everywhere(csrf: &CsrfField) -> Markup {
    html! {
        section.card.leaving #everywhere aria-labelledby="everywhere-title" {
            div {
                h2 #everywhere-title { "Log out everywhere" }
                p {
                    "Ends whatever this account is logged in by: sealed cookies, sessions, refresh tokens and access \
                     tokens alike, copies of them too. "
                    strong { "Every server that shares the store refuses them within a second" }
                    ", and asks nobody for it: it keeps a list of what was ended, and looks there."
                }
            }
            form method="post" action="/everywhere" {
                (csrf)
                button.danger type="submit" { "Log out everywhere" }
            }
        }
    }
}

/// The page that asks for the password once more, and then ends everything.
pub(crate) fn everywhere_page(
    action: &str,
    name: &str,
    csrf: &CsrfField,
    error: Option<&FormError>,
) -> Markup {
    layout(
        "Your password once more",
        &html! { span.who { (name) } },
        None,
        &html! {
            section.card.entry.alone {
                h1 { "Your password once more" }
                p {
                    "You are about to log out everywhere, here too. That takes a password that was given in the last \
                     five minutes."
                }
                @if let Some(error) = error {
                    p.error role="alert" id="form-error" { (error_text(error)) }
                }
                form method="post" action=(action) {
                    (csrf)
                    // For password managers, which keep a password by its name. The server knows who is logged in.
                    input.unseen type="text" value=(name) readonly autocomplete="username" tabindex="-1" aria-hidden="true";
                    label for="password" { "Password of " (name) }
                    input #password name="password" type="password" required maxlength=(Password::MAX_BYTES)
                        autocomplete="current-password" autofocus;
                    button.primary type="submit" { "Log out everywhere" }
                }
                p.other { a href="/" { "Leave it as it is" } }
            }
        },
    )
}
