//! The page of a recording: the call's own stage, what was said and written beside it, and a timeline. It decides nothing: what is shown where comes
//! as a [`stage::Layout`], and what is due from the engine.

mod beside;
mod heading;
mod lazy;
mod loading;
mod meeting;
mod player_keys;
mod stage_then;
mod timeline;
mod track_export;
mod transport;

pub(crate) use lazy::LazyPlayer;
