use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cloakroom_core::UnixTime;
use serde::Deserialize;

use super::{Failure, unproven};
use crate::app::App;
use crate::forged_token::{tampered, unsigned};
use crate::pages::{
    Change, CsrfField, FormError, PATHS, Problem, Resigned, Trial, TrialOutcome, token_form, token_page,
};
use crate::posted::Posted;
use crate::tokens::{Tokens, TokensError};

/// The form to log in for a token.
#[derive(Deserialize)]
pub(crate) struct Entry {
    name: String,
    password: String,
    /// There when the box for the scope `keys:read` is ticked.
    keys: Option<String>,
}

/// The form to call the API with a token, changed in some way or not.
#[derive(Deserialize)]
pub(crate) struct Call {
    token: String,
    path: String,
    sent: Sent,
}

/// What becomes of the token on its way to the API.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Sent {
    AsItIs,
    Tampered,
    Unsigned,
    Expired,
    OtherAudience,
}

/// `GET /jwt`
pub(crate) async fn form(csrf: CsrfField) -> Response {
    token_form(&csrf, "", None).into_response()
}

/// `POST /jwt`: the page with the token. It is the answer itself, and no redirect: that would have to put the token in
/// an address, or keep it on the server.
pub(crate) async fn log_in(
    State(app): State<App>,
    csrf: CsrfField,
    Posted(entry): Posted<Entry>,
) -> Result<Response, Failure> {
    match app.check_password_for_token(&entry.name, entry.password).await? {
        Ok(proven) => {
            let issued = app.tokens.issue(&proven.token_grant(entry.keys.is_some()))?;
            let page = token_page(&csrf, app.tokens.origin(), &issued.token, UnixTime::now(), None);
            Ok(page.into_response())
        }
        Err(reason) => Ok(unproven(&reason, FormError::WrongPassword, |error| {
            token_form(&csrf, &entry.name, Some(&error))
        })),
    }
}

/// `POST /jwt/call`: calls the API with the token, and shows what it answered.
pub(crate) async fn call(
    State(app): State<App>,
    csrf: CsrfField,
    Posted(call): Posted<Call>,
) -> Result<Response, Failure> {
    let now = UnixTime::now();
    // A text field brings line breaks that nobody typed on purpose.
    let token = call.token.trim();
    let Some(path) = PATHS.into_iter().find(|path| *path == call.path) else {
        return Ok(Problem::BadForm.into_response());
    };
    let outcome = match changed(&app.tokens, token, call.sent, now)? {
        Ok((change, sent)) => match app.call_api(path, &sent).await {
            Ok(answer) => TrialOutcome::Answered { change, sent, answer },
            Err(error) => TrialOutcome::NotSendable(error),
        },
        Err(not_signed) => not_signed,
    };
    let status = match outcome {
        // The page did what it was asked to do; what the API said is its content.
        TrialOutcome::Answered { .. } => StatusCode::OK,
        TrialOutcome::NotSendable(_) | TrialOutcome::NotSigned { .. } => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let trial = Trial { path, outcome };
    Ok((
        status,
        token_page(&csrf, app.tokens.origin(), token, now, Some(&trial)),
    )
        .into_response())
}

/// The token as it is to be sent and what was done to it; or what came of it when the issuer did not sign that.
fn changed(
    tokens: &Tokens,
    token: &str,
    wanted: Sent,
    now: UnixTime,
) -> Result<Result<(Change, String), TrialOutcome>, TokensError> {
    let (wanted, signed) = match wanted {
        Sent::AsItIs => return Ok(Ok((Change::Nothing, token.to_owned()))),
        Sent::Tampered => {
            let (tampering, token) = tampered(token);
            return Ok(Ok((Change::Tampered(tampering), token)));
        }
        Sent::Unsigned => return Ok(Ok((Change::Unsigned, unsigned(token)))),
        Sent::Expired => (Resigned::GrownOld, tokens.grown_old(token, now)),
        Sent::OtherAudience => (Resigned::ForAnother, tokens.for_another(token, now)),
    };
    match signed {
        Ok(token) => Ok(Ok((Change::Resigned(wanted), token))),
        Err(TokensError::Token(error)) => Ok(Err(TrialOutcome::NotSigned { wanted, error })),
        Err(error) => Err(error),
    }
}
