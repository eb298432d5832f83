use http::Response;

use crate::Error;

/// Makes the response to an [`Error`]; what [`CookieLayer::on_error`](crate::CookieLayer::on_error) takes.
///
/// Closures `Fn(&Error, Response<B>) -> Response<B>` do, and nothing else needs to.
pub trait OnError<B> {
    /// The response to `error`, made from the default one.
    fn respond(&self, error: &Error, response: Response<B>) -> Response<B>;
}

/// Leaves the default response as it is, and the error in its extensions for a layer further out.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct DefaultResponse;

impl<B> OnError<B> for DefaultResponse {
    fn respond(&self, error: &Error, mut response: Response<B>) -> Response<B> {
        response.extensions_mut().insert(error.clone());
        response
    }
}

impl<B, F: Fn(&Error, Response<B>) -> Response<B>> OnError<B> for F {
    fn respond(&self, error: &Error, response: Response<B>) -> Response<B> {
        self(error, response)
    }
}
