//! The ClusterSubscription in words and in commands to copy.

/// Where the object is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
}

impl Place<'_> {
    /// The object in a sentence.
    pub(crate) fn object(&self) -> String {
        format!("clustersubscription {}/{}", self.namespace, self.name)
    }

    /// The command that shows what Slipway knows of the capabilities.
    pub(crate) fn known(&self) -> String {
        format!("kubectl -n {} get csub {} -o jsonpath='{{.status.capabilities}}'", self.namespace, self.name)
    }

    /// What an answer of the API server to reading the object means for the person who asked.
    pub(crate) fn unread(&self, error: kube::Error) -> anyhow::Error {
        let Self { namespace, .. } = self;
        let words = match code(&error) {
            403 => format!(
                "you may not read {}; {}",
                self.object(),
                self.grant("clustersubscriptions.slipway.dev", &[self.name])
            ),
            404 => format!("there is no {}; see: kubectl -n {namespace} get csub", self.object()),
            _ => format!("{} cannot be read", self.object()),
        };
        cause(error).context(words)
    }

    /// The same for a Secret that a field names; `all` are those that the spec names.
    pub(crate) fn secret_unread(
        &self,
        (secret, field): (&str, &str),
        all: &[&str],
        error: kube::Error,
    ) -> anyhow::Error {
        let Self { namespace, .. } = self;
        let words = match code(&error) {
            403 => format!(
                "you may not read the Secret {secret:?} ({field}), and without it the registrar cannot be asked; {}",
                self.grant("secrets", all)
            ),
            404 => format!(
                "the Secret {secret:?} ({field}) does not exist in namespace {namespace:?}; create it"
            ),
            _ => format!("the Secret {secret:?} ({field}) cannot be read"),
        };
        cause(error).context(words)
    }

    /// How an administrator lets a person read these things.
    fn grant(&self, resource: &str, names: &[&str]) -> String {
        let Self { namespace, .. } = self;
        let role = format!("slipway-capabilities-{}", resource.split('.').next().unwrap_or(resource));
        let names: Vec<_> = names.iter().map(|name| format!("--resource-name={name}")).collect();
        let names = names.join(" ");
        format!(
            "an administrator can let you: kubectl -n {namespace} create role {role} --verb=get --resource={resource} \
             {names} && kubectl -n {namespace} create rolebinding {role} --role={role} --user=YOU"
        )
    }
}

fn code(error: &kube::Error) -> u16 {
    if let kube::Error::Api(status) = error { status.code } else { 0 }
}

fn cause(error: kube::Error) -> anyhow::Error {
    match error {
        kube::Error::Api(status) => anyhow::Error::msg(status.message),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    const PLACE: Place<'_> = Place { namespace: "metal", name: "edge1" };

    fn answer(code: u16) -> kube::Error {
        kube::Error::Api(Status { code, message: "said the server".into(), ..Status::default() }.boxed())
    }

    #[test]
    fn failures_say_what_to_do() {
        let object = |code| format!("{:#}", PLACE.unread(answer(code)));
        assert!(
            object(404).starts_with("there is no clustersubscription metal/edge1; see: "),
            "{}",
            object(404)
        );
        let grant = "--verb=get --resource=clustersubscriptions.slipway.dev --resource-name=edge1 && ";
        assert!(object(403).contains(grant) && object(403).ends_with(": said the server"), "{}", object(403));
        assert_eq!(object(500), "clustersubscription metal/edge1 cannot be read: said the server");
        let field = "spec.registrar.ocm.credentialsRef";
        let secret =
            |code| format!("{:#}", PLACE.secret_unread(("ocm", field), &["ocm", "ocm-ca"], answer(code)));
        assert!(
            secret(404).starts_with("the Secret \"ocm\" (spec.registrar.ocm.credentialsRef) does not exist")
        );
        assert!(
            secret(403).contains("--resource=secrets --resource-name=ocm --resource-name=ocm-ca && "),
            "{}",
            secret(403)
        );
        assert!(secret(500).ends_with("cannot be read: said the server"), "{}", secret(500));
    }
}
