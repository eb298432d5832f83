//! The conformance kit itself: the model passes every case, and each wrong store fails the case made for it.

mod catches;
mod faulty;
mod mistake;
mod model;
mod wrong;
