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
            "The {device} is blocked for this site. Allow it with the icon beside the address, then turn it on here."
        ),
        Fault::Dismissed => {
            format!("The browser's question was closed. Turn the {device} on to be asked again.")
        }
        Fault::NotFound => format!("No {device} was found. You can join without one, or plug one in."),
        Fault::InUse => format!(
            "Another program has the {device}, or the system withholds it. Close it there and turn it on here."
        ),
        Fault::Insecure => format!("Browsers give the {device} only to pages loaded over https."),
        Fault::Ended => format!("The {device} was unplugged or stopped."),
        Fault::Unknown => format!("The {device} could not be started. Turn it on to try again."),
    }
}
