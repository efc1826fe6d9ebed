//! Whether the container holds the operator as tightly as the shipped manifests ask for (`facts/reliability-ux.md §2.1`).
//!
//! The operator needs neither root nor a writable root file system. It still starts with them, for whoever looks for a fault with a
//! shell beside it; it says so once.

use std::path::Path;

/// Where the image keeps the operator.
const PROGRAM: &str = "/slipway";

/// Set by the kubelet in every container.
const IN_CLUSTER: &str = "KUBERNETES_SERVICE_HOST";

/// What holds the operator too loosely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slack {
    Root,
    WritableRoot,
}

impl Slack {
    /// What is wrong, and the field of the Pod that mends it.
    fn advice(self) -> &'static str {
        match self {
            Self::Root => {
                "runs as root: set securityContext.runAsNonRoot to true and securityContext.runAsUser to 65532"
            }
            Self::WritableRoot => {
                "the root file system is writable: set securityContext.readOnlyRootFilesystem to true on the container"
            }
        }
    }
}

/// Logs one warning when the operator runs in a container as root, or on a root file system that can be written to. Outside of a
/// container it says nothing.
pub(crate) fn warn() {
    if !in_container() {
        return;
    }
    // Where the system does not tell, there is nothing to say.
    let [status, mounts] = ["/proc/self/status", "/proc/self/mounts"]
        .map(|file| std::fs::read_to_string(file).unwrap_or_default());
    let advice: Vec<&str> = slack(&status, &mounts).into_iter().map(Slack::advice).collect();
    if !advice.is_empty() {
        tracing::warn!(advice = advice.join("; "), "the container is looser than Slipway needs");
    }
}

fn in_container() -> bool {
    let by_image = std::env::current_exe().is_ok_and(|program| program == Path::new(PROGRAM));
    by_image || std::env::var_os(IN_CLUSTER).is_some()
}

fn slack(status: &str, mounts: &str) -> Vec<Slack> {
    let found = [(is_root(status), Slack::Root), (is_writable(mounts), Slack::WritableRoot)];
    found.into_iter().filter_map(|(holds, slack)| holds.then_some(slack)).collect()
}

/// Whether the effective user is 0: the second number of `Uid` (proc(5), `/proc/pid/status`).
fn is_root(status: &str) -> bool {
    let users = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    users.is_some_and(|users| users.split_whitespace().nth(1) == Some("0"))
}

/// Whether the last mount at `/`, which covers those before it, lacks the option `ro` (proc(5), `/proc/pid/mounts`).
fn is_writable(mounts: &str) -> bool {
    let options = |line: &str| {
        let mut words = line.split(' ').skip(1);
        let at_root = words.next() == Some("/");
        at_root.then(|| words.nth(1).unwrap_or_default().split(',').all(|option| option != "ro"))
    };
    mounts.lines().rev().find_map(options).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ_ONLY: &str =
        "overlay / overlay ro,relatime,lowerdir=/a 0 0\ntmpfs /var/lib/slipway tmpfs rw 0 0\n";
    const WRITABLE: &str = "overlay / overlay rw,relatime,lowerdir=/ro 0 0\nproc /proc proc ro 0 0\n";

    const ROOT: &str = "Name:\tslipway\nUid:\t65532\t0\t0\t0\nGid:\t0\t0\t0\t0\n";
    const USER: &str = "Name:\tslipway\nUid:\t0\t65532\t65532\t65532\nGid:\t0\t0\t0\t0\n";

    #[test]
    fn a_tight_container_is_no_slack() {
        assert_eq!(slack(USER, READ_ONLY), []);
        assert_eq!(slack("", ""), []);
    }

    #[test]
    fn root_and_a_writable_root_are_named_with_the_field_that_mends_them() {
        assert_eq!(slack(ROOT, READ_ONLY), [Slack::Root]);
        assert_eq!(slack(USER, WRITABLE), [Slack::WritableRoot]);
        assert_eq!(slack(ROOT, WRITABLE), [Slack::Root, Slack::WritableRoot]);
        assert!(Slack::Root.advice().contains("runAsNonRoot"));
        assert!(Slack::WritableRoot.advice().contains("readOnlyRootFilesystem"));
    }

    #[test]
    fn the_last_mount_at_the_root_counts() {
        assert!(is_writable(&format!("{READ_ONLY}{WRITABLE}")));
        assert!(!is_writable(&format!("{WRITABLE}{READ_ONLY}")));
        assert!(!is_writable(""));
    }
}
