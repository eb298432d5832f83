/// Marks the bytes among the first 64 of `text` that may end, split or spoil a cookie-pair.
///
/// Bit `i` of the mask is set when byte `i` is `;`, `=` or a control character, HTAB included; the reader looks at each
/// marked byte again. When there are but `n < 64` bytes, bit `n` is set and none above: the end of the text ends a
/// segment as `;` does.
#[inline(never)]
pub(crate) fn marks(text: &[u8]) -> u64 {
    if let Some(block) = text.first_chunk::<64>() {
        return block_marks(block);
    }
    // The largest block that fits twice over covers the text; in an empty text none does.
    let mask = ends::<32, 64>(text)
        .or_else(|| ends::<16, 32>(text))
        .or_else(|| ends::<8, 32>(text))
        .or_else(|| ends::<4, 32>(text))
        .or_else(|| ends::<2, 32>(text))
        .or_else(|| ends::<1, 32>(text));
    mask.unwrap_or(0) | 1 << text.len()
}

/// The marks of the first `N` bytes and the last `N`, which may overlap; `None` when there are fewer than `N`. They
/// are read side by side in one block, since the compiler turns no smaller one into vector instructions. It knows the
/// marks of the bytes that pad the block, and drops them.
#[inline]
fn ends<const N: usize, const BLOCK: usize>(text: &[u8]) -> Option<u64> {
    let (first, last) = (text.first_chunk::<N>()?, text.last_chunk::<N>()?);
    let mut block = [b' '; BLOCK];
    block[..N].copy_from_slice(first);
    block[N..2 * N].copy_from_slice(last);
    let mask = block_marks(&block);
    let low = (1 << N) - 1;
    Some(mask & low | (mask >> N) << (text.len() - N))
}

/// The marks of a block of 32 or 64 bytes. With the loop as vector instructions that is 101 instructions for 64 bytes
/// on x86-64, without any feature beyond SSE2; a look at each byte takes some 500.
#[inline]
fn block_marks<const N: usize>(block: &[u8; N]) -> u64 {
    let mut marked = [0; N];
    for (mark, &byte) in marked.iter_mut().zip(block) {
        *mark = u8::from(is_marked(byte)) << 7;
    }
    let (words, _) = marked.as_chunks();
    words.iter().enumerate().fold(0, |all, (at, &word)| {
        all | gather(u64::from_le_bytes(word)) << (8 * at)
    })
}

#[expect(
    clippy::needless_bitwise_bool,
    reason = "a short circuit keeps the loop from becoming vector instructions"
)]
#[inline]
fn is_marked(byte: u8) -> bool {
    (byte < b' ') | (byte == 0x7F) | (byte == b';') | (byte == b'=')
}

/// Moves bit 7 of lane `i` to bit `i`. All other bits must be clear; then each product bit below 64 is the sum of at
/// most one of them, so nothing carries into the top byte.
#[inline]
fn gather(marked: u64) -> u64 {
    marked.wrapping_mul(0x0002_0408_1020_4081) >> 56
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::marks;

    fn naive(text: &[u8]) -> u64 {
        let block = &text[..text.len().min(64)];
        let marked = |byte: u8| byte.is_ascii_control() || byte == b';' || byte == b'=';
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
