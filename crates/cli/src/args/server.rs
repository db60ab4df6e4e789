//! Arguments of the tracking server.

use std::net::IpAddr;

use clap::Args;

#[derive(Debug, Args)]
pub struct UpArguments {
    /// Address to listen on; any but this machine's own wants keys of everybody
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    pub host: IpAddr,

    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8080, env = "GRADUS_PORT")]
    pub port: u16,

    /// Where clients reach the server, when a proxy in front says something else
    #[arg(long, value_name = "URL")]
    pub external_url: Option<String>,

    /// Name of the user that is made on first start [default: yours on this machine]
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,

    /// Seconds after which a silent run counts as crashed
    #[arg(long, default_value_t = 300, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub heartbeat_timeout: u64,

    /// Largest JSON body of a request, unpacked, in MiB
    #[arg(long, default_value_t = 64, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub max_body: u64,

    /// Largest uploaded file in GiB
    #[arg(long, default_value_t = 64, value_name = "GIB", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_file: u64,
}

pub const UP_EXAMPLES: &str = "\
Examples:
  gradus up                                         on this machine, port 8080
  gradus up --port 0                                a free port, printed
  gradus up --host 0.0.0.0                          for others too: every request wants a key
  gradus up --external-url https://example.org/runs behind a proxy

Then, where you train:
  export WANDB_BASE_URL=http://127.0.0.1:8080
  export WANDB_API_KEY=<the key that the first start printed>

See docs/server.md. GRADUS_LOG=debug shows what is asked.";
