//! Ed25519 signatures in a DSSE envelope around an in-toto statement, so that other tools can
//! check them. Keys are PEM files as openssl writes them (PKCS #8, RFC 8410).
//!
//! Envelope and PAE: <https://github.com/secure-systems-lab/dsse>; statement:
//! <https://github.com/in-toto/attestation>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::digest::sha256_hex;
use crate::{Error, Result};

const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
const PREDICATE_TYPE: &str = "https://example.invalid/gradus/evidence/v1";

/// DER in front of the 32 bytes of a key (RFC 8410 §7 and §4).
const SECRET_DER: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
const PUBLIC_DER: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];
const SECRET_LABEL: &str = concat!("PRIVATE", " KEY");
const PUBLIC_LABEL: &str = "PUBLIC KEY";

/// Signs. Never printed: it has no `Debug`.
pub struct SecretKey(SigningKey);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl SecretKey {
    /// The key of 32 random bytes.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// # Errors
    /// Text that is no PEM file of an Ed25519 key.
    pub fn from_pem(text: &str) -> Result<Self> {
        Ok(Self::from_seed(from_pem(text, SECRET_LABEL, &SECRET_DER)?))
    }

    pub fn to_pem(&self) -> String {
        to_pem(SECRET_LABEL, &SECRET_DER, self.0.as_bytes())
    }

    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }
}

impl PublicKey {
    /// # Errors
    /// Text that is no PEM file of an Ed25519 key.
    pub fn from_pem(text: &str) -> Result<Self> {
        Self::from_bytes(&from_pem(text, PUBLIC_LABEL, &PUBLIC_DER)?)
    }

    fn from_bytes(bytes: &[u8; 32]) -> Result<Self> {
        VerifyingKey::from_bytes(bytes)
            .map(Self)
            .map_err(|_| Error::Key("the bytes are no Ed25519 public key".into()))
    }

    pub fn to_pem(&self) -> String {
        to_pem(PUBLIC_LABEL, &PUBLIC_DER, self.0.as_bytes())
    }

    /// SHA-256 of the key in DER, hex: how a key is named.
    pub fn id(&self) -> String {
        sha256_hex(&[&PUBLIC_DER[..], self.0.as_bytes()].concat())
    }
}

fn to_pem(label: &str, der: &[u8], key: &[u8; 32]) -> String {
    let text = BASE64.encode([der, key].concat());
    let mut lines = String::new();
    for chunk in text.as_bytes().chunks(64) {
        lines.push_str(&String::from_utf8_lossy(chunk));
        lines.push('\n');
    }
    format!("-----BEGIN {label}-----\n{lines}-----END {label}-----\n")
}

fn from_pem(text: &str, label: &str, der: &[u8]) -> Result<[u8; 32]> {
    let refuse = || {
        Error::Key(format!(
            "no Ed25519 key in PEM with '{label}' (make a pair with `gradus evidence keygen`)"
        ))
    };
    let body = text
        .split_once(&format!("-----BEGIN {label}-----"))
        .and_then(|(_, rest)| rest.split_once(&format!("-----END {label}-----")))
        .ok_or_else(refuse)?
        .0;
    let joined: String = body.split_whitespace().collect();
    let bytes = BASE64.decode(joined).map_err(|_| refuse())?;
    bytes
        .strip_prefix(der)
        .and_then(|key| key.try_into().ok())
        .ok_or_else(refuse)
}

/// A DSSE envelope with one signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    #[serde(rename = "payloadType")]
    payload_type: String,
    payload: String,
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EnvelopeSignature {
    keyid: String,
    sig: String,
}

