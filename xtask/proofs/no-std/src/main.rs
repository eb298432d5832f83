//! Compiles only while no crate below it pulls in the standard library, which would bring a second panic handler.

#![no_std]
#![no_main]

use core::panic::PanicInfo;

// Named, so that they are linked and not only listed.
#[cfg(feature = "alloc")]
pub use cloakroom_cookie as cookie;
pub use cloakroom_core as core_crate;
#[cfg(feature = "id")]
pub use cloakroom_id as id;
#[cfg(feature = "jwt")]
pub use cloakroom_jwt as jwt;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

#[cfg(feature = "alloc")]
mod allocator {
    use core::alloc::{GlobalAlloc, Layout};

    struct None;

    // SAFETY: it hands out nothing, so there is nothing that it could hand out wrongly. The program is checked and
    // never run; an allocator cannot be written without `unsafe`.
    unsafe impl GlobalAlloc for None {
        unsafe fn alloc(&self, _: Layout) -> *mut u8 {
            core::ptr::null_mut()
        }
        unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
    }

    #[global_allocator]
    static ALLOCATOR: None = None;
}
