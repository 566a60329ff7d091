//! `GET /r/{code}/calendar.ics`: the room as an entry for a calendar (iCalendar, RFC 5545).

use std::time::Duration;

use app::documents;
use app::language::in_language;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use ics::properties::{Description, DtEnd, DtStart, Summary, URL};
use ics::{Event, ICalendar, escape_text};
use protocol::{RoomCode, Timestamp};

use super::PageProblem;
use crate::AppState;
use crate::http_client::HttpClient;
use crate::languages;

/// How long an entry lasts whose room has no end.
const USUAL_LENGTH: Duration = Duration::from_secs(60 * 60);

/// A file for a calendar. A room without a start begins now.
pub(crate) async fn calendar(
    State(state): State<AppState>,
    caller: HttpClient,
    Path(code): Path<String>,
) -> Result<Response, PageProblem> {
    state.lookups.question(&caller).map_err(|_| PageProblem::Busy)?;
    let room = match RoomCode::parse(&code) {
        Ok(code) => state.storage.room(code).await?,
        Err(_) => None,
    };
    let Some(room) = room else {
        state.lookups.guess(caller.address).await.map_err(|_| PageProblem::Busy)?;
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let now = state.clock.wall();
    let starts = room.settings.starts_at.unwrap_or(now);
    let ends = room.settings.ends_at.filter(|end| *end > starts).unwrap_or(starts.after(USUAL_LENGTH));
    let link = caller.site.link(&format!("/r/{}", room.code));
    let (unnamed, description) = in_language(languages::spoken(), || {
        (documents::calendar_summary().to_owned(), documents::calendar_description(&link))
    });
    let name = room.settings.name.map_or(unnamed, |name| name.to_string());
    let mut event = Event::new(format!("{}@veranda", room.code), stamp(now));
    event.push(DtStart::new(stamp(starts)));
    event.push(DtEnd::new(stamp(ends)));
    event.push(Summary::new(escape_text(name)));
    event.push(Description::new(escape_text(description)));
    event.push(URL::new(link));
    let mut file = ICalendar::new("2.0", "-//Veranda//EN");
    file.add_event(event);
    let head = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"veranda.ics\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((head, file.to_string()).into_response())
}

/// A moment in universal time, `20261121T150000Z` (RFC 5545 §3.3.5).
fn stamp(at: Timestamp) -> String {
    documents::utc(at).replace(['-', ':'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_calendars_read_it() {
        assert_eq!(stamp(Timestamp(1_795_273_200_000)), "20261121T150000Z");
        assert_eq!(stamp(Timestamp(0)), "19700101T000000Z");
    }
}
