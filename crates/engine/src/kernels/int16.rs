//! Products of 16-bit integers, for processors without products of bf16.
//!
//! `vpmaddwd` multiplies sixteen pairs of 16-bit integers where a fused f32 instruction multiplies
//! eight: on such processors this is about 1.6 times as fast, and weights need no widening. Both
//! factors are rounded in groups of up to [`GROUP`] numbers along the summed axis, each group with
//! one f32 scale of its own; within a group the sum is exact, between groups it is f32. Rounded to
//! 1/2047 (weights) and 1/5461 (inputs) of a group's largest magnitude, numbers keep more than the
//! eight bits of bf16 wherever they are not far below the largest of their group.
//!
//! Weights may also be kept in eight bits, rounded to 1/127, and are widened on their way into the
//! product: as many operations, but half the memory to read, which is what a pass over few tokens
//! waits for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::device::{Device, SendPointer};
use super::lanes::Isa;
use super::tile::{Start, TILE_ROWS};

/// Numbers that share a scale.
pub const GROUP: usize = 192;
/// Columns of a panel.
pub const WIDTH: usize = 16;
/// Largest magnitude of an input. `GROUP * i16::LARGEST * INPUT_MAX < 2^31`, so no sum of a
/// group overflows.
const INPUT_MAX: f32 = 5461.0;
/// A group whose largest magnitude is smaller counts as zero: the inverse of its scale would
/// not be finite.
const SMALLEST: f32 = 1e-30;

/// What a rounded weight is kept in.
pub trait Rounded: Copy + Default + Send + Sync + Into<i32> + Into<f32> + 'static {
    /// Largest magnitude of a weight.
    const LARGEST: f32;
    /// `value` is whole and at most [`Self::LARGEST`].
    fn from_whole(value: f32) -> Self;
    /// Sixteen numbers as 16-bit integers.
    ///
    /// # Safety
    /// They exist; the processor has AVX2.
    #[cfg(target_arch = "x86_64")]
    unsafe fn load(numbers: *const Self) -> std::arch::x86_64::__m256i;
}

impl Rounded for i16 {
    const LARGEST: f32 = 2047.0;

    fn from_whole(value: f32) -> Self {
        value as i16
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn load(numbers: *const Self) -> std::arch::x86_64::__m256i {
        // SAFETY: the caller's promise.
        unsafe { std::arch::x86_64::_mm256_loadu_si256(numbers.cast()) }
    }
}

impl Rounded for i8 {
    const LARGEST: f32 = 127.0;

    fn from_whole(value: f32) -> Self {
        value as i8
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn load(numbers: *const Self) -> std::arch::x86_64::__m256i {
        use std::arch::x86_64::{_mm_loadu_si128, _mm256_cvtepi8_epi16};
        // SAFETY: the caller's promise.
        unsafe { _mm256_cvtepi8_epi16(_mm_loadu_si128(numbers.cast())) }
    }
}

/// Groups of `k` numbers.
pub fn groups(k: usize) -> usize {
    k.div_ceil(GROUP)
}

/// `k` numbers are kept as pairs.
pub fn padded(k: usize) -> usize {
    k.next_multiple_of(2)
}

/// A group's scale and its inverse. Numbers that are not finite make the scale NaN, so that
/// whatever is computed from them is NaN too.
fn scale(largest: f32, limit: f32) -> (f32, f32) {
    if !largest.is_finite() {
        (f32::NAN, 0.0)
    } else if largest < SMALLEST {
        (0.0, 0.0)
    } else {
        (largest / limit, limit / largest)
    }
}

/// The largest magnitude; NaN if there is one.
fn largest(values: impl Iterator<Item = f32>) -> f32 {
    // As bits, NaN lies above infinity and that above all numbers.
    f32::from_bits(values.map(|value| value.abs().to_bits()).max().unwrap_or(0))
}

/// A matrix `[k, n]` in panels of [`WIDTH`] columns.
pub struct PackedPairs<T> {
    k: usize,
    /// `[panel, padded k / 2, WIDTH, 2]`
    numbers: Vec<T>,
    /// `[panel, group, WIDTH]`
    scales: Vec<f32>,
}

impl<T: Rounded> PackedPairs<T> {
    /// `at(p, column)` gives the elements; columns beyond the last are zero.
    pub fn pack(
        device: &Device,
        (k, n): (usize, usize),
        at: impl Fn(usize, usize) -> f32 + Sync,
    ) -> Self {
        let panels = n.div_ceil(WIDTH);
        let mut numbers = vec![T::default(); panels * padded(k) * WIDTH];
        let mut scales = vec![0.0; panels * groups(k) * WIDTH];
        let scales_of = SendPointer(scales.as_mut_ptr());
        device.for_each_chunk(&mut numbers, padded(k) * WIDTH, |panel, numbers| {
            // SAFETY: each panel's scales are written by its own task and lie within `scales`.
            let scales = unsafe {
                std::slice::from_raw_parts_mut(
                    scales_of.get().add(panel * groups(k) * WIDTH),
                    groups(k) * WIDTH,
                )
            };
            for offset in 0..WIDTH.min(n - panel * WIDTH) {
                let column = panel * WIDTH + offset;
                for group in 0..groups(k) {
                    let range = group * GROUP..((group + 1) * GROUP).min(k);
                    let most = largest(range.clone().map(|p| at(p, column)));
                    let (scale, inverse) = scale(most, T::LARGEST);
                    scales[group * WIDTH + offset] = scale;
                    for p in range {
                        let number = (at(p, column) * inverse).round_ties_even();
                        numbers[(p / 2 * WIDTH + offset) * 2 + p % 2] = T::from_whole(number);
                    }
                }
            }
        });
        Self { k, numbers, scales }
    }

