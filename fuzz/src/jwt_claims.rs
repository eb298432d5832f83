//! The claims of a token.

use std::sync::LazyLock;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_jwt::{ErrorKind, HmacKey, Policy, Scratch, Typ, Untyped, Value, Verified, Verifier};

use crate::hs256;
use crate::strict_json::{Json, MAX_DEPTH, Read, read};

const SECRET: &[u8; 32] = b"a secret of thirty-two bytes, ok";
const HEADER: &[u8] = br#"{"alg":"HS256"}"#;
/// Claims that the policies accept, to which others are added.
const GOOD: &[u8] = br#"{"iss":"i","aud":"a","exp":1750000600,"#;
const NOW: i64 = 1_750_000_000_000;
const LEEWAY: i64 = 5000;
const MAX_AGE: i64 = 3_600_000;
/// The greatest `NumericDate` that is not refused, in seconds.
const LATEST: i128 = (i64::MAX / 1000) as i128;

/// One that asks for little, and one that asks for all it can.
static VERIFIERS: LazyLock<[Verifier; 2]> = LazyLock::new(|| {
    let policy = || Policy::new("i", "a", Typ::untyped(Untyped::OwnKeys)).max_len(64 * 1024);
    let strict = Policy::new("i", "a", Typ::untyped(Untyped::claim("use", "\u{e9}\"")))
        .max_len(64 * 1024)
        .or_audience("b")
        .subject("s")
        .leeway(Duration::from_millis(LEEWAY.unsigned_abs()))
        .max_age(Duration::from_millis(MAX_AGE.unsigned_abs()))
        .require(["x", "jti"]);
    [policy(), strict].map(|policy| {
        let key = HmacKey::hs256(SECRET).expect("32 bytes");
        Verifier::one(policy, [key]).expect("a policy and a key")
    })
});

/// Laws, for any octets as claims, or as what follows good ones, under a right signature:
///
/// 1. They are a claims set for us just when `serde_json` reads an object, no name stands twice in any object of it, and it
///    is not too deep. (Numbers above what a double can hold are left out: `serde_json` reads no further.)
/// 2. Registered claims have their types and ranges, and the policy's answer is that of a second writing of its rules,
///    to the kind of error, before, at and after each time at which something changes.
/// 3. Every value is what `serde_json` reads, by name and in the whole.
///
/// # Panics
///
/// When a law is broken.
pub fn jwt_claims(data: &[u8]) {
    let [kind, data @ ..] = data else { return };
    let claims = match kind & 1 {
        0 => data.to_vec(),
        _ => [GOOD, data, b"}"].concat(),
    };
    if claims.len() > 40_000 {
        return;
    }
    let is_strict = kind & 2 != 0;
    let verifier = &VERIFIERS[usize::from(is_strict)];
    let token = hs256::sign(SECRET, HEADER, &claims);
    let members = match read(&claims, MAX_DEPTH) {
        Read::Object(members) => Some(members),
        Read::Refused => None,
        Read::Unknown => return,
    };
    let mut scratch = Scratch::new();
    for now in times(members.as_deref(), &claims) {
        let found = verifier.verify(&token, UnixTime::from_millis(now), &mut scratch);
        let expected = match &members {
            None => Err(ErrorKind::Claims),
            Some(members) => Claims::read(members, &claims)
                .ok_or(ErrorKind::Claims)
                .and_then(|claims| claims.judge(is_strict, i128::from(now))),
        };
        match (found, &members) {
            (Ok(token), Some(members)) if expected.is_ok() => says(&token, members, &claims),
            (found, _) => assert_eq!(found.map(|_| ()).map_err(cloakroom_jwt::Error::kind), expected),
        }
    }
}

/// Some milliseconds around each date of the claims, as the policies see it.
fn times(members: Option<&[(String, Json)]>, claims: &[u8]) -> Vec<i64> {
    let mut times = vec![NOW];
    let Some(claims) = members.and_then(|members| Claims::read(members, claims)) else {
        return times;
    };
    for date in [claims.exp, claims.nbf, claims.iat].into_iter().flatten() {
        for seconds in [date.down, date.up] {
            for moved in [0, LEEWAY, -LEEWAY, MAX_AGE + LEEWAY, MAX_AGE] {
                let Ok(at) = i64::try_from(seconds * 1000 + i128::from(moved)) else {
                    continue;
                };
                times.extend([at.saturating_sub(1), at]);
            }
        }
    }
    times.truncate(40);
    times
}

