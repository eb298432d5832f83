use std::num::NonZeroU16;
use std::time::Duration;

use cloakroom_cookie::{CookieName, SetCookieBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Reach;

/// The payload of a sealed cookie, and all that is fixed about the cookie.
///
/// The constants say what the value is bound to and how long it lives; two methods say how the browser keeps it.
///
/// ```
/// use cloakroom_tower::{Persistence, SealedCookie};
/// use cloakroom_tower::cloakroom_cookie::CookieName;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Login {
///     subject: String,
///     remember_me: bool,
/// }
///
/// impl SealedCookie for Login {
///     const NAME: CookieName = CookieName::from_static("__Host-id");
///     const PURPOSE: &'static str = "login";
///
///     fn persistence(&self) -> Persistence {
///         if self.remember_me { Persistence::UntilExpiry } else { Persistence::BrowserSession }
///     }
/// }
/// ```
///
/// The payload is serialized as JSON. A field that a later version adds should be `#[serde(default)]`, or everybody
/// whose cookie lacks it is logged out: what does not deserialize is as good as no cookie.
pub trait SealedCookie: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The wire name, prefix included; `__Host-` or `__Host-Http-` unless [`REACH`](Self::REACH) says otherwise.
    const NAME: CookieName;

    /// What the value is for, 1 to 255 bytes. A value sealed for another purpose does not open, even under the same
    /// name and key, so a purpose with a version in it (`login/2`) retires all older values.
    const PURPOSE: &'static str;

    /// How long a value lives, in whole seconds. 12 hours unless overridden.
    const TTL: Duration = Duration::from_secs(12 * 60 * 60);

    /// The longest life that any value is granted, from when it was first sealed, whatever it says about itself: a
    /// shorter one takes effect on cookies that are out already. [`TTL`](Self::TTL) unless overridden, at most 400 days.
    const MAX_TTL: Duration = Self::TTL;

    /// Pads encrypted payloads to a multiple of so many bytes, so that the cookie's length tells less. No padding
    /// unless overridden.
    const BUCKET: Option<NonZeroU16> = None;

    /// Who may set the cookie. The server's own host alone unless overridden.
    const REACH: Reach = Reach::Host;

    /// How long the browser keeps this value. Until its session ends unless overridden.
    ///
    /// It is asked when a value is set and again when it is sealed anew, so it should depend on the value alone.
    fn persistence(&self) -> Persistence {
        Persistence::BrowserSession
    }

    /// Changes the cookie's attributes, which are `Secure`, `HttpOnly`, `SameSite=Lax`, `Path=/` and no `Domain`.
    ///
    /// It must give the same attributes each time, since the removal uses them too. `Max-Age` is not its business: it
    /// follows from the value's remaining life and [`persistence`](Self::persistence). Nor are the name and the value: a
    /// [`Sealer`](crate::Sealer) is not made of a cookie whose `attributes` change one of the three.
    fn attributes(cookie: SetCookieBuilder) -> SetCookieBuilder {
        cookie
    }
}

/// How long a browser keeps a cookie.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Persistence {
    /// Until the browser's session ends, or what the browser takes for it: many restore the cookies with the tabs.
    BrowserSession,
    /// Until the value expires: `Max-Age` is the rest of its life, in whole seconds rounded down.
    UntilExpiry,
}
