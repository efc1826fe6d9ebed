//! The operator's arguments. [`Args`] is their one definition: flags, environment, keys of the file and `docs/reference/operator.md` are made from it.

mod file;
mod reading;
#[cfg(test)]
mod reference;
mod value;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Parser, ValueEnum};
use ipnet::IpNet;
use url::Url;

pub(crate) use reading::{Task, read};

/// Takes machines from bare ground to an installed operating system, driven by Kubernetes objects.
#[derive(Debug, Parser)]
#[command(name = "slipway", version)]
pub(crate) struct Args {
    /// File in YAML with values for the flags that are given neither here nor in the environment.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Namespace to serve; may be given several times. Left out: all namespaces.
    #[arg(long = "namespace", value_parser = value::namespace, value_delimiter = ',')]
    pub(crate) namespaces: Vec<String>,

    /// Namespace that the operator itself runs in: the Secret `slipway-boot-key` and the Lease are kept there.
    #[arg(long, default_value = "slipway-system")]
    pub(crate) operator_namespace: String,

    /// This process among the replicas, as it stands in the Lease: the Pod's name in the shipped Deployment. Two processes must never share
    /// it. Left out: the host's name and a random end.
    #[arg(long, default_value_t = value::own_identity(), hide_default_value = true, value_parser = value::identity)]
    pub(crate) identity: String,

    /// Lease, in the operator's namespace, that the replicas of one installation share: its holder acts, the others stand by.
    #[arg(long, default_value = "slipway", value_parser = value::object_name)]
    pub(crate) lease_name: String,

    /// How long a Lease that its holder does not renew is still held: whole seconds from 1s to 5m.
    #[arg(long, default_value = "15s", value_parser = value::lease_duration)]
    pub(crate) lease_duration: Duration,

    /// Where the boot service listens.
    #[arg(long, default_value = "0.0.0.0:8080")]
    pub(crate) boot_bind: SocketAddr,

    /// Address of the boot service as hosts see it, behind a load balancer or a proxy with TLS. Left out: the address that each host itself used.
    #[arg(long)]
    pub(crate) boot_url: Option<Url>,

    /// File with an EFI boot program (iPXE), served as `/ipxe.efi`; needs `--boot-url`. With it hosts that can are started by UEFI HTTP boot, without it
    /// by PXE.
    #[arg(long)]
    pub(crate) http_boot_program: Option<PathBuf>,

    /// Where metrics and health are served.
    #[arg(long, default_value = "0.0.0.0:9090")]
    pub(crate) metrics_bind: SocketAddr,

    /// File with the certificate and its chain, in PEM, for HTTPS on the port of metrics and health; needs `--metrics-tls-key`. Read again when it
    /// changes. Left out: plain HTTP.
    #[arg(long)]
    pub(crate) metrics_tls_cert: Option<PathBuf>,

    /// File with the private key of that certificate, in PEM.
    #[arg(long)]
    pub(crate) metrics_tls_key: Option<PathBuf>,

    /// Folder for images; a cache.
    #[arg(long, default_value = "/var/lib/slipway")]
    pub(crate) data_dir: PathBuf,

    /// Between two looks at a host at rest; up to a fifth is added, so that hosts spread. A host that changes is looked at every 5 s. A rack at rest is
    /// looked at every five of these intervals, one in a handshake six times in each; the record of a cluster every ten, every one while something is
    /// awaited.
    #[arg(long, default_value = "60s", value_parser = value::duration)]
    pub(crate) poll_interval: Duration,

    /// How long a reset may take to show before it counts as not done.
    #[arg(long, default_value = "60s", value_parser = value::duration)]
    pub(crate) reset_timeout: Duration,

    /// How long an operating system may take to shut down before the power is cut.
    #[arg(long, default_value = "2m", value_parser = value::duration)]
    pub(crate) shutdown_timeout: Duration,

    /// How long a started host may take to ask for its boot script.
    #[arg(long, default_value = "15m", value_parser = value::duration)]
    pub(crate) boot_timeout: Duration,

    /// First pause after a failed installation attempt; doubled for each further one, up to 30 minutes.
    #[arg(long, default_value = "30s", value_parser = value::duration)]
    pub(crate) retry_pause: Duration,

    /// How long the deletion of a host or a rack with a `deletionPolicy` that has an effect tries before the object is let go. A `ClusterSubscription` has
    /// `releaseTimeout`.
    #[arg(long, default_value = "5m", value_parser = value::duration)]
    pub(crate) deletion_timeout: Duration,

    /// Network that the addresses of users' objects (BMCs, images, racks, `oci.endpoint`, registrars, clusters, proxies) may lie in although it is denied
    /// by default (loopback, link-local and the like); may be given several times.
    #[arg(long = "allow-network", value_delimiter = ',')]
    pub(crate) allow_networks: Vec<IpNet>,

    /// Network that these addresses must not lie in, such as the cluster's Pod and Service networks; may be given several times.
    #[arg(long = "deny-network", value_delimiter = ',')]
    pub(crate) deny_networks: Vec<IpNet>,

    /// Lets `tls.insecureSkipVerify`, kubeconfigs that skip verification, and BMCs and registrars without TLS be used.
    #[arg(long)]
    pub(crate) allow_insecure_tls: bool,

    /// Calls a minute that one account at Oracle Cloud (one Secret at one endpoint) may make. Oracle does not document its limits; 200 racks at rest need
    /// 40.
    #[arg(long, default_value = "120", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) oci_calls_per_minute: u32,

    /// Lets Secrets say `authentication_type: instance_principal`, `resource_principal` or `oke_workload_identity`: whoever may create an
    /// object then acts at Oracle Cloud with the operator's own identity.
    #[arg(long)]
    pub(crate) allow_oci_principal: bool,

    /// Calls a second that one account at a registrar may make; twice as many at once after a rest (a webhook: ten). 1,000 subscriptions at rest need ten
    /// in ten minutes.
    #[arg(long, default_value = "5", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) registrar_calls_per_second: u32,

    /// Deletes reserved records that this installation made and no object keeps any more; without it they are reported only. Not with an operator that
    /// serves some namespaces while records of others are kept by the same installation.
    #[arg(long)]
    pub(crate) delete_orphaned_subscriptions: bool,

    /// Form of the log.
    #[arg(long, value_enum, default_value_t = LogFormat::Json)]
    pub(crate) log_format: LogFormat,

    /// What is logged: error, warn, info, debug, trace, or a filter such as `info,slipway_redfish=debug`.
    #[arg(long, default_value = "info")]
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
