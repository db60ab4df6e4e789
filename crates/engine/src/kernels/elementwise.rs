//! Row by row: norms, gated activation, rotation, dropout, and their gradients.

use super::device::{Device, SendPointer};
use super::lanes::{Kernel, Lanes};

/// Numbers one task handles, at least.
const GRAIN: usize = 16_384;

/// Calls `task(first_row, rows)` for blocks of rows of `width` numbers.
fn for_rows(device: &Device, rows: usize, width: usize, task: impl Fn(usize, usize) + Sync) {
    let block = (GRAIN / width.max(1)).clamp(1, rows.max(1));
    device.run(rows.div_ceil(block), &|index| {
        let first = index * block;
        task(first, block.min(rows - first));
    });
}

/// The part of a matrix that one task may write.
///
/// # Safety
/// Tasks ask for different rows, which lie within the matrix.
unsafe fn rows_mut<'a>(
    base: SendPointer<f32>,
    first: usize,
    rows: usize,
    width: usize,
) -> &'a mut [f32] {
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts_mut(base.get().add(first * width), rows * width) }
}

/// `y = x / sqrt(mean(x²) + epsilon) · weight`, for each row of `weight.len()` numbers.
pub fn rms_norm(device: &Device, x: &[f32], weight: &[f32], epsilon: f32, y: &mut [f32]) {
    let width = weight.len();
    assert!(
        x.len() == y.len() && x.len().is_multiple_of(width),
        "shapes of a norm"
    );
    let out = SendPointer(y.as_mut_ptr());
    for_rows(device, x.len() / width, width, |first, rows| {
        // SAFETY: tasks write different rows.
        let y = unsafe { rows_mut(out, first, rows, width) };
        device.kernel(RmsNorm {
            x: &x[first * width..][..rows * width],
            weight,
            epsilon,
            y,
        });
    });
}

/// The same norm, where it stands.
pub fn rms_norm_in_place(device: &Device, x: &mut [f32], weight: &[f32], epsilon: f32) {
    let width = weight.len();
    let out = SendPointer(x.as_mut_ptr());
    for_rows(device, x.len() / width, width, |first, rows| {
        // SAFETY: tasks write different rows.
        let y = unsafe { rows_mut(out, first, rows, width) };
        device.kernel(RmsNormInPlace { weight, epsilon, y });
    });
}

struct RmsNorm<'a> {
    x: &'a [f32],
    weight: &'a [f32],
    epsilon: f32,
    y: &'a mut [f32],
}

impl Kernel for RmsNorm<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let width = self.weight.len();
        for (x, y) in self
            .x
            .chunks_exact(width)
            .zip(self.y.chunks_exact_mut(width))
        {
            let scale = 1.0 / (dot::<L>(x, x) / width as f32 + self.epsilon).sqrt();
            for ((y, x), weight) in y.iter_mut().zip(x).zip(self.weight) {
                *y = x * scale * weight;
            }
        }
    }
}

struct RmsNormInPlace<'a> {
    weight: &'a [f32],
    epsilon: f32,
    y: &'a mut [f32],
}

impl Kernel for RmsNormInPlace<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let width = self.weight.len();
        for y in self.y.chunks_exact_mut(width) {
            let scale = 1.0 / (dot::<L>(y, y) / width as f32 + self.epsilon).sqrt();
            for (y, weight) in y.iter_mut().zip(self.weight) {
                *y = *y * scale * weight;
            }
        }
    }
}

/// Dot product of equally long slices.
#[inline(always)]
pub(super) fn dot<L: Lanes>(a: &[f32], b: &[f32]) -> f32 {
    let whole = a.len() / L::WIDTH * L::WIDTH;
    // SAFETY: loads stay below `whole`.
    let mut sum = unsafe {
        let mut sums = L::splat(0.0);
        for i in (0..whole).step_by(L::WIDTH) {
            sums = L::load(a.as_ptr().add(i)).mul_add(L::load(b.as_ptr().add(i)), sums);
        }
        sums.sum()
    };
    for i in whole..a.len() {
        sum += a[i] * b[i];
    }
    sum
}

