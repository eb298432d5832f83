use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::encoding::encode;
use crate::header::Header;
use crate::json;
use crate::key::is_kid;
use crate::{Algorithm, ErrorKind, InvalidVerifier, Policy, VerifyingKey};

/// How many keys are tried for one token at most. No header has more: [`Keys::new`] sees to that.
const MAX_CANDIDATES: usize = 4;

/// How many keys a verifier has at most; each is compared with each other one when it is made.
const MAX_KEYS: usize = 4096;

/// The keys of a verifier, each with its policy, and the headers that choose them.
pub(crate) struct Keys {
    keys: Vec<Owned>,
    /// Sorted by their keys.
    pins: Vec<Pin>,
}

struct Owned {
    key: VerifyingKey,
    algorithm: Algorithm,
    policy: usize,
    /// Whether a header without a kid means it.
    is_default: bool,
}

impl Owned {
    /// Whether one header may mean both keys, but for their kids; a key is its own rival.
    fn is_rival(&self, other: &Self, policies: &[Policy]) -> bool {
        let typ = |owned: &Self| &policies[owned.policy].typ;
        self.algorithm == other.algorithm && typ(self).overlaps(typ(other))
    }
}

/// A header as issuers write it, encoded: a token that begins with it needs no parser to choose its keys.
struct Pin {
    /// [`json::key`] of the text.
    key: u64,
    text: Box<[u8]>,
    candidates: Candidates,
}

/// The keys that may have signed a token, as indices.
#[derive(Clone, Copy, Default)]
pub(crate) struct Candidates {
    keys: [u16; MAX_CANDIDATES],
    len: usize,
}

impl Keys {
    /// The keys of each policy, in the order of `policies`.
    pub(crate) fn new(keys: Vec<Vec<VerifyingKey>>, policies: &[Policy]) -> Result<Self, InvalidVerifier> {
        if policies.is_empty() {
            return Err(invalid(0, "policies", "must not be empty"));
        }
        let mut all = Vec::new();
        for (policy, keys) in keys.into_iter().enumerate() {
            if keys.len() > MAX_KEYS - all.len() {
                return Err(invalid(policy, "keys", "are more than 4096"));
            }
            check(&keys).map_err(|(member, problem)| invalid(policy, member, problem))?;
            let algorithms: Vec<_> = keys.iter().map(VerifyingKey::algorithm).collect();
            all.extend(keys.into_iter().zip(&algorithms).map(|(key, &algorithm)| Owned {
                key,
                algorithm,
                policy,
                is_default: algorithms.iter().filter(|&&other| other == algorithm).count() == 1,
            }));
        }
        let mut keys = Self {
            keys: all,
            pins: Vec::new(),
        };
        if let Some(policy) = keys.crowded(policies) {
            let problem = "hold a fifth of the same algorithm, kid and type; at most 4 are tried for a token";
            return Err(invalid(policy, "keys", problem));
        }
        keys.thin_out(policies);
        keys.pin(policies);
        Ok(keys)
    }

    /// The policy of the first key before which there are as many as are tried, for headers that name its kid, or have none
    /// like it.
    fn crowded(&self, policies: &[Policy]) -> Option<usize> {
        let is_one_too_many = |(index, owned): &(usize, &Owned)| {
            let before = (self.keys[..*index].iter())
                .filter(|other| owned.key.kid() == other.key.kid() && owned.is_rival(other, policies));
            before.count() >= MAX_CANDIDATES
        };
        (self.keys.iter().enumerate().find(is_one_too_many)).map(|(_, owned)| owned.policy)
    }

    /// Where more keys than are tried answer for a header without a kid, leaves that to those that have none: which policies
    /// come first must not decide it.
    fn thin_out(&mut self, policies: &[Policy]) {
        let is_default = |owned: &Owned| {
            let rivals =
                || (self.keys.iter()).filter(|other| other.is_default && owned.is_rival(other, policies));
            owned.is_default && (owned.key.kid().is_none() || rivals().count() <= MAX_CANDIDATES)
        };
        let are_default: Vec<_> = self.keys.iter().map(is_default).collect();
        for (owned, is_default) in self.keys.iter_mut().zip(are_default) {
            owned.is_default = is_default;
        }
    }

