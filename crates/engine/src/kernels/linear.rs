//! Products with weights that are packed once: `y = x₁·W₁ + x₂·W₂ + … + bias`.
//!
//! A frozen weight and its low-rank adapter are two terms of one such sum, so the adapter is
//! never rounded into the weight.

use std::cell::RefCell;
use std::ops::Range;

use super::device::Device;
use super::lanes::{Isa, Kernel, Lanes, bf16_from_f32, f32_from_bf16};
use super::tile::{Product, Start};

/// Rows of a panel that are multiplied before the next: 1,536 × 16 f32 stay in the second-level cache.
const K_BLOCK: usize = 1536;
/// Rows below which a product is not cut further.
const MIN_ROWS_PER_TASK: usize = 48;

/// How the numbers of a weight are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    F32,
    Bf16,
}

enum Numbers {
    /// `[panel, k, width]`
    F32(Vec<f32>),
    /// `[panel, k, width]`, widened to f32 before use.
    Bf16(Vec<u16>),
    /// `[panel, k / 2, width, 2]`, multiplied as pairs.
    Bf16Pairs(Vec<u16>),
}

/// A matrix `[k, n]` cut into panels of `width` columns, in the order in which kernels read it.
pub struct PackedWeight {
    k: usize,
    n: usize,
    width: usize,
    numbers: Numbers,
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
        let storage = if matches!(self.numbers, Numbers::F32(_)) {
            Storage::F32
        } else {
            Storage::Bf16
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

    fn panels(&self) -> usize {
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

/// Rows that are multiplied with weights: f32, and their bf16 copy where the kernels want one.
pub struct Operand<'a> {
    rows: usize,
    width: usize,
    f32: &'a [f32],
    /// Rows padded to an even width.
    bf16: Vec<u16>,
}

impl<'a> Operand<'a> {
    /// `values`: `[rows, width]`.
    pub fn new(device: &Device, values: &'a [f32], rows: usize, width: usize) -> Self {
        assert_eq!(
            values.len(),
            rows * width,
            "an operand is rows × width numbers"
        );
        let mut bf16 = Vec::new();
        if device.isa() == Isa::Avx512Bf16 {
            let padded = width.next_multiple_of(2);
            bf16 = vec![0; rows * padded];
            let rows_per_chunk = 16;
            device.for_each_chunk(&mut bf16, rows_per_chunk * padded, |chunk, out| {
                let first = chunk * rows_per_chunk;
                for (index, row) in out.chunks_exact_mut(padded).enumerate() {
                    let source = &values[(first + index) * width..][..width];
                    device.isa().run(ToBf16 {
                        source,
                        out: &mut row[..width],
                    });
                }
            });
        }
        Self {
            rows,
            width,
            f32: values,
            bf16,
        }
    }

    pub fn values(&self) -> &'a [f32] {
        self.f32
    }
}

struct ToBf16<'a> {
    source: &'a [f32],
    out: &'a mut [u16],
}

impl Kernel for ToBf16<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        for (bits, value) in self.out.iter_mut().zip(self.source) {
            *bits = bf16_from_f32(*value);
        }
    }
}

/// One output matrix: the sum of `parts`, plus `bias`.
pub struct Linear<'a> {
    pub parts: Vec<(&'a Operand<'a>, &'a PackedWeight)>,
    pub bias: Option<&'a [f32]>,
    /// `[rows, n]`
    pub out: &'a mut [f32],
}

impl<'a> Linear<'a> {
    pub fn new(x: &'a Operand<'a>, weight: &'a PackedWeight, out: &'a mut [f32]) -> Self {
        Self {
            parts: vec![(x, weight)],
            bias: None,
            out,
        }
    }

    pub fn plus(mut self, x: &'a Operand<'a>, weight: &'a PackedWeight) -> Self {
        self.parts.push((x, weight));
        self
    }

    pub fn with_bias(mut self, bias: Option<&'a [f32]>) -> Self {
        self.bias = bias;
        self
    }
}

/// A `Linear` as worker threads see it.
struct Shared<'a> {
    parts: Vec<(&'a Operand<'a>, &'a PackedWeight)>,
    bias: Option<&'a [f32]>,
    out: *mut f32,
    rows: usize,
    n: usize,
    /// Index of its first panel among all of the call's.
    first_panel: usize,
}

// SAFETY: tasks write to different panels (columns) of `out`.
unsafe impl Sync for Shared<'_> {}

