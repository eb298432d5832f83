use cloakroom_core::UnixTime;
use cloakroom_jwt as jwt;
use maud::{Markup, html};

use super::decoded::when;
use super::reason::{signed, told, why};
use crate::api_call::{ApiAnswer, NotSendable};
use crate::decoded_token::DecodedToken;
use crate::forged_token::Tampering;

/// A call of the API from the page.
#[derive(Debug)]
pub(crate) struct Trial {
    pub(crate) path: &'static str,
    pub(crate) outcome: TrialOutcome,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum TrialOutcome {
    Answered {
        change: Change,
        /// The token as it was sent.
        sent: String,
        answer: ApiAnswer,
    },
    /// The issuer signs a good token alone in another way; this one is not good.
    NotSigned {
        wanted: Resigned,
        error: jwt::Error,
    },
    NotSendable(NotSendable),
}

/// What was done to the token before it was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    Nothing,
    Tampered(Tampering),
    Unsigned,
    Resigned(Resigned),
}

/// How the issuer signed it another time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Resigned {
    GrownOld,
    ForAnother,
}

impl Trial {
    /// The call and the answer.
    pub(super) fn outcome(&self, token: &str, now: UnixTime) -> Markup {
        html! {
            section.card #answer aria-labelledby="answer-title" {
                @match &self.outcome {
                    TrialOutcome::Answered { change, sent, answer } => {
                        h2 #answer-title {
                            @if answer.status.is_success() { "The API takes it" } @else { "The API refuses it" }
                        }
                        p #why { (told(*change)) " " (why(answer, *change)) }
                        (differences(token, sent, now))
                        h3 { "The request" }
                        pre.wire { "GET " (self.path) " HTTP/1.1\nAuthorization: Bearer " (sent) }
                        h3 { "The answer, as a program gets it" }
                        pre.wire {
                            "HTTP/1.1 " span #status { (answer.status) } "\n"
                            @for (name, value) in &answer.fields {
                                (name) ": " span data-field=(name) { (value) } "\n"
                            }
                            "\n" span #body { (answer.body) }
                        }
                    },
                    TrialOutcome::NotSigned { wanted, error } => {
                        h2 #answer-title { "There is no such token to send" }
                        p.error #why role="alert" {
                            "The issuer would sign it " (signed(*wanted)) ", and did not: it does so only with a token \
                             that is good, and of yours it says: " (error.to_string()) "."
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
