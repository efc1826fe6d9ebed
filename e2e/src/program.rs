//! Where the programs under test are: the control plane, the operator and the kubectl plugin, each built when it is not there.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::Context as _;
use tokio::sync::OnceCell;

/// The folder of the whole project: the one that cargo, or who starts the program, names. Clones share a target folder, so a program may have been
/// built in another one, which may be gone.
#[must_use]
pub fn project() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    let here = FOUND.get_or_init(|| {
        let named = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        named.filter(|folder| folder.ends_with("e2e")).unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into())
    });
    here.parent().unwrap_or(here)
}

/// The control plane program: the environment's `SLIPWAY_CONTROLPLANE`, else what `e2e/controlplane/build.sh` builds or
/// finds in its cache. The first build takes minutes and reports its progress on standard error.
pub async fn control_plane() -> anyhow::Result<PathBuf> {
    static FOUND: OnceCell<PathBuf> = OnceCell::const_new();
    let find = || in_background(find_control_plane);
    FOUND.get_or_try_init(find).await.cloned()
}

fn find_control_plane() -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os("SLIPWAY_CONTROLPLANE") {
        return existing(named.into());
    }
    let script = project().join("e2e/controlplane/build.sh");
    let output = Command::new(&script)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{} cannot be run", script.display()))?;
    anyhow::ensure!(output.status.success(), "{} failed: {}", script.display(), output.status);
    let text = String::from_utf8(output.stdout)?;
    existing(text.lines().last().unwrap_or_default().into())
}

/// The operator: the environment's `SLIPWAY_BINARY`, else the one of this build, brought up to date by cargo first, so
/// that a test never runs against yesterday's operator.
pub async fn operator() -> anyhow::Result<PathBuf> {
    static FOUND: OnceCell<PathBuf> = OnceCell::const_new();
    let find = || in_background(|| find_ours("slipway", "SLIPWAY_BINARY"));
    FOUND.get_or_try_init(find).await.cloned()
}

/// The kubectl plugin: the environment's `SLIPWAY_KUBECTL_PLUGIN`, else the one of this build, as [`operator`].
pub async fn kubectl_plugin() -> anyhow::Result<PathBuf> {
    static FOUND: OnceCell<PathBuf> = OnceCell::const_new();
    let find = || in_background(|| find_ours("kubectl-slipway", "SLIPWAY_KUBECTL_PLUGIN"));
    FOUND.get_or_try_init(find).await.cloned()
}

fn find_ours(name: &str, variable: &str) -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os(variable) {
        return existing(named.into());
    }
    let profile = profile_folder()?;
    let target = profile.parent().context("no target folder")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    // The whole workspace is named so that features are the same as in the build of all tests.
    build.args(["build", "--quiet", "--workspace", "--bin", name]).current_dir(project());
    build.env("CARGO_TARGET_DIR", target).stdin(Stdio::null());
    if profile.ends_with("release") {
        build.arg("--release");
    }
    let status = build.status().context("cargo cannot be run")?;
    anyhow::ensure!(status.success(), "{name} does not build: {status}");
    existing(profile.join(name))
}

/// The folder with the programs of this build: tests are in `deps` or `examples` below it, programs in it.
fn profile_folder() -> anyhow::Result<PathBuf> {
    let running = std::env::current_exe()?;
    let folder = running.parent().context("this program is in no folder")?;
    let inner = folder.file_name().is_some_and(|name| name == "deps" || name == "examples");
    let profile = if inner { folder.parent().context("deps is in no folder")? } else { folder };
    Ok(profile.to_path_buf())
}

fn existing(file: PathBuf) -> anyhow::Result<PathBuf> {
    anyhow::ensure!(file.is_file(), "there is no program {}", file.display());
    Ok(file)
}

async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await?
}