    pub fn get(&self, p: usize, column: usize) -> f32 {
        let (panel, offset) = (column / WIDTH, column % WIDTH);
        let number =
            self.numbers[panel * padded(self.k) * WIDTH + (p / 2 * WIDTH + offset) * 2 + p % 2];
        let scale = self.scales[(panel * groups(self.k) + p / GROUP) * WIDTH + offset];
        let number: f32 = number.into();
        number * scale
    }
}

/// Memory that operands have given back. Fresh memory would cost a page fault for every 4 KiB,
/// in every product.
#[derive(Clone, Default)]
pub struct Recycled(Arc<Mutex<Vec<Vec<i16>>>>);

impl Recycled {
    /// `len` numbers, whatever they are.
    fn take(&self, len: usize) -> Vec<i16> {
        let mut numbers = self.lock().pop().unwrap_or_default();
        numbers.resize(len, 0);
        numbers
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Vec<i16>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Rows of inputs, rounded.
pub struct RoundedRows {
    k: usize,
    recycled: Recycled,
    /// `[rows, padded k]`
    numbers: Vec<i16>,
    /// `[rows, groups]`
    scales: Vec<f32>,
}

impl RoundedRows {
    /// `values`: `[rows, k]`.
    pub fn new(device: &Device, values: &[f32], k: usize) -> Self {
        const ROWS_PER_TASK: usize = 16;
        let rows = values.len() / k.max(1);
        let (padded, groups) = (padded(k), groups(k));
        let mut numbers = device.rounded().take(rows * padded);
        let mut scales = vec![0.0; rows * groups];
        let scales_of = SendPointer(scales.as_mut_ptr());
        device.for_each_chunk(&mut numbers, ROWS_PER_TASK * padded, |task, numbers| {
            for (index, numbers) in numbers.chunks_exact_mut(padded).enumerate() {
                let row = task * ROWS_PER_TASK + index;
                let values = &values[row * k..(row + 1) * k];
                numbers[k..].fill(0);
                for group in 0..groups {
                    let range = group * GROUP..((group + 1) * GROUP).min(k);
                    let scale = round(device.isa(), &values[range.clone()], &mut numbers[range]);
                    // SAFETY: each row's scales are written by its own task.
                    unsafe { *scales_of.get().add(row * groups + group) = scale };
                }
            }
        });
        Self {
            k,
            recycled: device.rounded().clone(),
            numbers,
            scales,
        }
    }
}

impl Drop for RoundedRows {
    fn drop(&mut self) {
        let numbers = std::mem::take(&mut self.numbers);
        self.recycled.lock().push(numbers);
    }
}

/// Rounds one group and gives its scale.
fn round(isa: Isa, values: &[f32], numbers: &mut [i16]) -> f32 {
    #[cfg(target_arch = "x86_64")]
    if isa >= Isa::Avx2 && values.len().is_multiple_of(16) {
        // SAFETY: `Isa` values say what the processor has; both slices hold as many numbers.
        return unsafe { x86::round(values, numbers) };
    }
    let _ = isa;
    let (scale, inverse) = scale(largest(values.iter().copied()), INPUT_MAX);
    for (number, value) in numbers.iter_mut().zip(values) {
        *number = (value * inverse).round_ties_even() as i16;
    }
    scale
}

/// `c = start + x · panel` over some rows, one panel and some of the groups.
///
/// `c`: f32, rows `c_row` apart, [`WIDTH`] columns.
pub struct PairProduct<'a, T> {
    pub x: &'a RoundedRows,
    pub first_row: usize,
    pub rows: usize,
    pub weight: &'a PackedPairs<T>,
    pub panel: usize,
    pub first_group: usize,
    pub groups: usize,
    pub c: *mut f32,
    pub c_row: usize,
    pub start: Start,
}

impl<T: Rounded> PairProduct<'_, T> {
    /// # Safety
    /// `c` has those rows and columns without other readers or writers; a bias row in `start` has
    /// [`WIDTH`] numbers; the processor has what `isa` says.
    pub unsafe fn multiply(&self, isa: Isa) {
        let k = self.x.k;
        assert!(
            k == self.weight.k
                && (self.first_row + self.rows) * padded(k) <= self.x.numbers.len()
                && (self.panel + 1) * padded(k) * WIDTH <= self.weight.numbers.len()
                && self.first_group + self.groups <= groups(k),
            "rows, panel and groups of a product exist"
        );
        let mut row = 0;
        while row < self.rows {
            let height = TILE_ROWS.min(self.rows - row);
            // SAFETY: the caller's promise and the check above; row + height <= rows.
            unsafe {
                match (isa, height) {
                    #[cfg(target_arch = "x86_64")]
                    (Isa::Portable, _) => self.portable_tile(row, height),
                    #[cfg(target_arch = "x86_64")]
                    (_, 1) => x86::tile::<1, T>(self, row),
                    #[cfg(target_arch = "x86_64")]
                    (_, 2) => x86::tile::<2, T>(self, row),
                    #[cfg(target_arch = "x86_64")]
                    (_, 3) => x86::tile::<3, T>(self, row),
                    #[cfg(target_arch = "x86_64")]
                    (_, 4) => x86::tile::<4, T>(self, row),
                    #[cfg(target_arch = "x86_64")]
                    (_, 5) => x86::tile::<5, T>(self, row),
                    #[cfg(target_arch = "x86_64")]
                    (_, _) => x86::tile::<TILE_ROWS, T>(self, row),
                    #[cfg(not(target_arch = "x86_64"))]
                    _ => self.portable_tile(row, height),
                }
            }
            row += height;
        }
    }

