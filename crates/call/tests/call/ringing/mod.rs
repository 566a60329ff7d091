//! A page as a device of a call identity: what it says, what it says again, and when its screen ends a ring by itself.

mod adding;
mod answering;
mod beforehand;
mod connecting;
mod device;
mod ending;
mod placing;
