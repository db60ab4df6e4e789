//! Products with weights that are packed once: `y = x₁·W₁ + x₂·W₂ + … + bias`.
//!
//! A frozen weight and its low-rank adapter are two terms of one such sum, so the adapter is
//! never rounded into the weight.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::OnceLock;

use super::device::Device;
use super::int16::{self, PackedPairs, Rounded, RoundedRows};
use super::lanes::{Kernel, Lanes, bf16_from_f32};
use super::packed::{Numbers, PackedWeight};
use super::tile::{Product, Start};

/// Rows of a panel that are multiplied before the next: 1,536 × 16 f32 stay in the second-level cache.
const K_BLOCK: usize = 1536;
/// The same for 16-bit integers, whose 576 × 16 stay in the first-level cache.
const GROUPS_PER_BLOCK: usize = 3;
/// A block of rows (counted as f32, though most weights want two-byte copies of them) that leaves
/// room for panels in a second-level cache of 512 KiB.
const BLOCK_BYTES: usize = 512 * 1024;
const TASKS_PER_THREAD: usize = 8;
/// Rows below which a product is not cut further.
const MIN_ROWS_PER_TASK: usize = 48;

/// Rows that are multiplied with weights: f32, and the forms that packed weights want beside it,
/// made when such a weight first meets them.
pub struct Operand<'a> {
    rows: usize,
    width: usize,
    f32: &'a [f32],
    /// Rows padded to an even width.
    bf16: OnceLock<Vec<u16>>,
    int16: OnceLock<RoundedRows>,
}

impl<'a> Operand<'a> {
    /// `values`: `[rows, width]`.
    pub fn new(values: &'a [f32], rows: usize, width: usize) -> Self {
        assert_eq!(
            values.len(),
            rows * width,
            "an operand is rows × width numbers"
        );
        Self {
            rows,
            width,
            f32: values,
            bf16: OnceLock::new(),
            int16: OnceLock::new(),
        }
    }

    pub fn values(&self) -> &'a [f32] {
        self.f32
    }

    /// Makes the form that `weight` wants.
    fn prepare(&self, device: &Device, weight: &PackedWeight) {
        match weight.numbers {
            Numbers::F32(_) | Numbers::Bf16(_) => {}
            Numbers::Bf16Pairs(_) => {
                self.bf16(device);
            }
            Numbers::Int16(_) | Numbers::Int8(_) => {
                self.int16(device);
            }
        }
    }

    fn bf16(&self, device: &Device) -> &[u16] {
        self.bf16.get_or_init(|| {
            const ROWS_PER_TASK: usize = 16;
            let padded = self.width.next_multiple_of(2);
            let mut bf16 = vec![0; self.rows * padded];
            device.for_each_chunk(&mut bf16, ROWS_PER_TASK * padded, |task, out| {
                for (index, row) in out.chunks_exact_mut(padded).enumerate() {
                    let first = (task * ROWS_PER_TASK + index) * self.width;
                    device.isa().run(ToBf16 {
                        source: &self.f32[first..first + self.width],
                        out: &mut row[..self.width],
                    });
                }
            });
            bf16
        })
    }

    fn int16(&self, device: &Device) -> &RoundedRows {
        self.int16
            .get_or_init(|| RoundedRows::new(device, self.f32, self.width))
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
    /// Outputs that are wanted; what `out` holds of the others is undefined. `None`: all.
    pub only: Option<&'a [u32]>,
}

impl<'a> Linear<'a> {
    pub fn new(x: &'a Operand<'a>, weight: &'a PackedWeight, out: &'a mut [f32]) -> Self {
        Self {
            parts: vec![(x, weight)],
            bias: None,
            out,
            only: None,
        }
    }