/// Adds to `dx` the gradient of [`rms_norm`] at `x`, given `dy`.
pub fn rms_norm_backward(
    device: &Device,
    dy: &[f32],
    x: &[f32],
    weight: &[f32],
    epsilon: f32,
    dx: &mut [f32],
) {
    let width = weight.len();
    assert!(
        x.len() == dy.len() && x.len() == dx.len(),
        "shapes of a norm's gradient"
    );
    let out = SendPointer(dx.as_mut_ptr());
    for_rows(device, x.len() / width, width, |first, rows| {
        let range = first * width..(first + rows) * width;
        // SAFETY: tasks write different rows.
        let dx = unsafe { rows_mut(out, first, rows, width) };
        device.kernel(RmsNormBackward {
            dy: &dy[range.clone()],
            x: &x[range],
            weight,
            epsilon,
            dx,
            replace: false,
        });
    });
}

/// Replaces `d` (the gradient after the norm) by the gradient before it.
pub fn rms_norm_backward_in_place(
    device: &Device,
    d: &mut [f32],
    x: &[f32],
    weight: &[f32],
    epsilon: f32,
) {
    let dy = d.to_vec();
    let width = weight.len();
    let out = SendPointer(d.as_mut_ptr());
    for_rows(device, x.len() / width, width, |first, rows| {
        let range = first * width..(first + rows) * width;
        // SAFETY: tasks write different rows.
        let dx = unsafe { rows_mut(out, first, rows, width) };
        device.kernel(RmsNormBackward {
            dy: &dy[range.clone()],
            x: &x[range],
            weight,
            epsilon,
            dx,
            replace: true,
        });
    });
}

struct RmsNormBackward<'a> {
    dy: &'a [f32],
    x: &'a [f32],
    weight: &'a [f32],
    epsilon: f32,
    dx: &'a mut [f32],
    replace: bool,
}

impl Kernel for RmsNormBackward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let width = self.weight.len();
        let keep = if self.replace { 0.0 } else { 1.0 };
        for ((dy, x), dx) in self
            .dy
            .chunks_exact(width)
            .zip(self.x.chunks_exact(width))
            .zip(self.dx.chunks_exact_mut(width))
        {
            let scale = 1.0 / (dot::<L>(x, x) / width as f32 + self.epsilon).sqrt();
            let mut along = 0.0;
            for ((dy, x), weight) in dy.iter().zip(x).zip(self.weight) {
                along += dy * weight * x;
            }
            let along = along * scale * scale * scale / width as f32;
            for (((dx, dy), x), weight) in dx.iter_mut().zip(dy).zip(x).zip(self.weight) {
                *dx = keep * *dx + scale * weight * dy - x * along;
            }
        }
    }
}

/// `out = silu(gate) · up`.
pub fn silu_mul(device: &Device, gate: &[f32], up: &[f32], out: &mut [f32]) {
    assert!(
        gate.len() == up.len() && gate.len() == out.len(),
        "shapes of a gated activation"
    );
    device.for_each_chunk(out, GRAIN, |index, out| {
        let first = index * GRAIN;
        device.kernel(SiluMul {
            gate: &gate[first..][..out.len()],
            up: &up[first..][..out.len()],
            out,
        });
    });
}

struct SiluMul<'a> {
    gate: &'a [f32],
    up: &'a [f32],
    out: &'a mut [f32],
}

impl Kernel for SiluMul<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let whole = self.out.len() / L::WIDTH * L::WIDTH;
        for i in (0..whole).step_by(L::WIDTH) {
            // SAFETY: below `whole`.
            unsafe {
                let gate = L::load(self.gate.as_ptr().add(i));
                let up = L::load(self.up.as_ptr().add(i));
                gate.mul(sigmoid(gate))
                    .mul(up)
                    .store(self.out.as_mut_ptr().add(i));
            }
        }
        for i in whole..self.out.len() {
            self.out[i] = self.gate[i] / (1.0 + (-self.gate[i]).exp()) * self.up[i];
        }
    }
}

#[inline(always)]
unsafe fn sigmoid<L: Lanes>(x: L) -> L {
    // SAFETY: called where `L` may run.
    unsafe {
        let one = L::splat(1.0);
        one.div(one.add(L::splat(0.0).sub(x).exp()))
    }
}

/// Replaces `gate` and `up` by their gradients, given the gradient of [`silu_mul`]'s result.
pub fn silu_mul_backward(device: &Device, d_out: &[f32], gate: &mut [f32], up: &mut [f32]) {
    let gate_base = SendPointer(gate.as_mut_ptr());
    assert!(
        gate.len() == up.len() && gate.len() == d_out.len(),
        "shapes of a gated activation's gradient"
    );
    device.for_each_chunk(up, GRAIN, |index, up| {
        let first = index * GRAIN;
        // SAFETY: tasks write different chunks of `gate`, as they do of `up`.
        let gate = unsafe { std::slice::from_raw_parts_mut(gate_base.get().add(first), up.len()) };
        device.kernel(SiluMulBackward {
            d_out: &d_out[first..][..up.len()],
            gate,
            up,
        });
    });
}

