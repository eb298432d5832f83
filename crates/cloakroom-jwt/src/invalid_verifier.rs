use core::fmt;

/// A mistake in a verifier's configuration, told when it is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidVerifier {
    pub(crate) policy: usize,
    pub(crate) member: &'static str,
    pub(crate) problem: &'static str,
}

impl InvalidVerifier {
    /// Which policy it is about, counted from 0.
    pub const fn policy(self) -> usize {
        self.policy
    }

    /// What of it is wrong: `leeway`, `keys`, `kid`.
    pub const fn member(self) -> &'static str {
        self.member
    }
}

impl fmt::Display for InvalidVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            policy,
            member,
            problem,
        } = self;
        write!(f, "policy {policy}: {member} {problem}")
    }
}

impl core::error::Error for InvalidVerifier {}
