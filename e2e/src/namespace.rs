//! A namespace of its own for each test.

use anyhow::Context as _;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, DeleteParams, ObjectMeta, PostParams};

use crate::{ControlPlane, Kubectl};

/// Longest part of a test's name that is kept: a namespace's name may have 63 characters.
const NAME_LIMIT: usize = 48;

/// A new namespace with a unique name. It is left behind: the control plane goes with the test program, and deleting
/// a namespace takes five seconds (facts/controlplane.md §6).
#[derive(Clone, Debug)]
pub struct TestNamespace {
    name: String,
}

impl TestNamespace {
    /// Makes a namespace named after the test, with a random end.
    pub async fn create(control_plane: &ControlPlane, test: &str) -> anyhow::Result<Self> {
        Self::create_in(control_plane.client().await?, test).await
    }

    /// The same with a client of an administrator.
    pub async fn create_in(client: kube::Client, test: &str) -> anyhow::Result<Self> {
        let name = unique_name(test);
        let namespaces: Api<Namespace> = Api::all(client);
        let metadata = ObjectMeta { name: Some(name.clone()), ..ObjectMeta::default() };
        let wanted = Namespace { metadata, ..Namespace::default() };
        namespaces
            .create(&PostParams::default(), &wanted)
            .await
            .with_context(|| format!("namespace {name}"))?;
        Ok(Self { name })
    }

    /// The namespace's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// kubectl as administrator in this namespace.
    #[must_use]
    pub fn kubectl(&self, control_plane: &ControlPlane) -> Kubectl {
        control_plane.kubectl().in_namespace(&self.name)
    }

    /// Asks for the deletion of the namespace with all in it, and does not wait for it.
    pub async fn delete(&self, control_plane: &ControlPlane) -> anyhow::Result<()> {
        let namespaces: Api<Namespace> = Api::all(control_plane.client().await?);
        namespaces.delete(&self.name, &DeleteParams::default()).await?;
        Ok(())
    }
}

/// A name made of the test's name and eight random characters.
#[must_use]
pub fn unique_name(test: &str) -> String {
    let plain: String = test
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(NAME_LIMIT)
        .collect();
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("t-{}-{}", plain.trim_matches('-'), &random[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_labels_and_differ() {
        let long = "Tests::A_very_LONG name of a test that says all there is to say about it";
        let names = [unique_name(long), unique_name(long)];
        assert_ne!(names[0], names[1]);
        for name in names {
            assert!(name.len() <= 63 && name.starts_with("t-tests--a-very-long"), "{name}");
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{name}");
        }
    }
}
