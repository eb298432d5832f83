use cloakroom_core::UnixTime;
use maud::{Markup, html};

use crate::decoded_token::{Claim, DecodedToken};
use crate::pages::time::time;

/// What anybody reads in it, with no key.
pub(super) fn decoded(token: &str, now: UnixTime) -> Markup {
    html! {
        section.card #decoded aria-labelledby="decoded-title" {
            h2 #decoded-title { "Taken apart" }
            @match DecodedToken::read(token) {
                Some(decoded) => {
                    p { "Anybody can do this, with no key. What it says is to be believed only once the signature has verified." }
                    h3 { "Header" }
                    pre.wire #header { (decoded.header) }
                    h3 { "Claims" }
                    @match &decoded.claims {
                        Ok(claims) => (table(claims, now)),
                        Err(error) => p #no-claims { "No verifier reads any: " (error.to_string()) "." },
                    }
                    h3 { "Signature" }
                    @if decoded.signature == 0 {
                        p { "There is none." }
                    } @else {
                        p {
                            (decoded.signature) " bytes over header and claims as they were sent, character by character. "
                            a href="/.well-known/jwks.json" { "The public key" }
                            " lets any program verify it and none make one."
                        }
                    }
                },
                None => p #undecodable { "This is not three parts of base64url of which the first is text, so there is nothing to show." },
            }
        }
    }
}

fn table(claims: &[Claim], now: UnixTime) -> Markup {
    html! {
        table #claims {
            caption.unseen { "Claims of the token and what they mean" }
            thead { tr { th scope="col" { "Claim" } th scope="col" { "Value" } th scope="col" { "Meaning" } } }
            tbody {
                @for claim in claims {
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
        "auth_time" => "when you logged in: ",
        _ => "",
    }
}

/// A claimed time, and on which side of now it is.
pub(super) fn when(seconds: i64, now: UnixTime) -> Markup {
    let at = UnixTime::from_millis(seconds.saturating_mul(1000));
    html! { (time(at)) @if at <= now { small { " past" } } @else { small { " ahead" } } }
}
