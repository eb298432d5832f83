//! Verifying a token.

use std::sync::LazyLock;

use cloakroom_core::UnixTime;
use cloakroom_jwt::{
    Ed25519SigningKey, ErrorKind, Es256SigningKey, Es384SigningKey, HmacKey, Policy, Scratch, Signer,
    SigningKey, Typ, Untyped, Verifier, VerifyingKey, aws_lc, jws,
};

const NOW: i64 = 1_750_000_000_000;
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// One text that an issuer of ours may have sent.
struct Signed {
    text: String,
    /// The policy that accepts it, counted over all verifiers, if any does.
    policy: Option<usize>,
    /// Seconds: issued at, when it says so, and expires at.
    iat: i64,
    exp: i64,
}

impl Signed {
    /// What is wrong with it at this millisecond.
    fn at(&self, now: i64) -> Option<ErrorKind> {
        if now >= self.exp * 1000 {
            return Some(ErrorKind::Expired);
        }
        (now < self.iat * 1000).then_some(ErrorKind::NotYetValid)
    }
}

struct World {
    verifiers: Vec<Verifier>,
    tokens: Vec<Signed>,
}

/// The policies of one verifier: they share key ids, and two of them an issuer.
const POLICIES: usize = 3;
/// On RustCrypto, and on AWS-LC.
const BACKENDS: usize = 2;

/// The same in every run, so that a crash is a crash again tomorrow.
static WORLD: LazyLock<World> = LazyLock::new(|| {
    let mut world = World {
        verifiers: Vec::new(),
        tokens: Vec::new(),
    };
    for backend in 0..BACKENDS {
        let keys: Vec<Vec<SigningKey>> = (0..POLICIES).map(|policy| keys(backend, policy)).collect();
        let policies = keys.iter().enumerate().map(|(policy, keys)| {
            let mut keys: Vec<_> = keys.iter().map(SigningKey::verifying_key).collect();
            if backend == 1 && policy == 0 {
                keys.push(rsa());
            }
            (self::policy(policy), keys)
        });
        world
            .verifiers
            .push(Verifier::many(policies).expect("policies and keys"));
        for (policy, keys) in keys.iter().enumerate() {
            let here = backend * POLICIES + policy;
            world
                .tokens
                .extend(keys.iter().flat_map(|key| tokens(key, policy, here)));
        }
    }
    world.tokens.push(Signed {
        text: RSA_TOKEN.to_owned(),
        policy: Some(POLICIES),
        iat: NOW / 1000,
        exp: 4_102_444_800,
    });
    // A stranger's, who knows all but the key.
    let stranger = SigningKey::from(Ed25519SigningKey::from_seed(&[0xee; 32])).with_kid("k");
    world.tokens.extend(tokens(&stranger, 0, usize::MAX));
    world
});

fn policy(number: usize) -> Policy {
    match number {
        0 => Policy::new("https://id.example", "api", Typ::exact("at+jwt")),
        1 => Policy::new(
            "https://id.example",
            "web",
            Typ::untyped(Untyped::claim("use", "id")),
        ),
        _ => Policy::new("https://other.example", "api", Typ::exact("at+jwt")).max_len(600),
    }
}

const GOOD: &str = "a short number is a scalar, and anything a seed";

/// All of different secrets; the algorithms and key ids recur.
fn keys(backend: usize, policy: usize) -> Vec<SigningKey> {
    let number = u8::try_from(backend * POLICIES + policy).expect("a few policies");
    let secret = |length: usize| vec![number + 1; length];
    let seed = [number + 1; 32];
    let mut keys: Vec<SigningKey> = vec![
        HmacKey::hs256(&secret(32)).expect("long enough").into(),
        HmacKey::hs384(&secret(48)).expect("long enough").into(),
        HmacKey::hs512(&secret(64)).expect("long enough").into(),
    ];
    if backend == 0 {
        keys.push(Ed25519SigningKey::from_seed(&seed).into());
        keys.push(Es256SigningKey::from_scalar(&seed).expect(GOOD).into());
        keys.push(Es384SigningKey::from_scalar(&secret(48)).expect(GOOD).into());
    } else {
        keys.push(aws_lc::Ed25519SigningKey::from_seed(&seed).expect(GOOD).into());
        keys.push(aws_lc::Es256SigningKey::from_scalar(&seed).expect(GOOD).into());
        keys.push(
            aws_lc::Es384SigningKey::from_scalar(&secret(48))
                .expect(GOOD)
                .into(),
        );
    }
    // One policy has no key ids.
    match policy {
        1 => keys,
        _ => keys.into_iter().map(|key| key.with_kid("k")).collect(),
    }
}