fn says(verified: &Verified<'_>, members: &[(String, Json)], claims: &[u8]) {
    assert_eq!(verified.raw().as_bytes(), claims);
    let whole: serde_json::Value = serde_json::from_slice(claims).expect("it was read before");
    assert_eq!(verified.claims::<serde_json::Value>(), Ok(whole.clone()));
    for (name, value) in members {
        let other = &whole[name.as_str()];
        let found = verified.get(name).expect("a member of that name");
        match (found, value) {
            (Value::String(found), Json::String(text)) => assert_eq!(found, text),
            (Value::Null, Json::Plain) => assert!(other.is_null()),
            (Value::Bool(found), Json::Plain) => assert_eq!(other.as_bool(), Some(found)),
            (Value::Number(found), Json::Plain) => {
                assert!(other.is_number());
                assert_eq!(
                    serde_json::from_str::<serde_json::Value>(found).ok().as_ref(),
                    Some(other)
                );
                assert_eq!(found.parse().ok(), Value::Number(found).as_u64());
            }
            (Value::Array(found), Json::Array(_)) | (Value::Object(found), Json::Object(_)) => {
                assert_eq!(
                    serde_json::from_str::<serde_json::Value>(found).ok().as_ref(),
                    Some(other)
                );
            }
            (found, value) => panic!("{found:?} for {value:?}"),
        }
    }
    assert_eq!(
        verified.get("no such claim").is_some(),
        whole.get("no such claim").is_some()
    );
    assert_eq!(Some(verified.issuer()), whole["iss"].as_str());
    assert_eq!(verified.subject(), whole["sub"].as_str());
    assert_eq!(verified.token_id(), whole["jti"].as_str());
    let audience: Vec<_> = verified.audience().collect();
    match &whole["aud"] {
        serde_json::Value::Array(all) => {
            assert!(
                audience
                    .iter()
                    .map(|aud| Some(&**aud))
                    .eq(all.iter().map(serde_json::Value::as_str))
            );
        }
        one => assert_eq!((audience.len(), Some(&*audience[0])), (1, one.as_str())),
    }
}

/// The registered claims, of their types.
struct Claims<'a> {
    members: &'a [(String, Json)],
    iss: Option<&'a str>,
    sub: Option<&'a str>,
    jti: Option<&'a str>,
    aud: Option<Vec<&'a str>>,
    exp: Option<Date>,
    nbf: Option<Date>,
    iat: Option<Date>,
    text: serde_json::Value,
}

/// Seconds.
#[derive(Clone, Copy)]
struct Date {
    down: i128,
    up: i128,
}

