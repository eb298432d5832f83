//! The bodies of introspection and revocation requests.

use std::fmt::Write as _;

use cloakroom_token::{Hint, TokenRequest};

/// Laws, for any body:
///
/// 1. It is a request exactly when a reader by hand says so: not too long, not too many parameters, none twice, and a
///    token. The token and the hint are those that the reader found.
/// 2. Its token, written with every byte as `%XX`, is a request for the same token; with a second one it is none.
/// 3. No `Debug` and no error depends on the body's text.
///
/// The input is the body.
///
/// # Panics
///
/// When a law is broken.
pub fn introspection_request(data: &[u8]) {
    let found = TokenRequest::parse(data);
    let expected = by_hand(data);
    assert_eq!(
        found
            .as_ref()
            .ok()
            .map(|request| (request.token.to_string(), request.hint)),
        expected,
        "a request"
    );
    match found {
        Ok(request) => {
            let told = format!("{request:?}");
            assert_eq!(told, format!("TokenRequest {{ hint: {:?}, .. }}", request.hint));
            writes_itself(&request.token);
        }
        Err(error) => {
            let told = error.to_string();
            assert!(told.len() < 48 && !told.contains('\n'), "{told}");
        }
    }
}

fn writes_itself(token: &str) {
    let body = token.bytes().fold(String::from("token="), |mut body, byte| {
        write!(body, "%{byte:02x}").expect("a String takes any text");
        body
    });
    // Three bytes for each of the token's.
    let is_short = body.len() <= TokenRequest::MAX_LEN;
    let again = TokenRequest::parse(body.as_bytes());
    assert_eq!(again.is_ok(), is_short);
    if let Ok(again) = again {
        assert_eq!((again.token.as_str(), again.hint), (token, None));
    }
    assert!(TokenRequest::parse(format!("{body}&token=x").as_bytes()).is_err());
}

fn by_hand(body: &[u8]) -> Option<(String, Option<Hint>)> {
    if body.len() > TokenRequest::MAX_LEN {
        return None;
    }
    let mut parameters: Vec<(String, String)> = Vec::new();
    for piece in body.split(|byte| *byte == b'&').filter(|piece| !piece.is_empty()) {
        let end = piece.iter().position(|byte| *byte == b'=').unwrap_or(piece.len());
        let value = piece.get(end + 1..).unwrap_or(b"");
        parameters.push((text(&piece[..end]), text(value)));
    }
    let mut names: Vec<&str> = parameters.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() != parameters.len() || names.len() > 16 {
        return None;
    }
    let value = |wanted: &str| {
        let found = parameters.iter().find(|(name, _)| name == wanted);
        found
            .map(|(_, value)| value.clone())
            .filter(|value| !value.is_empty())
    };
    let hint = value("token_type_hint").map(|hint| match hint.as_str() {
        "access_token" => Hint::AccessToken,
        "refresh_token" => Hint::RefreshToken,
        _ => Hint::Other,
    });
    Some((value("token")?, hint))
}

/// What an encoded name or value stands for (WHATWG URL, application/x-www-form-urlencoded parsing).
fn text(encoded: &[u8]) -> String {
    let digit = |at: usize| encoded.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut bytes, mut at) = (Vec::new(), 0);
    while let Some(&byte) = encoded.get(at) {
        let (decoded, step) = match (byte, digit(at + 1), digit(at + 2)) {
            (b'+', ..) => (b' ', 1),
            (b'%', Some(high), Some(low)) => {
                (u8::try_from(high * 16 + low).expect("two digits are a byte"), 3)
            }
            _ => (byte, 1),
        };
        bytes.push(decoded);
        at += step;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
