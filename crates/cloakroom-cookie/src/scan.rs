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
    let mask = match text.len() {
        32.. => ends::<32, 64>(text),
        16.. => ends::<16, 32>(text),
        8.. => ends::<8, 32>(text),
        4.. => ends::<4, 32>(text),
        2.. => ends::<2, 32>(text),
        1 => ends::<1, 32>(text),
        0 => 0,
    };
    mask | 1 << text.len()
}

/// The marks of `N..=2 * N` bytes: of the first `N` and the last `N`, which may overlap.
#[inline]
fn ends<const N: usize, const BLOCK: usize>(text: &[u8]) -> u64 {
    let (Some(first), Some(last)) = (text.first_chunk::<N>(), text.last_chunk::<N>()) else {
        return 0;
    };
    // The compiler knows the marks of the bytes that pad the block, and drops them.
    let mut block = [b' '; BLOCK];
    block[..N].copy_from_slice(first);
    block[N..2 * N].copy_from_slice(last);
    let mask = block_marks(&block);
    let low = (1 << N) - 1;
    mask & low | (mask >> N) << (text.len() - N)
}

/// The marks of a block of 32 or 64 bytes. The compiler turns the loop into vector instructions, 86 of them a block of
/// 64 on x86-64 without any feature beyond SSE2; a look at each byte would take six times as many.
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

/// Written without a short circuit, which would keep the loop above from becoming vector instructions.
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
