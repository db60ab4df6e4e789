//! The innermost loops: small tiles of a matrix product held in registers.

use super::lanes::{Kernel, Lanes};

/// Rows of an accumulator tile. Six rows of two (AVX2) or four (AVX-512) registers keep both
/// multipliers busy and leave registers for the operands.
pub const TILE_ROWS: usize = 6;

/// Adds `a · b` to `M` rows of `V` registers.
///
/// `a`: element (row, k) at `row * a_row + k * a_k`; `b`: row k at `k * b_row`, `V * WIDTH` wide.
///
/// # Safety
/// All those elements exist; the instruction set of `L` is present.
#[inline(always)]
unsafe fn accumulate<L: Lanes, const V: usize, const M: usize>(
    a: *const f32,
    (a_row, a_k): (usize, usize),
    b: *const f32,
    b_row: usize,
    k: usize,
    sums: &mut [[L; V]; M],
) {
    // SAFETY: the caller's promise.
    unsafe {
        for p in 0..k {
            let mut b_row_p = [L::splat(0.0); V];
            for v in 0..V {
                b_row_p[v] = L::load(b.add(p * b_row + v * L::WIDTH));
            }
            for m in 0..M {
                let x = L::splat(*a.add(m * a_row + p * a_k));
                for v in 0..V {
                    sums[m][v] = x.mul_add(b_row_p[v], sums[m][v]);
                }
            }
        }
    }
}

/// What a tile starts from.
#[derive(Clone, Copy)]
pub enum Start {
    Zero,
    /// What `c` holds.
    Existing,
    /// The same row for all: a bias.
    Row(*const f32),
}

/// `c = start + a · b` for matrices of any size that lie anywhere.
///
/// `a` `[m, k]`: element (i, p) at `i * a_row + p * a_k`. `b` `[k, n]`: row p at `p * b_row`.
/// `c` `[m, n]`: row i at `i * c_row`. `c` overlaps neither `a` nor `b`.
#[derive(Clone, Copy)]
pub struct Product {
    pub a: *const f32,
    pub a_row: usize,
    pub a_k: usize,
    pub b: *const f32,
    pub b_row: usize,
    pub c: *mut f32,
    pub c_row: usize,
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub start: Start,
}

impl Kernel for Product {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        // SAFETY: whoever builds a `Product` vouches for its extents (see `Product::multiply`).
        unsafe {
            let mut column = 0;
            if L::TILE == 4 {
                while column + 4 * L::WIDTH <= self.n {
                    self.columns::<L, 4>(column);
                    column += 4 * L::WIDTH;
                }
            }
            while column + 2 * L::WIDTH <= self.n {
                self.columns::<L, 2>(column);
                column += 2 * L::WIDTH;
            }
            while column + L::WIDTH <= self.n {
                self.columns::<L, 1>(column);
                column += L::WIDTH;
            }
            self.scalar_columns(column);
        }
    }
}

impl Product {
    /// Carries the product out.
    ///
    /// # Safety
    /// All elements that the fields describe must exist, `c`'s without other readers or writers.
    #[inline(always)]
    pub unsafe fn multiply<L: Lanes>(self) {
        self.run::<L>();
    }

    #[inline(always)]
    unsafe fn columns<L: Lanes, const V: usize>(&self, column: usize) {
        let mut row = 0;
        // SAFETY: row + M <= m in each call.
        unsafe {
            while row + TILE_ROWS <= self.m {
                self.tile::<L, V, TILE_ROWS>(row, column);
                row += TILE_ROWS;
            }
            match self.m - row {
                1 => self.tile::<L, V, 1>(row, column),
                2 => self.tile::<L, V, 2>(row, column),
                3 => self.tile::<L, V, 3>(row, column),
                4 => self.tile::<L, V, 4>(row, column),
                5 => self.tile::<L, V, 5>(row, column),
                _ => {}
            }
        }
    }

    #[inline(always)]
    unsafe fn tile<L: Lanes, const V: usize, const M: usize>(&self, row: usize, column: usize) {
        // SAFETY: the tile lies within the matrices.
        unsafe {
            let c = self.c.add(row * self.c_row + column);
            let mut sums = [[L::splat(0.0); V]; M];
            match self.start {
                Start::Zero => {}
                Start::Existing => {
                    for m in 0..M {
                        for v in 0..V {
                            sums[m][v] = L::load(c.add(m * self.c_row + v * L::WIDTH));
                        }
                    }
                }
                Start::Row(bias) => {
                    for v in 0..V {
                        let bias = L::load(bias.add(column + v * L::WIDTH));
                        for m in 0..M {
                            sums[m][v] = bias;
                        }
                    }
                }
            }
            accumulate::<L, V, M>(
                self.a.add(row * self.a_row),
                (self.a_row, self.a_k),
                self.b.add(column),
                self.b_row,
                self.k,
                &mut sums,
            );
            for m in 0..M {
                for v in 0..V {
                    sums[m][v].store(c.add(m * self.c_row + v * L::WIDTH));
                }
            }
        }
    }

    /// The last few columns, fewer than a register holds.
    #[inline(always)]
    unsafe fn scalar_columns(&self, first: usize) {
        // SAFETY: within the matrices.
        unsafe {
            for row in 0..self.m {
                for column in first..self.n {
                    let c = self.c.add(row * self.c_row + column);
                    let mut sum = match self.start {
                        Start::Zero => 0.0,
                        Start::Existing => *c,
                        Start::Row(bias) => *bias.add(column),
                    };
                    for p in 0..self.k {
                        sum += *self.a.add(row * self.a_row + p * self.a_k)
                            * *self.b.add(p * self.b_row + column);
                    }
                    *c = sum;
                }
            }
        }
    }
}

