//! `scripts/release`: what it writes, and what it refuses to release.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use anyhow::Context as _;
use serde_json::Value;
use slipway_e2e::program;
use tokio::process::Command;

use crate::{kustomize, repository};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const CHART: &str = "charts/slipway/Chart.yaml";
/// Stands for `scripts/image`, which takes minutes: it is called with where to write, and may fail.
const IMAGE: &str = "#!/bin/sh\n[ ! -e target/no-image ] && echo image >\"$1\"\n";

/// Makes what builds the chart and the bill of materials, or finds it made.
pub(crate) async fn tools() -> anyhow::Result<()> {
    for script in ["e2e/foreign/helm-client", "scripts/cargo-cyclonedx"] {
        let mut command = Command::new(program::project().join(script));
        let made = command.stdin(Stdio::null()).stdout(std::io::stderr()).status().await?;
        anyhow::ensure!(made.success(), "{script} ended with {made}");
    }
    Ok(())
}

/// Writes the manifests of the project as it is into a folder.
pub(crate) async fn manifests(folder: &Path) -> anyhow::Result<()> {
    let folder = folder.to_str().context("the folder is not text")?;
    let said = release(program::project(), &["manifests", folder]).await?;
    anyhow::ensure!(said.code == Some(0), "no manifests: {said:?}");
    Ok(())
}

/// The whole release from a repository of its own with the project's files, and every refusal.
pub(crate) async fn whole() -> anyhow::Result<()> {
    let folder = tempfile::TempDir::with_prefix("slipway-release-")?;
    let clone = folder.path();
    copy_project(clone).await?;
    let script = clone.join("scripts/image");
    std::fs::write(&script, IMAGE)?;
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755))?;
    git(clone, &["init", "--quiet"]).await?;
    commit(clone).await?;

    refuses_a_dirty_tree(clone).await?;
    refuses_another_version(clone).await?;
    let sums = released(clone).await?;
    all_is_there(clone).await?;
    // What the first run left makes no tree dirty, and the same commit gives the same bytes.
    anyhow::ensure!(released(clone).await? == sums, "the second release is another one");
    fails_with_the_image(clone).await
}

/// Releases and returns the checksums.
async fn released(clone: &Path) -> anyhow::Result<String> {
    let said = release(clone, &[]).await?;
    anyhow::ensure!(said.code == Some(0), "no release: {said:?}");
    Ok(std::fs::read_to_string(clone.join("dist/SHA256SUMS"))?)
}

/// And leaves the release before in its place.
async fn fails_with_the_image(clone: &Path) -> anyhow::Result<()> {
    std::fs::create_dir(clone.join("target"))?;
    std::fs::write(clone.join("target/no-image"), "")?;
    let marker = clone.join("dist/marker");
    std::fs::write(&marker, "")?;
    let said = release(clone, &[]).await?;
    anyhow::ensure!(said.code == Some(1) && marker.exists(), "half a release: {said:?}");
    Ok(())
}

async fn refuses_a_dirty_tree(clone: &Path) -> anyhow::Result<()> {
    let readme = std::fs::read_to_string(clone.join("README.md"))?;
    std::fs::write(clone.join("README.md"), "changed")?;
    std::fs::write(clone.join("config/forgotten.yaml"), "")?;
    let words = [" M README.md", "?? config/forgotten.yaml", "commit them", "git stash"];
    refused(clone, &words).await?;
    std::fs::write(clone.join("README.md"), readme)?;
    std::fs::remove_file(clone.join("config/forgotten.yaml"))?;
    Ok(())
}

async fn refuses_another_version(clone: &Path) -> anyhow::Result<()> {
    let chart = std::fs::read_to_string(clone.join(CHART))?;
    let other = chart.replace(&format!("version: {VERSION}"), "version: 9.9.9");
    anyhow::ensure!(other != chart, "{CHART} has another version already");
    std::fs::write(clone.join(CHART), other)?;
    commit(clone).await?;
    refused(clone, &[CHART, "says version 9.9.9", &format!("write {VERSION} there")]).await?;
    std::fs::write(clone.join(CHART), chart)?;
    commit(clone).await
}

async fn refused(clone: &Path, words: &[&str]) -> anyhow::Result<()> {
    let said = release(clone, &[]).await?;
    anyhow::ensure!(said.code == Some(1) && !clone.join("dist").exists(), "not refused: {said:?}");
    let missing: Vec<&&str> = words.iter().filter(|word| !said.words.contains(**word)).collect();
    anyhow::ensure!(missing.is_empty(), "{missing:?} is not said: {said:?}");
    Ok(())
}

