//! The list of what an image is made of, as a `CycloneDX` 1.5 document: the crates in the program, and Debian's packages.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::ImageError;

/// A package of Debian that parts of the image come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebianPackage {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// `amd64`, `arm64` or `all`.
    pub arch: String,
}

/// Reads lines of `name version arch`.
#[must_use]
pub fn debian_packages(text: &str) -> Vec<DebianPackage> {
    let package = |line: &str| {
        let mut words = line.split_whitespace().map(str::to_owned);
        Some(DebianPackage { name: words.next()?, version: words.next()?, arch: words.next()? })
    };
    text.lines().filter_map(package).collect()
}

/// Makes the document from `tree`, the answer of `cargo tree --prefix=depth --format=' {p}|{l}'`, whose first line is the program.
///
/// `cargo tree` knows which features are on; `cargo metadata` would also list what no feature brings in. The same input gives the
/// same document, so it has no serial number; its time is `created`.
pub fn document(tree: &str, debian: &[DebianPackage], created: Timestamp) -> Result<Value, ImageError> {
    let graph = Graph::read(tree)?;
    let mut whole = graph.crates.get(&graph.root).cloned().unwrap_or_default();
    whole["type"] = json!("application");
    let crates =
        graph.crates.iter().filter(|(purl, _)| **purl != graph.root).map(|(_, component)| component.clone());
    let components: Vec<Value> = crates.chain(debian.iter().map(debian_component)).collect();
    let dependency = |(purl, used): (&String, &BTreeSet<String>)| json!({"ref": purl, "dependsOn": used});
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"timestamp": created.to_string(), "component": whole},
        "components": components,
        "dependencies": graph.uses.iter().map(dependency).collect::<Vec<Value>>(),
    }))
}

fn component(kind: &str, name: &str, version: &str, purl: &str) -> Value {
    json!({"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl})
}

fn debian_component(package: &DebianPackage) -> Value {
    let DebianPackage { name, version, arch } = package;
    let version_in_url = encoded(version);
    let purl = format!("pkg:deb/debian/{name}@{version_in_url}?arch={arch}&distro=bookworm");
    component("library", name, version, &purl)
}

/// A package URL takes these percent-encoded.
fn encoded(version: &str) -> String {
    version.replace('%', "%25").replace('+', "%2B").replace('~', "%7E").replace(':', "%3A")
}

/// The crates by their package URLs, and who uses whom.
#[derive(Default)]
struct Graph {
    root: String,
    crates: BTreeMap<String, Value>,
    uses: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    fn read(tree: &str) -> Result<Self, ImageError> {
        let mut graph = Self::default();
        // The crates from the program down to the line before.
        let mut above: Vec<String> = Vec::new();
        for line in tree.lines().filter(|line| !line.is_empty()) {
            let wrong = || ImageError::Tree(format!("not a line of cargo tree: {line:?}"));
            let (depth, purl, component) = parse(line).ok_or_else(wrong)?;
            above.truncate(depth);
            match above.last() {
                Some(user) => drop(graph.uses.entry(user.clone()).or_default().insert(purl.clone())),
                None => graph.root.clone_from(&purl),
            }
            graph.uses.entry(purl.clone()).or_default();
            graph.crates.insert(purl.clone(), component);
            above.push(purl);
        }
        if graph.root.is_empty() {
            Err(ImageError::Tree("cargo tree said nothing".to_owned()))
        } else {
            Ok(graph)
        }
    }
}

/// Reads `DEPTH NAME vVERSION (FOLDER)|LICENCE (*)`; the brackets may be missing.
fn parse(line: &str) -> Option<(usize, String, Value)> {
    let (package, licence) = line.split_once('|')?;
    let mut words = package.split(' ');
    let depth = words.next()?.parse().ok()?;
    let name = words.next()?;
    let version = words.next()?.strip_prefix('v')?;
    let purl = format!("pkg:cargo/{name}@{}", encoded(version));
    let mut component = component("library", name, version, &purl);
    let licence = licence.trim_end_matches(" (*)");
    if !licence.is_empty() {
        // Some crates still write the old form.
        component["licenses"] = json!([{"expression": licence.replace('/', " OR ")}]);
    }
    Some((depth, purl, component))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "0 top v0.1.0 (/folder/top)|Apache-2.0\n1 left v1.0.0+spec|MIT/Apache-2.0\n2 low v2.0.0|\n1 right v3.0.0|ISC\n2 low v2.0.0| (*)\n";

    fn of<'a>(document: &'a Value, list: &str, field: &str) -> Vec<&'a str> {
        document[list].as_array().unwrap().iter().map(|item| item[field].as_str().unwrap()).collect()
    }

    #[test]
    fn crates_and_packages_are_listed_with_who_uses_whom() {
        let debian = debian_packages("libc6 2.36-9+deb12u14 amd64\n\n");
        let document = document(TREE, &debian, Timestamp::UNIX_EPOCH).unwrap();
        let left = "pkg:cargo/left@1.0.0%2Bspec";
        let low = "pkg:cargo/low@2.0.0";
        let right = "pkg:cargo/right@3.0.0";
        let libc = "pkg:deb/debian/libc6@2.36-9%2Bdeb12u14?arch=amd64&distro=bookworm";
        assert_eq!(of(&document, "components", "purl"), [left, low, right, libc]);
        assert_eq!(document["components"][0]["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(document["components"][1]["licenses"], Value::Null);
        assert_eq!(document["metadata"]["component"]["purl"], "pkg:cargo/top@0.1.0");
        let uses = |index: usize| document["dependencies"][index]["dependsOn"].clone();
        assert_eq!(of(&document, "dependencies", "ref"), [left, low, right, "pkg:cargo/top@0.1.0"]);
        assert_eq!([uses(0), uses(1), uses(2)], [json!([low]), json!([]), json!([low])]);
        assert_eq!(uses(3), json!([left, right]));
    }

    #[test]
    fn what_is_no_tree_is_named() {
        for wrong in ["", "slipway v0.1.0|MIT", "0 slipway 0.1.0|MIT", "0 slipway v0.1.0"] {
            let failure = document(wrong, &[], Timestamp::UNIX_EPOCH).unwrap_err().to_string();
            assert!(failure.contains("cargo tree"), "{wrong}: {failure}");
        }
    }
}
