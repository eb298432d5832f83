//! Counts heap allocations.
//!
//! A global allocator is the only place that sees them all, and its trait is unsafe: hence the one `allow` here. It
//! hands each call on to the system's allocator unchanged. While nobody counts, which is whenever a clock runs, it
//! costs one predictable branch, for peers and for us.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

// Constants that nothing drops: a thread has them from its first allocation to its last one, and looking at them
// allocates nothing.
thread_local! {
    static ON: Cell<bool> = const { Cell::new(false) };
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// How often `work` asks for memory on this thread; growing a buffer counts. What other threads ask for does not.
pub fn count(work: impl FnOnce()) -> u64 {
    COUNT.set(0);
    ON.set(true);
    work();
    ON.set(false);
    COUNT.get()
}

/// What counts, to be made the global allocator by a program that wants to know.
pub struct Counting;

impl Counting {
    fn note() {
        if ON.get() {
            COUNT.set(COUNT.get() + 1);
        }
    }
}

#[allow(
    unsafe_code,
    reason = "each method passes its arguments to `System` under the same contract"
)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::note();
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Self::note();
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        Self::note();
        unsafe { System.realloc(ptr, layout, new_size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        unsafe { System.dealloc(ptr, layout) }
    }
}
