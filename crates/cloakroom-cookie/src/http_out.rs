use http::HeaderMap;
use http::header::{HeaderValue, SET_COOKIE};

use crate::{SetCookie, SetCookies};

impl SetCookie {
    /// The header field's value, marked sensitive: HPACK and QPACK then never index it (RFC 7541 section 7.1.3), and
    /// its `Debug` hides it.
    #[expect(clippy::missing_panics_doc, reason = "the proof is the message")]
    pub fn to_header_value(&self) -> HeaderValue {
        let mut value = HeaderValue::try_from(self.to_header_string())
            .expect("a SetCookie is written in printable US-ASCII");
        value.set_sensitive(true);
        value
    }
}

impl SetCookies {
    /// Appends one `Set-Cookie` field for each cookie; what `headers` has already stays.
    pub fn append_to(&self, headers: &mut HeaderMap) {
        for cookie in self {
            headers.append(SET_COOKIE, cookie.to_header_value());
        }
    }
}
