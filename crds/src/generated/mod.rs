//! Files of the repository that are made from the types: the definitions, the chart's copy of them and the reference.

mod reference_page;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;
use thiserror::Error;

use crate::manifest;

const DEFINITIONS: &str = "config/crd";
const CHART: &str = "charts/slipway/files/crds";
const REFERENCE: &str = "docs/reference";
const HEADER: &str = "# Made by crdgen from the types in crds/. Change those and run: cargo run -p slipway-crds --bin crdgen -- write\n";

/// One generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Path from the root of the repository.
    pub path: PathBuf,
    /// What it must hold.
    pub content: String,
}

/// Why files could not be generated, written or compared.
#[derive(Debug, Error)]
pub enum GenerateError {
    /// A definition could not be expressed as JSON.
    #[error("cannot express a definition as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A definition could not be expressed as YAML.
    #[error("cannot express a definition as YAML: {0}")]
    Yaml(#[from] serde_yaml::Error),
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Path from the root of the repository.
        path: String,
        /// What the system said.
        source: io::Error,
    },
}

/// Every generated file, definitions first.
///
/// # Errors
/// [`GenerateError`] when a definition cannot be serialised.
pub fn files() -> Result<Vec<GeneratedFile>, GenerateError> {
    let definitions = manifest::definitions()?;
    let mut files = Vec::new();
    for definition in &definitions {
        let name =
            format!("{}_{}.yaml", text(definition, "/spec/group"), text(definition, "/spec/names/plural"));
        let content = format!("{HEADER}{}", quote_switches(&serde_yaml::to_string(definition)?));
        files.push(GeneratedFile { path: Path::new(DEFINITIONS).join(&name), content: content.clone() });
        files.push(GeneratedFile { path: Path::new(CHART).join(&name), content });
    }
    files.push(kustomization(&files));
    files.extend(definitions.iter().map(|definition| GeneratedFile {
        path: Path::new(REFERENCE).join(format!("{}.md", text(definition, "/spec/names/singular"))),
        content: reference_page::page(definition),
    }));
    files.push(GeneratedFile {
        path: Path::new(REFERENCE).join("README.md"),
        content: reference_page::index(&definitions),
    });
    Ok(files)
}

/// Writes every generated file under `root`, the root of the repository.
///
/// # Errors
/// [`GenerateError`] when a file cannot be made or written.
pub fn write(root: &Path) -> Result<(), GenerateError> {
    for file in files()? {
        let path = root.join(&file.path);
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&path, &file.content))
            .map_err(|source| failed(&file, source))?;
    }
    Ok(())
}

/// The generated files that are missing under `root` or differ from what the types say.
///
/// # Errors
/// [`GenerateError`] when a file cannot be made or, though it exists, read.
pub fn out_of_step(root: &Path) -> Result<Vec<PathBuf>, GenerateError> {
    let mut paths = Vec::new();
    for file in files()? {
        match fs::read_to_string(root.join(&file.path)) {
            Ok(content) if content == file.content => {}
            Ok(_) => paths.push(file.path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => paths.push(file.path),
            Err(source) => return Err(failed(&file, source)),
        }
    }
    Ok(paths)
}

/// Quotes `On` and `Off`, which YAML 1.1, and so kubectl, takes for booleans; the serialiser knows only YAML 1.2.
fn quote_switches(yaml: &str) -> String {
    let quoted = yaml.lines().map(|line| match line.trim_start() {
        "- On" | "- Off" => line.replacen("- ", "- '", 1) + "'\n",
        _ => format!("{line}\n"),
    });
    quoted.collect()
}

fn kustomization(files: &[GeneratedFile]) -> GeneratedFile {
    let names = files
        .iter()
        .filter(|file| file.path.starts_with(DEFINITIONS))
        .filter_map(|file| file.path.file_name()?.to_str());
    let resources: Vec<String> = names.map(|name| format!("  - {name}\n")).collect();
    GeneratedFile {
        path: Path::new(DEFINITIONS).join("kustomization.yaml"),
        content: format!(
            "{HEADER}apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n{}",
            resources.concat()
        ),
    }
}

fn failed(file: &GeneratedFile, source: io::Error) -> GenerateError {
    GenerateError::File { path: file.path.display().to_string(), source }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
