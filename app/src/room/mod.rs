//! The call screen, from the choice of devices to "You left". Every part reads the store and sends commands; none keeps
//! call state of its own.

mod announcer;
mod call_page;
mod call_screen;
mod device_select;
mod fault_text;
mod left;
mod media_button;
mod people_panel;
mod prejoin;
mod preview;
mod tile;
mod toolbar;

pub(crate) use announcer::Announcer;
pub(crate) use call_page::CallPage;
pub(crate) use call_screen::CallScreen;
pub(crate) use device_select::DeviceSelect;
pub(crate) use fault_text::fault_text;
pub(crate) use left::Left;
pub(crate) use media_button::MediaButton;
pub(crate) use people_panel::PeoplePanel;
pub(crate) use prejoin::Prejoin;
pub(crate) use preview::Preview;
pub(crate) use tile::{OwnTile, Tile, Video};
pub(crate) use toolbar::Toolbar;
