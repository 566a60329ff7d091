//! What a person can do when a device is not to be had.

use crate::state::{Fault, SourceView};

/// One or two sentences: what is wrong, and what helps.
pub(crate) fn fault_text(source: SourceView, fault: Fault) -> String {
    let device = match source {
        SourceView::Microphone => "microphone",
        SourceView::Camera => "camera",
    };
    match fault {
        Fault::Blocked => format!(
            "Your browser is blocking the {device}. Allow it from the icon in the address bar, then turn it on here."
        ),
        Fault::Dismissed => {
            format!("Your browser needs permission. Turn on the {device} to be asked again.")
        }
        Fault::NotFound => format!("No {device} was found. You can join without one, or plug one in."),
        Fault::InUse => {
            format!("Another app is using the {device}. Close it, then turn the {device} on here.")
        }
        Fault::Insecure => {
            format!("The {device} needs a secure page. Open this address with https://.")
        }
        Fault::Ended => {
            format!("The {device} was disconnected. Plug it in again or choose another.")
        }
        Fault::Unknown => format!("The {device} could not be started. Turn it on to try again."),
    }
}
