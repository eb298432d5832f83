/// Marks the bytes among the first 64 of `text` that may end, split or spoil a cookie-pair.
///
/// Bit `i` of the mask is set when byte `i` is `;`, `=`, `<` (which stands between them in ASCII, and is marked because a
/// range costs less than two octets), a control character (HTAB included) or not ASCII; the reader looks at each marked
/// byte again. When there are but `n < 64` bytes, bit `n` is set and none above: the end of the text ends a segment as
/// `;` does.
///
/// On x86-64 with nothing beyond SSE2 this takes 66 instructions for 64 bytes; a look at each byte takes some 500.
#[inline(never)]
pub(crate) fn marks(text: &[u8]) -> u64 {
    #[cfg(test)]
    tests::BLOCKS.set(tests::BLOCKS.get() + 1);
    if let Some(block) = text.first_chunk::<64>() {
        return block_marks(block);
    }
    // The largest block that fits twice over covers the text; in an empty text none does.
    let mask = short_marks::<32, 64>(text)
        .or_else(|| short_marks::<16, 32>(text))
        .or_else(|| short_marks::<8, 32>(text))
        .or_else(|| short_marks::<4, 32>(text))
        .or_else(|| short_marks::<2, 32>(text))
        .or_else(|| short_marks::<1, 32>(text));
    mask.unwrap_or(0) | 1 << text.len()
}

/// As [`marks`], compiled into its caller: for the first block of a header, where a call is a twentieth of the work.
#[inline]
pub(crate) fn first_marks(text: &[u8]) -> u64 {
    let Some(block) = text.first_chunk::<64>() else {
        return marks(text);
    };
    #[cfg(test)]
    tests::BLOCKS.set(tests::BLOCKS.get() + 1);
    block_marks(block)
}

/// Whether a byte is not to be marked, by two signed comparisons of sums that wrap round: the first sum is above SP for
/// what stands from SP to `~`, the second is among the three lowest numbers for `;`, `<` and `=`. With `&&`, loops over it
/// might not become vector instructions.
#[inline]
fn is_plain(byte: u8) -> bool {
    (byte.wrapping_add(1).cast_signed() > 0x20) & (byte.wrapping_add(0x80 - b';').cast_signed() > i8::MIN + 2)
}

/// The marks of 64 bytes.
#[expect(
    clippy::inline_always,
    reason = "left to itself, `first_marks` would be a call after all"
)]
#[inline(always)]
fn block_marks(block: &[u8; 64]) -> u64 {
    let mut marked = [0; 64];
    for (at, (mark, &byte)) in marked.iter_mut().zip(block).enumerate() {
        *mark = if is_plain(byte) { 0 } else { 1 << (at / 8) };
    }
    // Byte `j` of word `i` has its mark in bit `i`, so that all words fit into one, to be turned the other way round.
    let (words, _) = marked.as_chunks();
    transposed(words.iter().fold(0, |all, &word| all | u64::from_le_bytes(word)))
}

/// Moves bit `j` of byte `i` to bit `i` of byte `j`: squares of one, two and four bits change places across the diagonal.
#[inline]
fn transposed(mut bits: u64) -> u64 {
    for (distance, upper) in [
        (7, 0x00AA_00AA_00AA_00AA),
        (14, 0x0000_CCCC_0000_CCCC),
        (28, 0x0000_0000_F0F0_F0F0),
    ] {
        let changed = (bits ^ bits >> distance) & upper;
        bits ^= changed ^ changed << distance;
    }
    bits
}

/// The marks of a text of `N..=2 * N` bytes; `None` when there are fewer. Its first `N` and its last `N` bytes, which
/// may overlap, are read side by side in one block, since the compiler turns loops over blocks of less than 32 bytes into
/// no vector instructions. It knows the marks of the bytes that pad the block, and drops them.
#[inline]
fn short_marks<const N: usize, const BLOCK: usize>(text: &[u8]) -> Option<u64> {
    let mut block = [b' '; BLOCK];
    block[..N].copy_from_slice(text.first_chunk::<N>()?);
    block[N..2 * N].copy_from_slice(text.last_chunk::<N>()?);
    let mut marked = [0; BLOCK];
    for (mark, &byte) in marked.iter_mut().zip(&block) {
        *mark = if is_plain(byte) { 0 } else { 1 << 7 };
    }
    let (words, _) = marked.as_chunks();
    let mask = words.iter().enumerate().fold(0, |all, (at, &word)| {
        all | gathered(u64::from_le_bytes(word)) << (8 * at)
    });
    Some(mask & ((1 << N) - 1) | (mask >> N) << (text.len() - N))
}

