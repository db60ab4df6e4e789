//! SHA-256 and the hash tree over the files of one evidence. Tree: RFC 6962 §2.1 (leaves and
//! inner nodes are hashed with different first bytes, so that none can pass for the other).

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

pub fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing into a String can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&sha256(bytes))
}

/// The root over `(path, SHA-256 in hex)` of every file, in the given order.
pub fn tree_root<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> Hash {
    let leaves: Vec<Hash> = files
        .map(|(path, digest)| {
            sha256(format!("\u{0}{}\u{0}{path}\u{0}{digest}", path.len()).as_bytes())
        })
        .collect();
    root(&leaves)
}

fn root(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => sha256(b""),
        [only] => *only,
        _ => {
            let half = hashes.len().next_power_of_two() / 2;
            let (left, right) = hashes.split_at(half);
            let mut node = vec![1u8];
            node.extend(root(left));
            node.extend(root(right));
            sha256(&node)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_that_of_rfc_6962() {
        let leaf = |path: &str| sha256(format!("\u{0}1\u{0}{path}\u{0}00").as_bytes());
        let node = |left: Hash, right: Hash| sha256(&[&[1u8][..], &left, &right].concat());
        let of = |paths: &[&'static str]| tree_root(paths.iter().map(|path| (*path, "00")));
        assert_eq!(of(&[]), sha256(b""));
        assert_eq!(of(&["a"]), leaf("a"));
        assert_eq!(
            of(&["a", "b", "c"]),
            node(node(leaf("a"), leaf("b")), leaf("c"))
        );
        assert_ne!(of(&["a", "b"]), of(&["b", "a"]));
        assert_eq!(
            sha256_hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
