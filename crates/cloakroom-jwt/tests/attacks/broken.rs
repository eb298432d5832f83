//! Verifiers as they should not be, each with one weakness, and the attack that finds it.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{PAD_INDIFFERENT, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use cloakroom_jwt::danger::claims_without_verification;
use cloakroom_jwt::{HmacKey, VerifyingKey, attacks};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use crate::keys::{AUDIENCE, ISSUER, RSA_KEY, applications};

const NOW: u64 = 1_750_000_000;
const SECRET: &[u8] = &[0x5a; 32];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Weakness {
    Nothing,
    TakesNone,
    TakesNoneInAnyCase,
    TakesAnySignature,
    TakesNoSignature,
    ComparesWhatIsThere,
    TakesPadding,
    TakesSpareBits,
    TrimsTheToken,
    IgnoresMoreParts,
    IgnoresCrit,
    IgnoresTyp,
    IgnoresCty,
    OpensTheKeyId,
    TakesTheKeyFromTheHeader,
    TakesDuplicates,
    IgnoresExp,
    NeedsNoExp,
    TakesExpAsText,
    IgnoresNbf,
    IgnoresAudience,
    FindsAudienceInside,
    TakesAudienceAsAnObject,
    IgnoresIssuer,
    ComparesBeginningOfIssuer,
    IgnoresCaseOfIssuer,
}

use Weakness as W;

/// Which attack finds which weakness.
const FOUND_BY: &[(Weakness, &[&str])] = &[
    (W::TakesNone, &["alg/none"]),
    (
        W::TakesNoneInAnyCase,
        &["alg/none_mixed_case", "alg/none_upper_case"],
    ),
    (
        W::TakesAnySignature,
        &["signature/all_zero", "signature/of_other_claims"],
    ),
    (W::TakesNoSignature, &["signature/empty"]),
    (W::ComparesWhatIsThere, &["signature/half", "signature/one_octet"]),
    (W::TakesPadding, &["structure/signature_padded"]),
    (W::TakesSpareBits, &["structure/signature_not_canonical"]),
    (
        W::TrimsTheToken,
        &["structure/newline_after", "structure/space_before"],
    ),
    (
        W::IgnoresMoreParts,
        &["structure/four_parts", "structure/four_parts_empty_last"],
    ),
    (W::IgnoresCrit, &["header/crit_unknown", "header/crit_empty"]),
    (W::IgnoresTyp, &["typ/other", "typ/absent", "typ/jwt"]),
    (W::IgnoresCty, &["header/cty_jwt"]),
    (W::OpensTheKeyId, &["header/kid_to_an_empty_file_by_root"]),
    (W::TakesTheKeyFromTheHeader, &["header/jwk_with_a_secret"]),
    (
        W::TakesDuplicates,
        &[
            "json/duplicate",
            "json/duplicate_sub_first",
            "json/duplicate_inside_deep",
        ],
    ),
    (W::IgnoresExp, &["claims/exp_long_past", "claims/exp_missing"]),
    (
        W::NeedsNoExp,
        &[
            "claims/exp_missing",
            "claims/exp_null",
            "claims/exp_in_other_case",
        ],
    ),
    (W::TakesExpAsText, &["claims/exp_string"]),
    (W::IgnoresNbf, &["claims/nbf_far_ahead"]),
    (
        W::IgnoresAudience,
        &["claims/aud_other", "claims/aud_missing", "claims/aud_empty_array"],
    ),
    (
        W::FindsAudienceInside,
        &["claims/aud_with_commas", "claims/aud_slash_after"],
    ),
    (W::TakesAudienceAsAnObject, &["claims/aud_object"]),
    (W::IgnoresIssuer, &["claims/iss_other", "claims/iss_missing"]),
    (
        W::ComparesBeginningOfIssuer,
        &["claims/iss_as_host_of_another", "claims/iss_slash_after"],
    ),
    (W::IgnoresCaseOfIssuer, &["claims/iss_in_upper_case"]),
];