/// Moves bit 7 of byte `i` to bit `i`; all other bits must be clear. No two of the partial products meet in one bit, so
/// nothing carries into the top byte. For few words this is fewer instructions than turning eight.
#[inline]
fn gathered(marked: u64) -> u64 {
    marked.wrapping_mul(0x0002_0408_1020_4081) >> 56
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::cell::Cell;
    use std::vec::Vec;

    use super::marks;
    use crate::{Cookies, Limits};

    std::thread_local! {
        /// How many blocks of this thread's texts have been looked at.
        pub(super) static BLOCKS: Cell<usize> = const { Cell::new(0) };
    }

    fn blocks<T>(work: impl FnOnce() -> T) -> usize {
        let before = BLOCKS.get();
        work();
        BLOCKS.get() - before
    }

    #[test]
    fn a10_whatever_a_header_holds_each_block_is_looked_at_once_and_each_segment_once_more() {
        let limits = Limits::DEFAULT.with_bytes(usize::MAX).with_pairs(usize::MAX);
        for piece in [
            ";",
            "=",
            "a",
            "a=",
            "a=;",
            "a=1; ",
            "a ;",
            "a =;",
            "a=\t;",
            "a=\u{1};",
            "\u{1}",
            "\u{1}=;",
            "\t",
            " ",
            "\u{e9}",
            "\u{e9};",
            "a=\u{e9}",
            "=;a",
            "aa=;",
            "b=; a=x; ",
            "===;",
            "a;=",
            "a=                             \t;",
            "<",
            "<=<;",
        ] {
            for count in [100, 200, 400, 800, 1600] {
                let header = piece.repeat(count);
                let cookies = Cookies::new_with(header.as_bytes(), limits).unwrap();
                let length = header.len();
                let segments = header.split(';').count();
                let told = std::format!("{piece:?}, {count} times");
                assert_eq!(blocks(|| cookies.iter().count()), length / 64 + 1, "{told}");
                assert_eq!(
                    blocks(|| cookies.get_many(["b", "c", "d"])),
                    length / 64 + 1,
                    "{told}"
                );
                // Finding looks at a segment by itself, if its beginning is the name.
                for name in ["a", "b", "\u{e9}", ""] {
                    assert!(
                        blocks(|| cookies.all(name).count()) <= length / 64 + segments,
                        "{told}"
                    );
                    assert!(blocks(|| cookies.first(name)) <= length / 64 + segments, "{told}");
                }
            }
        }
    }

    fn naive(text: &[u8]) -> u64 {
        let block = &text[..text.len().min(64)];
        let marked = |byte: u8| byte.is_ascii_control() || (b';'..=b'=').contains(&byte) || !byte.is_ascii();
        let mask = block
            .iter()
            .enumerate()
            .fold(0, |mask, (at, &byte)| mask | u64::from(marked(byte)) << at);
        if text.len() < 64 {
            mask | 1 << text.len()
        } else {
            mask
        }
    }

    #[test]
    fn each_byte_at_each_place_of_each_length_is_marked_right() {
        for length in 0..=70 {
            let mut text: Vec<u8> = std::vec![b'x'; length];
            assert_eq!(marks(&text), naive(&text), "{length} bytes");
            for at in 0..length {
                for byte in 0..=u8::MAX {
                    text[at] = byte;
                    assert_eq!(marks(&text), naive(&text), "byte {byte} at {at} of {length}");
                }
                text[at] = b'x';
            }
        }
    }

    #[test]
    fn neighbours_do_not_disturb_each_other() {
        for length in 0..=70 {
            for period in 1..=9 {
                for phase in 0..period {
                    for (marked, other) in [(b';', 0xBB), (b'=', 0xFF), (0x00, 0x80), (0x7F, b' ')] {
                        let byte = |at: usize| if at % period == phase { marked } else { other };
                        let text: Vec<u8> = (0..length).map(byte).collect();
                        assert_eq!(
                            marks(&text),
                            naive(&text),
                            "{marked} every {period}, {length} bytes"
                        );
                    }
                }
            }
        }
    }
}