    /// The pairs of group `index` of this product.
    fn pairs(&self, index: usize) -> std::ops::Range<usize> {
        let first = (self.first_group + index) * GROUP;
        first / 2..padded(self.x.k).min(first + GROUP) / 2
    }

    unsafe fn portable_tile(&self, first: usize, height: usize) {
        let (stride, groups_of_x) = (padded(self.x.k), groups(self.x.k));
        let panel = &self.weight.numbers[self.panel * stride * WIDTH..][..stride * WIDTH];
        let panel_scales = &self.weight.scales[self.panel * groups_of_x * WIDTH..];
        for row in first..first + height {
            let x = &self.x.numbers[(self.first_row + row) * stride..][..stride];
            // SAFETY: the caller's promise.
            let out = unsafe { self.c.add(row * self.c_row) };
            for column in 0..WIDTH {
                let mut sum = match self.start {
                    Start::Zero => 0.0,
                    // SAFETY: the caller's promise.
                    Start::Existing => unsafe { *out.add(column) },
                    // SAFETY: the caller's promise.
                    Start::Row(bias) => unsafe { *bias.add(column) },
                };
                for index in 0..self.groups {
                    let group = self.first_group + index;
                    let whole: i32 = self
                        .pairs(index)
                        .flat_map(|pair| [(pair, 0), (pair, 1)])
                        .map(|(pair, half)| {
                            let number: i32 = panel[(pair * WIDTH + column) * 2 + half].into();
                            i32::from(x[2 * pair + half]) * number
                        })
                        .sum();
                    let x_scale = self.x.scales[(self.first_row + row) * groups_of_x + group];
                    sum += x_scale * panel_scales[group * WIDTH + column] * whole as f32;
                }
                // SAFETY: the caller's promise.
                unsafe { *out.add(column) = sum };
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{INPUT_MAX, PairProduct, Rounded, Start, WIDTH, groups, padded, scale};

    /// See [`super::round`]; the length is a multiple of 16.
    #[target_feature(enable = "avx2,fma")]
    pub unsafe fn round(values: &[f32], numbers: &mut [i16]) -> f32 {
        // SAFETY: the pointers stay within the slices.
        unsafe {
            let magnitude = _mm256_set1_epi32(0x7fff_ffff);
            let mut most = _mm256_setzero_si256();
            for eight in values.chunks_exact(8) {
                let bits = _mm256_loadu_si256(eight.as_ptr().cast());
                most = _mm256_max_epi32(most, _mm256_and_si256(bits, magnitude));
            }
            let mut lanes = [0u32; 8];
            _mm256_storeu_si256(lanes.as_mut_ptr().cast(), most);
            let largest = f32::from_bits(lanes.into_iter().max().unwrap_or(0));
            let (scale, inverse) = scale(largest, INPUT_MAX);
            let inverse = _mm256_set1_ps(inverse);
            for (sixteen, out) in values.chunks_exact(16).zip(numbers.chunks_exact_mut(16)) {
                let low = _mm256_mul_ps(_mm256_loadu_ps(sixteen.as_ptr()), inverse);
                let high = _mm256_mul_ps(_mm256_loadu_ps(sixteen.as_ptr().add(8)), inverse);
                // Packing works on halves of the registers; the permutation puts them in order.
                let packed = _mm256_packs_epi32(_mm256_cvtps_epi32(low), _mm256_cvtps_epi32(high));
                let ordered = _mm256_permute4x64_epi64::<0b11_01_10_00>(packed);
                _mm256_storeu_si256(out.as_mut_ptr().cast(), ordered);
            }
            scale
        }
    }

    /// `M` rows of the product from `row` on. The integer sums of one group stay in registers,
    /// the f32 sums of all groups in the first-level cache.
    #[target_feature(enable = "avx2,fma")]
    pub unsafe fn tile<const M: usize, T: Rounded>(product: &PairProduct<'_, T>, row: usize) {
        let k = product.x.k;
        let (stride, groups_of_x) = (padded(k), groups(k));
        let first_row = product.first_row + row;
        // SAFETY: `PairProduct::multiply` has checked that all of this exists.
        unsafe {
            let x = product.x.numbers.as_ptr().add(first_row * stride);
            let x_scales = product.x.scales.as_ptr().add(first_row * groups_of_x);
            let weight = product.weight;
            let panel = weight.numbers.as_ptr().add(product.panel * stride * WIDTH);
            let panel_scales = weight
                .scales
                .as_ptr()
                .add(product.panel * groups_of_x * WIDTH);
            let c = product.c.add(row * product.c_row);
            // The result's rows lie far apart: fetched now, they are there when they are written.
            for m in 0..M {
                _mm_prefetch::<_MM_HINT_T0>(c.add(m * product.c_row).cast());
            }
            let mut sums = [[_mm256_setzero_ps(); 2]; M];
            match product.start {
                Start::Zero => {}
                Start::Existing => {
                    for m in 0..M {
                        for v in 0..2 {
                            sums[m][v] = _mm256_loadu_ps(c.add(m * product.c_row + 8 * v));
                        }
                    }
                }
                Start::Row(bias) => {
                    for v in 0..2 {
                        let bias = _mm256_loadu_ps(bias.add(8 * v));
                        for m in 0..M {
                            sums[m][v] = bias;
                        }
                    }
                }
            }
            for index in 0..product.groups {
                let mut whole = [[_mm256_setzero_si256(); 2]; M];
                for pair in product.pairs(index) {
                    let weights = panel.add(pair * WIDTH * 2);
                    let low = T::load(weights);
                    let high = T::load(weights.add(WIDTH));
                    for m in 0..M {
                        let both = x.add(m * stride + 2 * pair).cast::<i32>().read_unaligned();
                        let both = _mm256_set1_epi32(both);
                        whole[m][0] = _mm256_add_epi32(whole[m][0], _mm256_madd_epi16(both, low));
                        whole[m][1] = _mm256_add_epi32(whole[m][1], _mm256_madd_epi16(both, high));
                    }
                }
                let group = product.first_group + index;
                let scales = panel_scales.add(group * WIDTH);
                let scales = [_mm256_loadu_ps(scales), _mm256_loadu_ps(scales.add(8))];
                for m in 0..M {
                    let x_scale = _mm256_set1_ps(*x_scales.add(m * groups_of_x + group));
                    for v in 0..2 {
                        sums[m][v] = _mm256_fmadd_ps(
                            _mm256_mul_ps(x_scale, scales[v]),
                            _mm256_cvtepi32_ps(whole[m][v]),
                            sums[m][v],
                        );
                    }
                }
            }
            for m in 0..M {
                for v in 0..2 {
                    _mm256_storeu_ps(c.add(m * product.c_row + 8 * v), sums[m][v]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_numbers::numbers;
    use super::*;

    fn product<T: Rounded>(isa: Isa, x: &[f32], k: usize, w: &[f32], start: f32) -> Vec<f32> {
        let n = WIDTH;
        let device = Device::with_isa(isa, 2);
        let rows = x.len() / k;
        let weight = PackedPairs::<T>::pack(&device, (k, n), |p, column| w[column * k + p]);
        let x = RoundedRows::new(&device, x, k);
        let mut c = vec![start; rows * WIDTH];
        for first_group in 0..groups(k) {
            let product = PairProduct {
                x: &x,
                first_row: 0,
                rows,
                weight: &weight,
                panel: 0,
                first_group,
                groups: 1,
                c: c.as_mut_ptr(),
                c_row: WIDTH,
                start: Start::Existing,
            };
            // SAFETY: `c` has those rows.
            unsafe { product.multiply(isa) };
        }
        c
    }

    fn isas() -> impl Iterator<Item = Isa> {
        Isa::available().into_iter().filter(|isa| *isa <= Isa::Avx2)
    }

    #[test]
    fn products_are_as_close_as_the_rounding_allows() {
        for isa in isas() {
            for (rows, k) in [(1, 1), (2, 5), (7, 192), (13, 200), (6, 577)] {
                let (x, w) = (numbers(rows * k, 1), numbers(WIDTH * k, 2));
                let c = product::<i16>(isa, &x, k, &w, 0.5);
                for row in 0..rows {
                    for column in 0..WIDTH {
                        let expected: f64 = (0..k)
                            .map(|p| f64::from(x[row * k + p]) * f64::from(w[column * k + p]))
                            .sum();
                        // Every term is off by at most half a step of each factor.
                        let bound = k as f64 * (0.5 / 2047.0 + 0.5 / 5461.0);
                        let off = (f64::from(c[row * WIDTH + column]) - 0.5 - expected).abs();
                        assert!(off <= bound.min(2e-3 * (k as f64).sqrt() + 1e-3), "{off}");
                    }
                }
            }
        }
    }

    #[test]
    fn eight_bits_are_as_close_as_their_rounding_allows() {
        for isa in isas() {
            let k = 577;
            let (x, w) = (numbers(7 * k, 1), numbers(WIDTH * k, 2));
            let sixteen = product::<i16>(isa, &x, k, &w, 0.0);
            let eight = product::<i8>(isa, &x, k, &w, 0.0);
            let bound = 4.0 * 0.5 / 127.0 * (k as f32 / 3.0).sqrt();
            for (sixteen, eight) in sixteen.iter().zip(&eight) {
                assert!((sixteen - eight).abs() < bound, "{sixteen} {eight}");
            }
            assert_ne!(sixteen, eight);
        }
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        for isa in isas() {
            let (x, w) = (vec![3e8; GROUP], vec![-2e-9; GROUP * WIDTH]);
            let c = product::<i16>(isa, &x, GROUP, &w, 0.0);
            let expected = -0.6 * GROUP as f32;
            assert!(c.iter().all(|sum| (sum - expected).abs() < 1e-3), "{c:?}");
        }
    }

    #[test]
    fn what_is_not_finite_stays_visible() {
        for isa in isas() {
            for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let mut x = numbers(2 * 200, 3);
                x[17] = bad;
                let c = product::<i16>(isa, &x, 200, &numbers(200 * WIDTH, 4), 0.0);
                assert!(c[..WIDTH].iter().all(|sum| sum.is_nan()), "{bad}");
                assert!(c[WIDTH..].iter().all(|sum| sum.is_finite()));
            }
        }
    }

    #[test]
    fn zeros_and_tiny_groups_give_zero() {
        for isa in isas() {
            let c = product::<i16>(isa, &[1e-38; 64], 64, &numbers(64 * WIDTH, 5), 0.0);
            assert!(c.iter().all(|sum| *sum == 0.0));
        }
    }

    #[test]
    fn instruction_sets_round_alike() {
        let values = numbers(5 * 592, 6);
        let rounded: Vec<RoundedRows> = isas()
            .map(|isa| RoundedRows::new(&Device::with_isa(isa, 1), &values, 592))
            .collect();
        for other in &rounded[1..] {
            assert_eq!(other.numbers, rounded[0].numbers);
            assert_eq!(other.scales, rounded[0].scales);
        }
    }
}
