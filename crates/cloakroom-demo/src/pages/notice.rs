/// What the last request did, told by the next page: it travels in the query as a word of this closed list, so the
/// server remembers nothing and a made-up link can say nothing of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    Registered,
    LoggedIn,
    LoggedOut,
    Everywhere,
    AccountGone,
    LoginNeeded,
    Announced,
    Activated,
    Retired,
    Removed,
    Revoked,
    SessionIn,
    SessionOut,
    SessionNeeded,
    SessionAccountGone,
    Counted,
    Raced,
    Ended,
    EndedOthers,
    EndedAll,
    PasswordChanged,
    AppIn,
    AppOut,
    AppEnded,
    AppEverywhere,
}

impl Notice {
    const ALL: [Self; 25] = [
        Self::Registered,
        Self::LoggedIn,
        Self::LoggedOut,
        Self::Everywhere,
        Self::AccountGone,
        Self::LoginNeeded,
        Self::Announced,
        Self::Activated,
        Self::Retired,
        Self::Removed,
        Self::Revoked,
        Self::SessionIn,
        Self::SessionOut,
        Self::SessionNeeded,
        Self::SessionAccountGone,
        Self::Counted,
        Self::Raced,
        Self::Ended,
        Self::EndedOthers,
        Self::EndedAll,
        Self::PasswordChanged,
        Self::AppIn,
        Self::AppOut,
        Self::AppEnded,
        Self::AppEverywhere,
    ];

    /// What the query of a page asks to be told; a word that is not in the list is as good as none.
    pub(crate) fn of_query(query: Option<&str>) -> Option<Self> {
        let slug = query?.split('&').find_map(|pair| pair.strip_prefix("notice="))?;
        Self::ALL.into_iter().find(|notice| notice.slug() == slug)
    }

    /// The word in the query.
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::LoggedIn => "logged-in",
            Self::LoggedOut => "logged-out",
            Self::Everywhere => "everywhere",
            Self::AccountGone => "account-gone",
            Self::LoginNeeded => "login-needed",
            Self::Announced => "announced",
            Self::Activated => "activated",
            Self::Retired => "retired",
            Self::Removed => "removed",
            Self::Revoked => "revoked",
            Self::SessionIn => "session-in",
            Self::SessionOut => "session-out",
            Self::SessionNeeded => "session-needed",
            Self::SessionAccountGone => "session-account-gone",
            Self::Counted => "counted",
            Self::Raced => "raced",
            Self::Ended => "ended",
            Self::EndedOthers => "ended-others",
            Self::EndedAll => "ended-all",
            Self::PasswordChanged => "password-changed",
            Self::AppIn => "app-in",
            Self::AppOut => "app-out",
            Self::AppEnded => "app-ended",
            Self::AppEverywhere => "app-everywhere",
        }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Registered => "Welcome. Your account is made and you are logged in.",
            Self::LoggedIn => "You are logged in.",
            Self::LoggedOut => {
                "This browser has forgotten its ticket. The ticket is struck out as well: a copy of it taken earlier \
                 opens nothing, on any server, within a second."
            }
            Self::Everywhere => {
                "You are logged out everywhere: every sealed cookie, session and token of your account has ended, or \
                 will have within a second on the servers that have yet to hear of it."
            }
            Self::AccountGone => "The account that this browser's ticket names is not here any more.",
            Self::LoginNeeded => "Log in first: only somebody who is logged in may do that.",
            Self::Announced => {
                "A new key is announced: tickets sealed with it are accepted, none is made with it yet."
            }
            Self::Activated => {
                "The key is active. Tickets of the key before it still open, and each is sealed anew the next time it \
                 is shown, with its old times. Yours just was."
            }
            Self::Retired => "The key is retiring: its tickets still open, new ones are not made with it.",
            Self::Removed => "The key is gone. Tickets that are still sealed with it do not open any more.",
            Self::Revoked => {
                "The key is revoked and the cut-off is set: every ticket issued before this moment is refused, \
                 whichever key sealed it. Log in again to get a new one."
            }
            Self::SessionIn => "You are logged in, and the server knows it: this is your session.",
            Self::SessionOut => {
                "Your session is over. The server has deleted it, so no copy of the cookie opens anything any more."
            }
            Self::SessionNeeded => {
                "Log in first. This browser has no session, or not any more: it was ended here or from another \
                 device, or its time was up."
            }
            Self::SessionAccountGone => {
                "The account of this session is not here any more, and neither are its sessions."
            }
            Self::Counted => "Counted.",
            Self::Raced => "Four requests added one at the same time, and each of them is counted.",
            Self::Ended => {
                "That session is over, if it was one of yours. Its browser finds out at its next click."
            }
            Self::EndedOthers => {
                "All other sessions are over, those that were just being made as well. This one goes on."
            }
            Self::EndedAll => "All your sessions are over, this one too.",
            Self::PasswordChanged => {
                "Your password is changed. This session goes on under a new token; all else that was logged in is over."
            }
            Self::AppIn => "You are logged in to the app.",
            Self::AppOut => {
                "You are logged out of the app. The family of its refresh tokens has ended, for every copy of one, and \
                 the access token is refused within a second."
            }
            Self::AppEnded => {
                "Your log-in to the app has ended: here or from another device, because a token was used again, or \
                 because its time was up."
            }
            Self::AppEverywhere => {
                "You are logged out everywhere: the app, sealed cookies, sessions and access tokens. No server takes \
                 any of them a second from now."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Notice;

    #[test]
    fn each_word_reads_back_and_no_other_does() {
        for notice in Notice::ALL {
            let query = format!("a=1&notice={}", notice.slug());
            assert_eq!(Notice::of_query(Some(&query)), Some(notice));
        }
        for query in [
            None,
            Some(""),
            Some("notice"),
            Some("notice="),
            Some("notice=<b>"),
            Some("notice=Revoked"),
        ] {
            assert_eq!(Notice::of_query(query), None, "{query:?}");
        }
    }
}
