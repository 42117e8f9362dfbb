//! Programs for tests.

use std::process::{Command, Stdio};

use super::skip;

/// Whether all of these are on this machine; the reason is printed where one is not.
pub fn programs(names: &[&str]) -> bool {
    let missing = names.iter().find(|name| {
        let mut command = Command::new(name);
        command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        !command.status().is_ok_and(|status| status.success())
    });
    missing.is_none_or(|name| skip::<()>(name, "it is not on this machine").is_some())
}
