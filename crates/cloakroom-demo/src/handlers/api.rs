//! The API for programs: JSON in, JSON out, and a bearer token where it matters.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use cloakroom_core::UnixTime;
use cloakroom_tower::{Bearer, BearerErrorKind, Error, Identity, IdentityErrorKind};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::{App, report};
use crate::password_check::Unproven;
use crate::tokens::{AccessClaims, KEYS_SCOPE};

/// What a program sends to get a token.
#[derive(Deserialize)]
pub(crate) struct Grant {
    name: String,
    password: String,
    /// As in RFC 6749 section 3.3.
    #[serde(default)]
    scope: String,
}

/// `POST /api/token`: name and password for a token, answered as RFC 6749 section 5 has it.
///
/// It is not that RFC's password grant, which takes a form and which RFC 9700 section 2.4 has done away with: here the
/// server that knows the password and the program that asks for a token belong together.
pub(crate) async fn token(State(app): State<App>, grant: Result<Json<Grant>, JsonRejection>) -> Response {
    let grant = match grant {
        Ok(Json(grant)) => grant,
        Err(rejection) => {
            // RFC 6749 section 5.2 has one status for a member that is missing, repeated or of another type.
            let status = match rejection {
                JsonRejection::JsonDataError(_) => StatusCode::BAD_REQUEST,
                other => other.status(),
            };
            let description = match status {
                StatusCode::PAYLOAD_TOO_LARGE => "the body is too large",
                StatusCode::UNSUPPORTED_MEDIA_TYPE => "the body is not application/json",
                _ => "the body is not a JSON object with the strings name and password",
            };
            return refused(status, "invalid_request", description);
        }
    };
    let proven = match app.check_password_for_token(&grant.name, grant.password).await {
        Ok(proven) => proven,
        Err(failure) => return failure.into_response(),
    };
    let proven = match proven {
        Ok(proven) => proven,
        Err(Unproven::Wrong) => {
            return refused(
                StatusCode::BAD_REQUEST,
                "invalid_grant",
                "name or password is wrong",
            );
        }
        Err(Unproven::TooMany(seconds)) => {
            let description = "too many attempts with this name";
            return later(
                refused(StatusCode::TOO_MANY_REQUESTS, "slow_down", description),
                seconds,
            );
        }
        Err(Unproven::Busy) => {
            let description = "many people are logging in just now";
            return later(
                refused(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "temporarily_unavailable",
                    description,
                ),
                2,
            );
        }
    };
    let with_keys = grant.scope.split(' ').any(|scope| scope == KEYS_SCOPE);
    match app.tokens.issue(&proven.token_grant(with_keys)) {
        Ok(issued) => {
            let body = json!({
                "access_token": issued.token,
                "token_type": "Bearer",
                "expires_in": app.tokens.life().as_secs(),
                "scope": issued.scope,
            });
            (not_stored(), Json(body)).into_response()
        }
        Err(error) => {
            report(&error);
            let description = "the reason stands in the server's terminal";
            refused(StatusCode::INTERNAL_SERVER_ERROR, "server_error", description)
        }
    }
}

/// `GET /api/me`: who the token is about. No store is asked: the token says it all, and this server knows by itself whether
/// it has been ended, which [`Identity`] asks.
pub(crate) async fn me(bearer: Bearer<AccessClaims>, _me: Identity) -> Json<Value> {
    Json(json!({
        "subject": bearer.subject(),
        "name": bearer.name,
        "scope": bearer.scope,
        "token_id": bearer.token_id(),
        "expires_in": bearer.expires_at().and_then(|end| end.checked_duration_since(UnixTime::now())).map(|left| left.as_secs()),
    }))
}

/// `GET /api/keys`: ids and states of the key ring, for a token of the scope `keys:read`.
pub(crate) async fn keys(
    State(app): State<App>,
    bearer: Bearer<AccessClaims>,
    _me: Identity,
) -> Result<Json<Value>, Error> {
    bearer.require_scope(KEYS_SCOPE)?;
    let (keys, cutoff) = app.keys.list();
    let keys: Vec<_> = keys
        .into_iter()
        .map(|(id, state)| json!({ "id": id.to_string(), "state": state.as_str() }))
        .collect();
    Ok(Json(
        json!({ "keys": keys, "cutoff_ms": cutoff.map(UnixTime::as_millis) }),
    ))
}

/// `GET /.well-known/jwks.json`: the public key, for every program that wants to verify our tokens on its own.
pub(crate) async fn key_set(State(app): State<App>) -> Response {
    let key_set = app.tokens.key_set().to_owned();
    ([(CONTENT_TYPE, "application/jwk-set+json")], key_set).into_response()
}

pub(crate) async fn not_found() -> Response {
    refused(StatusCode::NOT_FOUND, "not_found", "there is no such resource")
}

pub(crate) async fn wrong_method() -> Response {
    let description = "this resource does not take such a request";
    refused(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", description)
}

/// The extractors' rejections as JSON: the status and the challenge stay, the body says the same to a program. A request
/// that brought no token gets no error code there either (RFC 6750 section 3.1).
pub(crate) fn error(error: &Error, response: Response) -> Response {
    let code = match error {
        Error::Bearer(error) => match error.kind() {
            BearerErrorKind::Required => None,
            kind => Some(kind.code().unwrap_or("temporarily_unavailable")),
        },
        Error::Identity(error) => match error.kind() {
            IdentityErrorKind::Rejected => Some("invalid_token"),
            IdentityErrorKind::Stale { .. } => Some("temporarily_unavailable"),
            _ => Some("server_error"),
        },
        Error::Csrf { .. } => Some("access_denied"),
        _ => Some("server_error"),
    };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(CONTENT_TYPE);
    // For the page that shows what the API answered, and why.
    parts.extensions.insert(error.clone());
    let mut body = json!({ "error_description": error.to_string() });
    if let Some(code) = code {
        body["error"] = code.into();
    }
    (parts, Json(body)).into_response()
}

fn refused(status: StatusCode, code: &str, description: &str) -> Response {
    let body = json!({ "error": code, "error_description": description });
    (status, not_stored(), Json(body)).into_response()
}

fn later(mut response: Response, seconds: u64) -> Response {
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// RFC 6749 section 5.1 asks for both.
fn not_stored() -> [(axum::http::HeaderName, &'static str); 2] {
    [(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")]
}
