//! The header that this crate writes, and the base64url of it.

use alloc::string::String;

use crate::encoding::encode;
use crate::key::is_kid;
use crate::sign_error::SignErrorKind;

/// The JSON of a header, in the one order that is written here: `{"typ":..,"alg":..,"kid":..}`.
pub(crate) fn json(algorithm_name: &str, typ: Option<&str>, kid: Option<&str>) -> String {
    let mut text = String::from("{");
    if let Some(typ) = typ {
        text.push_str("\"typ\":");
        push_json_string(&mut text, typ);
        text.push(',');
    }
    text.push_str("\"alg\":\"");
    text.push_str(algorithm_name);
    text.push('"');
    if let Some(kid) = kid {
        text.push_str(",\"kid\":");
        push_json_string(&mut text, kid);
    }
    text.push('}');
    text
}

/// The text that a token begins with: the header in base64url, and the first dot.
pub(crate) fn prefix(
    algorithm_name: &str,
    typ: Option<&str>,
    kid: Option<&str>,
) -> Result<String, SignErrorKind> {
    if kid.is_some_and(|kid| !is_kid(kid)) {
        return Err(SignErrorKind::Kid);
    }
    if typ.is_some_and(|typ| !is_typ(typ)) {
        return Err(SignErrorKind::Typ);
    }
    let mut text = encode(json(algorithm_name, typ, kid).as_bytes());
    text.push('.');
    Ok(text)
}

/// The characters of a media type's names (RFC 6838 section 4.2), slashes between them.
fn is_typ(typ: &str) -> bool {
    (1..=127).contains(&typ.len())
        && typ
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+/".contains(&byte))
}

/// Appends a JSON string (RFC 8259 section 7).
pub(crate) fn push_json_string(text: &mut String, value: &str) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\0'..='\x1f' => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                let code = character as usize;
                text.push_str("\\u00");
                text.push(char::from(HEX[code >> 4]));
                text.push(char::from(HEX[code & 15]));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}
