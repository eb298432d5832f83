use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cloakroom_core::UnixTime;
use lexopt::{Arg, Parser, ValueExt as _};

use crate::csrf::Deciding;
use crate::jose::{JwsSigning, JwsVerifying, JwtVerifying};
use crate::jose_options::{self, JoseOptions};
use crate::sealed::{Mode, Opening, Sealing, Setting};

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Drives the Cloakroom crates by lines of JSON: one object a line on standard input, one on standard output.

cloakroom-interop cookie-pairs
cloakroom-interop set-cookie-parse
cloakroom-interop set-cookie-build
cloakroom-interop cookie-date
cloakroom-interop csrf-decide [--public-origin O] [--trusted-origin O].. [--carrier-cookie NAME]..
cloakroom-interop seal --ring FILE --name NAME --purpose PURPOSE --mode signed|encrypted --now MS --ttl S
                       [--max-ttl S] [--bucket BYTES]
cloakroom-interop open --ring FILE --name NAME --purpose PURPOSE --mode signed|encrypted --now MS
                       [--cutoff MS] [--max-ttl S]
cloakroom-interop jws-verify --jwk FILE [--alg ALG] [--backend rustcrypto|aws-lc]
cloakroom-interop jws-sign --jwk FILE [--alg ALG] [--backend rustcrypto|aws-lc]
cloakroom-interop jwt-verify --jwk FILE --iss ISS --aud AUD --typ TYP --now S
                       [--leeway S] [--alg ALG] [--backend rustcrypto|aws-lc]
cloakroom-interop jwt-verify --policies FILE --now S [--leeway S] [--alg ALG] [--backend rustcrypto|aws-lc]

The README of the crate has each command's members.
";

/// A file longer than this is not read: 1 MiB holds thousands of keys.
const LONGEST_FILE: u64 = 1024 * 1024;

/// What the arguments ask for.
pub(crate) enum Asked {
    Help,
    Run(Command),
}

/// What is done with each line.
pub(crate) enum Command {
    CookiePairs,
    CookieDate,
    CsrfDecide(Deciding),
    SetCookieParse,
    SetCookieBuild,
    Seal(Sealing),
    Open(Opening),
    JwsVerify(JwsVerifying),
    JwsSign(JwsSigning),
    JwtVerify(Box<JwtVerifying>),
    /// The ring or key was refused by the library, and so is every line.
    Refused,
}

/// Arguments that cannot be used; its text says which and why.
#[derive(Debug)]
pub(crate) struct Unusable(String);

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<lexopt::Error> for Unusable {
    fn from(error: lexopt::Error) -> Self {
        Self(error.to_string())
    }
}

/// Reads the arguments, the program's name not among them, and the ring file that they name.
pub(crate) fn parse(args: impl Iterator<Item = OsString>) -> Result<Asked, Unusable> {
    let mut parser = Parser::from_args(args);
    let command = match parser.next()? {
        None => return Err(Unusable("a command is missing; see --help".into())),
        Some(Arg::Long("help") | Arg::Short('h')) => return Ok(Asked::Help),
        Some(Arg::Value(command)) => command,
        Some(other) => return Err(other.unexpected().into()),
    };
    let mut options = Options::default();
    let command = match command.to_str() {
        Some("cookie-pairs") => Command::CookiePairs,
        Some("cookie-date") => Command::CookieDate,
        Some("csrf-decide") => return Deciding::read(&mut parser),
        Some("set-cookie-parse") => Command::SetCookieParse,
        Some("set-cookie-build") => Command::SetCookieBuild,
        Some("seal") => return options.read(&mut parser, &["ttl", "bucket"], Options::seal),
        Some("open") => return options.read(&mut parser, &["ttl", "cutoff"], Options::open),
        Some("jws-verify") => return JoseOptions::read(&mut parser, &[], jose_options::jws_verify),
        Some("jws-sign") => return JoseOptions::read(&mut parser, &[], jose_options::jws_sign),
        Some("jwt-verify") => {
            return JoseOptions::read(&mut parser, jose_options::OF_A_POLICY, jose_options::jwt_verify);
        }
        _ => {
            return Err(Unusable(format!(
                "unknown command {:?}; see --help",
                command.display().to_string()
            )));
        }
    };
    match parser.next()? {
        None => Ok(Asked::Run(command)),
        Some(Arg::Long("help") | Arg::Short('h')) => Ok(Asked::Help),
        Some(other) => Err(other.unexpected().into()),
    }
}

/// The options of `seal` and `open`, as far as they were given.
#[derive(Default)]
struct Options {
    ring: Option<PathBuf>,
    name: Option<String>,
    purpose: Option<String>,
    mode: Option<Mode>,
    now: Option<i64>,
    ttl: Option<u64>,
    max_ttl: Option<u64>,
    cutoff: Option<i64>,
    bucket: Option<NonZeroU16>,
}

