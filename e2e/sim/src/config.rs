//! What a fleet is started with.

use crate::machine::{Behaviour, BootOrder, CallbackMarkers, Disk, Firmware};
use crate::shapes::Shape;
use std::net::Ipv4Addr;
use std::time::Duration;

/// Settings of a fleet; `FleetConfig::new(count)` gives quick machines of the generic shape, off and with empty disks.
#[derive(Debug, Clone)]
pub struct FleetConfig {
    /// Number of BMCs.
    pub count: usize,
    /// Base of the addresses, inside 127.0.0.0/8: the first BMC is at base + 1.
    pub base: Ipv4Addr,
    /// TCP port of every BMC; `None` asks the system for one and uses it on every address.
    pub port: Option<u16>,
    /// Vendor shapes, dealt out round robin.
    pub shapes: Vec<Shape>,
    /// Delay before every answer of a BMC.
    pub latency: Duration,
    /// How long the machines take.
    pub timings: Timings,
    /// Base URL of the boot service that the network's DHCP would announce, without a trailing slash.
    pub boot_url: Option<String>,
    /// Order of the machines' boot devices.
    pub boot_order: BootOrder,
    /// Firmware of the machines.
    pub firmware: Firmware,
    /// How the machines behave; each can be changed later.
    pub behaviour: Behaviour,
    /// State of the disks at start.
    pub disk: Disk,
    /// Whether the machines start switched on (running from disk when one is installed).
    pub powered_on: bool,
    /// How callback URLs are recognised in an answer file.
    pub markers: CallbackMarkers,
    /// Calls kept per BMC; older ones are dropped, counters go on.
    pub recorded_calls: usize,
}

/// How long things take in the simulated world.
#[derive(Debug, Clone, Copy)]
pub struct Timings {
    /// From the power-on request to `On`.
    pub power_on: Duration,
    /// From the power-off request to `Off`.
    pub power_off: Duration,
    /// An operating system's shutdown after a graceful request.
    pub graceful_shutdown: Duration,
    /// Power-on self test.
    pub post: Duration,
    /// Installation, from the answer file to the done callback.
    pub install: Duration,
    /// Between an installer's tries to fetch its answer file or to call back.
    pub installer_retry: Duration,
    /// What one second of iPXE's `sleep` takes.
    pub ipxe_second: Duration,
    /// Longest wait of a machine for one HTTP answer. iPXE's own limit is 120 s without data (facts/boot.md §A6).
    pub fetch: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            power_on: Duration::from_millis(5),
            power_off: Duration::from_millis(5),
            graceful_shutdown: Duration::from_millis(10),
            post: Duration::from_millis(5),
            install: Duration::from_millis(10),
            installer_retry: Duration::from_millis(20),
            ipxe_second: Duration::from_millis(1),
            fetch: Duration::from_secs(10),
        }
    }
}

impl FleetConfig {
    /// A fleet of `count` machines with the defaults.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self { count, ..Self::default() }
    }
}

impl Default for FleetConfig {
    fn default() -> Self {
        Self {
            count: 1,
            base: Ipv4Addr::new(127, 20, 0, 0),
            port: None,
            shapes: vec![Shape::generic()],
            latency: Duration::ZERO,
            timings: Timings::default(),
            boot_url: None,
            boot_order: BootOrder::Disk,
            firmware: Firmware::Uefi,
            behaviour: Behaviour::default(),
            disk: Disk::Empty,
            powered_on: false,
            markers: CallbackMarkers::default(),
            recorded_calls: 1000,
        }
    }
}
