use cloakroom_jwt::ErrorKind;
use cloakroom_tower::BearerErrorKind;
use maud::{Markup, html};

use super::{Change, Resigned};
use crate::api_call::{ApiAnswer, Refusal};
use crate::forged_token::Tampering;

/// What was done to the token before it was sent.
pub(super) fn told(change: Change) -> Markup {
    match change {
        Change::Nothing => html! { "The token went out as it stands in the field." },
        Change::Tampered(Tampering::Renamed) => {
            html! { "The name in the claims was changed and the signature left as it was." }
        }
        Change::Tampered(Tampering::Named) => {
            html! { "A name was put into the claims and the signature left as it was." }
        }
        Change::Tampered(Tampering::LastCharacter) => {
            html! { "No claims could be read in it, so its last character was changed." }
        }
        Change::Unsigned => {
            html! { "Its header was replaced by one that says there is no signature, and the signature was left out." }
        }
        Change::Resigned(resigned) => html! { "The issuer signed it " (signed(resigned)) "." },
    }
}

/// How the issuer signs it another time.
pub(super) fn signed(resigned: Resigned) -> &'static str {
    match resigned {
        Resigned::GrownOld => "as it will be a minute after its end",
        Resigned::ForAnother => "for the API of another server",
    }
}

/// Why the API answered as it did.
pub(super) fn why(answer: &ApiAnswer, change: Change) -> &'static str {
    let Some(refused) = &answer.refused else {
        return if answer.status.is_success() {
            "Its signature verifies, and issuer, audience, type and times are what the policy asks for."
        } else {
            "The token is not the reason."
        };
    };
    let refused = match refused {
        Refusal::Token(kind) => kind,
        Refusal::Ended => {
            return "It is genuine, and it has been ended: its person has logged out everywhere since, or has another \
                    password.";
        }
        Refusal::Unjudged => {
            return "Whether it has been ended is not known: the store has not been heard of for more than a second.";
        }
    };
    match refused {
        BearerErrorKind::Malformed => {
            "What follows “Bearer” is not what a token may be spelled with, so the request is bad and no token was \
             looked at: 400, not 401."
        }
        BearerErrorKind::InsufficientScope { .. } => {
            "The token is good, and it was not given for this: 403, not 401. Log in again and tick the box."
        }
        BearerErrorKind::Rejected(error) => why_rejected(error.kind(), change),
        _ => "It is not a token that this API can use.",
    }
}

fn why_rejected(kind: ErrorKind, change: Change) -> &'static str {
    match kind {
        ErrorKind::TooLarge => {
            "It is longer than any token of this API, and was refused before it was looked at."
        }
        ErrorKind::Malformed => {
            "It is not three parts of base64url of which the first is a JSON object where no member has another of its \
             name, so there is no signature to check."
        }
        ErrorKind::Header if change == Change::Unsigned => {
            "“none” is no algorithm here, and no setting makes it one: the keys know their algorithm, and the header \
             does not choose it."
        }
        ErrorKind::Header => {
            "Its header asks for something that is not supported: it names no algorithm that this API knows, or an \
             extension, compression or encryption that has to be understood."
        }
        ErrorKind::Algorithm => {
            "The header names an algorithm that no key of this API has. The keys choose, not the header."
        }
        ErrorKind::UnknownKey => {
            "No key has the id in its header: it is of another issuer, or of this one under another key."
        }
        ErrorKind::Signature => {
            "The signature covers every character of header and claims. This one was made over other characters, and \
             only the issuer can make a new one."
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
