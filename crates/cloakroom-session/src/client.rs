use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Who used a session first, for its owner's list of devices. Neither part proves anything. Default: unknown.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// What the client calls itself; [`USER_AGENT_MAX`](Self::USER_AGENT_MAX) bytes of it are kept.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Where it connected from, as far as the application knows behind its proxies.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
}

impl Client {
    /// How many bytes of a user agent are kept.
    pub const USER_AGENT_MAX: usize = 256;

    /// The same with the user agent cut to its greatest length, between two characters.
    pub(crate) fn cut(mut self) -> Self {
        if let Some(text) = &mut self.user_agent
            && text.len() > Self::USER_AGENT_MAX
        {
            let fits = |&end: &usize| text.is_char_boundary(end);
            let end = (0..=Self::USER_AGENT_MAX).rev().find(fits);
            text.truncate(end.unwrap_or(0));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::Client;

    #[test]
    fn a_user_agent_is_cut_between_two_characters() {
        for (text, kept) in [
            (String::new(), 0),
            ("a".repeat(256), 256),
            ("a".repeat(257), 256),
            ("é".repeat(200), 256),
            (format!("a{}", "é".repeat(200)), 255),
        ] {
            let client = Client {
                user_agent: Some(text.clone()),
                address: None,
            };
            assert_eq!(client.cut().user_agent.as_deref(), Some(&text[..kept]), "{text}");
        }
    }
}
