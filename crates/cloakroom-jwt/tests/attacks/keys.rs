use cloakroom_jwt::cloakroom_core::UnixTime;
use cloakroom_jwt::{
    Algorithm, Ed25519SigningKey, Es256SigningKey, Es384SigningKey, HmacKey, Policy, Signer, SigningKey, Typ,
    Verifier, VerifyingKey, aws_lc,
};

pub(crate) const ISSUER: &str = "https://id.example";
pub(crate) const AUDIENCE: &str = "api";
pub(crate) const NOW: UnixTime = UnixTime::from_millis(1_750_000_000_000);

/// An application: its key, a good token, and the verifier that it has configured.
pub(crate) struct Application {
    pub(crate) name: &'static str,
    pub(crate) algorithm: Algorithm,
    pub(crate) token: String,
    pub(crate) verifying: VerifyingKey,
    /// Where its private half is at hand: RSA only verifies here.
    pub(crate) signing: Option<SigningKey>,
}

impl Application {
    pub(crate) fn verifier(&self) -> Verifier {
        let policy = Policy::new(ISSUER, AUDIENCE, Typ::exact("at+jwt"));
        Verifier::one(policy, [&self.verifying]).expect("a policy and a key")
    }

    /// The corpus, as rich as the key at hand makes it.
    pub(crate) fn attacks(&self) -> Box<dyn Iterator<Item = (&'static str, String)>> {
        match &self.signing {
            Some(key) => Box::new(cloakroom_jwt::attacks(&self.token, key)),
            None => Box::new(cloakroom_jwt::attacks(&self.token, &self.verifying)),
        }
    }
}

/// One for each algorithm and backend.
pub(crate) fn applications() -> Vec<Application> {
    let mut all = vec![
        signing("HS256", HmacKey::hs256(&[0x5a; 32]).unwrap()),
        signing("HS384", HmacKey::hs384(&[0x5a; 48]).unwrap()),
        signing("HS512", HmacKey::hs512(&[0x5a; 64]).unwrap()),
        signing("Ed25519", Ed25519SigningKey::from_seed(&[7; 32])),
        signing("ES256", Es256SigningKey::from_scalar(&[7; 32]).unwrap()),
        signing("ES384", Es384SigningKey::from_scalar(&[7; 48]).unwrap()),
        signing(
            "Ed25519 on AWS-LC",
            aws_lc::Ed25519SigningKey::from_seed(&[7; 32]).unwrap(),
        ),
        signing(
            "ES256 on AWS-LC",
            aws_lc::Es256SigningKey::from_scalar(&[7; 32]).unwrap(),
        ),
        signing(
            "ES384 on AWS-LC",
            aws_lc::Es384SigningKey::from_scalar(&[7; 48]).unwrap(),
        ),
    ];
    all.extend(RSA.map(|(algorithm, token)| {
        let key = aws_lc::RsaVerifyingKey::from_pem(algorithm, RSA_KEY).unwrap();
        Application {
            name: algorithm.name(),
            algorithm,
            token: token.to_owned(),
            verifying: VerifyingKey::from(key).with_kid("rsa"),
            signing: None,
        }
    }));
    all
}

fn signing(name: &'static str, key: impl Into<SigningKey>) -> Application {
    let key = key.into().with_kid("k1");
    let claims = serde_json::json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "u-17", "exp": 1_750_000_600, "iat": 1_750_000_000, "jti": "9f2c",
    });
    let signer = Signer::new(&key, "at+jwt").unwrap();
    Application {
        name,
        algorithm: key.algorithm(),
        token: signer.sign(&claims).unwrap(),
        verifying: key.verifying_key(),
        signing: Some(key),
    }
}

