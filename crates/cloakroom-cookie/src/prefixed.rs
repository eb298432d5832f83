//! What a [`SetCookieBuilder`](crate::SetCookieBuilder) knows about the prefix of its cookie's name, as types.
//!
//! Each constructor of [`SetCookie`](crate::SetCookie) fixes one of the five types, and a setter that would break
//! the prefix's promise asks for a trait that the type lacks.

/// No promise was made by a constructor; `finish` looks at the name.
#[derive(Clone, Copy, Debug)]
pub enum Plain {}
/// `__Secure-` was promised.
#[derive(Clone, Copy, Debug)]
pub enum Secure {}
/// `__Host-` was promised.
#[derive(Clone, Copy, Debug)]
pub enum Host {}
/// `__Http-` was promised.
#[derive(Clone, Copy, Debug)]
pub enum Http {}
/// `__Host-Http-` was promised.
#[derive(Clone, Copy, Debug)]
pub enum HostHttp {}

/// Cookies that may give up `Secure`.
#[diagnostic::on_unimplemented(message = "a prefixed cookie is always Secure")]
pub trait MayBeInsecure: sealed::Sealed {}
impl MayBeInsecure for Plain {}

/// Cookies that may give up `HttpOnly`.
#[diagnostic::on_unimplemented(message = "a `__Http-` or `__Host-Http-` cookie is always HttpOnly")]
pub trait MayBeScriptReadable: sealed::Sealed {}
impl MayBeScriptReadable for Plain {}
impl MayBeScriptReadable for Secure {}
impl MayBeScriptReadable for Host {}

/// Cookies that may have a `Path` other than `/`, and a `Domain`.
#[diagnostic::on_unimplemented(message = "a `__Host-` or `__Host-Http-` cookie has Path=/ and no Domain")]
pub trait MayBeScoped: sealed::Sealed {}
impl MayBeScoped for Plain {}
impl MayBeScoped for Secure {}
impl MayBeScoped for Http {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Plain {}
    impl Sealed for super::Secure {}
    impl Sealed for super::Host {}
    impl Sealed for super::Http {}
    impl Sealed for super::HostHttp {}
}
