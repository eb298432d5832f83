//! The Python and Node peers, over the driver.
