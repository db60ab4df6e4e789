//! Vectors of f32 and the choice of instruction set at run time.
//!
//! A kernel is written once, generic over [`Lanes`]; [`Isa::run`] calls the copy compiled for
//! the processor at hand. Nobody needs `-C target-cpu=native`.

/// The instruction sets a kernel can be compiled for, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isa {
    Portable,
    Avx2,
    Avx512,
    /// AVX-512 with `vdpbf16ps`: products of bf16 pairs, summed in f32.
    Avx512Bf16,
}

impl Isa {
    /// The best one this processor has.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            let avx512 = avx2
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq");
            if avx512 && is_x86_feature_detected!("avx512bf16") {
                return Self::Avx512Bf16;
            }
            if avx512 {
                return Self::Avx512;
            }
            if avx2 {
                return Self::Avx2;
            }
        }
        Self::Portable
    }

    /// All that this processor can run, weakest first (tests compare them).
    pub fn available() -> Vec<Self> {
        [Self::Portable, Self::Avx2, Self::Avx512, Self::Avx512Bf16]
            .into_iter()
            .filter(|isa| *isa <= Self::detect())
            .collect()
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "AVX2",
            Self::Avx512 => "AVX-512",
            Self::Avx512Bf16 => "AVX-512 BF16",
        }
    }

    /// Runs the copy of `kernel` made for this instruction set.
    #[inline]
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        debug_assert!(
            self <= Self::detect(),
            "an instruction set this processor lacks"
        );
        match self {
            Self::Portable => kernel.run::<PortableLanes>(),
            // SAFETY: `Isa` values come from `detect` or `available`, so the features exist.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { run_avx2(kernel) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 | Self::Avx512Bf16 => unsafe { run_avx512(kernel) },
            #[cfg(not(target_arch = "x86_64"))]
            _ => kernel.run::<PortableLanes>(),
        }
    }
}

/// Work that is compiled once for each instruction set. `run` must be `#[inline(always)]`.
pub trait Kernel {
    type Output;
    fn run<L: Lanes>(self) -> Self::Output;
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<x86::F32x8>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx2,fma")]
unsafe fn run_avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<x86::F32x16>()
}

/// A vector register of f32.
///
/// # Safety
/// The methods of the x86 types may only run where [`Isa::run`] brought them. Pointers must be
/// valid for `WIDTH` numbers; no alignment is needed.
#[expect(
    clippy::missing_safety_doc,
    reason = "one rule for all methods, stated above"
)]
pub trait Lanes: Copy {
    const WIDTH: usize;
    /// Registers of one row of an accumulator tile (see `product`): `TILE * WIDTH` columns.
    const TILE: usize;

    unsafe fn splat(value: f32) -> Self;
    unsafe fn load(pointer: *const f32) -> Self;
    unsafe fn store(self, pointer: *mut f32);
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    unsafe fn mul(self, other: Self) -> Self;
    unsafe fn div(self, other: Self) -> Self;
    unsafe fn max(self, other: Self) -> Self;
    unsafe fn min(self, other: Self) -> Self;
    /// `self * b + c`, fused where the processor can.
    unsafe fn mul_add(self, b: Self, c: Self) -> Self;
    /// `self * 2^exponent`; `exponent` holds whole numbers in -126..=127.
    unsafe fn scale_by_power_of_two(self, exponent: Self) -> Self;
    unsafe fn sqrt(self) -> Self;
    /// Sum of all lanes, in a fixed order.
    unsafe fn sum(self) -> f32;
    /// Widens `WIDTH` bf16 numbers.
    unsafe fn load_bf16(pointer: *const u16) -> Self;

    /// e^x, relative error below 2e-7 (Cephes' polynomial); x is clamped to ±87.
    #[inline(always)]
    unsafe fn exp(self) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            let x = self.max(Self::splat(-87.0)).min(Self::splat(87.0));
            // Adding 1.5 * 2^23 rounds to the nearest whole number.
            let magic = Self::splat(12_582_912.0);
            let n = x
                .mul_add(Self::splat(std::f32::consts::LOG2_E), magic)
                .sub(magic);
            let x = n.mul_add(Self::splat(-0.693_359_4), x);
            let x = n.mul_add(Self::splat(2.121_944_4e-4), x);
            let mut y = Self::splat(1.987_569_1e-4);
            for coefficient in [
                1.398_2e-3,
                8.333_452e-3,
                4.166_579_6e-2,
                1.666_666_5e-1,
                0.5,
            ] {
                y = y.mul_add(x, Self::splat(coefficient));
            }
            let y = y.mul_add(x.mul(x), x).add(Self::splat(1.0));
            y.scale_by_power_of_two(n)
        }
    }
}

/// Plain arrays: right everywhere, and what the other types are tested against.
#[derive(Clone, Copy)]
pub struct PortableLanes([f32; 8]);

