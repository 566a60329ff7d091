//! How long getting into a room took, as the page saw it: for whoever runs the server, and for nobody else in the room.

use serde::{Deserialize, Serialize};

/// When each step was done, in milliseconds since somebody pressed *Join*. What was not done, or not yet, is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct JoinSteps {
    /// The server had let them in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<u32>,
    /// The first device that was opened after that press was open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub devices: Option<u32>,
    /// The first link, to a person or to the server, was connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected: Option<u32>,
    /// The first picture of somebody else was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_frame: Option<u32>,
    /// This is said. None of the others is later.
    pub said: u32,
}