/// Made with the Python package `cryptography`; they expire in 2100. The private key was thrown away.
pub(crate) const RSA_KEY: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtmK7Ec3CxICOiODU7w73\n\
f82LXhvLnOFhwvDKImSrqqnLtX/oB+1jOhpZP/wf20o2F94SjcrD1WaCKsNRNnaZ\n\
r1yDor2hu//+1UvN6wnERTehYdX5Xcs15cqezdSeuoM3lVt9I5OXUCFGLAUBuHok\n\
gg60jlBUbpeH799187Nz8cvzKYlpkr6uH72bHyn0924wpyF1K+gSThHcJtmuOU9E\n\
QhaucyT8SP/tp+F3lNlxr82FY7gheU70+b91uiNn0sLmlr3kDr/W7d0oZTXUrY23\n\
r2d2m/BJcG2tfyNi44rx/A4oO5qBW2l55PTN8kVGVmB3gjagwk6djDj2EdB/rXtX\n\
uwIDAQAB\n\
-----END PUBLIC KEY-----\n";

const RSA: [(Algorithm, &str); 6] = [
    (
        Algorithm::Rs256,
        "\
         eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InJzYSJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJ\
         hdWQiOiJhcGkiLCJzdWIiOiJ1LTE3IiwiZXhwIjo0MTAyNDQ0ODAwLCJpYXQiOjE3NTAwMDAwMDAsImp0aSI6IjlmMmMifQ.\
         aXWj_ZbjVuaX8VY1JOVpvreUn8edO37G7G8ItiLmAdhh1SP6NIckmIBBYuLVzj2VyEOtEAobSU4unYEztRpil6RP4btBqBYM\
         vhek7AH4Ow-rQlOTbAvPrNlCjKXEAJJ3oOxitQc2FVKE8vlmlxlADjgm7JESmZghGAE5__HCzERhmJ8tvooMdsieFqfe0xae\
         70OYLg5H3MbfCrRne_luYHRi0P8uyav_XmkzP8aRCCcIHKxgBlMFSWsaqn99sM6g3CGpsW58rbDpC528CjEfFAnXnD8MCcFt\
         DU_zL-SIK1H67yVB6krzuZDUg7Txf_Gd5gWmVphFxin1jVLgvR6m4A",
    ),
    (
        Algorithm::Rs384,
        "\
         eyJhbGciOiJSUzM4NCIsInR5cCI6ImF0K2p3dCIsImtpZCI6InJzYSJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJ\
         hdWQiOiJhcGkiLCJzdWIiOiJ1LTE3IiwiZXhwIjo0MTAyNDQ0ODAwLCJpYXQiOjE3NTAwMDAwMDAsImp0aSI6IjlmMmMifQ.\
         In_J6ZKQ9sZysXtJX7rzfhVGVFxt11-carpCsGmM0oDycqpkiUSysULfJPNK9WnFHEqhgCZyAvp843ihZSBrC9YBm1Uhqyar\
         H4Nf9C-tRixyPRa2k8cSSweO-LJ8lonlkk3pgEcODqPchi3L6SQT4mq0jw7X4TKm7OMlV7ZgpF0COW-FoGd-DaHo1CVpvwL6\
         O_ZjLXCTTLm5DnW0FC7GCuyyqLYWhI-3yDI9oM1_NMeETAPjNsxhoEpdgH4evMCJa4oSmF3KLJu6unMKw4AGqgjaUGt5xyQ3\
         5cFDsWAYwKd_TQ8IqhoHhbCmKI-G-xn3mwDJdXhs-fhonJWpjEn95w",
    ),
    (
        Algorithm::Rs512,
        "\
         eyJhbGciOiJSUzUxMiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InJzYSJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJ\
         hdWQiOiJhcGkiLCJzdWIiOiJ1LTE3IiwiZXhwIjo0MTAyNDQ0ODAwLCJpYXQiOjE3NTAwMDAwMDAsImp0aSI6IjlmMmMifQ.\
         cv1n7BiiNPrWjqb0voT1Cwuf1L8CjHXcBXRc1yrReCdfznFgU_M_pfIwacb5e2JeVk63EVB-4IN6sfgRmZ5bi8E1zTeIbi2G\
         13caEujfMYTGHbwvFkFkfm2ddnpqFu05245W31zKNy5T2jWpjUnkQentXK3UE9JkUzXyzuqzZod_ep9SDLAaI6WFGCbPWsXs\
         UA-mAw89tiRTxIUTlCjK6_QxVqyMQIZdHYZ4_WerfuSXFv_Z2XmU9D4BmPccWdHw39ObD-65UO1-C77Q2Ms4itx8y0GqObJB\
         rGa8Wks3tWBsF83OXDmV3-l8e7y0-kL0pE8plh2k738_NaR5bSmcaQ",
    ),
    (
        Algorithm::Ps256,
        "\
         eyJhbGciOiJQUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InJzYSJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJ\
         hdWQiOiJhcGkiLCJzdWIiOiJ1LTE3IiwiZXhwIjo0MTAyNDQ0ODAwLCJpYXQiOjE3NTAwMDAwMDAsImp0aSI6IjlmMmMifQ.\
         DrOr1kIgJRyrJ27NL7CwwDmQM7ROUo9PbXmYCnEL0QajQlhkNGqtMpo9eJ1xE7ZfZiBNV5lhJzuuPlhTnw4xDxxq305gf3WH\
         vfplcAutR-SjFedwK7Z_D50legnHximnci10FRsXAueORjMh2HsTafy3MmBeR0OKTOpZHIWvl8vGtv8F857qdSSXvS1h2EGu\
         VZZO3GhdqovH-2xmojtO5joIlErVYCfM72zYZAQDoqCeBr8ehjSLcQ594xOP92IkitMV5h-exPaibix95hWK852fV9Sho6tE\
         xuq6XXgemHWPgkAiLcjiSPmr6Y-4fnyvdmOFBIcmYfKDa6QdQw2Dkg",
    ),
    (
        Algorithm::Ps384,
        "\
         eyJhbGciOiJQUzM4NCIsInR5cCI6ImF0K2p3dCIsImtpZCI6InJzYSJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJ\
         hdWQiOiJhcGkiLCJzdWIiOiJ1LTE3IiwiZXhwIjo0MTAyNDQ0ODAwLCJpYXQiOjE3NTAwMDAwMDAsImp0aSI6IjlmMmMifQ.\
         AXH8IlgGirL7R1LHXNnsT2hJtFWUbiBMcbxLb7OevfY5hrmBpk1MA4M33gaStEFdtrHxgv5BVSLM4XeLu7f-NNAGEMF7TozG\
         RQlE6CNqDNE27e9uPLgp6AUHLYL-oBdIQMB1VYC91XFWax6XN7c3Nwg7ffR9ow4Xxgp4JCVraQ9dsHbyCEGiBXr7YiByPzYk\
         dgQH3s8PMAt5AB18oIJ98IDldWzbu6qzgBH7Fsmm7JLxY0wtAt7yfbpjXwf2AlnmAHZMQw6ybg-bxokiVOGu0ES6c2EGllm1\
         AK9MHR90DuJUWj3SZ0DwffD8ujqcbbsLj7iy-aIq2582gRrC7oS8fg",
    ),
    (
        Algorithm::Ps512,
        "\
         eyJhbGciOiJQUzUxMiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InJzYSJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJ\
         hdWQiOiJhcGkiLCJzdWIiOiJ1LTE3IiwiZXhwIjo0MTAyNDQ0ODAwLCJpYXQiOjE3NTAwMDAwMDAsImp0aSI6IjlmMmMifQ.\
         U7MtB3tFump0uaTPW1TS3T9BYoIGAtpmrrENpAydyUNW8JJNadpjuCSAoyiBprvwILHnd9WxLKo-q0xhtLRx4Q5obIdm-9IU\
         cAgjtYkyNTkjx1NtPTowIOZJTLEyVPFbY5tLFxCeu1WyZSfzodb2cMEOPUW2PQnaCYTV4D5kco9109ZPWvCwgqm2n1kkuTKf\
         A4vHKJYhijyXpJ6-ndNjHo32exI7Xz4DH8Jagg3HMptpgQDyLWEnDApTkVzyhEy3tITq87nsZbGHuEmd7QdCtf7y0kPVHs1l\
         r7LjnVYYvtu2xUnPTB42LDa0r5gNxKCv3vtAFYELyEF6qeVBN0ZPKQ",
    ),
];
