/// A small generator of numbers that look random (`SplitMix64`): the same seed, the same numbers. They can be foretold.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of this seed.
    pub const fn new(seed: u64) -> Self {
        // Seeds in a row would otherwise give one sequence, shifted.
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1))
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    ///
    /// # Panics
    ///
    /// When `end` is 0.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A number from `start` until `end`, which is another one.
    ///
    /// # Panics
    ///
    /// When both are the same.
    pub const fn between(&mut self, start: i64, end: i64) -> i64 {
        start.saturating_add_unsigned(self.below(end.abs_diff(start)))
    }

    /// An index of something that has so many.
    ///
    /// # Panics
    ///
    /// When there are none.
    pub fn index(&mut self, of: usize) -> usize {
        usize::try_from(self.below(of as u64)).expect("it is below a usize")
    }

    /// One of these.
    ///
    /// # Panics
    ///
    /// When there are none.
    pub fn any<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.index(of.len())].clone()
    }

    /// A byte.
    pub const fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[7]
    }

    /// True in one of `n` cases.
    ///
    /// # Panics
    ///
    /// When `n` is 0.
    pub const fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}