fn tokens(key: &SigningKey, policy: usize, here: usize) -> Vec<Signed> {
    let (iss, aud) = match policy {
        0 => ("https://id.example", "api"),
        1 => ("https://id.example", "web"),
        _ => ("https://other.example", "api"),
    };
    let accepted = (here != usize::MAX).then_some(here);
    let typ = if policy == 1 { "JWT" } else { "at+jwt" };
    let exp = NOW / 1000 + 600;
    let claims = format!(r#"{{"iss":"{iss}","aud":["x","{aud}"],"exp":{exp},"sub":"s","use":"id"}}"#);
    let signer = Signer::new(key, typ).expect("a type and a key id");
    let value: serde_json::Value = serde_json::from_str(&claims).expect("it is JSON");
    let token = |text: String, policy| Signed {
        text,
        policy,
        iat: 0,
        exp,
    };
    vec![
        token(signer.sign(&value).expect("an object"), accepted),
        // As the claims are spelled above, which no header tells the type of.
        token(
            jws::sign_bytes(claims.as_bytes(), key).expect("any octets"),
            accepted.filter(|_| policy == 1),
        ),
        // Right in all but the audience.
        token(
            jws::sign_bytes(claims.replace(aud, "nobody").as_bytes(), key).expect("any octets"),
            None,
        ),
        token(jws::sign_bytes(b"not JSON", key).expect("any octets"), None),
    ]
}

/// Law, for any text, and for any token after edits that a stranger can make (cut, insert, replace, splice with another
/// token): a verifier accepts it just when it is, octet for octet, one that a key of its own signed for the policy of that
/// key, and within its time. So for every algorithm on both backends.
///
/// # Panics
///
/// When the law is broken.
pub fn verify(data: &[u8]) {
    let [clock, script @ ..] = data else { return };
    let text = match script {
        [b'=', text @ ..] => text.to_vec(),
        script => edited(script),
    };
    let Ok(text) = String::from_utf8(text) else { return };
    let now = NOW + 1000 * [-600, 0, 599, 600, 601, i64::MAX / 2000, 1, 0][usize::from(clock % 8)];
    let mut scratch = Scratch::new();
    for (number, verifier) in WORLD.verifiers.iter().enumerate() {
        let ours = number * POLICIES..(number + 1) * POLICIES;
        let signed = (WORLD.tokens.iter())
            .find(|signed| signed.text == text && signed.policy.is_some_and(|policy| ours.contains(&policy)));
        let found = verifier.verify(&text, UnixTime::from_millis(now), &mut scratch);
        match (found, signed) {
            (Ok(verified), Some(signed)) => {
                assert_eq!(signed.at(now), None, "a token was accepted outside of its time");
                assert_eq!(Some(ours.start + verified.policy()), signed.policy);
                assert_eq!(verified.expires_at().map(UnixTime::as_secs), Some(signed.exp));
            }
            (Err(error), Some(signed)) => {
                assert_eq!(Some(error.kind()), signed.at(now), "a good token is refused");
            }
            (Err(error), None) => assert!(!error.to_string().is_empty()),
            (Ok(_), None) => panic!("a token was accepted that nobody signed for this verifier"),
        }
    }
}

/// The token that the first byte names, after each edit: what to do, where (two bytes), and with what.
fn edited(script: &[u8]) -> Vec<u8> {
    let [number, edits @ ..] = script else {
        return Vec::new();
    };
    let tokens = &WORLD.tokens;
    let mut text = tokens[usize::from(*number) % tokens.len()]
        .text
        .clone()
        .into_bytes();
    for edit in edits.chunks_exact(4).take(8) {
        let (what, with) = (edit[0], edit[3]);
        let at = usize::from(u16::from_be_bytes([edit[1], edit[2]])) % (text.len() + 1);
        let other = tokens[usize::from(with) % tokens.len()].text.as_bytes();
        match what % 10 {
            0 => text.truncate(at),
            1 => text.insert(at, with & 0x7f),
            2 => text.insert(at, LETTERS[usize::from(with) % 64]),
            3 if at < text.len() => drop(text.remove(at)),
            4 if at < text.len() => text[at] = LETTERS[usize::from(with) % 64],
            // One bit of the six that a letter stands for.
            5 if at < text.len() => {
                let six = LETTERS.iter().position(|letter| *letter == text[at]);
                text[at] = LETTERS[six.unwrap_or_default() ^ (1 << (with % 6))];
            }
            // The head of this text, the tail of another.
            6 => {
                text.truncate(at);
                text.extend_from_slice(other.get(at..).unwrap_or_default());
            }
            7 if at < text.len() => text[at] ^= 1 << (with % 7),
            // One part of another token.
            8 => {
                let mut parts: Vec<_> = text.split(|octet| *octet == b'.').map(<[u8]>::to_vec).collect();
                let part = at % 3;
                if let (Some(mine), Some(theirs)) =
                    (parts.get_mut(part), other.split(|octet| *octet == b'.').nth(part))
                {
                    theirs.clone_into(mine);
                }
                text = parts.join(&b'.');
            }
            // The last letter of a part, whose spare bits a lenient decoder drops.
            9 => {
                let ends = text
                    .iter()
                    .enumerate()
                    .filter(|(_, octet)| **octet == b'.')
                    .map(|(end, _)| end);
                let ends: Vec<_> = ends.chain([text.len()]).collect();
                if let Some(last) = ends[at % ends.len()].checked_sub(1) {
                    let six = LETTERS
                        .iter()
                        .position(|letter| *letter == text[last])
                        .unwrap_or_default();
                    text[last] = LETTERS[six ^ usize::from(with % 16)];
                }
            }
            _ => {}
        }
    }
    text
}

fn rsa() -> VerifyingKey {
    use cloakroom_jwt::Algorithm;

    let key = aws_lc::RsaVerifyingKey::from_pem(Algorithm::Rs256, RSA_KEY).expect("an RSA key");
    VerifyingKey::from(key).with_kid("rsa")
}

/// Made with the Python package `cryptography`; it expires in 2100. The private key was thrown away.
const RSA_KEY: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtmK7Ec3CxICOiODU7w73\n\
f82LXhvLnOFhwvDKImSrqqnLtX/oB+1jOhpZP/wf20o2F94SjcrD1WaCKsNRNnaZ\n\
r1yDor2hu//+1UvN6wnERTehYdX5Xcs15cqezdSeuoM3lVt9I5OXUCFGLAUBuHok\n\
gg60jlBUbpeH799187Nz8cvzKYlpkr6uH72bHyn0924wpyF1K+gSThHcJtmuOU9E\n\
QhaucyT8SP/tp+F3lNlxr82FY7gheU70+b91uiNn0sLmlr3kDr/W7d0oZTXUrY23\n\
r2d2m/BJcG2tfyNi44rx/A4oO5qBW2l55PTN8kVGVmB3gjagwk6djDj2EdB/rXtX\n\
uwIDAQAB\n\
-----END PUBLIC KEY-----\n";

const RSA_TOKEN: &str = "\
     eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InJzYSJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJ\
     hdWQiOiJhcGkiLCJzdWIiOiJ1LTE3IiwiZXhwIjo0MTAyNDQ0ODAwLCJpYXQiOjE3NTAwMDAwMDAsImp0aSI6IjlmMmMifQ.\
     aXWj_ZbjVuaX8VY1JOVpvreUn8edO37G7G8ItiLmAdhh1SP6NIckmIBBYuLVzj2VyEOtEAobSU4unYEztRpil6RP4btBqBYM\
     vhek7AH4Ow-rQlOTbAvPrNlCjKXEAJJ3oOxitQc2FVKE8vlmlxlADjgm7JESmZghGAE5__HCzERhmJ8tvooMdsieFqfe0xae\
     70OYLg5H3MbfCrRne_luYHRi0P8uyav_XmkzP8aRCCcIHKxgBlMFSWsaqn99sM6g3CGpsW58rbDpC528CjEfFAnXnD8MCcFt\
     DU_zL-SIK1H67yVB6krzuZDUg7Txf_Gd5gWmVphFxin1jVLgvR6m4A";
