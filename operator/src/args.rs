//! The operator's arguments; `slipway --help` is their reference.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Parser, ValueEnum};
use ipnet::IpNet;
use url::Url;

/// Takes machines from bare ground to an installed operating system, driven by Kubernetes objects.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Namespace to serve; may be given several times. Left out: all namespaces.
    #[arg(long = "namespace", env = "SLIPWAY_NAMESPACES", value_delimiter = ',')]
    pub(crate) namespaces: Vec<String>,

    /// Namespace that the operator itself runs in; the key of the boot tokens is kept there.
    #[arg(long, env = "SLIPWAY_OPERATOR_NAMESPACE", default_value = "slipway-system")]
    pub(crate) operator_namespace: String,

    /// Where the boot service listens.
    #[arg(long, env = "SLIPWAY_BOOT_BIND", default_value = "0.0.0.0:8080")]
    pub(crate) boot_bind: SocketAddr,

    /// Address under which hosts reach the boot service. Left out: the address that each host itself uses.
    #[arg(long, env = "SLIPWAY_BOOT_URL")]
    pub(crate) boot_url: Option<Url>,

    /// EFI boot program (iPXE) to serve for UEFI HTTP boot. Left out: hosts are started by PXE.
    #[arg(long, env = "SLIPWAY_HTTP_BOOT_PROGRAM", requires = "boot_url")]
    pub(crate) http_boot_program: Option<PathBuf>,

    /// Where metrics and health are served.
    #[arg(long, env = "SLIPWAY_METRICS_BIND", default_value = "0.0.0.0:9090")]
    pub(crate) metrics_bind: SocketAddr,

    /// Folder for images.
    #[arg(long, env = "SLIPWAY_DATA_DIR", default_value = "/var/lib/slipway")]
    pub(crate) data_dir: PathBuf,

    /// Between two looks at a host at rest.
    #[arg(long, env = "SLIPWAY_POLL_INTERVAL", default_value = "60s", value_parser = duration)]
    pub(crate) poll_interval: Duration,

    /// How long a reset may take to show before it counts as not done.
    #[arg(long, env = "SLIPWAY_RESET_TIMEOUT", default_value = "60s", value_parser = duration)]
    pub(crate) reset_timeout: Duration,

    /// How long an operating system may take to shut down before the power is cut.
    #[arg(long, env = "SLIPWAY_SHUTDOWN_TIMEOUT", default_value = "2m", value_parser = duration)]
    pub(crate) shutdown_timeout: Duration,

    /// How long a started host may take to ask for its boot script.
    #[arg(long, env = "SLIPWAY_BOOT_TIMEOUT", default_value = "15m", value_parser = duration)]
    pub(crate) boot_timeout: Duration,

    /// First pause after a failed installation attempt; doubled for each further one.
    #[arg(long, env = "SLIPWAY_RETRY_PAUSE", default_value = "30s", value_parser = duration)]
    pub(crate) retry_pause: Duration,

    /// How long a deletion may try to carry out its policy before the object is let go.
    #[arg(long, env = "SLIPWAY_DELETION_TIMEOUT", default_value = "5m", value_parser = duration)]
    pub(crate) deletion_timeout: Duration,

    /// Network that the addresses of users' objects (BMCs, images, racks, registrars, clusters) may lie in although it is denied by default (loopback, link-local and the like); may be given
    /// several times.
    #[arg(long = "allow-network", env = "SLIPWAY_ALLOW_NETWORKS", value_delimiter = ',')]
    pub(crate) allow_networks: Vec<IpNet>,

    /// Network that the addresses of users' objects must not lie in, such as the cluster's own; may be given several times.
    #[arg(long = "deny-network", env = "SLIPWAY_DENY_NETWORKS", value_delimiter = ',')]
    pub(crate) deny_networks: Vec<IpNet>,

    /// Lets `tls.insecureSkipVerify`, and BMCs and registrars without TLS be used.
    #[arg(long, env = "SLIPWAY_ALLOW_INSECURE_TLS")]
    pub(crate) allow_insecure_tls: bool,

    /// Calls a minute that one account at Oracle Cloud may make.
    #[arg(long, env = "SLIPWAY_OCI_CALLS_PER_MINUTE", default_value = "120", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) oci_calls_per_minute: u32,

    /// Lets Secrets say `authentication_type: instance_principal`, `resource_principal` or `oke_workload_identity`: whoever may create an
    /// object then acts at Oracle Cloud with the operator's own identity.
    #[arg(long, env = "SLIPWAY_ALLOW_OCI_PRINCIPAL")]
    pub(crate) allow_oci_principal: bool,

    /// Calls a second that one account at a registrar may make.
    #[arg(long, env = "SLIPWAY_REGISTRAR_CALLS_PER_SECOND", default_value = "5", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) registrar_calls_per_second: u32,

    /// Deletes reserved records that this installation made and no object keeps any more. Without it they are reported only.
    #[arg(long, env = "SLIPWAY_DELETE_ORPHANED_SUBSCRIPTIONS")]
    pub(crate) delete_orphaned_subscriptions: bool,

    /// Form of the log.
    #[arg(long, env = "SLIPWAY_LOG_FORMAT", value_enum, default_value_t = LogFormat::Json)]
    pub(crate) log_format: LogFormat,

    /// What is logged: error, warn, info, debug, trace, or a filter such as `info,slipway_redfish=debug`.
    #[arg(long, env = "SLIPWAY_LOG", default_value = "info")]
    pub(crate) log: String,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Reads `1h30m`, `45m`, `10s` or `500ms`.
fn duration(text: &str) -> Result<Duration, String> {
    let mend = || format!("{text:?} is not a duration; write for example 90s, 45m or 1h30m");
    let parsed: jiff::SignedDuration = text.parse().map_err(|_| mend())?;
    Duration::try_from(parsed).ok().filter(|duration| !duration.is_zero()).ok_or_else(mend)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_arguments_is_sound() {
        use clap::CommandFactory;
        Args::command().debug_assert();
    }

    #[test]
    fn durations_are_read_and_mistakes_named() {
        assert_eq!(duration("1h30m").unwrap(), Duration::from_mins(90));
        assert_eq!(duration("500ms").unwrap(), Duration::from_millis(500));
        for wrong in ["", "0s", "-5s", "soon", "45"] {
            assert!(duration(wrong).unwrap_err().contains(&format!("{wrong:?}")), "{wrong}");
        }
    }
}
