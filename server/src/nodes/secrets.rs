//! What follows from the secret that the nodes of a cluster share: which cluster it is, the key of tokens, and the authority that vouches for
//! nodes to each other.

use std::sync::Arc;

use anyhow::Context as _;
use cluster::ClusterTag;
use hkdf::Hkdf;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_ED25519,
};
use sha2::{Digest as _, Sha256};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::config::ClusterConfig;

/// What every node is called in its certificate. Which one it is, it says over the link; the certificate says that it knows the secret.
const NAME: &str = "node.veranda.internal";

/// Nodes speak HTTP/2 to each other, and nothing else.
const ALPN: &[u8] = b"h2";

/// What stands before an Ed25519 key's 32 bytes in PKCS #8 (RFC 8410 §7).
const ED25519_PKCS8: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// The secret of a cluster, from which everything else is derived (HKDF, RFC 5869).
pub(crate) struct ClusterSecret(Hkdf<Sha256>);

/// How two nodes agree on TLS: each shows that it knows the secret.
pub(super) struct NodeTls {
    pub(super) server: Arc<ServerConfig>,
    pub(super) client: Arc<ClientConfig>,
    /// What a node is expected to be called.
    pub(super) name: ServerName<'static>,
}

impl ClusterSecret {
    pub(crate) fn of(config: &ClusterConfig) -> Self {
        // The name is part of it: two clusters with one secret are two.
        Self(Hkdf::new(Some(config.name.as_bytes()), config.secret.as_bytes()))
    }

    fn derived(&self, what: &str) -> [u8; 32] {
        let mut key = [0; 32];
        // 32 bytes are fewer than the 8,160 that there are.
        _ = self.0.expand(what.as_bytes(), &mut key);
        key
    }

    /// What tokens are signed with on every node.
    pub(crate) fn signing_key(&self) -> [u8; 32] {
        self.derived("veranda signing key")
    }

    /// What pushes are signed with on every node.
    pub(crate) fn push_key(&self) -> [u8; 32] {
        self.derived("veranda push key")
    }

    /// What keys of limits are made with.
    pub(super) fn limits_key(&self) -> [u8; 32] {
        self.derived("veranda limits key")
    }

    /// Which cluster it is. Says nothing of the secret.
    pub(super) fn tag(&self) -> ClusterTag {
        let digest = Sha256::digest(self.derived("veranda cluster tag"));
        let mut tag = [0; 16];
        tag.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        ClusterTag(tag)
    }

    /// The authority that every node makes for itself from the same secret, and a certificate of this node's by it.
    ///
    /// # Errors
    ///
    /// When a library refuses a key.
    pub(super) fn tls(&self) -> anyhow::Result<NodeTls> {
        let pkcs8: Vec<u8> =
            ED25519_PKCS8.into_iter().chain(self.derived("veranda node authority")).collect();
        let pkcs8 = PrivatePkcs8KeyDer::from(pkcs8);
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8, &PKCS_ED25519)?;
        let authority = authority();
        let root = authority.self_signed(&pair)?.der().clone();
        let issuer = Issuer::new(authority, pair);
        let mut asked = CertificateParams::new(vec![NAME.to_owned()])?;
        asked.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let own = KeyPair::generate()?;
        let certificate = asked.signed_by(&own, &issuer)?.der().clone();
        let key = || PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.serialize_der()));
        let (server, client) = configs(root, certificate, key)?;
        Ok(NodeTls { server: Arc::new(server), client: Arc::new(client), name: ServerName::try_from(NAME)? })
    }
}

#[cfg(feature = "fuzzing")]
impl ClusterSecret {
    /// With what a node opens a link.
    pub(crate) fn tls_of_a_node(&self) -> anyhow::Result<(Arc<ClientConfig>, ServerName<'static>)> {
        let NodeTls { client, name, .. } = self.tls()?;
        Ok((client, name))
    }
}

/// Good at any time: clocks of nodes may differ, and whether a node is believed is the secret's affair.
fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Veranda cluster");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn configs(
    root: CertificateDer<'static>,
    certificate: CertificateDer<'static>,
    key: impl Fn() -> PrivateKeyDer<'static>,
) -> anyhow::Result<(ServerConfig, ClientConfig)> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(root).context("cannot use the authority of the cluster")?;
    let roots = Arc::new(roots);
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(&provider)).build()?;
    let mut server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate.clone()], key())?;
    server.alpn_protocols = vec![ALPN.to_vec()];
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![certificate], key())?;
    client.alpn_protocols = vec![ALPN.to_vec()];
    Ok((server, client))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio_rustls::{TlsAcceptor, TlsConnector};

    use super::*;

    fn secret(secret: &str, name: &str) -> ClusterSecret {
        let (secret, name) = (secret.repeat(32), name.to_owned());
        ClusterSecret::of(&ClusterConfig { secret, name, ..ClusterConfig::default() })
    }

    /// Whether a node of one cluster and one of another agree, and hear each other.
    async fn agree(one: &ClusterSecret, other: &ClusterSecret) -> bool {
        let (one, other) = (one.tls().unwrap(), other.tls().unwrap());
        let (near, far) = tokio::io::duplex(4_096);
        let client = async {
            let mut stream = TlsConnector::from(one.client).connect(one.name, near).await?;
            stream.write_all(b"hello").await?;
            let mut said = [0; 5];
            stream.read_exact(&mut said).await
        };
        let server = async {
            let mut stream = TlsAcceptor::from(other.server).accept(far).await?;
            let mut said = [0; 5];
            stream.read_exact(&mut said).await?;
            stream.write_all(&said).await
        };
        let (client, server) = tokio::join!(client, server);
        client.is_ok() && server.is_ok()
    }

    #[tokio::test]
    async fn nodes_of_one_secret_and_name_agree_and_others_do_not() {
        let (mine, other, renamed) = (secret("a", "one"), secret("b", "one"), secret("a", "two"));
        assert!(agree(&mine, &secret("a", "one")).await);
        assert!(!agree(&mine, &other).await && !agree(&other, &mine).await);
        assert!(!agree(&mine, &renamed).await);
        assert!(mine.tag() != other.tag() && mine.tag() != renamed.tag());
        assert_eq!(mine.signing_key(), secret("a", "one").signing_key());
        assert_ne!(mine.signing_key(), mine.push_key());
    }
}
