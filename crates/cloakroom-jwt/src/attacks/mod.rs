mod algorithm;
mod claims;
mod confusion;
mod good;
mod header;
mod json;
mod key;
mod signature;
mod structure;

use alloc::string::String;

use good::Good;
pub use key::AttackKey;

/// The name of an attack, and what makes its token; `None` where it does not apply to the good token or the key.
type Attack = (&'static str, fn(&Good) -> Option<String>);

/// Every attack token that can be made from one `token` of an application and the key that verifies it, each with its name.
///
/// A right verifier rejects each of them, for whatever reason it finds first. Tokens are made one at a time, while the
/// iterator runs. Names are stable: a later version adds some and renames none.
///
/// A name is `group/attack`. An application that permits on purpose what a group tries leaves it out by its prefix.
///
/// | group | tries |
/// |---|---|
/// | `alg` | `none` in its spellings, odd and duplicate `alg` values, other algorithms, well-known HMAC secrets, the public key as HMAC secret (RFC 8725 sections 2.1 and 3.1) |
/// | `signature` | signatures that are absent, cut, extended, changed, zero, or in another encoding |
/// | `structure` | other than three parts of canonical base64url, other serializations, enormous tokens (RFC 7515 section 7) |
/// | `header` | texts that are no strict JSON object, `crit`, `b64`, `zip`, `enc`, nested tokens, keys in the header, hostile `kid` values (RFC 8725 section 3.10) |
/// | `typ` | the type of another kind of token (RFC 8725 section 3.11) |
/// | `json` | claims that are no strict JSON object: duplicate members, deep nesting, other character encodings |
/// | `claims` | expired and premature tokens, other issuers and audiences, claims that are absent or of the wrong type |
///
/// `key` decides which of them carry a right signature, without which a verifier that never looks at claims would reject
/// `claims` too, for their signature. An [`HmacKey`](crate::HmacKey) and a [`SigningKey`](crate::SigningKey) sign; so
/// does a [`VerifyingKey`](crate::VerifyingKey) of HMAC. With any other `VerifyingKey` the attacks that need a right
/// signature are left out, and those that anybody on the network can mount stay.
///
/// The claims `iss`, `aud` and `exp` are attacked when the good token has them, and the policy must name them; `sub`, `jti`,
/// `nbf` and `iat` only by values of the wrong type and by times far ahead, which no policy permits.
///
/// ```
/// use cloakroom_jwt::{HmacKey, Policy, Scratch, Signer, Typ, Verifier, attacks};
/// use cloakroom_jwt::cloakroom_core::UnixTime;
///
/// let key = HmacKey::hs256(b"a secret of 32 bytes or somewhat more")?;
/// let policy = Policy::new("https://id.example", "api", Typ::exact("at+jwt"));
/// let verifier = Verifier::one(policy, [&key])?;
/// let claims = serde_json::json!({"iss": "https://id.example", "aud": "api", "exp": 1_750_000_600});
/// let token = Signer::new(&key, "at+jwt")?.sign(&claims)?;
/// let now = UnixTime::from_millis(1_750_000_000_000);
///
/// for (attack, token) in attacks(&token, &key) {
///     assert!(verifier.verify(&token, now, &mut Scratch::new()).is_err(), "{attack}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
///
/// When `token` is no good token of `key`: a test that attacks nothing would pass.
pub fn attacks<K: AttackKey>(token: &str, key: &K) -> impl Iterator<Item = (&'static str, String)> + use<K> {
    let good = Good::read(token, key);
    let groups = [
        algorithm::ATTACKS,
        confusion::ATTACKS,
        signature::ATTACKS,
        structure::ATTACKS,
        header::ATTACKS,
        json::ATTACKS,
        claims::ATTACKS,
    ];
    groups
        .into_iter()
        .flatten()
        .filter_map(move |(name, make)| Some((*name, make(&good)?)))
}
