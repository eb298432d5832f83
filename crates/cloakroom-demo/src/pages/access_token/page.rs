use cloakroom_core::UnixTime;
use maud::{Markup, html};

use super::Trial;
use super::decoded::decoded;
use crate::pages::csrf_field::CsrfField;
use crate::pages::layout::layout;

/// What the page can ask the API for.
pub(crate) const PATHS: [&str; 2] = ["/api/me", "/api/keys"];

/// The page with a token; `trial` is the call that it was just used for.
pub(crate) fn token_page(
    csrf: &CsrfField,
    origin: &str,
    token: &str,
    now: UnixTime,
    trial: Option<&Trial>,
) -> Markup {
    layout(
        "Your token",
        &html! {},
        None,
        &html! {
            @if let Some(trial) = trial { (trial.outcome(token, now)) }
            section.card #token aria-labelledby="token-title" {
                h1 #token-title { "Your token" }
                p {
                    "Whoever has it is you, for as long as it lives. The server keeps no record of it; logging out \
                     everywhere ends it all the same. Put this page away when you are done."
                }
                form.call method="post" action="/jwt/call" { (csrf)
                    label for="token-text" { "The token, which you may change" }
                    textarea #token-text name="token" rows="6" required maxlength="7000" spellcheck="false"
                        autocomplete="off" autocapitalize="none" autocorrect="off" { (token) }
                    label for="path" { "What to ask the API for" }
                    select #path name="path" {
                        @for path in PATHS {
                            option value=(path) selected[trial.is_some_and(|trial| trial.path == path)] { "GET " (path) }
                        }
                    }
                    p.label { "Send it" }
                    div.choices {
                        button.primary type="submit" name="sent" value="as-it-is" { "as it is" }
                        button type="submit" name="sent" value="tampered" { "tampered with" }
                        button type="submit" name="sent" value="unsigned" { "unsigned, alg none" }
                        button type="submit" name="sent" value="expired" { "grown old" }
                        button type="submit" name="sent" value="other-audience" { "for another API" }
                    }
                }
                p.fine { "Or from a terminal:" }
                pre.wire #curl { "curl -i -H 'Authorization: Bearer " (shell_safe(token)) "' " (origin) "/api/me" }
                p.fine { "And a program gets a token of its own by" }
                pre.wire {
                    "curl -i --json '{\"name\":\"…\",\"password\":\"…\",\"scope\":\"keys:read\"}' " (origin) "/api/token"
                }
            }
            (decoded(token, now))
        },
    )
}

/// A token that stands between single quotes in a command line; what is none might end the quotes and go on.
fn shell_safe(token: &str) -> &str {
    let safe = token
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte));
    if safe { token } else { "TOKEN" }
}

#[cfg(test)]
mod tests {
    use cloakroom_core::UnixTime;

    use super::{CsrfField, token_page};

    #[test]
    fn a_hostile_token_is_escaped_and_makes_no_command_line() {
        let hostile = "'; rm -rf ~ #</textarea><script>alert(1)</script>";
        let page = token_page(
            &CsrfField::default(),
            "http://127.0.0.1:1",
            hostile,
            UnixTime::EPOCH,
            None,
        )
        .into_string();
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("Bearer TOKEN'"), "{page}");
        assert!(page.contains("nothing to show"), "{page}");
    }
}
