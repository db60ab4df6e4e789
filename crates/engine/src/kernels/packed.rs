//! Weights in the order in which the kernels read them.

use super::device::Device;
use super::int16::{self, PackedPairs};
use super::lanes::{Isa, bf16_from_f32, f32_from_bf16};

/// How the numbers of a weight are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    F32,
    Bf16,
    /// 16-bit integers, see [`super::int16`]. Panels are those of AVX2.
    Int16,
    /// 8-bit integers that are widened to 16 bits on their way into the product.
    Int8,
}

impl Storage {
    /// What frozen weights are kept in unless somebody asks for something else: the two-byte
    /// form that this instruction set multiplies fastest.
    pub fn compact(isa: Isa) -> Self {
        if isa == Isa::Avx2 {
            Self::Int16
        } else {
            Self::Bf16
        }
    }

    /// What weights are kept in that are only read: the smallest form whose rounding stays below
    /// that of common quantised files (Q8_0 has the same steps).
    pub fn smallest(isa: Isa) -> Self {
        if isa == Isa::Avx2 {
            Self::Int8
        } else {
            Self::Bf16
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::Int16 => "16-bit integer",
            Self::Int8 => "8-bit integer",
        }
    }
}

pub(super) enum Numbers {
    /// `[panel, k, width]`
    F32(Vec<f32>),
    /// `[panel, k, width]`, widened to f32 before use.
    Bf16(Vec<u16>),
    /// `[panel, k / 2, width, 2]`, multiplied as pairs.
    Bf16Pairs(Vec<u16>),
    Int16(PackedPairs<i16>),
    Int8(PackedPairs<i8>),
}

/// A matrix `[k, n]` cut into panels of `width` columns, in the order in which kernels read it.
pub struct PackedWeight {
    pub(super) k: usize,
    pub(super) n: usize,
    pub(super) width: usize,
    pub(super) numbers: Numbers,
}

impl PackedWeight {
    /// Packs element (k, n) from `values[k * k_stride + n * n_stride]`.
    pub fn pack(
        device: &Device,
        storage: Storage,
        values: &[f32],
        (k, n): (usize, usize),
        (k_stride, n_stride): (usize, usize),
    ) -> Self {
        let width = panel_width(device.isa(), n);
        let panels = n.div_ceil(width);
        let at = |p: usize, column: usize| {
            if p < k && column < n {
                values[p * k_stride + column * n_stride]
            } else {
                0.0
            }
        };
        let numbers = match (storage, device.isa()) {
            (Storage::Int16, _) => {
                assert_eq!(width, int16::WIDTH, "integers lie in panels of AVX2");
                Numbers::Int16(PackedPairs::pack(device, (k, n), at))
            }
            (Storage::Int8, _) => {
                assert_eq!(width, int16::WIDTH, "integers lie in panels of AVX2");
                Numbers::Int8(PackedPairs::pack(device, (k, n), at))
            }
            (Storage::F32, _) => {
                let mut out = vec![0.0; panels * k * width];
                device.for_each_chunk(&mut out, k * width, |panel, chunk| {
                    for (p, row) in chunk.chunks_exact_mut(width).enumerate() {
                        for (offset, number) in row.iter_mut().enumerate() {
                            *number = at(p, panel * width + offset);
                        }
                    }
                });
                Numbers::F32(out)
            }
            (Storage::Bf16, Isa::Avx512Bf16) => {
                let mut out = vec![0; panels * k.div_ceil(2) * width * 2];
                device.for_each_chunk(&mut out, k.div_ceil(2) * width * 2, |panel, chunk| {
                    for (pair, row) in chunk.chunks_exact_mut(width * 2).enumerate() {
                        for (offset, number) in row.iter_mut().enumerate() {
                            *number = bf16_from_f32(at(
                                2 * pair + offset % 2,
                                panel * width + offset / 2,
                            ));
                        }
                    }
                });
                Numbers::Bf16Pairs(out)
            }
            (Storage::Bf16, _) => {
                let mut out = vec![0; panels * k * width];
                device.for_each_chunk(&mut out, k * width, |panel, chunk| {
                    for (p, row) in chunk.chunks_exact_mut(width).enumerate() {
                        for (offset, number) in row.iter_mut().enumerate() {
                            *number = bf16_from_f32(at(p, panel * width + offset));
                        }
                    }
                });
                Numbers::Bf16(out)
            }
        };
        Self {
            k,
            n,
            width,
            numbers,
        }
    }

    /// The matrix product with the transpose of a `[n, k]` weight, as checkpoints hold them.
    pub fn from_output_rows(
        device: &Device,
        storage: Storage,
        weight: &[f32],
        outputs: usize,
        inputs: usize,
    ) -> Self {
        Self::pack(device, storage, weight, (inputs, outputs), (1, inputs))
    }

    /// The transpose, `[n, k]`, packed: what the backward pass multiplies with.
    pub fn transposed(&self, device: &Device) -> Self {
        let mut rows = vec![0.0; self.k * self.n];
        device.for_each_chunk(&mut rows, self.k, |column, row| {
            for (p, number) in row.iter_mut().enumerate() {
                *number = self.get(p, column);
            }
        });
        let storage = match self.numbers {
            Numbers::F32(_) => Storage::F32,
            Numbers::Bf16(_) | Numbers::Bf16Pairs(_) => Storage::Bf16,
            Numbers::Int16(_) => Storage::Int16,
            Numbers::Int8(_) => Storage::Int8,
        };
        Self::pack(device, storage, &rows, (self.n, self.k), (self.k, 1))
    }

    pub fn get(&self, p: usize, column: usize) -> f32 {
        let (panel, offset) = (column / self.width, column % self.width);
        match &self.numbers {
            Numbers::F32(numbers) => numbers[(panel * self.k + p) * self.width + offset],
            Numbers::Bf16(numbers) => {
                f32_from_bf16(numbers[(panel * self.k + p) * self.width + offset])
            }
            Numbers::Bf16Pairs(numbers) => {
                let pair = panel * self.k.div_ceil(2) + p / 2;
                f32_from_bf16(numbers[(pair * self.width + offset) * 2 + p % 2])
            }
            Numbers::Int16(pairs) => pairs.get(p, column),
            Numbers::Int8(pairs) => pairs.get(p, column),
        }
    }

    /// Copies column `column` (an embedding, in the head's weight) into `out`.
    pub fn copy_column(&self, column: usize, out: &mut [f32]) {
        for (p, number) in out.iter_mut().enumerate().take(self.k) {
            *number = self.get(p, column);
        }
    }

    pub fn inputs(&self) -> usize {
        self.k
    }

    pub fn outputs(&self) -> usize {
        self.n
    }

    pub(super) fn panels(&self) -> usize {
        self.n.div_ceil(self.width)
    }
}

/// 16 columns for AVX2; up to 64 for AVX-512, fewer where the matrix is narrow.
fn panel_width(isa: Isa, n: usize) -> usize {
    match isa {
        Isa::Portable | Isa::Avx2 => 16,
        _ if n <= 16 => 16,
        _ if n <= 32 => 32,
        _ => 64,
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_numbers::numbers;
    use super::*;

    #[test]
    fn the_transpose_holds_the_same_numbers() {
        for isa in Isa::available() {
            let device = Device::with_isa(isa, 2);
            let values = numbers(70 * 33, 1);
            let weight = PackedWeight::from_output_rows(&device, Storage::Bf16, &values, 70, 33);
            let transposed = weight.transposed(&device);
            for p in 0..33 {
                for column in 0..70 {
                    assert_eq!(weight.get(p, column), transposed.get(column, p));
                }
            }
        }
    }
}
