//! The options of a room.

use protocol::limits::MAX_CAPACITY;

texts! {
    heading => "Room settings";
    guests_wait => "Guests wait until a host lets them in";
    locked => "Lock room: no one else can join";
    guests_unmute => "Guests can unmute themselves";
    guests_chat => "Guests can chat";
    delete_when_empty => "Delete the room when everyone has left";
    starts => "Starts";
    ends => "Ends";
    password => "Password";
    new_password => "New password";
    save => "Save";
    remove_password => "Remove password";
    capacity => "Maximum number of people";
}

/// How many people a room can take.
pub(crate) fn capacity_problem() -> String {
    format!("Choose between 1 and {MAX_CAPACITY} people.")
}
