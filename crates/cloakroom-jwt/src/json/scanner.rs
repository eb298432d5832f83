use super::escape::unescape;
use super::{Index, Kind, MAX_DEPTH, Member, NotStrict, SLACK, Span, duplicates};
use crate::rounded::are_digits;

/// Reads the JSON object `json` in one pass. `bytes` is `json` followed by [`SLACK`] zero octets.
#[inline]
pub(crate) fn scan(json: &str, bytes: &[u8], index: &mut Index) -> Result<(), NotStrict> {
    index.members.clear();
    index.text.clear();
    if bytes.len() != json.len() + SLACK || json.len() >= Span::UNESCAPED as usize {
        return Err(NotStrict);
    }
    let mut scanner = Scanner {
        json,
        bytes,
        at: 0,
        index,
    };
    if scanner.next() != b'{' {
        return Err(NotStrict);
    }
    scanner.at += 1;
    scanner.object::<true>(1)?;
    scanner.next();
    if scanner.at == json.len() {
        Ok(())
    } else {
        Err(NotStrict)
    }
}

struct Scanner<'a> {
    json: &'a str,
    bytes: &'a [u8],
    /// At most the length of `json`: only an octet that is not zero is ever passed.
    at: usize,
    index: &'a mut Index,
}

impl Scanner<'_> {
    /// The octet at hand.
    #[inline]
    fn here(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    /// The next octet that is no white space.
    #[inline]
    fn next(&mut self) -> u8 {
        loop {
            match self.here() {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                octet => return octet,
            }
        }
    }

    /// What follows a `{`. The members of the outermost object stay in the index; those of any other are forgotten.
    fn object<const OUTERMOST: bool>(&mut self, depth: u32) -> Result<(), NotStrict> {
        let base = self.index.members.len();
        let mut seen = duplicates::Seen::default();
        let octet = self.next();
        if octet == b'}' {
            self.at += 1;
            return Ok(());
        }
        if octet != b'"' {
            return Err(NotStrict);
        }
        self.at += 1;
        loop {
            let (key, name) = self.name()?;
            seen.insert(key, name, self.json, self.index, base)?;
            let first = self.next();
            let start = self.at;
            let (kind, value) = if OUTERMOST && first == b'"' {
                self.at += 1;
                (Kind::String, self.string(true)?)
            } else if OUTERMOST && first.is_ascii_digit() {
                self.number(first)?;
                (Kind::Number, Span::raw(start, self.at))
            } else {
                let kind = self.value(first, depth)?;
                (kind, Span::raw(start, self.at))
            };
            self.index.members.push(Member {
                key,
                name,
                value,
                kind,
            });
            // Without white space, as nearly all issuers write.
            if self.bytes.get(self.at..self.at + 2) == Some(b",\"") {
                self.at += 2;
                continue;
            }
            match self.next() {
                b',' => self.at += 1,
                b'}' => break,
                _ => return Err(NotStrict),
            }
            if self.next() != b'"' {
                return Err(NotStrict);
            }
            self.at += 1;
        }
        self.at += 1;
        duplicates::check_many(self.json, self.index, base)?;
        if !OUTERMOST {
            self.index.members.truncate(base);
        }
        Ok(())
    }

    /// What follows the opening quote of a name, up to the colon: its key, and where it lies.
    #[inline]
    fn name(&mut self) -> Result<(u64, Span), NotStrict> {
        const END: u64 = u64::from_le_bytes([0, 0, 0, 0xff, 0xff, 0, 0, 0]);
        const QUOTE_COLON: u64 = u64::from_le_bytes([0, 0, 0, b'"', b':', 0, 0, 0]);
        let start = self.at;
        let Some(word) = word(self.bytes, start) else {
            return Err(NotStrict);
        };
        // Nearly all registered names have three octets. To ask for their end at that place, instead of looking for it, lets
        // the processor go on with what follows before it knows: that saves a tenth of a verification but its HMAC.
        if word & END == QUOTE_COLON && marks(word | !0 << 24) == 0 {
            self.at += 5;
            return Ok((duplicates::short(word, 3), Span::raw(start, start + 3)));
        }
        let name = self.string(true)?;
        let key = match name.raw_len() {
            Some(length @ 0..8) => duplicates::short(word, length),
            _ => duplicates::key(name.of(self.json, &self.index.text).as_bytes()),
        };
        if self.next() != b':' {
            return Err(NotStrict);
        }
        self.at += 1;
        Ok((key, name))
    }

    /// The value that begins with `first`, at hand, inside of `depth` arrays and objects.
    fn value(&mut self, first: u8, depth: u32) -> Result<Kind, NotStrict> {
        match first {
            b'"' => {
                self.at += 1;
                self.string(false)?;
                Ok(Kind::String)
            }
            b'-' | b'0'..=b'9' => {
                self.number(first)?;
                Ok(Kind::Number)
            }
            b'{' | b'[' if depth == MAX_DEPTH => Err(NotStrict),
            b'{' => {
                self.at += 1;
                self.object::<false>(depth + 1)?;
                Ok(Kind::Object)
            }
            b'[' => {
                self.at += 1;
                self.array(depth + 1)?;
                Ok(Kind::Array)
            }
            b't' => self.literal(b"true", Kind::True),
            b'f' => self.literal(b"false", Kind::False),
            b'n' => self.literal(b"null", Kind::Null),
            _ => Err(NotStrict),
        }
    }

    /// What follows a `[`.
    fn array(&mut self, depth: u32) -> Result<(), NotStrict> {
        let mut first = self.next();
        if first == b']' {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(first, depth)?;
            match self.next() {
                b',' => self.at += 1,
                b']' => break,
                _ => return Err(NotStrict),
            }
            first = self.next();
        }
        self.at += 1;
        Ok(())
    }

    fn literal(&mut self, word: &[u8], kind: Kind) -> Result<Kind, NotStrict> {
        if self.bytes.get(self.at..self.at + word.len()) != Some(word) {
            return Err(NotStrict);
        }
        self.at += word.len();
        Ok(kind)
    }

    /// RFC 8259 section 6.
    #[inline]
    fn number(&mut self, first: u8) -> Result<(), NotStrict> {
        if first == b'-' {
            self.at += 1;
        }
        if self.here() == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.here() == b'.' {
            self.at += 1;
            self.digits()?;
        }
        if let b'e' | b'E' = self.here() {
            self.at += 1;
            if let b'+' | b'-' = self.here() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// One digit or more.
    #[inline]
    fn digits(&mut self) -> Result<(), NotStrict> {
        let start = self.at;
        if word(self.bytes, start).is_some_and(are_digits) {
            self.at += 8;
        }
        while self.here().is_ascii_digit() {
            self.at += 1;
        }
        if self.at == start { Err(NotStrict) } else { Ok(()) }
    }

    /// What follows an opening quote: where the string lies, unescaped when it is to be `kept`.
    #[inline]
    fn string(&mut self, kept: bool) -> Result<Span, NotStrict> {
        let start = self.at;
        self.at = plain(self.bytes, start);
        if self.here() == b'"' {
            self.at += 1;
            return Ok(Span::raw(start, self.at - 1));
        }
        self.escaped(start, kept)
    }

    /// The rest of a string that has escapes, or ends too early.
    #[cold]
    fn escaped(&mut self, start: usize, kept: bool) -> Result<Span, NotStrict> {
        let text = &mut self.index.text;
        let begin = text.len();
        let mut run = start;
        loop {
            if kept {
                text.push_str(self.json.get(run..self.at).ok_or(NotStrict)?);
            }
            match self.bytes.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    let (character, length) = unescape(&self.bytes[self.at + 1..]).ok_or(NotStrict)?;
                    if kept {
                        text.push(character);
                    }
                    self.at += 1 + length;
                }
                // A control character, or the end of the text.
                _ => return Err(NotStrict),
            }
            run = self.at;
            self.at = plain(self.bytes, run);
        }
        self.at += 1;
        Ok(if kept {
            Span::unescaped(begin, text.len())
        } else {
            Span::raw(start, self.at - 1)
        })
    }
}

/// Where the first quote, backslash or control character from `at` on is, eight octets at a time.
#[inline]
fn plain(bytes: &[u8], mut at: usize) -> usize {
    while let Some(word) = word(bytes, at) {
        let marks = marks(word);
        if marks != 0 {
            return at + (marks.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    // The zeros behind the text stop the loop above, except from their own first octet on.
    at
}

/// Marks the quotes, backslashes and control characters among eight octets, and perhaps others above the lowest of them: a
/// borrow runs from a marked octet to higher ones alone.
#[inline]
pub(crate) const fn marks(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    const QUOTES: u64 = u64::from_le_bytes([b'"'; 8]);
    const BACKSLASHES: u64 = u64::from_le_bytes([b'\\'; 8]);
    const SPACES: u64 = u64::from_le_bytes([b' '; 8]);
    let control = word.wrapping_sub(SPACES);
    let quote = (word ^ QUOTES).wrapping_sub(ONES);
    let backslash = (word ^ BACKSLASHES).wrapping_sub(ONES);
    (control | quote | backslash) & !word & HIGH
}

/// The eight octets from `at` on, the first one lowest.
#[inline]
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