macro_rules! portable_binary {
    ($name:ident, $a:ident, $b:ident, $expression:expr) => {
        #[inline(always)]
        unsafe fn $name(mut self, other: Self) -> Self {
            for ($a, $b) in self.0.iter_mut().zip(other.0) {
                *$a = $expression;
            }
            self
        }
    };
}

impl Lanes for PortableLanes {
    const WIDTH: usize = 8;
    const TILE: usize = 2;

    portable_binary!(add, a, b, *a + b);
    portable_binary!(sub, a, b, *a - b);
    portable_binary!(mul, a, b, *a * b);
    portable_binary!(div, a, b, *a / b);
    portable_binary!(max, a, b, if *a > b { *a } else { b });
    portable_binary!(min, a, b, if *a < b { *a } else { b });
    portable_binary!(
        scale_by_power_of_two,
        a,
        b,
        *a * f32::from_bits((((b as i32) + 127) as u32) << 23)
    );

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self([value; 8])
    }
    #[inline(always)]
    unsafe fn load(pointer: *const f32) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { pointer.cast::<[f32; 8]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn store(self, pointer: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { pointer.cast::<[f32; 8]>().write_unaligned(self.0) }
    }
    #[inline(always)]
    unsafe fn mul_add(mut self, b: Self, c: Self) -> Self {
        for ((a, b), c) in self.0.iter_mut().zip(b.0).zip(c.0) {
            *a = *a * b + c;
        }
        self
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        Self(self.0.map(f32::sqrt))
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        let [a, b, c, d, e, f, g, h] = self.0;
        ((a + e) + (c + g)) + ((b + f) + (d + h))
    }
    #[inline(always)]
    unsafe fn load_bf16(pointer: *const u16) -> Self {
        // SAFETY: the caller's promise.
        let bits = unsafe { pointer.cast::<[u16; 8]>().read_unaligned() };
        Self(bits.map(|bits| f32::from_bits(u32::from(bits) << 16)))
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::Lanes;

    #[derive(Clone, Copy)]
    pub struct F32x8(__m256);

    // SAFETY (all methods): `Isa::run` enters only where AVX2 and FMA exist; pointers by contract.
    impl Lanes for F32x8 {
        const WIDTH: usize = 8;
        const TILE: usize = 2;

        #[inline(always)]
        unsafe fn splat(value: f32) -> Self {
            unsafe { Self(_mm256_set1_ps(value)) }
        }
        #[inline(always)]
        unsafe fn load(pointer: *const f32) -> Self {
            unsafe { Self(_mm256_loadu_ps(pointer)) }
        }
        #[inline(always)]
        unsafe fn store(self, pointer: *mut f32) {
            unsafe { _mm256_storeu_ps(pointer, self.0) }
        }
        #[inline(always)]
        unsafe fn add(self, other: Self) -> Self {
            unsafe { Self(_mm256_add_ps(self.0, other.0)) }
        }
        #[inline(always)]
        unsafe fn sub(self, other: Self) -> Self {
            unsafe { Self(_mm256_sub_ps(self.0, other.0)) }
        }
        #[inline(always)]
        unsafe fn mul(self, other: Self) -> Self {
            unsafe { Self(_mm256_mul_ps(self.0, other.0)) }
        }
        #[inline(always)]
        unsafe fn div(self, other: Self) -> Self {
            unsafe { Self(_mm256_div_ps(self.0, other.0)) }
        }
        #[inline(always)]
        unsafe fn max(self, other: Self) -> Self {
            unsafe { Self(_mm256_max_ps(self.0, other.0)) }
        }
        #[inline(always)]
        unsafe fn min(self, other: Self) -> Self {
            unsafe { Self(_mm256_min_ps(self.0, other.0)) }
        }
        #[inline(always)]
        unsafe fn mul_add(self, b: Self, c: Self) -> Self {
            unsafe { Self(_mm256_fmadd_ps(self.0, b.0, c.0)) }
        }
        #[inline(always)]
        unsafe fn scale_by_power_of_two(self, exponent: Self) -> Self {
            unsafe {
                let bits = _mm256_add_epi32(_mm256_cvtps_epi32(exponent.0), _mm256_set1_epi32(127));
                Self(_mm256_mul_ps(
                    self.0,
                    _mm256_castsi256_ps(_mm256_slli_epi32::<23>(bits)),
                ))
            }
        }
        #[inline(always)]
        unsafe fn sqrt(self) -> Self {
            unsafe { Self(_mm256_sqrt_ps(self.0)) }
        }
        #[inline(always)]
        unsafe fn sum(self) -> f32 {
            unsafe {
                let four = _mm_add_ps(
                    _mm256_castps256_ps128(self.0),
                    _mm256_extractf128_ps::<1>(self.0),
                );
                let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
                _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
            }
        }
        #[inline(always)]
        unsafe fn load_bf16(pointer: *const u16) -> Self {
            unsafe {
                let wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(pointer.cast()));
                Self(_mm256_castsi256_ps(_mm256_slli_epi32::<16>(wide)))
            }
        }
    }

    #[derive(Clone, Copy)]
    pub struct F32x16(__m512);

    // SAFETY (all methods): `Isa::run` enters only where AVX-512 exists; pointers by contract.
    impl Lanes for F32x16 {
        const WIDTH: usize = 16;
        const TILE: usize = 4;

        #[inline(always)]
        unsafe fn splat(value: f32) -> Self {
            unsafe { Self(_mm512_set1_ps(value)) }
        }
        #[inline(always)]
        unsafe fn load(pointer: *const f32) -> Self {
            unsafe { Self(_mm512_loadu_ps(pointer)) }
        }
        #[inline(always)]
        unsafe fn store(self, pointer: *mut f32) {
            unsafe { _mm512_storeu_ps(pointer, self.0) }
        }
        #[inline(always)]
        unsafe fn add(self, other: Self) -> Self {
            unsafe { Self(_mm512_add_ps(self.0, other.0)) }
        }
        #[inline(always)]
        unsafe fn sub(self, other: Self) -> Self {
            unsafe { Self(_mm512_sub_ps(self.0, other.0)) }
        }
        #[inline(always)]
        unsafe fn mul(self, other: Self) -> Self {
            unsafe { Self(_mm512_mul_ps(self.0, other.0)) }
        }
        #[inline(always)]
        unsafe fn div(self, other: Self) -> Self {
            unsafe { Self(_mm512_div_ps(self.0, other.0)) }
        }
        #[inline(always)]
        unsafe fn max(self, other: Self) -> Self {
            unsafe { Self(_mm512_max_ps(self.0, other.0)) }
        }
        #[inline(always)]
        unsafe fn min(self, other: Self) -> Self {
            unsafe { Self(_mm512_min_ps(self.0, other.0)) }
        }
        #[inline(always)]
        unsafe fn mul_add(self, b: Self, c: Self) -> Self {
            unsafe { Self(_mm512_fmadd_ps(self.0, b.0, c.0)) }
        }
        #[inline(always)]
        unsafe fn scale_by_power_of_two(self, exponent: Self) -> Self {
            unsafe {
                let bits = _mm512_add_epi32(_mm512_cvtps_epi32(exponent.0), _mm512_set1_epi32(127));
                Self(_mm512_mul_ps(
                    self.0,
                    _mm512_castsi512_ps(_mm512_slli_epi32::<23>(bits)),
                ))
            }
        }
        #[inline(always)]
        unsafe fn sqrt(self) -> Self {
            unsafe { Self(_mm512_sqrt_ps(self.0)) }
        }
        #[inline(always)]
        unsafe fn sum(self) -> f32 {
            unsafe {
                let low = _mm512_castps512_ps256(self.0);
                let high = _mm512_extractf32x8_ps::<1>(self.0);
                F32x8(_mm256_add_ps(low, high)).sum()
            }
        }
        #[inline(always)]
        unsafe fn load_bf16(pointer: *const u16) -> Self {
            unsafe {
                let wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(pointer.cast()));
                Self(_mm512_castsi512_ps(_mm512_slli_epi32::<16>(wide)))
            }
        }
    }
}

