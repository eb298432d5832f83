use maud::{Markup, html};

use super::Notice;
use super::csrf_field::CsrfField;
use super::layout::layout;
use crate::password::Password;

/// The page of somebody who is not logged in: what this is, and one of two forms.
#[derive(Debug, Default)]
pub(crate) struct Welcome {
    pub(crate) csrf: CsrfField,
    /// The form to make an account instead of the one to log in.
    pub(crate) register: bool,
    /// The name that was typed before the form came back.
    pub(crate) name: String,
    pub(crate) error: Option<FormError>,
    pub(crate) notice: Option<Notice>,
}

/// Why a form came back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FormError {
    /// Wrong name, wrong password: which of the two is not told.
    WrongPassword,
    /// The wrong password of somebody who is logged in.
    WrongOldPassword,
    NameTaken,
    /// The minutes to wait.
    TooMany(u64),
    Busy,
    /// A rule for names or passwords, in its own words.
    Rule(String),
}

pub(crate) fn welcome(page: &Welcome) -> Markup {
    let account = if page.register {
        html! { a href="/login" { "Log in" } }
    } else {
        html! { a href="/register" { "Make an account" } }
    };
    let title = if page.register {
        "Make an account"
    } else {
        "Log in"
    };
    layout(
        title,
        &account,
        page.notice,
        &html! {
            div.welcome {
                section.pitch {
                    h1 { "You hold the ticket. Nobody keeps a list." }
                    p.lead {
                        "Log in, and your browser gets one encrypted cookie that says who you are. The server keeps \
                         no record of it: no session table, no token list. Restart it, and you are still logged in."
                    }
                }
                section.card.entry {
                    h2 { (title) }
                    (form(page))
                }
                ul.facts {
                    li { strong { "Encrypted and bound. " } "AES-256-GCM-SIV, tied to the cookie’s name, its purpose and its time." }
                    li { strong { "Out of reach. " } code { "__Host-" } ", HttpOnly, Secure, SameSite=Lax: no script reads it, no other host sets it." }
                    li { strong { "For programs, too. " } a href="/jwt" { "Get a token" } " that lives for a few minutes, and see what an API says to a forged one." }
                    li { strong { "Or a session. " } a href="/session" { "Log in with one" } " that the server remembers: see your devices, and end any of them at once." }
                    li { strong { "Or an app. " } a href="/app" { "Log in to one" } " that refreshes its token in the background, and catches a thief who has a copy." }
                    li { strong { "Keys that rotate. " } "Change the key ring while you are logged in, and stay logged in." }
                }
            }
        },
    )
}

fn form(page: &Welcome) -> Markup {
    let action = if page.register { "/register" } else { "/login" };
    html! {
        @if let Some(error) = &page.error {
            p.error role="alert" id="form-error" { (error_text(error)) }
        }
        form method="post" action=(action) { (page.csrf)
            label for="name" { "Name" }
            input #name name="name" type="text" value=(page.name) required maxlength="32"
                autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false"
                aria-describedby=[page.register.then_some("name-rule")];
            @if page.register {
                p.rule #name-rule { "2 to 32 letters, digits, dots, dashes or underscores." }
            }
            label for="password" { "Password" }
            input #password name="password" type="password" required
                minlength=[page.register.then_some(Password::MIN_CHARS)] maxlength=(Password::MAX_BYTES)
                autocomplete=(if page.register { "new-password" } else { "current-password" })
                aria-describedby=[page.register.then_some("password-rule")] autofocus[!page.name.is_empty()];
            @if page.register {
                p.rule #password-rule { "At least 8 characters. Any will do, and a sentence is better than a puzzle." }
            }
            button.primary type="submit" { (if page.register { "Make the account" } else { "Log in" }) }
        }
        p.other {
            @if page.register {
                "Been here before? " a href="/login" { "Log in" } "."
            } @else {
                "New here? " a href="/register" { "Make an account" } "."
            }
        }
    }
}

pub(super) fn error_text(error: &FormError) -> String {
    match error {
        FormError::WrongPassword => "Name or password is wrong.".to_owned(),
        FormError::WrongOldPassword => "The password is wrong.".to_owned(),
        FormError::NameTaken => "That name is taken.".to_owned(),
        FormError::TooMany(minutes) => {
            format!("Too many attempts with this name. Try again in {minutes} min.")
        }
        FormError::Busy => "Many people are logging in just now. Try again in a moment.".to_owned(),
        FormError::Rule(rule) => rule.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Welcome, welcome};

    #[test]
    fn what_a_person_typed_is_escaped() {
        let page = welcome(&Welcome {
            name: "\"><script>alert(1)</script>".to_owned(),
            ..Welcome::default()
        });
        let page = page.into_string();
        assert!(!page.contains("<script"), "{page}");
        assert!(
            page.contains("value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\""),
            "{page}"
        );
    }
}
