//! `/admin`: the server as its operator sees it. Plain pages and forms, no script. They tell of rooms and totals, never of people.

mod api_keys;
mod audit_log;
mod facts;
mod frame;
mod nodes;
mod overview;
mod rooms;
mod server;
mod sign_in;

pub use api_keys::{ApiKeyRow, ApiKeys};
pub use audit_log::{AuditLog, AuditRow, FilterForm};
pub use facts::{AdminSection, BackupState, KeyState, NodeAnswer, NodeRow, NodeState, Period};
pub use frame::AdminFrame;
pub use overview::{Failure, Figures, Overview, PeopleChart, UsageRow};
pub use rooms::{AdminNoRoom, AdminRoom, AdminRooms, LiveRoom, OneRoom};
pub use server::{AdminServer, CertificateState, ServerState};
pub use sign_in::{SignIn, SignedOut};
