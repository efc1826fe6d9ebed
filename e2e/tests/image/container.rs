//! An image unpacked and run the way a container runtime runs it: its file tree as the root of a process of user 65532.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use slipway_e2e::{Access, OperatorOptions, OperatorProcess, operator_access};
use slipway_image::archive;
use tempfile::TempDir;

use crate::packed::{Packed, run};

/// User and group of the image.
const USER: u32 = 65532;
const DATA: &str = "/var/lib/slipway";
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// Every runtime makes these in a container's root where the image has none.
const MOUNT_POINTS: [&str; 3] = ["/proc", "/dev", SERVICE_ACCOUNT];

/// How a Pod's security context has the container run.
pub(crate) struct Confinement {
    /// `runAsUser`.
    pub(crate) user: u32,
    /// `readOnlyRootFilesystem`.
    pub(crate) read_only: bool,
}

impl Confinement {
    /// As the shipped manifests ask for.
    pub(crate) const SHIPPED: Self = Self { user: USER, read_only: true };
}

/// An unpacked image and what a Pod mounts into it.
pub(crate) struct Container {
    folder: TempDir,
}

impl Container {
    /// Unpacks the archive with the system's own tar.
    pub(crate) async fn unpack() -> Self {
        let packed = Packed::shared().await;
        let container = Self { folder: TempDir::with_prefix("slipway-container-").unwrap() };
        fs::set_permissions(container.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let layout = container.make("layout");
        run(Command::new("tar").arg("-xf").arg(packed.archive()).arg("-C").arg(&layout));
        let rootfs = container.make("rootfs");
        let mut tar = Command::new("tar");
        tar.args(["--numeric-owner", "-xpzf"]).arg(layer(&layout)).arg("-C").arg(&rootfs);
        run(&mut tar);
        container
    }

    /// The folder that is `/` of the container.
    pub(crate) fn rootfs(&self) -> PathBuf {
        self.folder.path().join("rootfs")
    }

    /// The folder that is mounted where the operator keeps its data.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn make(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        fs::create_dir(&folder).unwrap();
        folder
    }

    /// An operator that runs in the container, with the token of the shipped service account where a Pod has it.
    pub(crate) async fn operator(&self, access: &Access, confinement: &Confinement) -> OperatorOptions {
        for point in MOUNT_POINTS {
            fs::create_dir_all(self.rootfs().join(point.trim_start_matches('/'))).unwrap();
        }
        self.service_account(access).await;
        let data = self.make("data");
        if is_root(&data) {
            chown(&data, Some(USER), Some(USER)).unwrap();
        }
        let script = self.folder.path().join("run");
        fs::write(&script, self.script(access, confinement)).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        OperatorProcess::options().program(script)
    }

    async fn service_account(&self, access: &Access) {
        let kubectl = access.kubectl.in_namespace(operator_access::NAMESPACE);
        let arguments = ["create", "token", operator_access::SERVICE_ACCOUNT, "--duration=1h"];
        let token = kubectl.ok(&arguments).await.unwrap();
        let folder = self.make("service-account");
        let files =
            [("token", token.trim()), ("ca.crt", &access.ca_pem), ("namespace", operator_access::NAMESPACE)];
        for (name, content) in files {
            fs::write(folder.join(name), content).unwrap();
        }
    }

    /// Takes the operator's arguments. First an ordinary user, then the administrator of a namespace of its own, who may mount, then the
    /// user of the container, whose only right is what the image gives. Every step runs the next one in its own place, so that a
    /// signal reaches the operator.
    fn script(&self, access: &Access, confinement: &Confinement) -> String {
        let address = access.url.strip_prefix("https://").unwrap();
        let (host, port) = address.split_once(':').unwrap();
        let environment = archive::ENVIRONMENT.join(" ");
        let folder = self.folder.path().display();
        let (user, entrypoint) = (confinement.user, archive::ENTRYPOINT);
        let become_user = if is_root(self.folder.path()) {
            format!("setpriv --pdeathsig KILL --reuid {USER} --regid {USER} --clear-groups --")
        } else {
            String::new()
        };
        let seal = if confinement.read_only { "mount -o remount,bind,ro $root" } else { ":" };
        format!(
            r#"#!/bin/sh
set -eu
if [ -z "${{mounting:-}}" ]; then
    mounting=yes exec {become_user} unshare --user --map-root-user --mount -- "$0" "$@"
fi
root={folder}/rootfs
mount --bind $root $root
mount --rbind /proc $root/proc
mount --rbind /dev $root/dev
mount --bind {folder}/data $root{DATA}
mount --bind {folder}/service-account $root{SERVICE_ACCOUNT}
{seal}
# The data folder is where the image says it is, not where the harness says.
for argument; do
    shift
    case $argument in {folder_argument}) set -- "$@" {DATA} ;; *) set -- "$@" "$argument" ;; esac
done
cd $root
exec env -i {environment} KUBERNETES_SERVICE_HOST={host} KUBERNETES_SERVICE_PORT={port} \
    "$(command -v setpriv)" --no-new-privs --pdeathsig KILL -- \
    "$(command -v unshare)" --user --map-user={user} --map-group={user} --root=$root --wd=/ -- {entrypoint} "$@"
"#,
            folder_argument = "*/slipway-operator-*/data",
        )
    }
}

/// The one layer of an unpacked archive, found as a runtime finds it.
fn layer(layout: &Path) -> PathBuf {
    let read = |file: PathBuf| serde_json::from_slice::<Value>(&fs::read(file).unwrap()).unwrap();
    let blob = |named: &Value| layout.join("blobs").join(named["digest"].as_str().unwrap().replace(':', "/"));
    let index = read(layout.join("index.json"));
    let platforms = read(blob(&index["manifests"][0]));
    let manifest = read(blob(&platforms["manifests"][0]));
    blob(&manifest["layers"][0])
}

/// Whether who made this file is root: the one who runs the test.
fn is_root(file: &Path) -> bool {
    fs::metadata(file).unwrap().uid() == 0
}
