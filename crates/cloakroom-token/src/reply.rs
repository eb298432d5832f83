use serde_json::{Value, json};

use crate::{InvalidRequest, StoreError};

/// What an endpoint answers: to be copied into a response of any framework.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// All headers that it needs, `Cache-Control: no-store` always among them.
    pub headers: &'static [(&'static str, &'static str)],
    /// The body; no secret is in it.
    pub body: String,
    /// Why the store could not be asked, for a log: then the status is 503.
    pub failure: Option<StoreError>,
}

const NO_STORE: (&str, &str) = ("cache-control", "no-store");
const NO_CACHE: (&str, &str) = ("pragma", "no-cache");
const JSON: (&str, &str) = ("content-type", "application/json");

impl Reply {
    /// 401, for a caller that has not authenticated (RFC 7662 section 2.1, RFC 6749 section 5.2).
    pub fn unauthenticated() -> Self {
        Self {
            status: 401,
            headers: &[
                NO_STORE,
                NO_CACHE,
                JSON,
                ("www-authenticate", "Basic realm=\"token\""),
            ],
            body: json!({"error": "invalid_client"}).to_string(),
            failure: None,
        }
    }

    pub(crate) fn json(body: &Value) -> Self {
        Self {
            status: 200,
            headers: &[NO_STORE, NO_CACHE, JSON],
            body: body.to_string(),
            failure: None,
        }
    }

    /// The whole answer about whatever is not active, so that nobody learns why (RFC 7662 section 2.2).
    pub(crate) fn inactive() -> Self {
        Self::json(&json!({"active": false}))
    }

    /// 200 without a body (RFC 7009 section 2.2).
    pub(crate) fn empty() -> Self {
        Self {
            status: 200,
            headers: &[NO_STORE, NO_CACHE],
            body: String::new(),
            failure: None,
        }
    }

    pub(crate) fn invalid(request: InvalidRequest) -> Self {
        let body = json!({"error": "invalid_request", "error_description": request.description()});
        Self {
            status: 400,
            ..Self::json(&body)
        }
    }

    /// The token may live still: the caller is to try again (RFC 7009 section 2.2.1).
    pub(crate) fn unavailable(failure: StoreError) -> Self {
        Self {
            status: 503,
            headers: &[NO_STORE, NO_CACHE, JSON, ("retry-after", "1")],
            body: json!({"error": "temporarily_unavailable"}).to_string(),
            failure: Some(failure),
        }
    }
}
