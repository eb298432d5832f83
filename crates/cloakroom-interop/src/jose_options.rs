use std::path::PathBuf;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_jwt::Policy;
use lexopt::{Arg, Parser, ValueExt as _};

use crate::jose::{
    JwsSigning, JwsVerifying, JwtVerifying, KeyChoice, PolicyEntry, TypWord, algorithm, backend,
};
use crate::options::{Asked, Command, Unusable, file, needed};

/// The options of `jwt-verify` alone.
pub(crate) const OF_A_POLICY: &[&str] = &["policies", "iss", "aud", "typ", "now", "leeway"];

/// The options of the commands for signed tokens, as far as they were given.
#[derive(Default)]
pub(crate) struct JoseOptions {
    jwk: Option<PathBuf>,
    alg: Option<String>,
    backend: Option<String>,
    policies: Option<PathBuf>,
    iss: Option<String>,
    aud: Option<String>,
    typ: Option<TypWord>,
    now: Option<i64>,
    leeway: Option<u64>,
}

impl JoseOptions {
    /// Reads the options that these commands share, and those of them that `own` lists.
    pub(crate) fn read(
        parser: &mut Parser,
        own: &[&str],
        finish: fn(&Self) -> Result<Command, Unusable>,
    ) -> Result<Asked, Unusable> {
        let mut options = Self::default();
        while let Some(argument) = parser.next()? {
            let option = match argument {
                Arg::Long("help") | Arg::Short('h') => return Ok(Asked::Help),
                Arg::Long(option) => option.to_owned(),
                other => return Err(other.unexpected().into()),
            };
            if !["jwk", "alg", "backend"].contains(&&*option) && !own.contains(&&*option) {
                return Err(Unusable::unknown(&option));
            }
            let twice = match option.as_str() {
                "jwk" => options.jwk.replace(parser.value()?.into()).is_some(),
                "alg" => options.alg.replace(parser.value()?.string()?).is_some(),
                "backend" => options.backend.replace(parser.value()?.string()?).is_some(),
                "policies" => options.policies.replace(parser.value()?.into()).is_some(),
                "iss" => options.iss.replace(parser.value()?.string()?).is_some(),
                "aud" => options.aud.replace(parser.value()?.string()?).is_some(),
                "typ" => options.typ.replace(parser.value()?.parse()?).is_some(),
                "now" => options.now.replace(parser.value()?.parse()?).is_some(),
                _ => options.leeway.replace(parser.value()?.parse()?).is_some(),
            };
            if twice {
                return Err(Unusable::twice(&option));
            }
        }
        finish(&options).map(Asked::Run)
    }

    fn key_choice(&self) -> Result<KeyChoice, Unusable> {
        Ok(KeyChoice {
            algorithm: self.alg.as_deref().map(algorithm).transpose()?,
            backend: self.backend.as_deref().map(backend).transpose()?,
        })
    }

    /// The bytes of the key file; whether they are a key is for the library to say.
    fn jwk_text(&self) -> Result<Vec<u8>, Unusable> {
        file("jwk", needed(self.jwk.as_ref(), "jwk")?)
    }
}

pub(crate) fn jws_verify(options: &JoseOptions) -> Result<Command, Unusable> {
    let keys = options.key_choice()?.verifying_keys(&options.jwk_text()?);
    Ok(keys.map_or(Command::Refused, |keys| Command::JwsVerify(JwsVerifying { keys })))
}

pub(crate) fn jws_sign(options: &JoseOptions) -> Result<Command, Unusable> {
    let key = options.key_choice()?.signing_key(&options.jwk_text()?);
    Ok(key.map_or(Command::Refused, |key| Command::JwsSign(JwsSigning { key })))
}

pub(crate) fn jwt_verify(options: &JoseOptions) -> Result<Command, Unusable> {
    let now = UnixTime::from_secs(needed(options.now, "now")?)
        .ok_or_else(|| Unusable::option("now", "out of range"))?;
    let leeway = Duration::from_secs(options.leeway.unwrap_or(0));
    let choice = options.key_choice()?;
    let policies = if let Some(path) = &options.policies {
        let one = [
            ("jwk", options.jwk.is_some()),
            ("iss", options.iss.is_some()),
            ("aud", options.aud.is_some()),
            ("typ", options.typ.is_some()),
        ];
        if let Some((option, _)) = one.into_iter().find(|(_, given)| *given) {
            return Err(Unusable::option(option, "given beside --policies"));
        }
        let entries: Vec<PolicyEntry> = serde_json::from_slice(&file("policies", path)?)
            .map_err(|error| Unusable::option("policies", error))?;
        let policies = entries.into_iter().map(|entry| entry.read(leeway, choice));
        policies
            .collect::<Result<_, _>>()
            .map_err(|error| Unusable::option("policies", error))?
    } else {
        let issuer = needed(options.iss.as_ref(), "iss")?;
        let audience = needed(options.aud.as_ref(), "aud")?;
        let typ = needed(options.typ.clone(), "typ")?;
        let keys = choice.verifying_keys(&options.jwk_text()?);
        vec![(Policy::new(issuer, audience, typ.0).leeway(leeway), keys)]
    };
    let verifying = JwtVerifying::new(policies, now).map_err(Unusable::together)?;
    Ok(verifying.map_or(Command::Refused, |verifying| {
        Command::JwtVerify(Box::new(verifying))
    }))
}
