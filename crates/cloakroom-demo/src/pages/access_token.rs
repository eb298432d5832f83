use cloakroom_core::UnixTime;
use cloakroom_jwt::{self as jwt, ErrorKind};
use cloakroom_tower::BearerErrorKind;
use maud::{Markup, html};

use super::FormError;
use super::layout::layout;
use super::time::time;
use super::welcome::error_text;
use crate::api_call::{ApiAnswer, NotSendable};
use crate::decoded_token::DecodedToken;
use crate::handlers::access_token::Sent;
use crate::password::Password;

/// What the page can ask the API for.
pub(crate) const PATHS: [&str; 2] = ["/api/me", "/api/keys"];

/// A call of the API from the page.
#[derive(Debug)]
pub(crate) struct Trial {
    pub(crate) path: &'static str,
    pub(crate) kind: Sent,
    pub(crate) outcome: TrialOutcome,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum TrialOutcome {
    Answered {
        /// The token as it was sent.
        sent: String,
        answer: ApiAnswer,
    },
    /// The issuer makes a changed token of a good one alone; this one is not good.
    NotMade(jwt::Error),
    NotSendable(NotSendable),
}

/// The page to log in for a token.
pub(crate) fn token_form(name: &str, error: Option<&FormError>) -> Markup {
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
                         read it, nobody can change it, and it ends after five minutes."
                    }
                }
                section.card.entry {
                    h2 { "Log in for a token" }
                    @if let Some(error) = error {
                        p.error role="alert" id="form-error" { (error_text(error)) }
                    }
                    form method="post" action="/jwt" {
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
                        strong { "The key is in memory. " }
                        "It is made when the server starts. A restart ends every token, and logs nobody out who has \
                         the cookie."
                    }
                }
            }
        },
    )
}

/// The page with a token; `trial` is the call that it was just used for.
pub(crate) fn token_page(origin: &str, token: &str, now: UnixTime, trial: Option<&Trial>) -> Markup {
    layout(
        "Your token",
        &html! {},
        None,
        &html! {
            @if let Some(trial) = trial { (outcome(trial, token, now)) }
            section.card #token aria-labelledby="token-title" {
                h1 #token-title { "Your token" }
                p {
                    "Whoever has it is you, for as long as it lives. The server keeps no record of it and cannot take \
                     it back. Put this page away when you are done."
                }
                form.call method="post" action="/jwt/call" {
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
            (decoded("Taken apart", token, now))
        },
    )
}

/// What anybody reads in it, with no key.
fn decoded(title: &str, token: &str, now: UnixTime) -> Markup {
    html! {
        section.card #decoded aria-labelledby="decoded-title" {
            h2 #decoded-title { (title) }
            @match DecodedToken::read(token) {
                Some(decoded) => {
                    p { "Anybody can do this, with no key. What it says is to be believed only once the signature has verified." }
                    h3 { "Header" }
                    pre.wire #header { (decoded.header) }
                    h3 { "Claims" }
                    table #claims {
                        caption.unseen { "Claims of the token and what they mean" }
                        thead { tr { th scope="col" { "Claim" } th scope="col" { "Value" } th scope="col" { "Meaning" } } }
                        tbody {
                            @for claim in &decoded.claims {
                                tr data-claim=(claim.name) {
                                    th scope="row" { code.wrap { (claim.name) } }
                                    td { code.wrap { (claim.value) } }
                                    td {
                                        (meaning(&claim.name))
                                        @if let Some(at) = claim.seconds { (when(at, now)) }
                                    }
                                }
                            }
                        }
                    }
                    h3 { "Signature" }
                    p {
                        (decoded.signature) " bytes over header and claims as they were sent, character by character. "
                        a href="/.well-known/jwks.json" { "The public key" }
                        " lets any program verify it and none make one."
                    }
                },
                None => p #undecodable { "This is not three parts of base64url of which two are JSON objects, so there is nothing to show." },
            }
        }
    }
}

fn outcome(trial: &Trial, token: &str, now: UnixTime) -> Markup {
    html! {
        section.card #answer aria-labelledby="answer-title" {
            @match &trial.outcome {
                TrialOutcome::Answered { sent, answer } => {
                    h2 #answer-title {
                        @if answer.status.is_success() { "The API takes it" } @else { "The API refuses it" }
                    }
                    p #why { (change(trial.kind)) " " (why(answer)) }
                    (differences(token, sent, now))
                    h3 { "The request" }
                    pre.wire { "GET " (trial.path) " HTTP/1.1\nAuthorization: Bearer " (sent) }
                    h3 { "The answer, as a program gets it" }
                    pre.wire {
                        "HTTP/1.1 " span #status { (answer.status) } "\n"
                        @for (name, value) in &answer.fields {
                            (name) ": " span data-field=(name) { (value) } "\n"
                        }
                        "\n" span #body { (answer.body) }
                    }
                },
                TrialOutcome::NotMade(error) => {
                    h2 #answer-title { "There is no such token to send" }
                    p.error #why role="alert" {
                        (change(trial.kind)) " It does so only with a token that is good, and of yours it says: "
                        (error.to_string()) "."
                    }
                },
                TrialOutcome::NotSendable(error) => {
                    h2 #answer-title { "This cannot be sent" }
                    p.error #why role="alert" { "Nothing was sent: " (error.to_string()) "." }
                },
            }
        }
    }
}