/// The product of bf16 pairs (`vdpbf16ps`), for panels of 16, 32 or 64 columns.
#[cfg(target_arch = "x86_64")]
pub mod bf16 {
    use std::arch::x86_64::*;

    use super::{Start, TILE_ROWS};

    /// `c = start + x · panel` over `rows` rows and one panel of `width` columns.
    ///
    /// `x`: bf16 `[rows, 2 * pairs]`, rows `x_row` apart. `panel`: bf16 `[pairs, width, 2]`.
    /// `c`: f32 `[rows, width]`, rows `c_row` apart.
    #[derive(Clone, Copy)]
    pub struct PairProduct {
        pub x: *const u16,
        pub x_row: usize,
        pub panel: *const u16,
        pub pairs: usize,
        pub width: usize,
        pub c: *mut f32,
        pub c_row: usize,
        pub rows: usize,
        pub start: Start,
    }

    impl PairProduct {
        /// # Safety
        /// All elements exist, `c` is not shared, and the processor has AVX-512 BF16.
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
        pub unsafe fn multiply(self) {
            // SAFETY: the caller's promise.
            unsafe {
                match self.width {
                    16 => self.rows::<1>(),
                    32 => self.rows::<2>(),
                    _ => self.rows::<4>(),
                }
            }
        }

        #[inline]
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
        unsafe fn rows<const V: usize>(&self) {
            let mut row = 0;
            // SAFETY: row + M <= rows in each call.
            unsafe {
                while row + TILE_ROWS <= self.rows {
                    self.tile::<V, TILE_ROWS>(row);
                    row += TILE_ROWS;
                }
                match self.rows - row {
                    1 => self.tile::<V, 1>(row),
                    2 => self.tile::<V, 2>(row),
                    3 => self.tile::<V, 3>(row),
                    4 => self.tile::<V, 4>(row),
                    5 => self.tile::<V, 5>(row),
                    _ => {}
                }
            }
        }

        #[inline]
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
        unsafe fn tile<const V: usize, const M: usize>(&self, row: usize) {
            // SAFETY: the tile lies within the matrices.
            unsafe {
                let c = self.c.add(row * self.c_row);
                let x = self.x.add(row * self.x_row);
                let mut sums = [[_mm512_setzero_ps(); V]; M];
                match self.start {
                    Start::Zero => {}
                    Start::Existing => {
                        for m in 0..M {
                            for v in 0..V {
                                sums[m][v] = _mm512_loadu_ps(c.add(m * self.c_row + v * 16));
                            }
                        }
                    }
                    Start::Row(bias) => {
                        for v in 0..V {
                            let bias = _mm512_loadu_ps(bias.add(v * 16));
                            for m in 0..M {
                                sums[m][v] = bias;
                            }
                        }
                    }
                }
                for p in 0..self.pairs {
                    let mut weights = [_mm512_setzero_si512(); V];
                    for v in 0..V {
                        weights[v] = _mm512_loadu_si512(
                            self.panel.add((p * self.width + v * 16) * 2).cast(),
                        );
                    }
                    for m in 0..M {
                        let pair = x.add(m * self.x_row + 2 * p).cast::<i32>().read_unaligned();
                        let pair = _mm512_set1_epi32(pair);
                        for v in 0..V {
                            sums[m][v] = _mm512_dpbf16_ps(
                                sums[m][v],
                                std::mem::transmute::<__m512i, __m512bh>(pair),
                                std::mem::transmute::<__m512i, __m512bh>(weights[v]),
                            );
                        }
                    }
                }
                for m in 0..M {
                    for v in 0..V {
                        _mm512_storeu_ps(c.add(m * self.c_row + v * 16), sums[m][v]);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::lanes::Isa;

    #[test]
    fn products_of_all_sizes_and_strides_agree_with_the_definition() {
        for (m, n, k) in [
            (1, 1, 1),
            (2, 17, 5),
            (6, 64, 33),
            (7, 80, 9),
            (13, 131, 3),
            (5, 24, 40),
        ] {
            // a is stored transposed, b and c with gaps between rows.
            let a: Vec<f32> = (0..m * k)
                .map(|i| ((i * 7 % 23) as f32 - 11.0) * 0.1)
                .collect();
            let (b_row, c_row) = (n + 3, n + 5);
            let b: Vec<f32> = (0..k * b_row)
                .map(|i| ((i * 5 % 19) as f32 - 9.0) * 0.1)
                .collect();
            for isa in Isa::available() {
                let mut c = vec![1.0; m * c_row];
                isa.run(Product {
                    a: a.as_ptr(),
                    a_row: 1,
                    a_k: m,
                    b: b.as_ptr(),
                    b_row,
                    c: c.as_mut_ptr(),
                    c_row,
                    m,
                    n,
                    k,
                    start: Start::Existing,
                });
                for i in 0..m {
                    for j in 0..n {
                        let expected: f32 =
                            1.0 + (0..k).map(|p| a[p * m + i] * b[p * b_row + j]).sum::<f32>();
                        assert!(
                            (c[i * c_row + j] - expected).abs() < 1e-4,
                            "{} {m}x{n}x{k}",
                            isa.name()
                        );
                    }
                    assert!(
                        c[i * c_row + n..(i + 1) * c_row]
                            .iter()
                            .all(|gap| *gap == 1.0),
                        "wrote outside"
                    );
                }
            }
        }
    }
}