    /// The candidates for a token with this encoded header, when it is one of the pinned.
    #[inline]
    pub(crate) fn pinned(&self, header: &[u8]) -> Option<Candidates> {
        let key = json::key(header);
        let first = self.pins.partition_point(|pin| pin.key < key);
        (self.pins.get(first..)?.iter())
            .take_while(|pin| pin.key == key)
            .find(|pin| *pin.text == *header)
            .map(|pin| pin.candidates)
    }

    /// The candidates for a token with this header.
    pub(crate) fn select(&self, header: &Header<'_>, policies: &[Policy]) -> Result<Candidates, ErrorKind> {
        let mut reason = ErrorKind::Algorithm;
        let mut candidates = Candidates::default();
        for (owned, index) in self.keys.iter().zip(0..) {
            if owned.algorithm != header.algorithm {
                continue;
            }
            if reason == ErrorKind::Algorithm {
                reason = ErrorKind::UnknownKey;
            }
            let is_meant = match header.kid {
                Some(kid) => owned.key.kid() == Some(kid),
                None => owned.is_default,
            };
            if !is_meant {
                continue;
            }
            // The type is in the header and signed with it: a key whose policy wants another need not be tried.
            reason = ErrorKind::Type;
            if policies[owned.policy].typ.accepts(header.typ) && candidates.len < MAX_CANDIDATES {
                candidates.keys[candidates.len] = index;
                candidates.len += 1;
            }
        }
        if candidates.len == 0 {
            Err(reason)
        } else {
            Ok(candidates)
        }
    }

    /// The candidates and their policies.
    #[inline]
    pub(crate) fn of(&self, candidates: Candidates) -> impl Iterator<Item = (&VerifyingKey, usize)> {
        (candidates.keys.into_iter().take(candidates.len))
            .filter_map(|index| self.keys.get(usize::from(index)))
            .map(|owned| (&owned.key, owned.policy))
    }

    /// Writes down the headers that common issuers give to tokens of these keys.
    fn pin(&mut self, policies: &[Policy]) {
        let mut pins = Vec::new();
        for owned in &self.keys {
            for kid in [None, owned.key.kid()] {
                if kid.is_some_and(|kid| !is_plain(kid)) {
                    continue;
                }
                for typ in policies[owned.policy].typ.spellings() {
                    let header = Header {
                        algorithm: owned.algorithm,
                        kid,
                        typ,
                    };
                    let Ok(candidates) = self.select(&header, policies) else {
                        continue;
                    };
                    let names = names(owned.algorithm);
                    pins.extend(names.flat_map(|name| spellings(&header, name)).map(|json| {
                        let text: Box<[u8]> = encode(json.as_bytes()).into_bytes().into();
                        let key = json::key(&text);
                        Pin {
                            key,
                            text,
                            candidates,
                        }
                    }));
                }
            }
        }
        pins.sort_by(|left, right| (left.key.cmp(&right.key)).then_with(|| left.text.cmp(&right.text)));
        pins.dedup_by(|left, right| left.text == right.text);
        self.pins = pins;
    }
}

/// The values of `alg` that mean an algorithm.
fn names(algorithm: Algorithm) -> impl Iterator<Item = &'static str> {
    // RFC 9864 section 2.2.
    let other = (algorithm == Algorithm::EdDsa).then_some("Ed25519");
    [algorithm.name()].into_iter().chain(other)
}

