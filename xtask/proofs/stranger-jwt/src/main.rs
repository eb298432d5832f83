use cloakroom_jwt::cloakroom_core::UnixTime;
use cloakroom_jwt::{HmacKey, Policy, Scratch, Typ, Verifier};

const TOKEN: &str = concat!(
    "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9",
    ".eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJhdWQiOiJhcGkiLCJzdWIiOiJhZGEiLCJleHAiOjE3NTAwMDA2MDB9",
    ".NYSd2OBV5d40pv1g7LNbVTa0_qQyjWeF2oCcxk7IAS8"
);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = HmacKey::hs256(b"correct horse battery staple, 32")?;
    let policy = Policy::new("https://id.example", "api", Typ::exact("at+jwt"));
    let verifier = Verifier::one(policy, [key])?;
    let mut scratch = Scratch::new();
    let verified = verifier.verify(TOKEN, UnixTime::from_millis(1_750_000_000_000), &mut scratch)?;
    println!("sub={}", verified.subject().unwrap_or("none"));
    Ok(())
}