#[test]
fn each_weakness_is_found_by_its_attack_and_is_none_without_it() {
    let app = &applications()[0];
    let key = HmacKey::hs256(SECRET).unwrap();
    // Every kind of key gives the same corpus, since each of them signs.
    let corpus: Vec<_> = attacks(&app.token, &VerifyingKey::from(&key)).collect();
    assert!(attacks(&app.token, &key).eq(corpus.iter().cloned()));
    for &(weakness, found_by) in FOUND_BY {
        assert!(
            accepts(&app.token, weakness),
            "{weakness:?} refuses the good token"
        );
        for wanted in found_by {
            let (_, token) = corpus
                .iter()
                .find(|(name, _)| name == wanted)
                .unwrap_or_else(|| panic!("there is no {wanted}"));
            assert!(accepts(token, weakness), "{wanted} does not find {weakness:?}");
            assert!(
                !accepts(token, W::Nothing),
                "{wanted} finds more than {weakness:?}"
            );
        }
    }
}

/// A verifier that takes the public key for an HMAC secret accepts a token of the corpus, for each kind of key. The PEM
/// texts were made with the Python package `cryptography`.
#[test]
fn public_keys_are_tried_as_secrets_in_the_form_in_which_they_are_kept() {
    for app in applications() {
        let kept = PEMS.iter().find(|(algorithm, _)| app.name.starts_with(algorithm));
        let pem = match kept {
            Some((_, pem)) => *pem,
            None if app.signing.is_none() => RSA_KEY,
            None => continue,
        };
        let tokens = app
            .attacks()
            .filter(|(name, _)| name.starts_with("alg/hs256_keyed_with_spki_pem"));
        let fooled = tokens.filter(|(_, token)| is_hs256(token, pem.as_bytes()));
        assert_eq!(fooled.count(), 1, "{}", app.name);
    }
}

const PEMS: &[(&str, &str)] = &[
    (
        "Ed25519",
        "\
-----BEGIN PUBLIC KEY-----\n\
MCowBQYDK2VwAyEA6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=\n\
-----END PUBLIC KEY-----\n",
    ),
    (
        "ES256",
        "\
-----BEGIN PUBLIC KEY-----\n\
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEHhhTL9R1TALzBB2cdc6zO4P/2BrH\n\
zk/ogsyxyYvFiW6kbDEcTi/0DdlqNlPm5FRF0y3+SG7O11x6kMahiIHAow==\n\
-----END PUBLIC KEY-----\n",
    ),
    (
        "ES384",
        "\
-----BEGIN PUBLIC KEY-----\n\
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEsBv8Si1/4gleZifMXK+avRU9W1Uf5/ba\n\
YV2p0b/RAejRkehZAsCjTqo6FuZmiAtzBZ9ljE1qblfAlZ3oAQmw+mtWvWPR1XAa\n\
k9FTIvImehVSZkHGDNB8kSpt9Yqpk9ib\n\
-----END PUBLIC KEY-----\n",
    ),
];

fn is_hs256(token: &str, secret: &[u8]) -> bool {
    let (input, signature) = token.rsplit_once('.').unwrap();
    URL_SAFE_NO_PAD
        .decode(signature)
        .is_ok_and(|signature| mac(secret, input) == signature)
}

fn mac(secret: &[u8], input: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.chain_update(input).finalize().into_bytes().to_vec()
}

/// HS256, with the policy of the tests, and one weakness.
fn accepts(token: &str, weakness: Weakness) -> bool {
    verify(token, weakness).is_some()
}