impl Options {
    /// Reads the options that both commands share, and those of them that `own` lists.
    fn read(
        &mut self,
        parser: &mut Parser,
        own: &[&str],
        finish: fn(&Self) -> Result<Command, Unusable>,
    ) -> Result<Asked, Unusable> {
        while let Some(argument) = parser.next()? {
            let option = match argument {
                Arg::Long("help") | Arg::Short('h') => return Ok(Asked::Help),
                Arg::Long(option) => option.to_owned(),
                other => return Err(other.unexpected().into()),
            };
            let shared = ["ring", "name", "purpose", "mode", "now", "max-ttl"].contains(&option.as_str());
            if !shared && !own.contains(&option.as_str()) {
                return Err(Unusable::unknown(&option));
            }
            let twice = match option.as_str() {
                "ring" => self.ring.replace(parser.value()?.into()).is_some(),
                "name" => self.name.replace(parser.value()?.string()?).is_some(),
                "purpose" => self.purpose.replace(parser.value()?.string()?).is_some(),
                "mode" => self.mode.replace(parser.value()?.parse()?).is_some(),
                "now" => self.now.replace(parser.value()?.parse()?).is_some(),
                "ttl" => self.ttl.replace(parser.value()?.parse()?).is_some(),
                "max-ttl" => self.max_ttl.replace(parser.value()?.parse()?).is_some(),
                "cutoff" => self.cutoff.replace(parser.value()?.parse()?).is_some(),
                _ => self.bucket.replace(parser.value()?.parse()?).is_some(),
            };
            if twice {
                return Err(Unusable::twice(&option));
            }
        }
        finish(self).map(Asked::Run)
    }

    fn seal(&self) -> Result<Command, Unusable> {
        let ttl = Duration::from_secs(needed(self.ttl, "ttl")?);
        let (setting, now) = (self.setting()?, self.now()?);
        Ok(match setting.sealer(&self.ring_text()?)? {
            Some(sealer) => Command::Seal(Sealing { sealer, now, ttl }),
            None => Command::Refused,
        })
    }

    fn open(&self) -> Result<Command, Unusable> {
        let cutoff = self.cutoff.map(UnixTime::from_millis);
        let (setting, now) = (self.setting()?, self.now()?);
        Ok(match setting.sealer(&self.ring_text()?)? {
            Some(sealer) => Command::Open(Opening { sealer, now, cutoff }),
            None => Command::Refused,
        })
    }

    fn setting(&self) -> Result<Setting<'_>, Unusable> {
        Ok(Setting {
            name: needed(self.name.as_deref(), "name")?,
            purpose: needed(self.purpose.as_deref(), "purpose")?,
            mode: needed(self.mode, "mode")?,
            max_ttl: self.max_ttl.map(Duration::from_secs),
            bucket: self.bucket,
        })
    }

    fn now(&self) -> Result<UnixTime, Unusable> {
        needed(self.now, "now").map(UnixTime::from_millis)
    }

    /// The bytes of the ring file; whether they are a ring is for the library to say.
    fn ring_text(&self) -> Result<Vec<u8>, Unusable> {
        file("ring", needed(self.ring.as_ref(), "ring")?)
    }
}

/// The bytes of the file that an option names.
pub(crate) fn file(option: &str, path: &Path) -> Result<Vec<u8>, Unusable> {
    let unreadable = |why: &dyn fmt::Display| Unusable(format!("--{option} {}: {why}", path.display()));
    let mut text = Vec::new();
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    file.take(LONGEST_FILE + 1)
        .read_to_end(&mut text)
        .map_err(|error| unreadable(&error))?;
    if text.len() as u64 > LONGEST_FILE {
        return Err(unreadable(&"over 1 MiB"));
    }
    Ok(text)
}

impl Unusable {
    /// An option whose value the library refuses.
    pub(crate) fn option(option: &str, why: impl fmt::Display) -> Self {
        Self(format!("--{option}: {why}"))
    }

    /// Options of which the library makes no sealer or verifier.
    pub(crate) fn together(why: impl fmt::Display) -> Self {
        Self(why.to_string())
    }

    pub(crate) fn unknown(option: &str) -> Self {
        Self(format!("invalid option '--{option}'"))
    }

    pub(crate) fn twice(option: &str) -> Self {
        Self(format!("--{option} is given twice"))
    }
}

pub(crate) fn needed<T>(value: Option<T>, option: &str) -> Result<T, Unusable> {
    value.ok_or_else(|| Unusable(format!("--{option} is missing")))
}
