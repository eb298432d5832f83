use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use cloakroom_session::SessionError;
use cloakroom_store::Page;
use cloakroom_tower::Session;

use super::counter::COUNT;
use crate::app::App;
use crate::handlers::Failure;
use crate::pages::{CsrfField, Notice, SessionForm, SessionPage, session_form, session_page};
use crate::users::User;

/// `GET /session`: the form to log in, or what the browser and the server hold.
pub(crate) async fn show(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    session: Session,
    csrf: CsrfField,
) -> Result<Response, Failure> {
    let notice = Notice::of_query(query.as_deref());
    let Some(subject) = session.subject().await? else {
        return Ok(form(csrf, notice));
    };
    let Some(user) = app.users.by_id(&subject).await? else {
        session.logout_everywhere()?;
        return Ok(form(csrf, Some(Notice::SessionAccountGone)));
    };
    let mut page = look(&app, &session, csrf, user).await?;
    // A page asks for itself once more when its session ends; another tab may have kept that alive.
    page.notice = notice.filter(|notice| *notice != Notice::SessionNeeded);
    Ok(session_page(&page).into_response())
}

/// All that the page of somebody who is logged in shows.
pub(super) async fn look(
    app: &App,
    session: &Session,
    csrf: CsrfField,
    user: User,
) -> Result<SessionPage, Failure> {
    let info = session.info().await?.ok_or(SessionError::LoginRequired)?;
    let authenticated_at = session.authenticated_at().await?;
    // An account has fewer sessions than a store gives at once.
    let mut devices = session.devices(Page::first(Page::MAX)).await?.devices;
    devices.sort_by_key(|device| (!device.is_current, std::cmp::Reverse(device.last_seen_at)));
    Ok(SessionPage {
        csrf,
        user,
        info,
        authenticated_at: authenticated_at.ok_or(SessionError::LoginRequired)?,
        devices,
        count: session.get(COUNT).await?.unwrap_or(0),
        store: app.store.clone(),
        now: app.sessions.now(),
        password_error: None,
        notice: None,
    })
}

fn form(csrf: CsrfField, notice: Option<Notice>) -> Response {
    session_form(&SessionForm {
        csrf,
        notice,
        ..SessionForm::default()
    })
    .into_response()
}
