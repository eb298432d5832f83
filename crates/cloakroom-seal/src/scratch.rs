use arrayvec::ArrayVec;

use crate::text::MAX_CHARS;

/// Bytes before the sealed value, so that the plaintext of an encrypted one, which begins at its byte 17, begins on a cache
/// line: AES and POLYVAL then take some 3 % less.
const LEAD: usize = 47;

/// The bytes of a sealed value before they become text, on the stack: only the text is allocated, and nothing is
/// cleared that will be overwritten.
#[repr(align(64))]
pub(crate) struct Scratch(ArrayVec<u8, { LEAD + MAX_CHARS / 4 * 3 }>);

impl Scratch {
    pub(crate) fn new() -> Self {
        let mut scratch = Self(ArrayVec::new());
        scratch.push(&[0; LEAD]);
        scratch
    }

    #[inline]
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.0
            .try_extend_from_slice(bytes)
            .expect("the caller checked that the value fits into a cookie");
    }

    pub(crate) fn push_zeros(&mut self, count: usize) {
        self.0.extend(std::iter::repeat_n(0, count));
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0[LEAD..]
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.0[LEAD..]
    }
}