impl<'a> Claims<'a> {
    /// `None` when one of them has another type, or is out of range.
    fn read(members: &'a [(String, Json)], claims: &[u8]) -> Option<Self> {
        let of = |wanted: &str| {
            members
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value)
        };
        let string = |name: &str| match of(name) {
            None => Some(None),
            Some(Json::String(text)) => Some(Some(text.as_str())),
            Some(_) => None,
        };
        let spellings = spellings(claims, members);
        let date = |name: &str| {
            if of(name).is_none() {
                return Some(None);
            }
            let (_, spelling) = spellings.iter().find(|(known, _)| known == name)?;
            numeric_date(spelling).map(Some)
        };
        let aud = match of("aud") {
            None => None,
            Some(Json::String(text)) => Some(vec![text.as_str()]),
            Some(Json::Array(all)) => {
                let text = |element: &'a Json| match element {
                    Json::String(text) => Some(text.as_str()),
                    _ => None,
                };
                Some(all.iter().map(text).collect::<Option<_>>()?)
            }
            Some(_) => return None,
        };
        date("auth_time")?;
        Some(Self {
            members,
            iss: string("iss")?,
            sub: string("sub")?,
            jti: string("jti")?,
            aud,
            exp: date("exp")?,
            nbf: date("nbf")?,
            iat: date("iat")?,
            text: serde_json::from_slice(claims).ok()?,
        })
    }

    /// The rules of the policies, written again.
    fn judge(&self, is_strict: bool, now: i128) -> Result<(), ErrorKind> {
        let leeway = if is_strict { i128::from(LEEWAY) } else { 0 };
        if is_strict && self.text.get("use").and_then(|value| value.as_str()) != Some("\u{e9}\"") {
            return Err(ErrorKind::Type);
        }
        if self.iss.ok_or(ErrorKind::MissingClaim)? != "i" {
            return Err(ErrorKind::Issuer);
        }
        if is_strict && self.sub.ok_or(ErrorKind::MissingClaim)? != "s" {
            return Err(ErrorKind::Subject);
        }
        let ours: &[&str] = if is_strict { &["a", "b"] } else { &["a"] };
        let aud = self.aud.as_ref().ok_or(ErrorKind::MissingClaim)?;
        if !aud.iter().any(|aud| ours.contains(aud)) {
            return Err(ErrorKind::Audience);
        }
        let is_there = |wanted| self.members.iter().any(|(name, _)| name == wanted);
        let is_null = |name: &str| self.text.get(name).is_some_and(serde_json::Value::is_null);
        if is_strict && (self.jti.is_none() || !is_there("x") || is_null("x")) {
            return Err(ErrorKind::MissingClaim);
        }
        let exp = self.exp.ok_or(ErrorKind::MissingClaim)?;
        if now >= clamped(exp.down * 1000) + leeway {
            return Err(ErrorKind::Expired);
        }
        if self.nbf.is_some_and(|nbf| now < clamped(nbf.up * 1000) - leeway) {
            return Err(ErrorKind::NotYetValid);
        }
        if self.iat.is_some_and(|iat| clamped(iat.up * 1000) > now + leeway) {
            return Err(ErrorKind::NotYetValid);
        }
        if is_strict {
            let iat = self.iat.ok_or(ErrorKind::MissingClaim)?;
            if now >= clamped(iat.down * 1000) + i128::from(MAX_AGE) + leeway {
                return Err(ErrorKind::TooOld);
            }
        }
        Ok(())
    }
}

/// The last millisecond that can be told.
fn clamped(millis: i128) -> i128 {
    millis.min(i128::from(i64::MAX))
}

/// How the outermost values are spelled, for those that are numbers.
fn spellings(claims: &[u8], members: &[(String, Json)]) -> Vec<(String, String)> {
    let raw: std::collections::HashMap<String, Box<serde_json::value::RawValue>> =
        serde_json::from_slice(claims).unwrap_or_default();
    let plain = members.iter().filter(|(_, value)| matches!(value, Json::Plain));
    plain
        .filter_map(|(name, _)| Some((name.clone(), raw.get(name)?.get().to_owned())))
        .collect()
}

/// The number, when it is one from 0 to the latest date, moved digit by digit to where its exponent says.
fn numeric_date(spelling: &str) -> Option<Date> {
    if !spelling.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let lower = spelling.to_ascii_lowercase();
    let (mantissa, exponent) = lower.split_once('e').unwrap_or((&lower, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.bytes().all(|digit| digit == b'0') {
        return Some(Date { down: 0, up: 0 });
    }
    // A claims set here has fewer digits than this exponent moves the point.
    let exponent = exponent.parse::<i64>().ok()?.clamp(-100_000, 100_000);
    let point = i64::try_from(whole.len()).ok()? + exponent;
    let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
    let digits = format!(
        "{}{digits}{}",
        zeros(-point),
        zeros(point - i64::try_from(digits.len()).ok()?)
    );
    let (whole, fraction) = digits.split_at(usize::try_from(point.max(0)).ok()?);
    let whole = whole.trim_start_matches('0');
    if whole.len() > 20 {
        return None;
    }
    let down: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let has_fraction = fraction.bytes().any(|digit| digit != b'0');
    (down <= LATEST).then_some(Date {
        down,
        up: down + i128::from(has_fraction),
    })
}
