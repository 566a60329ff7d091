//! How others get in.

texts! {
    heading => "Invite people";
    anyone_with_link =>
        "Anyone with this link can join as a guest. The part after # is the encryption key; it never reaches the server.";
    link => "Link to this room";
    copy_link => "Copy link";
    copy_invitation => "Copy invitation";
    add_to_calendar => "Add to calendar";
    qr_code => "QR code of the link";
}

/// What is copied for others. A room without a name is the caller's own.
pub(crate) fn invitation(room: Option<&str>, link: &str) -> String {
    match room {
        Some(name) => format!("Join {name} in your browser: {link}"),
        None => format!("Join my video call in your browser: {link}"),
    }
}
