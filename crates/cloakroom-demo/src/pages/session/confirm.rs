use maud::{Markup, html};

use super::Act;
use crate::pages::FormError;
use crate::pages::csrf_field::CsrfField;
use crate::pages::layout::layout;
use crate::pages::welcome::error_text;
use crate::password::Password;

/// The page that asks for the password once more, and then for what was to be done.
pub(crate) fn confirm_page(
    csrf: &CsrfField,
    name: &str,
    act: Act,
    selector: Option<&str>,
    error: Option<&FormError>,
) -> Markup {
    layout(
        "Your password once more",
        &account(csrf, name),
        None,
        &html! {
            section.card.entry.alone {
                h1 { "Your password once more" }
                p { (purpose(act)) " That takes a password that was given in the last five minutes." }
                @if let Some(error) = error {
                    p.error role="alert" id="form-error" { (error_text(error)) }
                }
                form method="post" action="/session/confirm" {
                    (csrf)
                    input type="hidden" name="act" value=(act.word());
                    @if let Some(selector) = selector { input type="hidden" name="selector" value=(selector); }
                    // For password managers, which keep a password by its name. The server knows whose session it is.
                    input.unseen type="text" value=(name) readonly autocomplete="username" tabindex="-1" aria-hidden="true";
                    label for="password" { "Password of " (name) }
                    input #password name="password" type="password" required maxlength=(Password::MAX_BYTES)
                        autocomplete="current-password" autofocus;
                    button.primary type="submit" { (button(act)) }
                }
                p.other { a href="/session" { "Leave it as it is" } }
            }
        },
    )
}

/// What stands in the head of each page of somebody who has a session (ASVS 7.4.4).
pub(super) fn account(csrf: &CsrfField, name: &str) -> Markup {
    html! {
        span.who { (name) }
        form method="post" action="/session/logout" { (csrf) button.quiet type="submit" { "Log out" } }
    }
}

fn purpose(act: Act) -> &'static str {
    match act {
        Act::End => "You are about to end one of your sessions.",
        Act::EndOthers => "You are about to end all of your sessions but this one.",
        Act::EndAll => "You are about to end all of your sessions, this one too.",
    }
}

fn button(act: Act) -> &'static str {
    match act {
        Act::End => "End that session",
        Act::EndOthers => "End all others",
        Act::EndAll => "End all, this one too",
    }
}

#[cfg(test)]
mod tests {
    use super::{Act, CsrfField, confirm_page};

    #[test]
    fn a_hostile_selector_is_escaped() {
        let page =
            confirm_page(&CsrfField::default(), "ada", Act::End, Some("\"><script>"), None).into_string();
        assert!(!page.contains("<script"), "{page}");
    }
}