struct SiluMulBackward<'a> {
    d_out: &'a [f32],
    gate: &'a mut [f32],
    up: &'a mut [f32],
}

impl Kernel for SiluMulBackward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let whole = self.up.len() / L::WIDTH * L::WIDTH;
        for i in (0..whole).step_by(L::WIDTH) {
            // SAFETY: below `whole`.
            unsafe {
                let d = L::load(self.d_out.as_ptr().add(i));
                let gate = L::load(self.gate.as_ptr().add(i));
                let up = L::load(self.up.as_ptr().add(i));
                let s = sigmoid(gate);
                let silu = gate.mul(s);
                // silu'(g) = s + silu · (1 - s)
                let slope = s.add(silu.mul(L::splat(1.0).sub(s)));
                d.mul(up).mul(slope).store(self.gate.as_mut_ptr().add(i));
                d.mul(silu).store(self.up.as_mut_ptr().add(i));
            }
        }
        for i in whole..self.up.len() {
            let (d, gate, up) = (self.d_out[i], self.gate[i], self.up[i]);
            let s = 1.0 / (1.0 + (-gate).exp());
            self.gate[i] = d * up * (s + gate * s * (1.0 - s));
            self.up[i] = d * gate * s;
        }
    }
}

/// Cosines and sines of each token's rotation, `[tokens, head_dim / 2]` each.
pub struct Rotation {
    pub cos: Vec<f32>,
    pub sin: Vec<f32>,
}

/// Rotates the pairs (i, i + head_dim / 2) of each head, as transformers' `rotate_half` does;
/// `backward` turns the other way, which is the gradient.
pub fn rotate(
    device: &Device,
    x: &mut [f32],
    heads: usize,
    head_dim: usize,
    rotation: &Rotation,
    backward: bool,
) {
    let width = heads * head_dim;
    let half = head_dim / 2;
    let base = SendPointer(x.as_mut_ptr());
    let sign = if backward { -1.0 } else { 1.0 };
    for_rows(device, x.len() / width, width, |first, rows| {
        // SAFETY: tasks write different rows.
        let x = unsafe { rows_mut(base, first, rows, width) };
        let angles = first * half..(first + rows) * half;
        device.kernel(Rotate {
            x,
            half,
            width,
            cos: &rotation.cos[angles.clone()],
            sin: &rotation.sin[angles],
            sign,
        });
    });
}

struct Rotate<'a> {
    x: &'a mut [f32],
    half: usize,
    width: usize,
    cos: &'a [f32],
    sin: &'a [f32],
    sign: f32,
}

impl Kernel for Rotate<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let half = self.half;
        for ((row, cos), sin) in self
            .x
            .chunks_exact_mut(self.width)
            .zip(self.cos.chunks_exact(half))
            .zip(self.sin.chunks_exact(half))
        {
            for head in row.chunks_exact_mut(2 * half) {
                let (low, high) = head.split_at_mut(half);
                for i in 0..half {
                    let (a, b, sin) = (low[i], high[i], sin[i] * self.sign);
                    low[i] = a * cos[i] - b * sin;
                    high[i] = b * cos[i] + a * sin;
                }
            }
        }
    }
}

/// `y += x`.
pub fn add(device: &Device, y: &mut [f32], x: &[f32]) {
    assert_eq!(y.len(), x.len(), "shapes of a sum");
    device.for_each_chunk(y, GRAIN, |index, y| {
        let x = &x[index * GRAIN..][..y.len()];
        y.iter_mut().zip(x).for_each(|(y, x)| *y += x);
    });
}

/// Names one dropout mask; the same key gives the same mask.
#[derive(Debug, Clone, Copy)]
pub struct MaskKey(pub u64);

/// `y = x · mask / (1 - rate)`; each number is dropped with chance `rate`.
pub fn dropout(device: &Device, x: &[f32], rate: f32, key: MaskKey, y: &mut [f32]) {
    assert_eq!(y.len(), x.len(), "shapes of a dropout");
    let threshold = (f64::from(rate) * 4_294_967_296.0) as u64;
    let scale = 1.0 / (1.0 - rate);
    device.for_each_chunk(y, GRAIN, |index, y| {
        let first = index * GRAIN;
        for (offset, (y, x)) in y.iter_mut().zip(&x[first..]).enumerate() {
            let keep = mix(key.0 ^ (first + offset) as u64) >> 32 >= threshold;
            *y = if keep { x * scale } else { 0.0 };
        }
    });
}

