use maud::{Markup, html};

use crate::pages::FormError;
use crate::pages::csrf_field::CsrfField;
use crate::pages::layout::layout;
use crate::pages::welcome::error_text;
use crate::password::Password;

/// The page to log in for a token.
pub(crate) fn token_form(csrf: &CsrfField, name: &str, error: Option<&FormError>) -> Markup {
    layout(
        "A token for programs",
        &html! {},
        None,
        &html! {
            div.welcome {
                section.pitch {
                    h1 { "A token for programs" }
                    p.lead {
                        "A JSON Web Token says who you are to an API. It is signed and not encrypted: its holder can \
                         read it, nobody can change it, and it ends after a few minutes."
                    }
                }
                section.card.entry {
                    h2 { "Log in for a token" }
                    @if let Some(error) = error {
                        p.error role="alert" id="form-error" { (error_text(error)) }
                    }
                    form method="post" action="/jwt" { (csrf)
                        label for="name" { "Name" }
                        input #name name="name" type="text" value=(name) required maxlength="32"
                            autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false";
                        label for="password" { "Password" }
                        input #password name="password" type="password" required maxlength=(Password::MAX_BYTES)
                            autocomplete="current-password" autofocus[!name.is_empty()];
                        label.tick for="keys" {
                            input #keys name="keys" type="checkbox" value="yes";
                            " It may list the key ring, too: the scope " code { "keys:read" }
                        }
                        button.primary type="submit" { "Get a token" }
                    }
                    p.other { "New here? " a href="/register" { "Make an account" } "." }
                }
                ul.facts {
                    li { strong { "No cookie is set. " } "The token is in the page that you get, and in no other place." }
                    li { strong { "EdDSA, RFC 9068. " } "One issuer, one audience, one type, and a key that knows one algorithm." }
                    li {
                        strong { "It ends when you say so. " }
                        "Its number stands in no table. Log out everywhere, and every server refuses it within a second."
                    }
                }
            }
        },
    )
}