/// Nearest bf16, ties to even; NaN stays NaN.
#[inline(always)]
pub fn bf16_from_f32(value: f32) -> u16 {
    let bits = value.to_bits();
    if value.is_nan() {
        return ((bits >> 16) | 0x40) as u16;
    }
    ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16) as u16
}

#[inline(always)]
pub fn f32_from_bf16(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct ExpOf<'a>(&'a [f32], &'a mut [f32]);

    impl Kernel for ExpOf<'_> {
        type Output = ();
        #[inline(always)]
        fn run<L: Lanes>(self) {
            for (x, y) in self
                .0
                .chunks_exact(L::WIDTH)
                .zip(self.1.chunks_exact_mut(L::WIDTH))
            {
                // SAFETY: both chunks hold WIDTH numbers.
                unsafe { L::load(x.as_ptr()).exp().store(y.as_mut_ptr()) };
            }
        }
    }

    #[test]
    fn exp_is_accurate_on_every_instruction_set() {
        let x: Vec<f32> = (0..3200).map(|i| i as f32 * 0.05 - 80.0).collect();
        for isa in Isa::available() {
            let mut y = vec![0.0; x.len()];
            isa.run(ExpOf(&x, &mut y));
            for (x, y) in x.iter().zip(&y) {
                let expected = f64::from(*x).exp();
                assert!(
                    (f64::from(*y) - expected).abs() <= 4e-7 * expected,
                    "{} exp({x}) = {y}",
                    isa.name()
                );
            }
        }
    }

    #[test]
    fn bf16_rounds_to_nearest_even() {
        assert_eq!(f32_from_bf16(bf16_from_f32(1.0)), 1.0);
        assert_eq!(bf16_from_f32(f32::from_bits(0x3f80_8000)), 0x3f80);
        assert_eq!(bf16_from_f32(f32::from_bits(0x3f81_8000)), 0x3f82);
        assert!(f32_from_bf16(bf16_from_f32(f32::NAN)).is_nan());
    }
}
