//! The Cholesky factor of a small matrix, and what is solved with it.

/// Lower triangle with positive diagonal, packed row by row.
#[derive(Debug, Clone)]
pub struct Cholesky {
    packed: Vec<f64>,
    size: usize,
}

/// Where row `index` of a packed lower triangle begins.
pub fn row_start(index: usize) -> usize {
    index * (index + 1) / 2
}

impl Cholesky {
    /// Of a symmetric matrix whose lower triangle is packed row by row; `None` when it isn't
    /// positive definite.
    pub fn new(mut packed: Vec<f64>, size: usize) -> Option<Self> {
        for row in 0..size {
            let (above, rest) = packed.split_at_mut(row_start(row));
            let current = &mut rest[..=row];
            for column in 0..row {
                let other = &above[row_start(column)..=row_start(column) + column];
                let sum = dot(&current[..column], &other[..column]);
                current[column] = (current[column] - sum) / other[column];
            }
            let square = current[row] - dot(&current[..row], &current[..row]);
            if !(square > 0.0 && square.is_finite()) {
                return None;
            }
            current[row] = square.sqrt();
        }
        Some(Self { packed, size })
    }

    /// ln of the determinant of the matrix.
    pub fn ln_determinant(&self) -> f64 {
        let diagonal = (0..self.size).map(|index| self.row(index)[index]);
        2.0 * diagonal.map(f64::ln).sum::<f64>()
    }

    /// `values` becomes L⁻¹ values.
    pub fn solve_lower(&self, values: &mut [f64]) {
        for index in 0..self.size {
            let row = self.row(index);
            let sum = dot(&row[..index], &values[..index]);
            values[index] = (values[index] - sum) / row[index];
        }
    }

    /// `values` becomes (L Lᵀ)⁻¹ values.
    pub fn solve(&self, values: &mut [f64]) {
        self.solve_lower(values);
        for index in (0..self.size).rev() {
            let row = self.row(index);
            values[index] /= row[index];
            let value = values[index];
            for (other, factor) in values[..index].iter_mut().zip(row) {
                *other -= factor * value;
            }
        }
    }

    fn row(&self, index: usize) -> &[f64] {
        let start = row_start(index);
        &self.packed[start..=start + index]
    }
}

/// In eight sums, which a processor adds side by side.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a_eights, b_eights) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a_eights
        .remainder()
        .iter()
        .zip(b_eights.remainder())
        .map(|(x, y)| x * y)
        .sum();
    for (x, y) in a_eights.zip(b_eights) {
        for lane in 0..8 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_solution_fulfils_its_equations() {
        // A Gram matrix plus the identity, larger than the lanes of `dot`.
        let size = 21;
        let vector = |row: usize| -> Vec<f64> {
            (0..30)
                .map(|k| ((row * 31 + k * 17) % 13) as f64 - 6.0)
                .collect()
        };
        let entry = |row: usize, column: usize| {
            let product: f64 = vector(row)
                .iter()
                .zip(vector(column))
                .map(|(a, b)| a * b)
                .sum();
            product + f64::from(u8::from(row == column))
        };
        let packed: Vec<f64> = (0..size)
            .flat_map(|row| (0..=row).map(move |column| (row, column)))
            .map(|(row, column)| entry(row, column))
            .collect();
        let factor = Cholesky::new(packed, size).unwrap();
        let wanted: Vec<f64> = (0..size).map(|index| index as f64 - 7.5).collect();
        let mut solution = wanted.clone();
        factor.solve(&mut solution);
        for row in 0..size {
            let found: f64 = (0..size)
                .map(|column| entry(row, column) * solution[column])
                .sum();
            assert!((found - wanted[row]).abs() < 1e-7, "{row}: {found}");
        }
    }

    #[test]
    fn determinants_and_what_has_no_factor() {
        let factor = Cholesky::new(vec![4.0, 2.0, 3.0], 2).unwrap();
        assert!((factor.ln_determinant() - 8f64.ln()).abs() < 1e-12);
        assert!(Cholesky::new(vec![1.0, 2.0, 1.0], 2).is_none());
        assert!(Cholesky::new(vec![f64::NAN], 1).is_none());
    }
}
