use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use cloakroom_tower::{Cookies, Identity, IdentitySource, Logins, Sealed};

use super::Failure;
use crate::app::App;
use crate::login_ticket::{COOKIE, LoginTicket};
use crate::outer_fields::OuterFields;
use crate::pages::{CsrfField, HeldCookie, Home, Notice, Welcome, home, welcome};

/// The front page: the log-in form, or what the browser and the server hold.
///
/// Opening the ticket asks no store; whether it has been ended, this server's memory knows. The page then asks for the
/// user's row, in order to show it; so it notices when the account is gone, and the ticket with it.
pub(crate) async fn show(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    cookies: Cookies,
    me: Option<Identity>,
    ticket: Sealed<LoginTicket>,
    logins: Logins,
    csrf: CsrfField,
) -> Result<Response, Failure> {
    let notice = Notice::of_query(query.as_deref());
    let me = me.filter(|me| me.source() == IdentitySource::Ticket);
    let (Some(me), Some(LoginTicket(held)), Some(expires_at)) = (me, ticket.get(), ticket.expires_at())
    else {
        return Ok(logged_out(csrf, notice));
    };
    let Some(user) = app.users.by_id(me.subject()).await? else {
        logins.log_out().await?;
        return Ok(logged_out(csrf, Some(Notice::AccountGone)));
    };
    let (keys, cutoff) = app.keys.list();
    let page = home(&Home {
        csrf,
        user,
        cookie: held_cookie(&cookies),
        authenticated_at: held.authenticated_at(),
        expires_at,
        now: app.clocks.now().wall,
        keys,
        cutoff,
        db: app.db.display().to_string(),
        key_file: app.key_file.display().to_string(),
        notice,
    });
    Ok(page.into_response())
}

fn logged_out(csrf: CsrfField, notice: Option<Notice>) -> Response {
    welcome(&Welcome {
        csrf,
        notice,
        ..Welcome::default()
    })
    .into_response()
}

/// The cookie as the browser sent it. (Of several of one name, the first that has the form of a sealed value.)
fn held_cookie(cookies: &Cookies) -> Option<HeldCookie> {
    cookies.request().all(COOKIE).find_map(|value| {
        Some(HeldCookie {
            bytes: COOKIE.len() + value.as_bytes().len(),
            outer: OuterFields::read(value.as_bytes())?,
        })
    })
}
