//! ggml's block formats to f32, bit for bit as the `gguf` Python package does it.
//!
//! A block holds `block_len` numbers; layouts follow `ggml-common.h`, the order of the
//! floating-point operations follows `gguf/quants.py`, so that the results are the same bits.

use super::numbers::{bf16_to_f32, f16_to_f32};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(non_camel_case_types)]
pub enum BlockFormat {
    F32,
    F16,
    BF16,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q2_K,
    Q3_K,
    Q4_K,
    Q5_K,
    Q6_K,
}

use BlockFormat::*;

/// Numbers in a block of the `_K` formats.
const SUPER_BLOCK: usize = 256;

impl BlockFormat {
    const ALL: [(u32, BlockFormat); 13] = [
        (0, F32),
        (1, F16),
        (2, Q4_0),
        (3, Q4_1),
        (6, Q5_0),
        (7, Q5_1),
        (8, Q8_0),
        (10, Q2_K),
        (11, Q3_K),
        (12, Q4_K),
        (13, Q5_K),
        (14, Q6_K),
        (30, BF16),
    ];

    /// From `ggml_type`'s number.
    pub fn from_ggml(kind: u32) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(number, _)| *number == kind)
            .map(|(_, format)| format)
    }

    pub(crate) fn names() -> String {
        Self::ALL
            .map(|(_, format)| format!("{format:?}"))
            .join(", ")
    }

    /// Numbers in a block.
    pub fn block_len(self) -> usize {
        match self {
            F32 | F16 | BF16 => 1,
            Q4_0 | Q4_1 | Q5_0 | Q5_1 | Q8_0 => 32,
            Q2_K | Q3_K | Q4_K | Q5_K | Q6_K => SUPER_BLOCK,
        }
    }

    pub fn block_bytes(self) -> usize {
        match self {
            F32 => 4,
            F16 | BF16 => 2,
            Q4_0 => 18,
            Q4_1 => 20,
            Q5_0 => 22,
            Q5_1 => 24,
            Q8_0 => 34,
            Q2_K => 84,
            Q3_K => 110,
            Q4_K => 144,
            Q5_K => 176,
            Q6_K => 210,
        }
    }
}

/// All numbers of `bytes`, which holds whole blocks (what follows the last whole block is left).
pub fn dequantise(format: BlockFormat, bytes: &[u8]) -> Vec<f32> {
    let blocks = bytes.chunks_exact(format.block_bytes());
    let mut numbers = Vec::with_capacity(blocks.len() * format.block_len());
    let into = &mut numbers;
    match format {
        F32 => into.extend(blocks.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))),
        F16 => into.extend(blocks.map(|b| half(b, 0))),
        BF16 => into.extend(blocks.map(|b| bf16_to_f32(u16::from_le_bytes([b[0], b[1]])))),
        Q4_0 => blocks.for_each(|block| q4_0(block, into)),
        Q4_1 => blocks.for_each(|block| q4_1(block, into)),
        Q5_0 => blocks.for_each(|block| q5_0(block, into)),
        Q5_1 => blocks.for_each(|block| q5_1(block, into)),
        Q8_0 => blocks.for_each(|block| q8_0(block, into)),
        Q2_K => blocks.for_each(|block| q2_k(block, into)),
        Q3_K => blocks.for_each(|block| q3_k(block, into)),
        Q4_K => blocks.for_each(|block| q4_k(block, into)),
        Q5_K => blocks.for_each(|block| q5_k(block, into)),
        Q6_K => blocks.for_each(|block| q6_k(block, into)),
    }
    numbers
}

fn half(bytes: &[u8], at: usize) -> f32 {
    f16_to_f32(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

/// The low halves of all bytes, then the high halves.
fn nibbles(bytes: &[u8]) -> impl Iterator<Item = u8> + '_ {
    bytes
        .iter()
        .map(|byte| byte & 0x0f)
        .chain(bytes.iter().map(|byte| byte >> 4))
}

fn q4_0(block: &[u8], into: &mut Vec<f32>) {
    let d = half(block, 0);
    into.extend(nibbles(&block[2..]).map(|q| d * (i16::from(q) - 8) as f32));
}

fn q4_1(block: &[u8], into: &mut Vec<f32>) {
    let (d, m) = (half(block, 0), half(block, 2));
    into.extend(nibbles(&block[4..]).map(|q| d * f32::from(q) + m));
}

/// Five-bit numbers: four bits in nibbles, the fifth in a 32-bit mask.
fn five_bits<'a>(mask: &[u8], low: &'a [u8]) -> impl Iterator<Item = u8> + 'a {
    let mask = u32::from_le_bytes([mask[0], mask[1], mask[2], mask[3]]);
    nibbles(low)
        .enumerate()
        .map(move |(at, q)| q | ((((mask >> at) & 1) as u8) << 4))
}

fn q5_0(block: &[u8], into: &mut Vec<f32>) {
    let d = half(block, 0);
    into.extend(five_bits(&block[2..6], &block[6..]).map(|q| d * (i16::from(q) - 16) as f32));
}

fn q5_1(block: &[u8], into: &mut Vec<f32>) {
    let (d, m) = (half(block, 0), half(block, 2));
    into.extend(five_bits(&block[4..8], &block[8..]).map(|q| d * f32::from(q) + m));
}

