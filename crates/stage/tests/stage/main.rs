//! What the stage promises, over random events and over every count in windows of eight shapes.

mod counts;
mod promises;
mod scenes;
mod world;