fn verify(token: &str, weakness: Weakness) -> Option<()> {
    let has = |one: Weakness| weakness == one;
    let token = if has(W::TrimsTheToken) {
        token.trim()
    } else {
        token
    };
    let parts: Vec<_> = token.split('.').collect();
    let [header_part, claims_part, signature_part] = match parts[..] {
        [header, claims, signature] => [header, claims, signature],
        [header, claims, signature, ..] if has(W::IgnoresMoreParts) => [header, claims, signature],
        _ => return None,
    };
    let base64 = match weakness {
        W::TakesPadding => GeneralPurpose::new(&URL_SAFE, PAD_INDIFFERENT),
        W::TakesSpareBits => {
            let config = GeneralPurposeConfig::new()
                .with_decode_allow_trailing_bits(true)
                .with_decode_padding_mode(DecodePaddingMode::RequireNone);
            GeneralPurpose::new(&URL_SAFE, config)
        }
        _ => URL_SAFE_NO_PAD,
    };
    let octets = |part: &str| base64.decode(part).ok();
    let header: Value = serde_json::from_slice(&octets(header_part)?).ok()?;
    let text = octets(claims_part)?;
    check_signature(
        &header,
        &format!("{header_part}.{claims_part}"),
        &octets(signature_part)?,
        weakness,
    )?;

    let is_at_jwt = header["typ"] == "at+jwt";
    let is_nested = header["cty"] == "JWT";
    let is_fine = (is_at_jwt || has(W::IgnoresTyp))
        && (!is_nested || has(W::IgnoresCty))
        && (header.get("crit").is_none() || has(W::IgnoresCrit));
    let strict = format!("eyJhbGciOiJIUzI1NiJ9.{}.AA", URL_SAFE_NO_PAD.encode(&text));
    let is_strict = claims_without_verification::<Value>(&strict).is_ok();
    if !is_fine || !(is_strict || has(W::TakesDuplicates)) {
        return None;
    }
    check_claims(&serde_json::from_slice(&text).ok()?, weakness)
}

fn check_signature(header: &Value, input: &str, signature: &[u8], weakness: Weakness) -> Option<()> {
    let alg = header["alg"].as_str()?;
    let is_none = match weakness {
        W::TakesNone => alg == "none",
        W::TakesNoneInAnyCase => alg.eq_ignore_ascii_case("none"),
        _ => false,
    };
    let secret = match weakness {
        W::OpensTheKeyId if header["kid"] == "/dev/null" => Vec::new(),
        W::TakesTheKeyFromTheHeader if header.get("jwk").is_some() => {
            URL_SAFE_NO_PAD.decode(header["jwk"]["k"].as_str()?).ok()?
        }
        _ => SECRET.to_vec(),
    };
    let right = mac(&secret, input);
    let is_right = match weakness {
        W::TakesAnySignature => true,
        W::TakesNoSignature => signature.is_empty() || right == signature,
        W::ComparesWhatIsThere => right.starts_with(signature),
        _ => right == signature,
    };
    (is_none || (alg == "HS256" && is_right)).then_some(())
}

fn check_claims(claims: &Value, weakness: Weakness) -> Option<()> {
    let has = |one: Weakness| weakness == one;
    let iss = claims["iss"].as_str().unwrap_or_default();
    let is_issuer = match weakness {
        W::IgnoresIssuer => true,
        W::ComparesBeginningOfIssuer => iss.starts_with(ISSUER),
        W::IgnoresCaseOfIssuer => iss.eq_ignore_ascii_case(ISSUER),
        _ => iss == ISSUER,
    };
    let is_audience = match &claims["aud"] {
        _ if has(W::IgnoresAudience) => true,
        Value::String(aud) if has(W::FindsAudienceInside) => aud.contains(AUDIENCE),
        Value::String(aud) => aud == AUDIENCE,
        Value::Object(aud) if has(W::TakesAudienceAsAnObject) => aud.contains_key(AUDIENCE),
        _ => false,
    };
    let is_live = match &claims["exp"] {
        _ if has(W::IgnoresExp) => true,
        Value::Null => has(W::NeedsNoExp),
        Value::String(exp) if has(W::TakesExpAsText) => exp.parse().is_ok_and(|exp: u64| NOW < exp),
        exp => exp.as_u64().is_some_and(|exp| NOW < exp),
    };
    let has_begun = has(W::IgnoresNbf) || claims["nbf"].as_u64().unwrap_or(0) <= NOW;
    (is_issuer && is_audience && is_live && has_begun).then_some(())
}