fn q8_0(block: &[u8], into: &mut Vec<f32>) {
    let d = half(block, 0);
    into.extend(block[2..].iter().map(|q| f32::from(*q as i8) * d));
}

fn q2_k(block: &[u8], into: &mut Vec<f32>) {
    let (scales, quants) = (&block[..16], &block[16..80]);
    let (d, d_min) = (half(block, 80), half(block, 82));
    for at in 0..SUPER_BLOCK {
        let scale = scales[at / 16];
        let q = two_bits(quants, at);
        into.push(d * f32::from(scale & 0x0f) * f32::from(q) - d_min * f32::from(scale >> 4));
    }
}

/// 32 bytes hold 128 two-bit numbers: the lowest bits of all, then the next.
fn two_bits(quants: &[u8], at: usize) -> u8 {
    let (part, within) = (at / 128, at % 128);
    (quants[part * 32 + within % 32] >> (2 * (within / 32))) & 3
}

fn q3_k(block: &[u8], into: &mut Vec<f32>) {
    let (high, quants, packed) = (&block[..32], &block[32..96], &block[96..108]);
    let d = half(block, 108);
    let scale = |at: usize| {
        let low = if at < 8 {
            packed[at] & 0x0f
        } else {
            packed[at - 8] >> 4
        };
        let top = (packed[8 + at % 4] >> (2 * (at / 4))) & 3;
        (i16::from(low | (top << 4)) - 32) as f32
    };
    for at in 0..SUPER_BLOCK {
        // The offset of 4 applies where the mask bit is not set.
        let bit = (high[at % 32] >> (at / 32)) & 1;
        let q = i16::from(two_bits(quants, at)) - if bit == 1 { 0 } else { 4 };
        into.push(d * scale(at / 16) * q as f32);
    }
}

/// Six-bit scale and minimum of each of eight groups of 32, packed in 12 bytes.
fn scale_and_minimum(packed: &[u8], group: usize) -> (f32, f32) {
    let (scale, minimum) = if group < 4 {
        (packed[group] & 0x3f, packed[group + 4] & 0x3f)
    } else {
        let low = packed[group + 4];
        (
            (low & 0x0f) | ((packed[group - 4] >> 2) & 0x30),
            (low >> 4) | ((packed[group] >> 2) & 0x30),
        )
    };
    (f32::from(scale), f32::from(minimum))
}

fn q4_k(block: &[u8], into: &mut Vec<f32>) {
    let (d, d_min) = (half(block, 0), half(block, 2));
    let (packed, quants) = (&block[4..16], &block[16..]);
    for group in 0..8 {
        let (scale, minimum) = scale_and_minimum(packed, group);
        let (scale, minimum) = (d * scale, d_min * minimum);
        let bytes = &quants[group / 2 * 32..][..32];
        into.extend(
            bytes
                .iter()
                .map(|byte| scale * f32::from((byte >> (4 * (group % 2))) & 0x0f) - minimum),
        );
    }
}

fn q5_k(block: &[u8], into: &mut Vec<f32>) {
    let (d, d_min) = (half(block, 0), half(block, 2));
    let (packed, high, quants) = (&block[4..16], &block[16..48], &block[48..]);
    for group in 0..8 {
        let (scale, minimum) = scale_and_minimum(packed, group);
        let (scale, minimum) = (d * scale, d_min * minimum);
        let bytes = &quants[group / 2 * 32..][..32];
        into.extend(bytes.iter().zip(high).map(|(byte, high)| {
            let q = ((byte >> (4 * (group % 2))) & 0x0f) | (((high >> group) & 1) << 4);
            scale * f32::from(q) - minimum
        }));
    }
}

fn q6_k(block: &[u8], into: &mut Vec<f32>) {
    let (low, high, scales) = (&block[..128], &block[128..192], &block[192..208]);
    let d = half(block, 208);
    for at in 0..SUPER_BLOCK {
        let (part, within) = (at / 128, at % 128);
        let four = (low[part * 64 + within % 64] >> (4 * (within / 64))) & 0x0f;
        let two = (high[part * 32 + within % 32] >> (2 * (within / 32))) & 3;
        let q = i16::from(four | (two << 4)) - 32;
        into.push(d * f32::from(scales[at / 16] as i8) * q as f32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_ggml() {
        for (number, format) in BlockFormat::ALL {
            assert_eq!(BlockFormat::from_ggml(number), Some(format));
            let bytes = vec![0x11; format.block_bytes() * 2];
            assert_eq!(dequantise(format, &bytes).len(), format.block_len() * 2);
        }
        assert_eq!(BlockFormat::from_ggml(16), None);
    }

    #[test]
    fn a_block_of_q4_1_is_scale_times_nibble_plus_minimum() {
        // d = 0.5, m = -1; the first byte holds 3 (number 0) and 15 (number 16).
        let mut block = vec![0x00, 0x38, 0x00, 0xbc];
        block.extend_from_slice(&[0xf3; 16]);
        let numbers = dequantise(Q4_1, &block);
        assert_eq!(numbers[0], 0.5);
        assert_eq!(numbers[16], 6.5);
    }
}