/// The header as JSON, its members in every order and without white space.
fn spellings(header: &Header<'_>, name: &str) -> Vec<String> {
    let alg = format!(r#""alg":"{name}""#);
    let kid = header.kid.map(|kid| format!(r#""kid":"{kid}""#));
    let typ = header.typ.map(|typ| format!(r#""typ":"{typ}""#));
    match (kid, typ) {
        (None, None) => [format!("{{{alg}}}")].into(),
        (Some(one), None) | (None, Some(one)) => {
            [format!("{{{alg},{one}}}"), format!("{{{one},{alg}}}")].into()
        }
        (Some(kid), Some(typ)) => [
            [&alg, &kid, &typ],
            [&alg, &typ, &kid],
            [&kid, &alg, &typ],
            [&kid, &typ, &alg],
            [&typ, &alg, &kid],
            [&typ, &kid, &alg],
        ]
        .map(|[first, second, third]| format!("{{{first},{second},{third}}}"))
        .into(),
    }
}

/// Whether a string is spelled in JSON as it is.
fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|octet| matches!(octet, b' '..=b'~') && octet != b'"' && octet != b'\\')
}

/// What is wrong with the keys of one policy.
fn check(keys: &[VerifyingKey]) -> Result<(), (&'static str, &'static str)> {
    if keys.is_empty() {
        return Err(("keys", "must not be empty"));
    }
    if (keys.iter().filter_map(VerifyingKey::kid)).any(|kid| !is_kid(kid)) {
        return Err(("kid", "must have 1 to 256 bytes"));
    }
    let mut names: Vec<_> = keys
        .iter()
        .map(|key| (key.algorithm().name(), key.kid()))
        .collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(("keys", "must not hold two of the same algorithm and kid"));
    }
    // Sorted, a key without a kid comes before the others of its algorithm.
    if names
        .windows(2)
        .any(|pair| pair[0].1.is_none() && pair[0].0 == pair[1].0)
    {
        let problem = "hold one without a kid beside another of its algorithm, so that no token can mean it";
        return Err(("keys", problem));
    }
    Ok(())
}

fn invalid(policy: usize, member: &'static str, problem: &'static str) -> InvalidVerifier {
    InvalidVerifier {
        policy,
        member,
        problem,
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.keys.iter().map(|owned| (owned.policy, &owned.key)))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::Keys;
    use crate::encoding::encode;
    use crate::{HmacKey, Policy, Typ, Untyped, VerifyingKey, jose_header};

    #[test]
    fn what_is_written_here_and_elsewhere_is_pinned() {
        let key = |kid: Option<&str>| -> VerifyingKey {
            let key = VerifyingKey::from(HmacKey::hs256(&[0x5a; 32]).unwrap());
            kid.map(|kid| key.clone().with_kid(kid)).unwrap_or(key)
        };
        for kid in [None, Some("k-1")] {
            for (typ, of_policy) in [
                (Some("at+jwt"), Typ::exact("at+jwt")),
                (Some("JWT"), Typ::untyped(Untyped::OwnKeys)),
                (None, Typ::untyped(Untyped::OwnKeys)),
            ] {
                let policies = [Policy::new("issuer", "audience", of_policy)];
                let keys = Keys::new(vec![vec![key(kid)]], &policies).unwrap();
                for kid in [None, kid] {
                    let written = jose_header::json("HS256", typ, kid);
                    let pinned = keys.pinned(encode(written.as_bytes()).as_bytes());
                    assert_eq!(pinned.map(|candidates| candidates.len), Some(1), "{written}");
                }
                for other in [r#"{"alg":"HS384"}"#, r#"{"alg":"HS256","kid":"k-2"}"#, "{}", ""] {
                    assert!(
                        keys.pinned(encode(other.as_bytes()).as_bytes()).is_none(),
                        "{other}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_key_id_that_needs_escapes_is_not_pinned() {
        let policies = [Policy::new("issuer", "audience", Typ::exact("at+jwt"))];
        for kid in ["a\"b", "a\\b", "a\nb", "ä"] {
            let key = VerifyingKey::from(HmacKey::hs256(&[0x5a; 32]).unwrap()).with_kid(kid);
            let keys = Keys::new(vec![vec![key]], &policies).unwrap();
            // Without a kid the key is meant all the same: two orders of `alg` and `typ`.
            assert_eq!(keys.pins.len(), 2, "{kid}");
        }
    }
}
