use cloakroom_jwt::ErrorKind;
use cloakroom_tower::BearerErrorKind;

use crate::api_call::ApiAnswer;
use crate::handlers::access_token::Sent;

/// What was done to the token before it was sent.
pub(super) fn change(kind: Sent) -> &'static str {
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
pub(super) fn why(answer: &ApiAnswer) -> &'static str {
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
