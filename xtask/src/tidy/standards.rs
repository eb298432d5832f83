/// A rule or an attack that a test proves. Tests carry the row's id, in lower case, at the front of their names.
pub(super) struct Row {
    pub(super) id: &'static str,
    /// The rule in a few words. The tests and the crates' documentation hold the exact bounds.
    pub(super) must: &'static str,
}

pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) rows: &'static [Row],
}

const fn row(id: &'static str, must: &'static str) -> Row {
    Row { id, must }
}

pub(super) const SECTIONS: &[Section] = &[
    Section {
        title: "A. Cookies: the request side",
        rows: &[
            row(
                "A1",
                "percent-encoded names are not decoded, so `%5F%5FHost-sid` is never found as `__Host-sid`",
            ),
            row(
                "A2",
                "only SP and HTAB are trimmed: U+2000, U+00A0 and U+0085 stay part of the name, VT and FF make the pair invalid",
            ),
            row(
                "A3",
                "bytes from 0x80 stay in the value; a control other than HTAB makes that one pair invalid",
            ),
            row(
                "A4",
                "a pair without `=` or with an empty name is invalid, an empty segment is nothing; pairs after it are found",
            ),
            row(
                "A5",
                "the name on the wire is the name: `__Host-sid` and `sid` differ, and so do letter cases",
            ),
            row(
                "A6",
                "duplicates stay visible in order, `unique` refuses them; of sealed ones at most 4 are tried and two valid ones conflict",
            ),
            row(
                "A7",
                "there is no legacy mode: `$Version` is a name, a quote is a byte, `;` always separates",
            ),
            row(
                "A8",
                "white space around name and value is trimmed, the first `=` separates, quotes and backslashes stay",
            ),
            row("A9", "several Cookie header values are one list, in order"),
            row(
                "A10",
                "too many bytes or pairs is a named outcome, in linear time and without allocation",
            ),
            row(
                "A11",
                "lenient names such as `a[0]` and `a b` are found; invalid pairs are counted, empty segments are not",
            ),
        ],
    },
    Section {
        title: "B. Cookies: the response side",
        rows: &[
            row(
                "B1",
                "bytes that could end a value, an attribute or a header cannot be built; the error tells the place, not the value",
            ),
            row(
                "B2",
                "name and value together 4096 bytes, an attribute 1024; a name is a token and not empty",
            ),
            row(
                "B3",
                "each name prefix brings the attributes it promises, in any letter case, hand-written or not",
            ),
            row(
                "B4",
                "SameSite=None or Partitioned without Secure cannot be built",
            ),
            row(
                "B5",
                "Max-Age of more than 400 days is refused or, when asked, clamped; zero is a removal; it is never empty",
            ),
            row(
                "B6",
                "a removal repeats the Path, Domain, Secure, prefix and Partitioned of what it removes",
            ),
            row("B7", "one response sets a name once"),
            row(
                "B8",
                "a domain is LDH labels without its leading dot; IP addresses and labels that end in a hyphen are refused",
            ),
            row(
                "B9",
                "the user-agent parser follows the RFC: last attribute wins, long and unknown ones are ignored, its date algorithm, its refusals",
            ),
            row("B10", "parsing what was written gives back what was built"),
            row(
                "B11",
                "a removal writes Max-Age=0 and the epoch; relative paths, bare suffixes, numeric hosts and long labels are refused",
            ),
        ],
    },
    Section {
        title: "C. Sealed cookies",
        rows: &[
            row("C1", "one bit flipped, anything cut off or added: rejected"),
            row(
                "C2",
                "another name, purpose, mode or key, or a revoked key: rejected, all with one and the same error",
            ),
            row(
                "C3",
                "expiry, greatest life, clock skew and cut-off are exact to the millisecond on both sides",
            ),
            row(
                "C4",
                "retiring and announced keys open, a value under a retiring one wants re-sealing; a rolling deploy never rejects",
            ),
            row(
                "C5",
                "name and value never pass 4096 bytes; longer input is refused before any cryptography",
            ),
            row(
                "C6",
                "weak, wrong, duplicate or contradictory keys are errors at start-up; no secret in any text",
            ),
            row(
                "C7",
                "the time to open depends neither on the number of keys nor on the place where a tag differs",
            ),
            row(
                "C8",
                "the published vectors verify in an independent implementation in another language",
            ),
            row(
                "C9",
                "re-sealing keeps the issue time, the expiry and the payload, so that a cut-off still reaches it",
            ),
            row(
                "C10",
                "every ticket has exactly one text; other spellings, versions and modes are rejected",
            ),
            row(
                "C11",
                "any bucket opens any other; padding is checked; lengths within a bucket are equal",
            ),
            row(
                "C12",
                "impossible times are refused when sealing; a greatest life binds old tickets; nothing wraps",
            ),
            row(
                "C13",
                "a repeated generator state shows equality at most, and never repeats a token or an id",
            ),
            row(
                "C14",
                "values migrated from elsewhere are refused by any cut-off, under another name, past the deadline",
            ),
        ],
    },
    Section {
        title: "D. Sessions",
        rows: &[
            row("D1", "logging out beats a request in flight"),
            row(
                "D2",
                "two tabs during renewal: neither loses the session, the reuse is reported",
            ),
            row("D3", "a renewal that fails leaves the old or the new session"),
            row("D4", "concurrent changes merge to the exact total"),
            row("D5", "of many creations of one selector exactly one wins"),
            row(
                "D6",
                "both deadlines are exact, whatever the time zone or the traffic",
            ),
            row("D7", "touching is monotonic, bounded and rare"),
            row("D8", "the raw store holds no token and no verifier"),
            row("D9", "listing and deleting by subject is complete and final"),
            row(
                "D10",
                "purging keeps to its batch, shares the work and survives errors",
            ),
            row(
                "D11",
                "each failure of the store has its own kind and never means anonymous",
            ),
            row("D12", "migrations run at once, twice, and from an old schema"),
            row("D13", "a strange cookie means anonymous and sets nothing"),
            row(
                "D14",
                "tokens have at least 128 bits from the system and change at each login",
            ),
            row("D15", "the session requirements of ASVS 5.0, one test each"),
            row(
                "D16",
                "dropping a future anywhere leaves the old or the new state",
            ),
            row("D17", "a planted token never opens what was logged in after it"),
            row("D18", "a login carries over only what it names"),
            row(
                "D19",
                "a login whose response fails gives nothing; a logout whose response fails has happened",
            ),
            row(
                "D20",
                "a device of another subject cannot be told from an unknown one",
            ),
            row("D21", "wrong verifiers change nothing and are reported alike"),
            row(
                "D22",
                "a session authenticated before its subject's cut-off is refused",
            ),
            row("D23", "a bearer-carried session sets no cookie"),
            row(
                "D24",
                "a restored backup opens nothing after a general revocation",
            ),
        ],
    },
    Section {
        title: "E. JSON Web Tokens",
        rows: &[
            row("E1", "odd, absent or duplicate `alg` values are rejected"),
            row("E2", "a key verifies its own algorithm only"),
            row("E3", "`none` cannot be configured"),
            row(
                "E4",
                "short HMAC keys and texts that are other kinds of keys are refused",
            ),
            row(
                "E5",
                "non-canonical structure is rejected at the cost of a size check",
            ),
            row("E6", "header and claims are JSON objects and nothing else"),
            row(
                "E7",
                "duplicate members are rejected at any depth, however they are spelled",
            ),
            row("E8", "`crit` that is not understood is rejected"),
            row("E9", "`typ` is what the policy says"),
            row(
                "E10",
                "issuer, subject and audience are exact and of the right type",
            ),
            row(
                "E11",
                "numeric dates: odd values rejected, boundaries exact, expiry required",
            ),
            row("E12", "greatest age and required claims"),
            row("E13", "one issuer's key never verifies another's token"),
            row(
                "E14",
                "hostile `kid` values are harmless; key-carrying headers are never read",
            ),
            row(
                "E15",
                "malformed or weak signatures and keys of each algorithm are refused",
            ),
            row("E16", "the access-token profile requires each of its claims"),
            row("E17", "both names of the Ed25519 algorithm are read"),
            row("E18", "the vectors of the RFCs"),
            row(
                "E19",
                "errors carry no byte of the token and map to `WWW-Authenticate`",
            ),
            row("E20", "tokens without a type need a named reason"),
            row("E21", "a key without an algorithm takes the policy's alone"),
            row("E22", "a key set with bad keys still yields its good ones"),
            row("E23", "the key-set cache bounds fetches, age and growth"),
            row(
                "E24",
                "tokens too old or too new are refused whatever their expiry",
            ),
            row(
                "E25",
                "other serializations, compression, encryption and nesting are rejected",
            ),
        ],
    },
    Section {
        title: "F. The life of tokens",
        rows: &[
            row("F1", "concurrent refreshes rotate once and answer alike"),
            row(
                "F2",
                "each generation answers as it should, in and after its grace",
            ),
            row("F3", "garbage never revokes anybody's family"),
            row("F4", "a revocation wins its races"),
            row("F5", "idle and absolute expiry are exact"),
            row("F6", "a denied token stays denied until it has expired"),
            row(
                "F7",
                "a revocation reaches every reader in time, or they fail closed",
            ),
            row("F8", "introspection and revocation tell nothing to strangers"),
            row("F9", "the raw store holds no usable token"),
            row("F10", "commit order does not hide a revocation"),
            row("F11", "a feed that was reset is noticed and reloaded"),
            row("F12", "clock steps do not hide staleness"),
            row(
                "F13",
                "skewed clocks refuse the old credential and accept the new",
            ),
            row("F14", "revocations of one issuer leave the other's tokens"),
            row("F15", "a cut-off lasts as long as what it refuses could live"),
            row(
                "F16",
                "refreshing across a key rotation gives the same successors",
            ),
            row("F17", "a stolen store and key make no refresh token"),
            row("F18", "generations at the ends of their range"),
            row(
                "F19",
                "a stale snapshot is 503, and logging out everywhere leaves nothing",
            ),
            row("F20", "another client's token cannot be revoked"),
        ],
    },
    Section {
        title: "G. Cross-site requests",
        rows: &[
            row(
                "G1",
                "the decision over fetch metadata, method and origin, row by row",
            ),
            row(
                "G2",
                "it falls before the inner service; exemptions are exact; report-only reports",
            ),
            row("G3", "tokens are bound to session and renewal and never repeat"),
            row(
                "G4",
                "responses vary on what was read; login is covered without a session",
            ),
            row("G5", "WebSocket handshakes with a foreign origin are refused"),
            row("G6", "junk credentials exempt nobody"),
            row("G7", "contradictory or malformed headers are denied"),
            row("G8", "an identity from a cookie needs the decision"),
        ],
    },
];