/// Where what was sent says something else than what stands in the field.
fn differences(token: &str, sent: &str, now: UnixTime) -> Markup {
    let differences = match (DecodedToken::read(token), DecodedToken::read(sent)) {
        (Some(token), Some(sent)) => token.differences(&sent),
        _ => Vec::new(),
    };
    html! {
        @if !differences.is_empty() {
            table #changed {
                caption.unseen { "In what the token that was sent differs" }
                thead { tr { th scope="col" { "Part" } th scope="col" { "In the field" } th scope="col" { "As it was sent" } } }
                tbody {
                    @for difference in &differences {
                        tr data-part=(difference.part) {
                            th scope="row" { code.wrap { (difference.part) } }
                            td { code.wrap { (difference.was) } }
                            td {
                                code.wrap { (difference.is) }
                                @if let Some(at) = difference.seconds { " " (when(at, now)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What was done to the token before it was sent.
fn change(kind: Sent) -> &'static str {
    match kind {
        Sent::AsItIs => "The token went out as it stands in the field.",
        Sent::Tampered => "The name in the claims was changed and the signature left as it was.",
        Sent::Unsigned => {
            "The header was changed to say that there is no signature, and the signature was left out."
        }
        Sent::Expired => "The issuer signed it as it will be a minute after its end.",
        Sent::OtherAudience => "The issuer signed it for the API of another server.",
    }
}

/// Why the API answered as it did.
fn why(answer: &ApiAnswer) -> &'static str {
    let Some(refused) = &answer.refused else {
        return if answer.status.is_success() {
            "Its signature verifies, and issuer, audience, type and times are what the policy asks for."
        } else {
            "The token is not the reason."
        };
    };
    match refused {
        BearerErrorKind::Malformed => {
            "What follows “Bearer” is not what a token may be spelled with, so the request is bad and no token was \
             looked at: 400, not 401."
        }
        BearerErrorKind::InsufficientScope { .. } => {
            "The token is good, and it was not given for this: 403, not 401. Log in again and tick the box."
        }
        BearerErrorKind::Rejected(error) => why_rejected(error.kind()),
        _ => "It is not a token that this API can use.",
    }
}

fn why_rejected(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::TooLarge => {
            "It is longer than any token of this API, and was refused before it was looked at."
        }
        ErrorKind::Malformed => {
            "It is not three parts of base64url with a JSON header, so there is no signature to check."
        }
        ErrorKind::Header => {
            "“none” is no algorithm here, and no setting makes it one: the keys know their algorithm, and the header \
             does not choose it."
        }
        ErrorKind::Algorithm => {
            "The header names an algorithm that no key of this API has. The keys choose, not the header."
        }
        ErrorKind::UnknownKey => {
            "No key has the id in its header: it is of another issuer, or of this one before it was started again."
        }
        ErrorKind::Signature => {
            "The signature covers every character of header and claims. It was made over others, and only the issuer \
             can make a new one."
        }
        ErrorKind::Type => "It is a token of another kind, and one kind must not pass for another.",
        ErrorKind::Issuer => "It is from another issuer.",
        ErrorKind::Audience => {
            "It is genuine and names another API. An API that took it could be handed the tokens that people gave to \
             others."
        }
        ErrorKind::Expired | ErrorKind::TooOld => "It is genuine, and its time is over.",
        ErrorKind::NotYetValid => "It is genuine, and its time has not begun.",
        _ => "Its claims are not what the policy asks for.",
    }
}

fn meaning(claim: &str) -> &'static str {
    match claim {
        "iss" => "who made it",
        "aud" => "which API it is for",
        "sub" => "whom it is about: your id",
        "client_id" => "which program it was made for",
        "jti" => "the token's own id",
        "scope" => "what it may be used for",
        "name" => "this demo's own claim",
        "iat" => "when it was made: ",
        "exp" => "when it ends: ",
        "nbf" => "when it begins: ",
        "auth_time" => "when the password was given: ",
        _ => "",
    }
}

fn when(seconds: i64, now: UnixTime) -> Markup {
    let at = UnixTime::from_millis(seconds.saturating_mul(1000));
    html! { (time(at)) @if at <= now { small { " past" } } @else { small { " ahead" } } }
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

    use super::token_page;

    #[test]
    fn a_hostile_token_is_escaped_and_makes_no_command_line() {
        let hostile = "'; rm -rf ~ #</textarea><script>alert(1)</script>";
        let page = token_page("http://127.0.0.1:1", hostile, UnixTime::EPOCH, None).into_string();
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("Bearer TOKEN'"), "{page}");
        assert!(page.contains("nothing to show"), "{page}");
    }
}
