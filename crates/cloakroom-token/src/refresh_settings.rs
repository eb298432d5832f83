use std::time::Duration;
use std::{error, fmt};

/// How refresh tokens look and how long they last.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct RefreshSettings {
    /// What a token begins with, so that a secret scanner finds it: at most 32 of `A-Z`, `a-z`, `0-9`, `-` and `_`.
    /// `cloakroom_rt_`.
    pub prefix: String,
    /// How long a family lives without a rotation, from a millisecond on. 30 days.
    pub idle: Duration,
    /// How long it lives in any case, at least as long. 90 days.
    pub absolute: Duration,
    /// For how long after a rotation the token before is taken for a retry: two tabs, or an answer that was lost. Up to a
    /// minute; 0: never. 10 s.
    pub grace: Duration,
}

impl Default for RefreshSettings {
    fn default() -> Self {
        const DAY: u64 = 24 * 60 * 60;
        Self {
            prefix: "cloakroom_rt_".into(),
            idle: Duration::from_secs(30 * DAY),
            absolute: Duration::from_secs(90 * DAY),
            grace: Duration::from_secs(10),
        }
    }
}

impl RefreshSettings {
    pub(crate) fn check(&self) -> Result<(), InvalidSettings> {
        if self.idle.as_millis() == 0 || self.absolute < self.idle {
            return Err(InvalidSettings::LIFE);
        }
        if self.grace > Duration::from_secs(60) {
            return Err(InvalidSettings::GRACE);
        }
        Ok(())
    }
}

/// Settings that no service takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidSettings(Kind);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Prefix,
    Life,
    Grace,
}

impl InvalidSettings {
    pub(crate) const PREFIX: Self = Self(Kind::Prefix);
    pub(crate) const LIFE: Self = Self(Kind::Life);
    pub(crate) const GRACE: Self = Self(Kind::Grace);
}

impl fmt::Display for InvalidSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Prefix => "a prefix is at most 32 letters, digits, `-` and `_`",
            Kind::Life => "a token lives at least a millisecond, an access token 400 days at most, and none longer idle than in all",
            Kind::Grace => "the grace of a rotation is at most a minute",
        })
    }
}

impl error::Error for InvalidSettings {}
