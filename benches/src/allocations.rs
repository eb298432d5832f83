//! Counts heap allocations.
//!
//! A global allocator is the only place that sees them all, and its trait is unsafe: hence the one `allow` here. It
//! hands each call on to the system's allocator unchanged. While nobody counts, which is whenever a clock runs, it
//! costs one predictable branch, for peers and for us.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

static ON: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicU64 = AtomicU64::new(0);

/// How often `work` asks for memory; growing a buffer counts. The program must have one thread only.
pub fn count(work: impl FnOnce()) -> u64 {
    COUNT.store(0, Relaxed);
    ON.store(true, Relaxed);
    work();
    ON.store(false, Relaxed);
    COUNT.load(Relaxed)
}

/// What counts, to be made the global allocator by a program that wants to know.
pub struct Counting;

impl Counting {
    fn note() {
        if ON.load(Relaxed) {
            COUNT.fetch_add(1, Relaxed);
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
