//! The tokens, the same for everybody, and what everybody must find in them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

pub(super) const SECRET: [u8; 32] = *b"\x00\x01\x02\x03\x04\x05\x06\x07benches are no secret, a";
pub(super) const TYP: &str = "at+jwt";
pub(super) const KID: &str = "2026-11";

/// What a token says, in the order in which it is written. Those who can borrow from the token read it into this.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Claims<'a> {
    pub(super) iss: &'a str,
    pub(super) sub: &'a str,
    pub(super) aud: &'a str,
    pub(super) exp: u64,
    pub(super) iat: u64,
    pub(super) jti: &'a str,
    pub(super) role: &'a str,
}

/// `exp` is in the year 2100: most peers look at the machine's clock, and none of them shall find the token expired.
pub(super) const CLAIMS: Claims<'static> = Claims {
    iss: "https://id.example.com",
    sub: "usr_0193f5c28d417e6b9a",
    aud: "https://api.example.com",
    exp: 4_102_444_800,
    iat: 1_750_000_000,
    jti: "Zr3kQ9vXhT2mWc8Lb5NpYg",
    role: "operator",
};

/// The same and what identity providers like to add, as one struct.
#[derive(Clone, Copy, Serialize)]
pub(super) struct LargeClaims {
    iss: &'static str,
    sub: &'static str,
    aud: &'static str,
    exp: u64,
    iat: u64,
    jti: &'static str,
    role: &'static str,
    client_id: &'static str,
    scope: &'static str,
    name: &'static str,
    email: &'static str,
    email_verified: bool,
    auth_time: u64,
    amr: [&'static str; 2],
    org: Organisation,
    permissions: [&'static str; PERMISSIONS.len()],
}

/// What identity providers like to add, for the peers who keep the registered claims in a struct of their own.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Profile {
    pub(super) role: &'static str,
    client_id: &'static str,
    scope: &'static str,
    name: &'static str,
    email: &'static str,
    email_verified: bool,
    auth_time: u64,
    amr: [&'static str; 2],
    org: Organisation,
    permissions: [&'static str; PERMISSIONS.len()],
}

#[derive(Clone, Copy, Serialize)]
struct Organisation {
    id: &'static str,
    name: &'static str,
    plan: &'static str,
    region: &'static str,
    seats: u32,
    trial: bool,
    parent: Option<&'static str>,
}

/// With a character beyond ASCII and one that JSON escapes.
pub(super) const PROFILE: Profile = Profile {
    role: CLAIMS.role,
    client_id: "spa-7f3e9c21b04d58ea66",
    scope: "openid profile email orders:read orders:write invoices:read reports:read",
    name: "Zo\u{eb} Brandt-Okafor",
    email: "zoe.brandt-okafor@mail.example.com",
    email_verified: true,
    auth_time: 1_749_996_400,
    amr: ["pwd", "otp"],
    org: Organisation {
        id: "org_4c1e9a550f6b2d7e",
        name: "Example Logistics \"North\" GmbH",
        plan: "business",
        region: "eu-central",
        seats: 250,
        trial: false,
        parent: None,
    },
    permissions: PERMISSIONS,
};

pub(super) const LARGE_CLAIMS: LargeClaims = LargeClaims {
    iss: CLAIMS.iss,
    sub: CLAIMS.sub,
    aud: CLAIMS.aud,
    exp: CLAIMS.exp,
    iat: CLAIMS.iat,
    jti: CLAIMS.jti,
    role: CLAIMS.role,
    client_id: PROFILE.client_id,
    scope: PROFILE.scope,
    name: PROFILE.name,
    email: PROFILE.email,
    email_verified: PROFILE.email_verified,
    auth_time: PROFILE.auth_time,
    amr: PROFILE.amr,
    org: PROFILE.org,
    permissions: PROFILE.permissions,
};

const PERMISSIONS: [&str; 28] = [
    "orders.list",
    "orders.read",
    "orders.create",
    "orders.cancel",
    "orders.refund",
    "customers.list",
    "customers.read",
    "customers.update",
    "invoices.list",
    "invoices.read",
    "invoices.send",
    "reports.sales.read",
    "reports.stock.read",
    "reports.export",
    "stock.list",
    "stock.adjust",
    "shipments.list",
    "shipments.track",
    "users.list",
    "users.invite",
    "webhooks.manage",
    "shipments.create",
    "orders.export",
    "customers.export",
    "customers.delete",
    "stock.count",
    "audit.read",
    "settings.read",
];

/// One of the two sizes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// 345 characters: the claims that most tokens have.
    Small,
    /// 1,535 characters: a token of an identity provider.
    Large,
}

impl Size {
    /// As workloads call it.
    pub(super) fn case(self) -> &'static str {
        match self {
            Self::Small => "345 B",
            Self::Large => "1.5 KB",
        }
    }

    /// The claims set.
    fn payload(self) -> String {
        match self {
            Self::Small => json(&CLAIMS),
            Self::Large => json(&LARGE_CLAIMS),
        }
    }

    /// An HS256 token, put together by hand so that it favours nobody's writer.
    pub(super) fn token(self) -> &'static str {
        let header = format!(r#"{{"alg":"HS256","typ":"{TYP}","kid":"{KID}"}}"#);
        let token = self.token_under(&header);
        assert_eq!(
            token.len(),
            match self {
                Self::Small => 345,
                Self::Large => 1535,
            },
            "the {} token has changed its size",
            self.case()
        );
        token
    }

    /// Checks a token that somebody wrote: the same members, the same length, a signature by the benches' secret.
    pub(super) fn check(self, token: &str) {
        let parts = |token: &str| -> Vec<serde_json::Value> {
            let part = |text| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok();
            token.split('.').take(2).filter_map(part).collect()
        };
        assert_eq!(parts(token), parts(self.token()), "a token says something else");
        assert_eq!(token.len(), self.token().len(), "a token has another length");
        let (input, signature) = taken_apart(token);
        let mac = bare_mac().chain_update(input);
        assert!(
            mac.verify_slice(&signature).is_ok(),
            "a token is signed by another key"
        );
    }

    /// The same claims below another `header`.
    pub(super) fn token_under(self, header: &str) -> &'static str {
        self.signed(header, |input| {
            bare_mac().chain_update(input).finalize().into_bytes().to_vec()
        })
    }

