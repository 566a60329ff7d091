//! Parts that several pages share. One component a file.

mod avatar;
mod confirm;
mod focus;
mod hang_up_button;
mod icon;
mod language_choice;
mod logo;
mod module;
mod qr_code;
mod row_menu;
mod site_header;

pub(crate) use avatar::{Avatar, hue};
pub(crate) use confirm::Confirm;
pub(crate) use focus::{
    Step, focus, focus_among, focus_when_shown, is_focus_nowhere, let_go_of_focus, when_left,
};
pub(crate) use hang_up_button::HangUpButton;
pub(crate) use icon::{Icon, Symbol};
pub(crate) use language_choice::LanguageChoice;
pub(crate) use logo::{Logo, LogoMark};
pub(crate) use module::{Module, fetch, fetch_again};
pub(crate) use qr_code::QrCode;
pub(crate) use row_menu::{RowMenu, close_menu};
pub use site_header::SiteHeader;
