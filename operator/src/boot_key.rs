//! The key of the boot tokens: made once, kept in a Secret beside the operator, so that an installer that is half-way keeps its right when the
//! operator restarts.

use anyhow::{Context, bail};
use aws_lc_rs::rand;
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::{
    Api, Client,
    api::{ObjectMeta, PostParams},
};

const NAME: &str = "slipway-boot-key";
const FIELD: &str = "key";
const LENGTH: usize = 32;

/// The key, and the uid of its Secret, which is this installation's own mark: it lasts as long as the installation and is nobody else's.
pub(crate) struct BootKey {
    pub(crate) key: [u8; LENGTH],
    pub(crate) installation: String,
}

/// Reads the key, or makes it.
pub(crate) async fn load(client: Client, namespace: &str) -> anyhow::Result<BootKey> {
    let secrets: Api<Secret> = Api::namespaced(client, namespace);
    let doing = || format!("reading Secret {namespace}/{NAME}, which holds the key of the boot tokens");
    if let Some(secret) = secrets.get_opt(NAME).await.with_context(doing)? {
        return key_of(secret);
    }
    match secrets.create(&PostParams::default(), &fresh()?).await {
        Ok(secret) => key_of(secret),
        // Another replica was faster.
        Err(kube::Error::Api(status)) if status.is_already_exists() => {
            key_of(secrets.get(NAME).await.with_context(doing)?)
        }
        Err(error) => Err(error).with_context(|| {
            format!("making Secret {namespace}/{NAME}, which holds the key of the boot tokens")
        }),
    }
}

fn fresh() -> anyhow::Result<Secret> {
    let mut key = [0; LENGTH];
    rand::fill(&mut key).map_err(|_| anyhow::anyhow!("the system gave no random bytes"))?;
    Ok(Secret {
        metadata: ObjectMeta { name: Some(NAME.to_owned()), ..ObjectMeta::default() },
        data: Some([(FIELD.to_owned(), ByteString(key.to_vec()))].into()),
        ..Secret::default()
    })
}

fn key_of(secret: Secret) -> anyhow::Result<BootKey> {
    let installation = secret.metadata.uid.unwrap_or_default();
    let bytes = secret.data.and_then(|mut data| data.remove(FIELD)).map(|value| value.0).unwrap_or_default();
    let Ok(key) = bytes.try_into() else {
        bail!(
            "Secret {NAME} must have {LENGTH} bytes under {FIELD:?}; delete it to have a new one made (installations under way will fail)"
        );
    };
    Ok(BootKey { key, installation })
}