    /// The same claims below another `header`, signed by `sign`.
    pub(super) fn signed(self, header: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> &'static str {
        let mut token = format!("{}.{}", base64(header), base64(self.payload()));
        let signature = sign(token.as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        token.leak()
    }
}

fn json(claims: &impl Serialize) -> String {
    serde_json::to_string(claims).expect("a struct of texts and numbers")
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// HMAC-SHA256 with the secret's midstates.
pub(super) fn bare_mac() -> Hmac<Sha256> {
    Hmac::new_from_slice(&SECRET).expect("a key of any length will do")
}

/// The signing input of a token, and its signature's bytes.
pub(super) fn taken_apart(token: &str) -> (&[u8], Vec<u8>) {
    let (input, signature) = token.rsplit_once('.').expect("it was put together with dots");
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .expect("it was encoded like this");
    (input.as_bytes(), signature)
}

/// What a reader's result is condensed to. A claim that is missing or another's changes it.
pub(super) fn condense(iss: &str, sub: &str, aud: &str, exp: u64, role: &str) -> u64 {
    let tail = |text: &str| {
        text.as_bytes()
            .last_chunk()
            .map_or(0, |chunk| u64::from_le_bytes(*chunk))
    };
    tail(iss)
        .wrapping_add(tail(sub).rotate_left(7))
        .wrapping_add(tail(aud).rotate_left(13))
        .wrapping_add(tail(role).rotate_left(29))
        .wrapping_add(exp)
}

/// The answer of everybody who reads one of the tokens.
pub(super) fn answer() -> u64 {
    condense(CLAIMS.iss, CLAIMS.sub, CLAIMS.aud, CLAIMS.exp, CLAIMS.role)
}

/// What a signer's result is condensed to: a token's length and the end of its signature.
pub(super) fn condense_token(token: &str) -> u64 {
    let tail = token
        .as_bytes()
        .last_chunk()
        .map_or(0, |chunk| u64::from_le_bytes(*chunk));
    tail.wrapping_add(token.len() as u64)
}