/// What is signed, before base64.
fn statement(file: &str, manifest_sha256: &str, root_sha256: &str, key: &PublicKey) -> Value {
    json!({
        "_type": STATEMENT_TYPE,
        "subject": [{"name": file, "digest": {"sha256": manifest_sha256}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {"root_sha256": root_sha256, "public_key": BASE64.encode(key.0.as_bytes())},
    })
}

/// DSSE's pre-authentication encoding: the bytes that are really signed.
fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}

/// The envelope over a manifest, as the bytes of a file.
pub(crate) fn sign(file: &str, manifest: &[u8], root_sha256: &str, key: &SecretKey) -> Vec<u8> {
    let payload = statement(file, &sha256_hex(manifest), root_sha256, &key.public()).to_string();
    let signature = key.0.sign(&pre_authentication_encoding(
        PAYLOAD_TYPE,
        payload.as_bytes(),
    ));
    to_bytes(&Envelope {
        payload_type: PAYLOAD_TYPE.to_owned(),
        payload: BASE64.encode(payload),
        signatures: vec![EnvelopeSignature {
            keyid: key.public().id(),
            sig: BASE64.encode(signature.to_bytes()),
        }],
    })
}

fn to_bytes(envelope: &Envelope) -> Vec<u8> {
    let mut text = format!("{:#}", json!(envelope));
    text.push('\n');
    text.into_bytes()
}

/// Who signed this manifest, when the envelope says so truly. The key comes from the envelope;
/// whether it is the right one is the caller's to decide.
///
/// # Errors
/// An envelope over something else, or one whose signature does not hold.
pub(crate) fn signer_of(
    envelope: &[u8],
    file: &str,
    manifest: &[u8],
    root_sha256: &str,
) -> Result<PublicKey> {
    let refuse = |problem: &str| Error::archive(format!("the signature does not hold: {problem}"));
    let parsed: Envelope = serde_json::from_slice(envelope)
        .map_err(|error| refuse(&format!("no DSSE envelope ({error})")))?;
    if to_bytes(&parsed) != envelope {
        return Err(refuse("the envelope is written differently"));
    }
    let [signature] = parsed.signatures.as_slice() else {
        return Err(refuse("the envelope must hold one signature"));
    };
    let payload = BASE64
        .decode(&parsed.payload)
        .map_err(|_| refuse("the payload is not base64"))?;
    let said: Value =
        serde_json::from_slice(&payload).map_err(|_| refuse("the payload is not JSON"))?;
    let key = said["predicate"]["public_key"]
        .as_str()
        .and_then(|text| BASE64.decode(text).ok())
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| refuse("the payload names no public key"))?;
    let key = PublicKey::from_bytes(&key)?;
    let expected = statement(file, &sha256_hex(manifest), root_sha256, &key).to_string();
    if parsed.payload_type != PAYLOAD_TYPE || expected.as_bytes() != payload {
        return Err(refuse("it was made over another manifest"));
    }
    if signature.keyid != key.id() {
        return Err(refuse("its key id is that of another key"));
    }
    let bytes = BASE64
        .decode(&signature.sig)
        .map_err(|_| refuse("it is not base64"))?;
    let signed = Signature::from_slice(&bytes).map_err(|_| refuse("it is no Ed25519 signature"))?;
    key.0
        .verify_strict(
            &pre_authentication_encoding(PAYLOAD_TYPE, &payload),
            &signed,
        )
        .map_err(|_| refuse("it was not made with the key it names"))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &[u8] = b"{\"x\":1}\n";

    #[test]
    fn the_encoding_is_that_of_the_specification() {
        // The example in protocol.md of the DSSE repository.
        let encoded = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world");
        assert_eq!(
            encoded,
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn a_key_file_is_what_openssl_writes() {
        // RFC 8410 §10.3, without the attributes.
        let pem = format!(
            "-----BEGIN {SECRET_LABEL}-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END {SECRET_LABEL}-----\n"
        );
        let key = SecretKey::from_pem(&pem).unwrap();
        assert_eq!(key.to_pem(), pem);
        // RFC 8410 §10.1, the public key of the same pair.
        let public = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
        assert_eq!(key.public().to_pem(), public);
        assert_eq!(PublicKey::from_pem(public).unwrap(), key.public());
        for text in ["", "x", public, &pem.replace("MC4C", "MC5C")] {
            assert!(SecretKey::from_pem(text).is_err());
        }
    }

    #[test]
    fn a_signature_holds_for_its_manifest_only() {
        let key = SecretKey::from_seed([7; 32]);
        let envelope = sign("run_manifest.json", MANIFEST, "ab", &key);
        let who = |bytes: &[u8], manifest: &[u8], root: &str| {
            signer_of(bytes, "run_manifest.json", manifest, root)
        };
        assert_eq!(who(&envelope, MANIFEST, "ab").unwrap(), key.public());
        assert!(who(&envelope, b"{}", "ab").is_err());
        assert!(who(&envelope, MANIFEST, "ac").is_err());
        assert!(who(b"{}", MANIFEST, "ab").is_err());
        for at in 0..envelope.len() {
            let mut changed = envelope.clone();
            changed[at] ^= 1;
            assert!(who(&changed, MANIFEST, "ab").is_err(), "byte {at}");
        }
    }
}
