use cloakroom_core::UnixTime;
use cloakroom_jwt as jwt;
use maud::{Markup, html};

use super::decoded::when;
use super::reason::{change, why};
use crate::api_call::{ApiAnswer, NotSendable};
use crate::decoded_token::DecodedToken;
use crate::handlers::access_token::Sent;

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

impl Trial {
    /// The call and the answer.
    pub(super) fn outcome(&self, token: &str, now: UnixTime) -> Markup {
        html! {
            section.card #answer aria-labelledby="answer-title" {
                @match &self.outcome {
                    TrialOutcome::Answered { sent, answer } => {
                        h2 #answer-title {
                            @if answer.status.is_success() { "The API takes it" } @else { "The API refuses it" }
                        }
                        p #why { (change(self.kind)) " " (why(answer)) }
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
                    TrialOutcome::NotMade(error) => {
                        h2 #answer-title { "There is no such token to send" }
                        p.error #why role="alert" {
                            (change(self.kind)) " It does so only with a token that is good, and of yours it says: "
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