async fn all_is_there(clone: &Path) -> anyhow::Result<()> {
    let dist = clone.join("dist");
    let found: BTreeSet<String> = std::fs::read_dir(&dist)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<anyhow::Result<_>>()?;
    let wanted = [
        "SHA256SUMS",
        "crds.yaml",
        "infrastructure-components.yaml",
        "install.yaml",
        "metadata.yaml",
        &format!("slipway-{VERSION}.tgz"),
        &format!("slipway-{VERSION}.cdx.json"),
        &format!("slipway-{VERSION}-oci.tar"),
    ];
    anyhow::ensure!(found == wanted.map(str::to_owned).into(), "dist/ holds {found:?}");
    let sums = std::fs::read_to_string(dist.join("SHA256SUMS"))?;
    anyhow::ensure!(sums.lines().count() == wanted.len() - 1, "not every file has a sum: {sums}");
    run(&dist, "sha256sum", &["--check", "--strict", "--quiet", "SHA256SUMS"]).await?.well()?;
    manifests_are_sound(&dist)?;
    let bill = std::fs::read_to_string(dist.join(format!("slipway-{VERSION}.cdx.json")))?;
    anyhow::ensure!(!bill.contains("slipway-release"), "the bill tells where it was made");
    let bill: Value = serde_json::from_str(&bill)?;
    let parts = bill["components"].as_array().context("no components")?;
    let crypto = parts.iter().any(|part| part["name"] == "rustls");
    anyhow::ensure!(bill["bomFormat"] == "CycloneDX" && crypto, "{} parts", parts.len());
    Ok(())
}

fn manifests_are_sound(dist: &Path) -> anyhow::Result<()> {
    let install = repository::objects(&dist.join("install.yaml"))?;
    let crds = repository::objects(&dist.join("crds.yaml"))?;
    anyhow::ensure!(crds.len() == 4 && crds.iter().all(|one| install.contains(one)), "other definitions");
    for file in ["install.yaml", "infrastructure-components.yaml"] {
        let objects = repository::objects(&dist.join(file))?;
        let namespaces = objects.iter().filter(|object| kustomize::is(object, "Namespace")).count();
        anyhow::ensure!(namespaces == 1, "{file} has {namespaces} namespaces");
        let images: Vec<&Value> = objects
            .iter()
            .filter_map(|object| object.pointer("/spec/template/spec/containers/0/image"))
            .collect();
        anyhow::ensure!(
            images == [&Value::from(format!("docker.io/library/slipway:{VERSION}"))],
            "{file} starts {images:?}"
        );
    }
    for file in ["install.yaml", "infrastructure-components.yaml", "crds.yaml", "metadata.yaml"] {
        let variable = std::fs::read_to_string(dist.join(file))?.contains("${");
        anyhow::ensure!(!variable, "{file} holds a variable that nobody sets");
    }
    Ok(())
}

/// The files that git knows or would add, as they are now.
async fn copy_project(to: &Path) -> anyhow::Result<()> {
    let from = program::project();
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let files = run(from, "git", &list).await?.well()?;
    for file in files.split('\0').filter(|file| !file.is_empty() && from.join(file).is_file()) {
        let target = to.join(file);
        std::fs::create_dir_all(target.parent().context("no folder")?)?;
        std::fs::copy(from.join(file), target)?;
    }
    Ok(())
}

async fn commit(clone: &Path) -> anyhow::Result<()> {
    git(clone, &["add", "--all"]).await?;
    git(clone, &["commit", "--quiet", "--message=test"]).await
}

async fn git(clone: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let name = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
    run(clone, "git", &[&name, arguments].concat()).await?.well()?;
    Ok(())
}

async fn release(project: &Path, arguments: &[&str]) -> anyhow::Result<Said> {
    let script = project.join("scripts/release");
    run(project, script.to_str().context("the path is not text")?, arguments).await
}

/// How a program ended, and what it said.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    out: String,
    words: String,
}

impl Said {
    fn well(self) -> anyhow::Result<String> {
        anyhow::ensure!(self.code == Some(0), "{self:?}");
        Ok(self.out)
    }
}

async fn run(folder: &Path, program: &str, arguments: &[&str]) -> anyhow::Result<Said> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    // What all tests use is built; and nobody's image name gets in.
    command.env("SLIPWAY_CONTROLPLANE", program::control_plane().await?).env_remove("SLIPWAY_IMAGE");
    command.env("CARGO_NET_OFFLINE", "true");
    let output = command.output().await.with_context(|| format!("{program} cannot be run"))?;
    Ok(Said {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        words: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
