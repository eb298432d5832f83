//! How sealers are made.

use std::time::Duration;

use axum::body::Body;
use cloakroom_tower::cloakroom_cookie::{CookieName, SetCookie, SetCookieBuilder, Transport, danger};
use cloakroom_tower::cloakroom_core::UnixTime;
use cloakroom_tower::cloakroom_keyring::KeyRing;
use cloakroom_tower::{CookieLayer, InvalidSealedCookie, SealedCookie, Sealer};
use http::Request;
use http::header::COOKIE;
use serde::{Deserialize, Serialize};
use tower::ServiceExt;

use crate::desk::{Desk, Login, T0, login};

#[test]
fn a_cookie_that_cannot_be_is_found_when_the_sealer_is_made() {
    macro_rules! sealed_cookie {
        ($name:ident: $wire:literal, $($rest:tt)*) => {
            #[derive(Debug, Serialize, Deserialize)]
            struct $name;
            impl SealedCookie for $name {
                const NAME: CookieName = CookieName::from_static($wire);
                $($rest)*
            }
        };
    }
    sealed_cookie!(Unbound: "__Secure-id", const PURPOSE: &'static str = "p";);
    sealed_cookie!(Purposeless: "__Host-id", const PURPOSE: &'static str = "";);
    sealed_cookie!(Long: "__Host-id", const PURPOSE: &'static str = "p";
        const TTL: Duration = Duration::from_secs(401 * 24 * 3600););
    sealed_cookie!(Longer: "__Host-id", const PURPOSE: &'static str = "p";
        const MAX_TTL: Duration = Duration::from_secs(12 * 3600 - 1););
    sealed_cookie!(Scoped: "__Host-Http-id", const PURPOSE: &'static str = "p";
        fn attributes(cookie: SetCookieBuilder) -> SetCookieBuilder { cookie.path("/shop") });
    sealed_cookie!(Renamed: "__Host-id", const PURPOSE: &'static str = "p";
        fn attributes(_: SetCookieBuilder) -> SetCookieBuilder { SetCookie::new("__Host-other", "probe") });
    sealed_cookie!(Unprefixed: "__Host-id", const PURPOSE: &'static str = "p";
        fn attributes(_: SetCookieBuilder) -> SetCookieBuilder { SetCookie::new("id", "probe") });
    sealed_cookie!(Revalued: "__Host-id", const PURPOSE: &'static str = "p";
        fn attributes(_: SetCookieBuilder) -> SetCookieBuilder { SetCookie::new(Self::NAME, "") });
    sealed_cookie!(Persistent: "__Host-id", const PURPOSE: &'static str = "p";
    fn attributes(cookie: SetCookieBuilder) -> SetCookieBuilder {
        cookie.persistent(Duration::from_secs(1))
    });
    sealed_cookie!(Padded: "__Host-id", const PURPOSE: &'static str = "p";
        const BUCKET: Option<std::num::NonZeroU16> = std::num::NonZeroU16::new(64););
    sealed_cookie!(Good: "__HOST-HTTP-id", const PURPOSE: &'static str = "p";);

    use InvalidSealedCookie as I;
    let ring = KeyRing::generate().unwrap();
    assert!(matches!(
        Sealer::<Unbound>::encrypted(&ring),
        Err(I::NotHostBound { .. })
    ));
    assert!(matches!(
        Sealer::<Purposeless>::encrypted(&ring),
        Err(I::Sealer { .. })
    ));
    assert!(matches!(Sealer::<Long>::encrypted(&ring), Err(I::Sealer { .. })));
    assert!(matches!(
        Sealer::<Longer>::encrypted(&ring),
        Err(I::TtlOverMaxTtl { .. })
    ));
    assert!(matches!(
        Sealer::<Scoped>::encrypted(&ring),
        Err(I::Attributes { .. })
    ));
    let beyond = [
        Sealer::<Renamed>::encrypted(&ring).map(drop),
        Sealer::<Unprefixed>::encrypted(&ring).map(drop),
        Sealer::<Revalued>::signed(&ring).map(drop),
        Sealer::<Persistent>::encrypted(&ring).map(drop),
    ];
    for beyond in beyond {
        assert!(matches!(beyond, Err(I::BeyondAttributes { .. })), "{beyond:?}");
    }
    assert!(matches!(Sealer::<Padded>::signed(&ring), Err(I::Sealer { .. })));
    assert!(Sealer::<Padded>::encrypted(&ring).is_ok());
    assert!(Sealer::<Good>::signed(&ring).is_ok());
    assert_eq!(
        Sealer::<Unbound>::encrypted(&ring).unwrap_err().to_string(),
        "the cookie __Secure-id begins with neither `__Host-` nor `__Host-Http-`, so other hosts of the domain can \
         set it; say `REACH = Reach::SharedWithSubdomains` if they may"
    );
}

#[tokio::test]
async fn plain_http_changes_name_binding_and_attributes_together() {
    let ring = KeyRing::generate().unwrap();
    let now = UnixTime::from_millis(T0);
    let plain = Sealer::<Login>::encrypted_over(danger::plain_http_in_release(), &ring).unwrap();
    let https = Sealer::<Login>::encrypted_over(Transport::HTTPS, &ring).unwrap();
    let cookie = plain.seal(&login("u1"), now).unwrap();
    assert_eq!(cookie.name().as_str(), "--Host-id");
    assert!(!cookie.secure() && cookie.http_only());
    assert_eq!(
        plain.removal().unwrap().to_header_string(),
        "--Host-id=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax"
    );
    for (sealer, name, status) in [
        (&plain, "--Host-id", 200),
        (&plain, "__Host-id", 401),
        (&https, "--Host-id", 401),
        // What travelled in the clear does not open on the real server, whatever name it is given.
        (&https, "__Host-id", 401),
    ] {
        let app = Desk::routes(sealer).layer(CookieLayer::new().with_clock(move || now));
        let request = Request::builder()
            .uri("/required")
            .header(COOKIE, format!("{name}={}", cookie.value()))
            .body(Body::empty())
            .unwrap();
        assert_eq!(
            app.oneshot(request).await.unwrap().status().as_u16(),
            status,
            "{sealer:?} {name}"
        );
    }
}
