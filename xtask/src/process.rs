//! Child processes with a time limit: a step that hangs is named and its whole group ended.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long a group has to end by itself after SIGTERM.
const GRACE: Duration = Duration::from_secs(10);

/// Cargo as the toolchain that runs this.
///
/// What `cargo xtask` says of itself in the environment is not passed on: build scripts (ring's)
/// watch those variables, and everything above them would be built again whenever somebody calls
/// cargo with and without xtask in turns.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(crate::root());
    let is_of_this_run = |name: &str| {
        name.starts_with("CARGO_PKG_")
            || matches!(name, "CARGO" | "CARGO_MANIFEST_DIR" | "CARGO_MANIFEST_PATH")
    };
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_of_this_run) {
            command.env_remove(name);
        }
    }
    command
}

/// Runs to the end.
///
/// # Errors
/// It can't start, fails, or is still running after `limit`.
pub fn execute(what: &str, limit: Duration, command: &mut Command) -> Result<()> {
    let status = wait(what, limit, spawn(what, command)?)?;
    if !status.success() {
        bail!("{what} failed ({status})");
    }
    Ok(())
}

/// Runs to the end and gives what it wrote to standard output.
pub fn output(what: &str, limit: Duration, command: &mut Command) -> Result<String> {
    let mut child = spawn(what, command.stdout(Stdio::piped()))?;
    let mut pipe = child.stdout.take().context("standard output is piped")?;
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut pipe, &mut text).map(|_| text)
    });
    let status = wait(what, limit, child)?;
    let text = match reader.join() {
        Ok(text) => text.with_context(|| format!("{what}: reading its output"))?,
        Err(_) => bail!("{what}: reading its output failed"),
    };
    if !status.success() {
        bail!("{what} failed ({status})");
    }
    Ok(text)
}

/// Whether a cargo subcommand is installed.
pub fn has_cargo_command(name: &str) -> bool {
    let mut command = cargo(&[name, "--version"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// A child in a process group of its own, so that its children end with it.
fn spawn(what: &str, command: &mut Command) -> Result<Child> {
    command
        .process_group(0)
        .spawn()
        .with_context(|| format!("{what} can't start"))
}

fn wait(what: &str, limit: Duration, mut child: Child) -> Result<ExitStatus> {
    let group = child.id();
    let interrupted = interrupt_flag()?;
    let (sender, done) = channel();
    let waiter = std::thread::spawn(move || {
        let status = child.wait();
        // The receiver is gone only when the limit has passed; nobody needs the answer then.
        let _ = sender.send(());
        status
    });
    let started = Instant::now();
    let mut ended_for = None;
    loop {
        match done.recv_timeout(Duration::from_millis(200)) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Some((_, since)) = ended_for {
            if Instant::now().duration_since(since) > GRACE {
                signal_group("KILL", group);
            }
        } else if interrupted.load(Ordering::Relaxed) {
            ended_for = Some(("was interrupted", Instant::now()));
            signal_group("TERM", group);
        } else if started.elapsed() > limit {
            ended_for = Some(("hung and was ended", Instant::now()));
            signal_group("TERM", group);
        }
    }
    if let Some((reason, _)) = ended_for {
        // What ignored SIGTERM in the group goes too.
        signal_group("KILL", group);
        bail!(
            "{what} {reason} after {:.0} s",
            started.elapsed().as_secs_f64()
        );
    }
    match waiter.join() {
        Ok(status) => status.with_context(|| format!("{what}: waiting for it")),
        Err(_) => bail!("{what}: waiting for it failed"),
    }
}

fn signal_group(signal: &str, group: u32) {
    let mut kill = Command::new("kill");
    kill.args([format!("-{signal}"), "--".into(), format!("-{group}")]);
    // It fails when the group is already gone, which is what is wanted.
    let _ = kill.stdout(Stdio::null()).stderr(Stdio::null()).status();
}

/// Set by Ctrl-C and SIGTERM: children are in groups of their own and don't see the terminal's.
fn interrupt_flag() -> Result<Arc<AtomicBool>> {
    static FLAG: std::sync::OnceLock<Arc<AtomicBool>> = std::sync::OnceLock::new();
    if let Some(flag) = FLAG.get() {
        return Ok(flag.clone());
    }
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, flag.clone()).context("catching signals")?;
    }
    Ok(FLAG.get_or_init(|| flag).clone())
}

/// Processes that keep every core busy until dropped.
pub struct Spinners(Vec<Child>);

impl Spinners {
    pub fn start(count: usize) -> Result<Self> {
        let mut spinners = Self(Vec::new());
        for _ in 0..count {
            let mut command = Command::new("sh");
            command.args(["-c", "while :; do :; done"]);
            spinners
                .0
                .push(command.spawn().context("starting a busy process")?);
        }
        Ok(spinners)
    }
}

impl Drop for Spinners {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // Already gone is as good.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_step_that_hangs_is_ended_and_named() {
        let error = execute("sleepy", Duration::ZERO, &mut shell("sleep 600 & wait")).unwrap_err();
        assert!(error.to_string().starts_with("sleepy hung"), "{error}");
    }

    #[test]
    fn output_and_failure_come_back() {
        let limit = Duration::from_secs(60);
        assert_eq!(
            output("echo", limit, &mut shell("echo hello")).unwrap(),
            "hello\n"
        );
        let error = execute("three", limit, &mut shell("exit 3")).unwrap_err();
        assert!(error.to_string().contains("three failed"), "{error}");
    }
}
