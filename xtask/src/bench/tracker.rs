//! `cargo xtask bench tracker`: the tracking server from outside.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::machine;
use crate::process::output;
use crate::quickstart::build_release;
use crate::served::Served;
use crate::venv::Venv;

const MINUTE: Duration = Duration::from_secs(60);
const STARTS: usize = 7;
const RESULT: &str = "bench/results/tracker.json";

/// `parts` of `bench/tracker/measure.py`; all where none is named, and then the result is kept.
pub fn run(parts: &[&str]) -> Result<()> {
    build_release()?;
    let gradus = crate::target_dir().join("release").join("gradus");
    let venv = Venv::named("wandb-venv")?;
    venv.install("crates/server/tests/wandb/requirements.txt", &[])?;
    let mut starts = Vec::new();
    if parts.is_empty() {
        for _ in 0..STARTS {
            starts.push(start_secs(&gradus)?);
        }
        starts.sort_by(f64::total_cmp);
    }
    let served = Served::start(&gradus, "bench", &[])?;
    // Idle is what it is after a while without anybody asking.
    wait(Duration::from_secs(2))?;
    let mut command = venv.python();
    command
        .arg("bench/tracker/measure.py")
        .args([&served.url, &served.key, &served.process_id().to_string()])
        .arg(served.store())
        .args(parts)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let told = output("measuring", 30 * MINUTE, &mut command)?;
    let measured: Value = serde_json::from_str(&told).context("what was measured")?;
    println!("{measured:#}");
    if !parts.is_empty() {
        return Ok(());
    }
    let kept = json!({
        "command": "cargo xtask bench tracker",
        "date": machine::date()?,
        "machine": machine::describe(),
        "start_to_first_answer_secs": { "median": starts[STARTS / 2], "each": starts },
        "measured": measured,
    });
    let path = crate::root().join(RESULT);
    std::fs::write(&path, format!("{kept:#}\n"))
        .with_context(|| format!("writing {}", path.display()))?;
    println!(
        "start to first answer, median of {STARTS}: {:.3} s",
        starts[STARTS / 2]
    );
    println!("kept: {RESULT}");
    Ok(())
}

/// From starting the process on an empty folder to its first HTTP answer.
fn start_secs(gradus: &std::path::Path) -> Result<f64> {
    let folder = crate::target_dir()
        .join("tmp")
        .join(format!("start-{}", std::process::id()));
    // It may not be there.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port();
    let started = Instant::now();
    let mut child = Command::new(gradus)
        .args(["up", "--port", &port.to_string()])
        .env("GRADUS_DATA_DIR", &folder)
        .stdout(Stdio::null())
        .spawn()?;
    let secs = loop {
        if answers(port) {
            break Ok(started.elapsed().as_secs_f64());
        }
        if started.elapsed() > MINUTE {
            break Err(anyhow::anyhow!("no answer within a minute"));
        }
    };
    child.kill()?;
    child.wait()?;
    std::fs::remove_dir_all(&folder)?;
    secs
}

fn answers(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    };
    ask().unwrap_or(false)
}

fn wait(time: Duration) -> Result<()> {
    let secs = time.as_secs().to_string();
    let status = Command::new("sleep").arg(secs).status()?;
    if !status.success() {
        bail!("`sleep` failed");
    }
    Ok(())
}