/// SplitMix64's output function: a good 64-bit hash of a counter.
pub fn mix(counter: u64) -> u64 {
    let z = counter.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::lanes::Isa;

    fn numbers(count: usize, seed: u64) -> Vec<f32> {
        (0..count as u64)
            .map(|i| (mix(i + seed * 7919) >> 40) as f32 / 8_388_608.0 - 1.0)
            .collect()
    }

    /// Sum of `weights · f(x)`, whose gradient the backward functions must give.
    fn slope(f: &dyn Fn(&[f32]) -> f64, x: &[f32], i: usize) -> f64 {
        let h = 1e-2;
        let (mut low, mut high) = (x.to_vec(), x.to_vec());
        low[i] -= h;
        high[i] += h;
        (f(&high) - f(&low)) / (2.0 * f64::from(h))
    }

    fn weighted(y: &[f32], weights: &[f32]) -> f64 {
        y.iter()
            .zip(weights)
            .map(|(y, w)| f64::from(*y) * f64::from(*w))
            .sum()
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        for isa in Isa::available() {
            let device = Device::with_isa(isa, 2);
            let (rows, width) = (3, 20);
            let (x, weight, dy) = (
                numbers(rows * width, 1),
                numbers(width, 2),
                numbers(rows * width, 3),
            );
            let norm = |x: &[f32]| {
                let mut y = vec![0.0; x.len()];
                rms_norm(&device, x, &weight, 1e-5, &mut y);
                weighted(&y, &dy)
            };
            let mut dx = vec![0.0; x.len()];
            rms_norm_backward(&device, &dy, &x, &weight, 1e-5, &mut dx);
            let up = numbers(rows * width, 4);
            let gated = |gate: &[f32]| {
                let mut y = vec![0.0; gate.len()];
                silu_mul(&device, gate, &up, &mut y);
                weighted(&y, &dy)
            };
            let gated_up = |up: &[f32]| {
                let mut y = vec![0.0; up.len()];
                silu_mul(&device, &x, up, &mut y);
                weighted(&y, &dy)
            };
            let (mut d_gate, mut d_up) = (x.clone(), up.clone());
            silu_mul_backward(&device, &dy, &mut d_gate, &mut d_up);
            for i in 0..x.len() {
                assert!(
                    (slope(&norm, &x, i) - f64::from(dx[i])).abs() < 2e-3,
                    "{} norm",
                    isa.name()
                );
                assert!(
                    (slope(&gated, &x, i) - f64::from(d_gate[i])).abs() < 2e-3,
                    "{} gate",
                    isa.name()
                );
                assert!(
                    (slope(&gated_up, &up, i) - f64::from(d_up[i])).abs() < 2e-3,
                    "{} up",
                    isa.name()
                );
            }
        }
    }

    #[test]
    fn turning_back_undoes_a_rotation() {
        let device = Device::with_isa(Isa::Portable, 2);
        let angles = numbers(3 * 4, 9);
        let rotation = Rotation {
            cos: angles.iter().map(|a| a.cos()).collect(),
            sin: angles.iter().map(|a| a.sin()).collect(),
        };
        let x = numbers(3 * 16, 1);
        let mut y = x.clone();
        rotate(&device, &mut y, 2, 8, &rotation, false);
        assert!(x.iter().zip(&y).any(|(x, y)| (x - y).abs() > 0.1));
        rotate(&device, &mut y, 2, 8, &rotation, true);
        assert!(x.iter().zip(&y).all(|(x, y)| (x - y).abs() < 1e-5));
    }

    #[test]
    fn dropout_drops_its_share_and_keeps_the_mean() {
        let device = Device::with_isa(Isa::Portable, 2);
        let x = vec![1.0; 100_000];
        let mut y = vec![0.0; x.len()];
        dropout(&device, &x, 0.25, MaskKey(7), &mut y);
        let dropped = y.iter().filter(|y| **y == 0.0).count() as f64 / x.len() as f64;
        assert!((dropped - 0.25).abs() < 0.01);
        assert!((y.iter().sum::<f32>() / x.len() as f32 - 1.0).abs() < 0.01);
    }
}
