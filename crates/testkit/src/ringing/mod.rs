//! People with several devices who ring each other, over sockets that break at any step and a server that forgets everything, in virtual time.
//! What nobody may do or see is looked at after each step.

mod faults;
mod page;
mod people;
mod scenes;
mod server;
mod stranger;
mod witness;
mod world;

pub use world::{Line, Report, RingWorld};
