//! Addresses that authorise themselves: the client sends no key to the places it is told to upload
//! to and download from, so the address carries what it is for, until when, and a signature.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gradus_schema::UnixMillis;
use gradus_store::{Change, Store};
use hmac::{Hmac, KeyInit, Mac};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::{Error, Result};

const KIND: &str = "secret";
const NAME: &str = "addresses";

/// What signs addresses; made once for each store.
pub struct Secret([u8; 32]);

#[derive(Serialize, Deserialize)]
struct Signed<T> {
    #[serde(rename = "e")]
    expires_unix_ms: UnixMillis,
    #[serde(rename = "g")]
    grant: T,
}

impl Secret {
    pub fn load_or_make(store: &Store) -> Result<Self> {
        let known = store.document(KIND, NAME);
        if let Some(bytes) = known.and_then(|text| URL_SAFE_NO_PAD.decode(text.as_bytes()).ok())
            && let Ok(bytes) = bytes.try_into()
        {
            return Ok(Self(bytes));
        }
        let bytes = random_bytes::<32>()?;
        store.append(vec![Change::Document {
            kind: KIND.into(),
            name: NAME.into(),
            content: Some(URL_SAFE_NO_PAD.encode(bytes)),
        }])?;
        Ok(Self(bytes))
    }

    /// A token for an address: the grant, readable, and a signature over it (HMAC-SHA-256).
    pub fn sign<T: Serialize>(&self, grant: T, expires_unix_ms: UnixMillis) -> Result<String> {
        let signed = Signed {
            expires_unix_ms,
            grant,
        };
        let payload = serde_json::to_vec(&signed)
            .map_err(|problem| Error::Input(format!("an address can't be signed: {problem}")))?;
        let signature = self.mac(&payload).finalize().into_bytes();
        Ok(format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(&payload),
            URL_SAFE_NO_PAD.encode(signature)
        ))
    }

    /// What a token grants.
    ///
    /// # Errors
    /// A token that was not made here, or is too old.
    pub fn open<T: DeserializeOwned>(&self, token: &str, now: UnixMillis) -> Result<T> {
        let refused =
            || Error::forbidden("this address was not made by this server; ask for a new one");
        let (payload, signature) = token.split_once('.').ok_or_else(refused)?;
        let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| refused())?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| refused())?;
        // Compares in constant time.
        self.mac(&payload)
            .verify_slice(&signature)
            .map_err(|_| refused())?;
        let signed: Signed<T> = serde_json::from_slice(&payload).map_err(|_| refused())?;
        match now <= signed.expires_unix_ms {
            true => Ok(signed.grant),
            false => Err(Error::forbidden(
                "this address has expired; ask for a new one",
            )),
        }
    }

    fn mac(&self, payload: &[u8]) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of every length");
        mac.update(payload);
        mac
    }
}

/// Bytes that nobody can guess.
pub fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|problem| Error::Input(format!("the system gives no random bytes: {problem}")))?;
    Ok(bytes)
}

/// `length` characters of `a` to `z` and `0` to `9`, as the client makes run ids.
pub fn random_name(length: usize) -> Result<String> {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz012345";
    let bytes = random_bytes::<32>()?;
    let letters = bytes.iter().take(length);
    Ok(letters
        .map(|byte| char::from(LETTERS[usize::from(byte % 32)]))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_until_it_expires_and_never_when_touched() {
        let secret = Secret([7; 32]);
        let token = secret.sign("run 7/model.bin", 1_000).unwrap();
        assert_eq!(
            secret.open::<String>(&token, 1_000).unwrap(),
            "run 7/model.bin"
        );
        let late = secret.open::<String>(&token, 1_001).unwrap_err();
        assert!(late.to_string().contains("expired"), "{late}");
        for position in 0..token.len() {
            let mut touched = token.clone().into_bytes();
            touched[position] = if touched[position] == b'A' {
                b'B'
            } else {
                b'A'
            };
            let touched = String::from_utf8(touched).unwrap();
            // The last letters of base64 hold bits that count for nothing.
            let opened = secret.open::<String>(&touched, 0);
            assert!(opened.is_err() || opened.unwrap() == "run 7/model.bin");
        }
        assert!(Secret([8; 32]).open::<String>(&token, 0).is_err());
        assert!(secret.open::<u64>(&token, 0).is_err());
    }
}
