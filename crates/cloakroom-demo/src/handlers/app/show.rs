use axum::extract::{RawQuery, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{IntoResponse, Response};
use cloakroom_tower::{Cookies, CsrfToken};

use super::held::{Held, NotHeld};
use super::no_token::remove;
use crate::app::App;
use crate::handlers::Failure;
use crate::pages::{AppForm, AppPage, Notice, app_form, app_page};
use crate::security_headers::WITH_SCRIPT;

/// `GET /app`: the form to log in, or the page with the program. It rotates nothing: that is the script's work.
pub(super) async fn show(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    cookies: Cookies,
    csrf: CsrfToken,
) -> Result<Response, Failure> {
    let notice = Notice::of_query(query.as_deref());
    let form = |notice| {
        let (name, error, csrf) = ("", None, &csrf);
        Ok(app_form(&AppForm {
            name,
            error,
            notice,
            csrf,
        })
        .into_response())
    };
    let held = match Held::of(&app, &cookies) {
        Ok(held) => held,
        // Of a key that this server does not have: should that key be gone for good, logging in is the way out.
        Err(NotHeld::Absent | NotHeld::Unknown | NotHeld::UnknownKey) => return form(notice),
    };
    let Some(family) = held.family().await? else {
        return form(notice.or(Some(Notice::AppEnded)));
    };
    let Some(user) = app.users.by_id(family.subject.as_str()).await? else {
        held.revoke().await?;
        remove(&cookies)?;
        return form(Some(Notice::AccountGone));
    };
    let page = app_page(&AppPage {
        name: &user.name,
        family: &family,
        access_life: app.tokens.life(),
        store: &app.store,
        notice,
        csrf: &csrf,
    });
    let policy = [(CONTENT_SECURITY_POLICY, HeaderValue::from_static(WITH_SCRIPT))];
    Ok((policy, page).into_response())
}
