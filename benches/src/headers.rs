//! Cookie headers of the sizes that servers see.

/// The names and values of one site's cookies: its own session, consent, two analytics tools, a login ticket.
const TYPICAL: [(&str, &str); 10] = [
    ("_ga", "GA1.1.1187246389.1763549211"),
    ("_gid", "GA1.2.905377146.1763713006"),
    ("theme", "dark"),
    ("locale", "en-GB"),
    ("consent", "necessary%3A1%2Canalytics%3A1%2Cmarketing%3A0%2Cv%3A4"),
    ("csrftoken", "pQ7x2Ue0bHcZr9S3vKfT6nWmYgDjLa8E"),
    ("_fbp", "fb.1.1763549212034.771204663"),
    ("cart", "b3f1c2a4-88d0-4c1e-9a55-0f6b2d7e1c93"),
    ("tz", "Europe/Berlin"),
    (
        "__Host-id",
        "kC3yNq0ZsW5hVtX8uB1rJm7dPfLgQaEoYi2TzRx4DnUwHvKcSbMjGe6lA9pF0Ik5",
    ),
];

/// One session cookie alone, as an API client sends it.
pub fn one() -> String {
    let (name, value) = TYPICAL[9];
    format!("{name}={value}")
}

/// A browser's header on a typical site, the login cookie last: 10 cookies, 369 bytes.
pub fn ten() -> String {
    join(TYPICAL.iter().map(|(name, value)| format!("{name}={value}")))
}

/// A browser's header on a site with many subsidiaries: 40 cookies, no name twice, the login cookie last.
pub fn forty() -> String {
    let others = (1..=3).flat_map(|shop| {
        TYPICAL
            .iter()
            .map(move |(name, value)| format!("{name}_{shop}={value}"))
    });
    join(others.chain(TYPICAL.iter().map(|(name, value)| format!("{name}={value}"))))
}

/// 8 KiB of the shortest pair there is: the most pairs that a header of its size can hold.
pub fn flood() -> String {
    "a=;".repeat(8192 / 3)
}

fn join(pairs: impl Iterator<Item = String>) -> String {
    pairs.collect::<Vec<_>>().join("; ")
}
