//! Arguments of the program.

use clap::{Parser, Subcommand, ValueEnum};
use slipway_sim::{BootOrder, Disk, FleetConfig, Shape, ShapeError, Timings};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

/// Runs a simulated rack: BMCs on addresses of their own and machines behind them.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    /// What to run instead.
    #[command(subcommand)]
    pub(crate) instead: Option<Instead>,
    /// Number of BMCs.
    #[arg(long, default_value_t = 12)]
    count: usize,
    /// Base of the addresses inside 127.0.0.0/8; the first BMC is at base + 1.
    #[arg(long, default_value = "127.20.0.0")]
    base: Ipv4Addr,
    /// TCP port of every BMC; 0 asks the system.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Vendor shape; several are dealt out in turn.
    #[arg(long = "shape", default_value = "generic")]
    shapes: Vec<String>,
    /// Base URL of the boot service.
    #[arg(long)]
    boot_url: Option<String>,
    /// Order of the boot devices.
    #[arg(long, value_enum, default_value = "disk")]
    boot_order: Order,
    /// Starts the machines switched on with an installed disk.
    #[arg(long)]
    installed: bool,
    /// Delay before every answer of a BMC, in milliseconds.
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// Time from a power request to its end, in milliseconds.
    #[arg(long, default_value_t = 200)]
    power_ms: u64,
    /// Power-on self test, in milliseconds.
    #[arg(long, default_value_t = 500)]
    post_ms: u64,
    /// Installation, in milliseconds.
    #[arg(long, default_value_t = 2000)]
    install_ms: u64,
    /// TCP port of the control API on 127.0.0.1; 0 asks the system.
    #[arg(long, default_value_t = 0)]
    pub(crate) control_port: u16,
    /// File that the fleet's CA is written to.
    #[arg(long, default_value = "slipway-sim-ca.pem")]
    pub(crate) ca_file: PathBuf,
    /// Log filter.
    #[arg(long, default_value = "warn")]
    pub(crate) log: String,
}

/// What else the program can be.
#[derive(Debug, Subcommand)]
pub(crate) enum Instead {
    /// Runs a simulated Compute Cloud@Customer service with racks that connect to it.
    Cloud(CloudArgs),
}

/// Arguments of `cloud`.
#[derive(Debug, clap::Args)]
pub(crate) struct CloudArgs {
    /// YAML file with `speed`, `faults` and `racks` (each `name`, `port`, `infrastructure`, `faults`).
    #[arg(long, conflicts_with_all = ["racks", "create"])]
    pub(crate) file: Option<PathBuf>,
    /// Number of racks.
    #[arg(long, default_value_t = 3)]
    pub(crate) racks: usize,
    /// Makes an infrastructure for each rack beforehand.
    #[arg(long)]
    pub(crate) create: bool,
    /// Seconds of the service's clock a second: with 60, the 20 minutes in REJECT are 20 seconds.
    #[arg(long)]
    pub(crate) speed: Option<f64>,
    /// TCP port of the HTTPS endpoint on 127.0.0.1; 0 asks the system.
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// TCP port of the control API on 127.0.0.1; 0 asks the system.
    #[arg(long, default_value_t = 0)]
    pub(crate) control_port: u16,
    /// Folder for the clients' files: `config`, `key.pem`, `ca.pem` and `NAME-ca.pem` of each rack.
    #[arg(long, default_value = "slipway-sim-oci")]
    pub(crate) folder: PathBuf,
    /// Log filter.
    #[arg(long, default_value = "warn")]
    pub(crate) log: String,
}

/// Order of the boot devices as an argument.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Order {
    /// Disk only.
    Disk,
    /// Network, then disk.
    NetworkThenDisk,
    /// Disk, then network.
    DiskThenNetwork,
}

impl Args {
    /// The fleet that the arguments describe.
    pub(crate) fn fleet(&self) -> Result<FleetConfig, ShapeError> {
        let shapes: Result<Vec<Shape>, ShapeError> =
            self.shapes.iter().map(|name| Shape::named(name)).collect();
        let power = Duration::from_millis(self.power_ms);
        Ok(FleetConfig {
            base: self.base,
            port: Some(self.port).filter(|port| *port != 0),
            shapes: shapes?,
            latency: Duration::from_millis(self.latency_ms),
            timings: Timings {
                power_on: power,
                power_off: power,
                graceful_shutdown: power,
                post: Duration::from_millis(self.post_ms),
                install: Duration::from_millis(self.install_ms),
                ..Timings::default()
            },
            boot_url: self.boot_url.as_deref().map(|url| url.trim_end_matches('/').to_owned()),
            boot_order: match self.boot_order {
                Order::Disk => BootOrder::Disk,
                Order::NetworkThenDisk => BootOrder::NetworkThenDisk,
                Order::DiskThenNetwork => BootOrder::DiskThenNetwork,
            },
            disk: if self.installed { Disk::Installed { generation: 1 } } else { Disk::Empty },
            powered_on: self.installed,
            ..FleetConfig::new(self.count)
        })
    }
}
