//! Limits of a child process of this program, which it sets for itself.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Limits the address space in bytes and the processor time in seconds of this process, and arranges that it ends with its
/// parent.
///
/// # Errors
/// The system's error as text.
pub fn limit_process((memory, seconds): (u64, u64)) -> Result<(), String> {
    let limit = |resource, value| {
        let limits = Rlimit { current: Some(value), maximum: Some(value) };
        setrlimit(resource, limits).map_err(|error| error.to_string())
    };
    limit(Resource::As, memory)?;
    limit(Resource::Cpu, seconds)?;
    // A killed parent cannot stop its child.
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        .map_err(|error| error.to_string())?;
    Ok(())
}