thread_local! {
    /// One panel widened to f32, and one tile of columns that `out` has only in part.
    static SCRATCH: RefCell<(Vec<f32>, Vec<f32>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

/// Computes all of `jobs`; their panels are spread over the threads together.
pub fn linear(device: &Device, jobs: Vec<Linear<'_>>) {
    let mut panels = 0;
    let mut work_per_panel = 0;
    let shared: Vec<Shared<'_>> = jobs
        .into_iter()
        .map(|job| {
            let (x, weight) = job.parts[0];
            let (rows, n) = (x.rows, weight.n);
            assert_eq!(
                job.out.len(),
                rows * n,
                "the output is rows × outputs numbers"
            );
            for (x, part) in &job.parts {
                assert!(
                    x.rows == rows
                        && part.n == n
                        && x.width == part.k
                        && part.width == weight.width,
                    "terms of one sum have one shape"
                );
                work_per_panel = work_per_panel.max(part.k * part.width * (rows + 8));
            }
            if let Some(bias) = job.bias {
                assert_eq!(bias.len(), n, "a bias has one number an output");
            }
            let first_panel = panels;
            panels += weight.panels();
            Shared {
                parts: job.parts,
                bias: job.bias,
                out: job.out.as_mut_ptr(),
                rows,
                n,
                first_panel,
            }
        })
        .collect();
    // A task of less than about 200,000 multiplications is not worth its hand-over.
    let panels_per_task =
        (200_000 / work_per_panel.max(1)).clamp(1, panels.div_ceil(2 * device.threads()).max(1));
    let tasks = panels.div_ceil(panels_per_task);
    // Few panels (an adapter's A has one) but many rows: the rows are shared out too.
    let rows = shared.iter().map(|job| job.rows).max().unwrap_or(0);
    let row_blocks = (2 * device.threads())
        .div_ceil(tasks.max(1))
        .clamp(1, (rows / MIN_ROWS_PER_TASK).max(1));
    device.run(tasks * row_blocks, &|index| {
        let (task, block) = (index / row_blocks, index % row_blocks);
        let range = task * panels_per_task..((task + 1) * panels_per_task).min(panels);
        SCRATCH.with_borrow_mut(|scratch| {
            for panel in range {
                let job = shared
                    .iter()
                    .rfind(|job| job.first_panel <= panel)
                    .expect("panel 0 belongs to the first job");
                let rows = job.rows * block / row_blocks..job.rows * (block + 1) / row_blocks;
                multiply_panel(device.isa(), job, panel - job.first_panel, rows, scratch);
            }
        });
    });
}

fn multiply_panel(
    isa: Isa,
    job: &Shared<'_>,
    panel: usize,
    rows: Range<usize>,
    scratch: &mut (Vec<f32>, Vec<f32>),
) {
    if rows.is_empty() {
        return;
    }
    let width = job.parts[0].1.width;
    let first_column = panel * width;
    let columns = width.min(job.n - first_column);
    let (unpacked, edge) = scratch;
    // A panel that reaches beyond the last column is computed beside and copied.
    let narrow = columns < width;
    // SAFETY: within `out`.
    let out = unsafe { job.out.add(rows.start * job.n + first_column) };
    let (c, c_row) = if narrow {
        edge.resize(rows.len() * width, 0.0);
        (edge.as_mut_ptr(), width)
    } else {
        (out, job.n)
    };
    let mut bias_row = [0.0; 64];
    let mut start = Start::Zero;
    if let Some(bias) = job.bias {
        bias_row[..columns].copy_from_slice(&bias[first_column..first_column + columns]);
        start = Start::Row(bias_row.as_ptr());
    }
    for (x, weight) in &job.parts {
        start = multiply_part(
            isa,
            (x, weight),
            panel,
            rows.clone(),
            (c, c_row),
            start,
            unpacked,
        );
    }
    if narrow {
        for row in 0..rows.len() {
            for column in 0..columns {
                // SAFETY: within `out`; no other task writes these rows and columns.
                unsafe { *out.add(row * job.n + column) = edge[row * width + column] };
            }
        }
    }
}

fn multiply_part(
    isa: Isa,
    (x, weight): (&Operand<'_>, &PackedWeight),
    panel: usize,
    rows: Range<usize>,
    (c, c_row): (*mut f32, usize),
    mut start: Start,
    unpacked: &mut Vec<f32>,
) -> Start {
    let (k, width) = (weight.k, weight.width);
    for first in (0..k).step_by(K_BLOCK) {
        let block = K_BLOCK.min(k - first);
        let b = match &weight.numbers {
            Numbers::F32(numbers) => {
                numbers[(panel * k + first) * width..][..block * width].as_ptr()
            }
            Numbers::Bf16(numbers) => {
                unpacked.resize(K_BLOCK * width, 0.0);
                let source = &numbers[(panel * k + first) * width..][..block * width];
                isa.run(Widen {
                    source,
                    out: &mut unpacked[..block * width],
                });
                unpacked.as_ptr()
            }
            Numbers::Bf16Pairs(numbers) => {
                let pairs = block.div_ceil(2);
                let source = &numbers[(panel * k.div_ceil(2) + first / 2) * width * 2..]
                    [..pairs * width * 2];
                let x_row = x.width.next_multiple_of(2);
                #[cfg(target_arch = "x86_64")]
                // SAFETY: pairs are only packed where the processor has AVX-512 BF16; `x` has
                // these rows of `x_row` numbers, and `c` a tile of as many rows × `width`.
                unsafe {
                    let x = x.bf16[rows.start * x_row + first..].as_ptr();
                    let panel = source.as_ptr();
                    super::tile::bf16::PairProduct {
                        x,
                        x_row,
                        panel,
                        pairs,
                        width,
                        c,
                        c_row,
                        rows: rows.len(),
                        start,
                    }
                    .multiply();
                }
                #[cfg(not(target_arch = "x86_64"))]
                let _ = (source, x_row);
                start = Start::Existing;
                continue;
            }
        };
        let a = x.f32[rows.start * x.width + first..].as_ptr();
        isa.run(Product {
            a,
            a_row: x.width,
            a_k: 1,
            b,
            b_row: width,
            c,
            c_row,
            m: rows.len(),
            n: width,
            k: block,
            start,
        });
        start = Start::Existing;
    }
    start
}

struct Widen<'a> {
    source: &'a [u16],
    out: &'a mut [f32],
}

impl Kernel for Widen<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        for (bits, number) in self
            .source
            .chunks_exact(L::WIDTH)
            .zip(self.out.chunks_exact_mut(L::WIDTH))
        {
            // SAFETY: both chunks hold WIDTH numbers; panels are multiples of it.
            unsafe { L::load_bf16(bits.as_ptr()).store(number.as_mut_ptr()) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count)
            .map(|i| (((i + seed) * 2_654_435_761) % 1000) as f32 / 500.0 - 1.0)
            .collect()
    }

    #[test]
    fn sums_of_products_agree_with_the_definition_on_every_instruction_set() {
        for isa in Isa::available() {
            let device = Device::with_isa(isa, 2);
            for (rows, k, r, n) in [
                (1, 5, 2, 7),
                (6, 64, 4, 16),
                (9, 33, 3, 70),
                (3, 1600, 2, 40),
            ] {
                for storage in [Storage::F32, Storage::Bf16] {
                    let tolerance = if storage == Storage::F32 {
                        1e-4
                    } else {
                        0.02 * (k as f32).sqrt()
                    };
                    let (x, w) = (numbers(rows * k, 1), numbers(n * k, 2));
                    let (low, b) = (numbers(rows * r, 3), numbers(n * r, 4));
                    let bias = numbers(n, 5);
                    let weight = PackedWeight::from_output_rows(&device, storage, &w, n, k);
                    let second = PackedWeight::from_output_rows(&device, storage, &b, n, r);
                    let (x_operand, low_operand) = (
                        Operand::new(&device, &x, rows, k),
                        Operand::new(&device, &low, rows, r),
                    );
                    let mut out = vec![0.0; rows * n];
                    let job = Linear::new(&x_operand, &weight, &mut out)
                        .plus(&low_operand, &second)
                        .with_bias(Some(&bias));
                    linear(&device, vec![job]);
                    for row in 0..rows {
                        for column in 0..n {
                            let expected = bias[column]
                                + (0..k)
                                    .map(|p| x[row * k + p] * w[column * k + p])
                                    .sum::<f32>()
                                + (0..r)
                                    .map(|p| low[row * r + p] * b[column * r + p])
                                    .sum::<f32>();
                            let actual = out[row * n + column];
                            assert!(
                                (actual - expected).abs() < tolerance,
                                "{} {storage:?}: {actual} {expected}",
                                isa.name()
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_transpose_holds_the_same_numbers() {
        for isa in Isa::available() {
            let device = Device::with_isa(isa, 2);
            let weight = PackedWeight::from_output_rows(
                &device,
                Storage::Bf16,
                &numbers(70 * 33, 1),
                70,
                33,
            );
            let transposed = weight.transposed(&device);
            for p in 0..33 {
                for column in 0..70 {
                    assert_eq!(weight.get(p, column), transposed.get(column, p));
                }
            }
        }
    }
}
