/// How often the data of a record has changed. It only ever grows, and a compare-and-swap names the one it expects.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Version(u64);

impl Version {
    /// That of a record just created.
    pub const FIRST: Self = Self(1);

    /// The version of this number, as a store kept it.
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// Its number. Stores on signed 64-bit integers may keep it as one: no record lives to change 2^63 times.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The one after it; the last one stays.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}
