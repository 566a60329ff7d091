//! `POST /rooms`: the forms behind *New room*.

use app::plain::FormProblem;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use protocol::{
    Allowed, NameError, Password, RoomEncryption, RoomName, RoomSettingsPatch, Switch, WhenEmpty,
};
use serde::Deserialize;

use super::PageProblem;
use crate::audit::{self, Deed};
use crate::credentials::{self, Authority, Order};
use crate::http_client::HttpClient;
use crate::rooms::{CreationError, NewRoom};
use crate::{AppState, digest, origin};

/// The fields of the forms; a checkbox that is not ticked is absent.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct SettingsForm {
    name: String,
    password: String,
    capacity: Option<u16>,
    waiting_room: Option<String>,
    listed: Option<String>,
    hosts_chat: Option<String>,
    hosts_share: Option<String>,
    hosts_unmute: Option<String>,
    delete_when_empty: Option<String>,
    encryption: Option<RoomEncryption>,
    /// Which form was sent, to lead back to it.
    form: Option<String>,
}

/// 303 to the new room, or back to the form with what is wrong.
pub(crate) async fn create_form(
    State(state): State<AppState>,
    caller: HttpClient,
    headers: HeaderMap,
    Form(form): Form<SettingsForm>,
) -> Result<Response, PageProblem> {
    // The answer has a cookie for the browser, which is the form's only if it stands on a page of ours.
    if !origin::is_own(&headers, &caller.site) {
        return Err(PageProblem::Foreign);
    }
    let back = if form.form.as_deref() == Some("settings") { "/new" } else { "/" };
    let problem = |problem: FormProblem| Ok(back_to(back, problem));
    if !state.config.rooms.anyone_creates {
        return Ok(back_to("/", FormProblem::Closed));
    }
    let patch = match form.patch() {
        Ok(patch) => patch,
        Err(what) => return problem(what),
    };
    if state.room_rate.check(caller.address).await.is_err() {
        return problem(FormProblem::Busy);
    }
    let new = NewRoom { patch, address: Some(caller.address), ..NewRoom::default() };
    let creation = match state.rooms.create(new).await {
        Ok(creation) => creation,
        Err(CreationError::TooMany | CreationError::Password(_)) => return problem(FormProblem::Busy),
        Err(CreationError::Settings(_)) => return problem(FormProblem::Settings),
        Err(CreationError::Storage(error)) => return Err(error.into()),
    };
    let (actor, room) = (digest::id_of(&creation.host_key.digest), Some(creation.record.code));
    let deed = Deed { room, subject: Some(&actor), ..Deed::of(&actor, "room.created") };
    audit::note(&*state.storage, state.clock.wall(), deed).await;
    // The browser keeps the first key, which nobody sees. The link has one of its own, which can be taken back.
    let authority = Authority::Host(vec![creation.host_key.clone()]);
    let minted = credentials::mint(&state, creation.record.code, &authority, Order::HOST_KEY).await;
    let (_, secret_of_link) = minted.map_err(PageProblem::of_mint)?;
    let cookie = caller.give_key(&state, &creation.host_key).await?;
    let mut response = Redirect::to(&format!("/r/{}", creation.record.code)).into_response();
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    let once = super::host_link::remember(&state, &caller, creation.record.code, &secret_of_link);
    response.headers_mut().extend(once.map(|cookie: HeaderValue| (header::SET_COOKIE, cookie)));
    Ok(response)
}

fn back_to(page: &str, problem: FormProblem) -> Response {
    Redirect::to(&format!("{page}?problem={}", problem.as_str())).into_response()
}

impl SettingsForm {
    fn patch(&self) -> Result<RoomSettingsPatch, FormProblem> {
        let name = match RoomName::parse(&self.name) {
            Ok(name) => Some(name),
            Err(NameError::Empty) => None,
            Err(NameError::TooLong(_) | NameError::Forbidden(_)) => return Err(FormProblem::Name),
        };
        let password = match self.password.as_str() {
            "" => None,
            password => Some(Password::new(password.to_owned()).map_err(|_| FormProblem::Password)?),
        };
        let hosts_if = |ticked: &Option<String>| ticked.as_ref().map(|_| Allowed::Hosts);
        Ok(RoomSettingsPatch {
            name: Some(name),
            password: Some(password),
            capacity: self.capacity,
            waiting_room: self.waiting_room.as_ref().map(|_| Switch::On),
            listed: self.listed.as_ref().map(|_| Switch::On),
            may_chat: hosts_if(&self.hosts_chat),
            may_unmute: hosts_if(&self.hosts_unmute),
            may_share: hosts_if(&self.hosts_share),
            encryption: self.encryption,
            when_empty: self.delete_when_empty.as_ref().map(|_| WhenEmpty::Delete),
            ..RoomSettingsPatch::default()
        })
    }
}
