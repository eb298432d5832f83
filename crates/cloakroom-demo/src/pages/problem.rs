use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::html;

use super::layout::layout;

/// Something that a page has to say no to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    CrossSite,
    FormToken,
    Host,
    NotFound,
    Method,
    BadForm,
    FormTooLarge,
    CookiesTooLarge,
    KeyStep,
    KeyFile,
    SessionOvertaken,
    SessionStore,
    PasswordUnsure,
    OthersRemain,
    AppRemains,
    Revocations,
    Unavailable,
    Internal,
}

impl Problem {
    fn status(self) -> StatusCode {
        match self {
            Self::CrossSite | Self::FormToken => StatusCode::FORBIDDEN,
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::BadForm => StatusCode::BAD_REQUEST,
            Self::FormTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::CookiesTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::KeyStep | Self::SessionOvertaken => StatusCode::CONFLICT,
            Self::Unavailable
            | Self::SessionStore
            | Self::PasswordUnsure
            | Self::OthersRemain
            | Self::AppRemains
            | Self::Revocations => StatusCode::SERVICE_UNAVAILABLE,
            Self::KeyFile | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn is_about_sessions(self) -> bool {
        matches!(
            self,
            Self::SessionOvertaken | Self::SessionStore | Self::PasswordUnsure | Self::OthersRemain
        )
    }

    fn title(self) -> &'static str {
        match self {
            Self::CrossSite => "Refused: the form came from another site",
            Self::FormToken => "Refused: the form is not of a page of this log-in",
            Self::Host => "This server answers to 127.0.0.1 and localhost only",
            Self::NotFound => "There is no such page",
            Self::Method => "That address does not take this kind of request",
            Self::BadForm => "The form could not be read",
            Self::FormTooLarge => "The form is too large",
            Self::CookiesTooLarge => "The browser sent too many cookies",
            Self::KeyStep => "The key ring does not take that step",
            Self::KeyFile => "The key file could not be changed",
            Self::SessionOvertaken => "Another request was faster",
            Self::SessionStore => "The store of the sessions does not answer",
            Self::PasswordUnsure => "Nobody can say whether the password is changed",
            Self::OthersRemain => "The password is changed, and that is all",
            Self::AppRemains => "The log-in to the app has not ended",
            Self::Revocations => "Nobody can say whether you are logged in",
            Self::Unavailable => "The user database does not answer",
            Self::Internal => "Something went wrong here",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::CrossSite => {
                "Your browser said that a page of another origin made it send this. Nothing was changed. If you meant \
                 it, do it from this server's own page."
            }
            Self::FormToken => {
                "It brought no token of a page that this server made for you, or one that is too old or was made before \
                 you logged in or out. Nothing was changed. Open the page again and send it from there."
            }
            Self::Host => "Use the address that the server printed when it started.",
            Self::NotFound | Self::Method => "The front page has everything that is here.",
            Self::BadForm => "A field is missing, is there twice or is not text. Nothing was changed.",
            Self::FormTooLarge => "No form of this server needs that much. Nothing was changed.",
            Self::CookiesTooLarge => "Delete this site's cookies and try again.",
            Self::KeyStep => {
                "The ring is not what it was when the page was made: another window or another process has changed \
                 it. Look at it again."
            }
            Self::KeyFile => {
                "The ring is as it was, in the file and in the server. The reason stands in the server's terminal."
            }
            Self::SessionOvertaken => {
                "While this request was under way, others changed your session, ended it or logged in anew. So this one \
                 did nothing. Look at your session again."
            }
            Self::SessionStore => {
                "So nobody can say whether you are logged in, and you are not taken for a stranger on that account. Try \
                 again in a moment, and look whether what you asked for was done."
            }
            Self::PasswordUnsure => {
                "The user database failed while it was written. So all that your account was logged in by is over, this \
                 session too. Log in again by the new password or, if that is not taken, by the old one."
            }
            Self::OthersRemain => {
                "The store did not answer, so your other devices may be logged in still. Log out everywhere, or change the \
                 password once more."
            }
            Self::AppRemains => {
                "Its refresh token was made under a key that this server does not have yet, or not any more. So it was not \
                 ended here, and the browser still has it; whatever else this browser was logged in by has ended. Try again \
                 in a moment."
            }
            Self::Revocations => {
                "Which log-ins have ended early is in the store, and the store has not been heard of for more than a \
                 second. Rather than take one for good that is not, this server takes none. Try again in a moment."
            }
            Self::Unavailable => {
                "Another process may have locked it. Nothing was changed and you are as logged in as you were: the \
                 cookie does not depend on it. Try again in a moment."
            }
            Self::Internal => "The reason stands in the server's terminal.",
        }
    }
}

/// The page that says so.
pub(crate) fn problem(problem: Problem) -> impl IntoResponse {
    let page = layout(
        problem.title(),
        &html! {},
        None,
        &html! {
            section.problem {
                p.status { (problem.status().as_u16()) }
                h1 { (problem.title()) }
                p { (problem.advice()) }
                @if problem.is_about_sessions() {
                    p { a.button href="/session" { "To your session" } }
                } @else {
                    p { a.button href="/" { "To the front page" } }
                }
            }
        },
    );
    let mut response: Response = (problem.status(), page).into_response();
    if problem.status() == StatusCode::SERVICE_UNAVAILABLE {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        problem(self).into_response()
    }
}
