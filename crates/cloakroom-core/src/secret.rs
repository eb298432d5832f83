use core::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A value that is wiped when it is dropped and that does not print, serialize, compare or hash itself.
///
/// `T` is usually `[u8; N]`, or `Vec<u8>` or `String` with the feature `alloc`. There is one way to the value,
/// [`expose`](Secret::expose), so a search for that word finds each use. Compare with [`ct_eq`](crate::ct_eq).
///
/// Wiping covers the place where the value lies when it is dropped. An array that is moved may leave a copy behind
/// in the place that it came from; a boxed or heap-allocated secret does not.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes charge of `value`.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. What the caller copies from it is the caller's to wipe.
    #[inline]
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// Prints `Secret(..)`, whatever is inside.
impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl<T: Zeroize> Zeroize for Secret<T> {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl<T: Zeroize> ZeroizeOnDrop for Secret<T> {}

#[cfg(test)]
mod tests {
    extern crate std;

    use core::cell::Cell;
    use std::format;

    use zeroize::Zeroize;

    use super::Secret;

    #[test]
    fn debug_is_redacted_in_every_style() {
        let secret = Secret::new(*b"hunter2!");
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        assert_eq!(format!("{secret:#x?}"), "Secret(..)");
    }

    /// Fails to compile when the type gains the trait: then both blanket implementations apply, and the call is ambiguous.
    macro_rules! lacks {
        ($type:ty: $($bound:tt)+) => {{
            trait Ambiguous<Marker> {
                fn check() {}
            }
            struct Has;
            impl<T: ?Sized> Ambiguous<()> for T {}
            impl<T: ?Sized + $($bound)+> Ambiguous<Has> for T {}
            <$type as Ambiguous<_>>::check();
        }};
    }

    #[test]
    fn neither_prints_nor_compares_nor_hashes_itself() {
        lacks!(Secret<[u8; 32]>: core::fmt::Display);
        lacks!(Secret<[u8; 32]>: PartialEq);
        lacks!(Secret<[u8; 32]>: core::hash::Hash);
        lacks!(Secret<[u8; 32]>: Copy);
        lacks!(Secret<[u8; 32]>: core::ops::Deref);
        lacks!(Secret<[u8; 32]>: AsRef<[u8]>);
    }

    #[test]
    fn is_wiped_when_dropped() {
        struct Probe<'a>(&'a Cell<u32>);
        impl Zeroize for Probe<'_> {
            fn zeroize(&mut self) {
                self.0.set(self.0.get() + 1);
            }
        }
        let wiped = Cell::new(0);
        let secret = Secret::new(Probe(&wiped));
        assert_eq!(wiped.get(), 0);
        drop(secret);
        assert_eq!(wiped.get(), 1);
    }

    #[test]
    fn zeroize_wipes_in_place() {
        let mut secret = Secret::new([7_u8; 4]);
        secret.zeroize();
        assert_eq!(secret.expose(), &[0; 4]);
    }
}