    /// The panels to compute, of `all`.
    fn wanted_panels(&self, width: usize, all: usize) -> Vec<usize> {
        let Some(only) = self.only else {
            return (0..all).collect();
        };
        let mut panels: Vec<usize> = only.iter().map(|&output| output as usize / width).collect();
        panels.sort_unstable();
        panels.dedup();
        panels
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
    panels: Vec<usize>,
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
    let mut widest = 0;
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
                x.prepare(device, part);
                widest = widest.max(part.k);
            }
            if let Some(bias) = job.bias {
                assert_eq!(bias.len(), n, "a bias has one number an output");
            }
            let first_panel = panels;
            let own_panels = job.wanted_panels(weight.width, weight.panels());
            panels += own_panels.len();
            Shared {
                parts: job.parts,
                bias: job.bias,
                out: job.out.as_mut_ptr(),
                rows,
                n,
                panels: own_panels,
                first_panel,
            }
        })
        .collect();
    // Neighbouring panels go to one thread: they share cache lines of the result, and what lies
    // beside them in memory is fetched ahead. Enough tasks remain to even out the threads.
    let panels_per_task = panels.div_ceil(TASKS_PER_THREAD * device.threads()).max(1);
    let tasks = panels.div_ceil(panels_per_task);
    // Few panels (an adapter's A has one) but many rows: the rows are shared out too. And a block
    // of rows stays in the second-level cache while panel after panel is multiplied with it.
    let rows = shared.iter().map(|job| job.rows).max().unwrap_or(0);
    let row_blocks = (2 * device.threads())
        .div_ceil(tasks.max(1))
        .max((rows * widest * size_of::<f32>()).div_ceil(BLOCK_BYTES))
        .clamp(1, (rows / MIN_ROWS_PER_TASK).max(1));
    device.run(tasks * row_blocks, &|index| {
        let (block, task) = (index / tasks, index % tasks);
        let range = task * panels_per_task..((task + 1) * panels_per_task).min(panels);
        SCRATCH.with_borrow_mut(|scratch| {
            for panel in range {
                let job = shared
                    .iter()
                    .rfind(|job| job.first_panel <= panel)
                    .expect("panel 0 belongs to the first job");
                let rows = job.rows * block / row_blocks..job.rows * (block + 1) / row_blocks;
                let own = job.panels[panel - job.first_panel];
                multiply_panel(device, job, own, rows, scratch);
            }
        });
    });
}

