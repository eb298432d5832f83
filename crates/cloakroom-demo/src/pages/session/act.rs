use serde::Deserialize;

/// Which sessions of an account are to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Act {
    /// That of one selector.
    End,
    EndOthers,
    EndAll,
}

impl Act {
    /// The word in a form.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::EndOthers => "end-others",
            Self::EndAll => "end-all",
        }
    }
}
