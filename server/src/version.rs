//! What this program is: its version, and the build of the page that it serves.

use crate::builds::Build;
use crate::config::Config;
use crate::page_files::PageFiles;

/// The program's own.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Both, as `/healthz` says them.
pub fn version_and_build(config: &Config) -> String {
    format!("{VERSION}, build {}", Build::of(PageFiles::of(&config.server.site)).id())
}