fn multiply_panel(
    device: &Device,
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
            device,
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

/// Adds one term of the sum to a tile `c` of `rows` × a panel's width. Gives what the next term
/// starts from.
fn multiply_part(
    device: &Device,
    (x, weight): (&Operand<'_>, &PackedWeight),
    panel: usize,
    rows: Range<usize>,
    (c, c_row): (*mut f32, usize),
    mut start: Start,
    unpacked: &mut Vec<f32>,
) -> Start {
    let (isa, k, width) = (device.isa(), weight.k, weight.width);
    let blocks = (0..k)
        .step_by(K_BLOCK)
        .map(|first| (first, K_BLOCK.min(k - first)));
    let plain = |first: usize, b: *const f32, block: usize, start: Start| Product {
        a: x.f32[rows.start * x.width + first..].as_ptr(),
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
    };
    match &weight.numbers {
        Numbers::F32(numbers) => {
            for (first, block) in blocks {
                let b = numbers[(panel * k + first) * width..][..block * width].as_ptr();
                isa.run(plain(first, b, block, start));
                start = Start::Existing;
            }
        }
        Numbers::Bf16(numbers) => {
            unpacked.resize(K_BLOCK * width, 0.0);
            for (first, block) in blocks {
                let source = &numbers[(panel * k + first) * width..][..block * width];
                let out = &mut unpacked[..block * width];
                isa.run(Widen { source, out });
                isa.run(plain(first, unpacked.as_ptr(), block, start));
                start = Start::Existing;
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        Numbers::Bf16Pairs(_) => unreachable!("pairs are packed for AVX-512 BF16 alone"),
        #[cfg(target_arch = "x86_64")]
        Numbers::Bf16Pairs(numbers) => {
            let x_row = x.width.next_multiple_of(2);
            for (first, block) in blocks {
                let pairs = block.div_ceil(2);
                let first_pair = panel * k.div_ceil(2) + first / 2;
                let product = super::tile::bf16::PairProduct {
                    x: x.bf16(device)[rows.start * x_row + first..].as_ptr(),
                    x_row,
                    panel: numbers[first_pair * width * 2..][..pairs * width * 2].as_ptr(),
                    pairs,
                    width,
                    c,
                    c_row,
                    rows: rows.len(),
                    start,
                };
                // SAFETY: pairs are only packed where the processor has AVX-512 BF16; `x` has
                // these rows of `x_row` numbers, and `c` is this task's own tile.
                unsafe { product.multiply() };
                start = Start::Existing;
            }
        }
        Numbers::Int16(weight) => {
            start = multiply_rounded(device, (x, weight), panel, rows, (c, c_row), start);
        }
        Numbers::Int8(weight) => {
            start = multiply_rounded(device, (x, weight), panel, rows, (c, c_row), start);
        }
    }
    start
}

/// [`multiply_part`] for weights of whole numbers.
fn multiply_rounded<T: Rounded>(
    device: &Device,
    (x, weight): (&Operand<'_>, &PackedPairs<T>),
    panel: usize,
    rows: Range<usize>,
    (c, c_row): (*mut f32, usize),
    mut start: Start,
) -> Start {
    let groups = int16::groups(x.width);
    for first_group in (0..groups).step_by(GROUPS_PER_BLOCK) {
        let product = int16::PairProduct {
            x: x.int16(device),
            first_row: rows.start,
            rows: rows.len(),
            weight,
            panel,
            first_group,
            groups: GROUPS_PER_BLOCK.min(groups - first_group),
            c,
            c_row,
            start,
        };
        // SAFETY: `c` is this task's own tile.
        unsafe { product.multiply(device.isa()) };
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
    use super::super::lanes::Isa;
    use super::super::packed::Storage;
    use super::super::test_numbers::numbers;
    use super::*;

    fn storages(isa: Isa) -> Vec<Storage> {
        let mut storages = vec![Storage::F32, Storage::Bf16];
        if isa <= Isa::Avx2 {
            storages.extend([Storage::Int16, Storage::Int8]);
        }
        storages
    }

    #[test]
    fn wanted_outputs_are_those_of_the_whole_product() {
        for isa in Isa::available() {
            let device = Device::with_isa(isa, 2);
            let (rows, k, n) = (3, 40, 150);
            let (x, w) = (numbers(rows * k, 1), numbers(n * k, 2));
            let weight = PackedWeight::from_output_rows(&device, Storage::F32, &w, n, k);
            let operand = Operand::new(&x, rows, k);
            let mut whole = vec![0.0; rows * n];
            linear(&device, vec![Linear::new(&operand, &weight, &mut whole)]);
            for only in [&[][..], &[149, 3, 17, 149], &[64]] {
                let mut some = vec![0.0; rows * n];
                let mut job = Linear::new(&operand, &weight, &mut some);
                job.only = Some(only);
                linear(&device, vec![job]);
                for (row, &output) in (0..rows).flat_map(|row| only.iter().map(move |o| (row, o))) {
                    let at = row * n + output as usize;
                    assert_eq!(some[at], whole[at], "{}", isa.name());
                }
            }
        }
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
                for storage in storages(isa) {
                    let tolerance = match storage {
                        Storage::F32 => 1e-4,
                        _ => 0.02 * (k as f32).sqrt(),
                    };
                    let (x, w) = (numbers(rows * k, 1), numbers(n * k, 2));
                    let (low, b) = (numbers(rows * r, 3), numbers(n * r, 4));
                    let bias = numbers(n, 5);
                    let weight = PackedWeight::from_output_rows(&device, storage, &w, n, k);
                    // An adapter's part may be kept in another form than the frozen weight's.
                    let second = PackedWeight::from_output_rows(&device, Storage::F32, &b, n, r);
                    let (x_operand, low_operand) =
                        (Operand::new(&x, rows, k), Operand::new(&low, rows, r));
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
}
