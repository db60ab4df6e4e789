//! Rows to roles by group: siblings never part.

use std::collections::BTreeMap;

use gradus_schema::{Split, data_file::SplitShares};

use crate::draws::Draws;
use crate::error::{Error, Result};

/// The role of every row. `groups[i]` names the group of row `i`; `strata[i]` what should be
/// spread evenly over the roles (all the same where nothing should).
///
/// Groups are dealt out in a seeded order, large ones first, each to the role that is then
/// nearest to its share of every stratum. A group larger than a role's share stays whole.
///
/// Errors: no rows, fewer groups than roles with a share.
pub fn split_by_group(
    groups: &[usize],
    strata: &[String],
    shares: SplitShares,
    seed: u64,
) -> Result<Vec<Split>> {
    if groups.is_empty() {
        return Err(Error::NoRows);
    }
    if groups.len() != strata.len() {
        return Err(Error::CountsDiffer {
            inputs: groups.len(),
            targets: strata.len(),
        });
    }
    let roles: Vec<(Split, f64)> = [
        (Split::Train, shares.train),
        (Split::Dev, shares.dev),
        (Split::Frozen, shares.frozen),
    ]
    .into_iter()
    .filter(|(_, share)| *share > 0.0)
    .collect();
    let stratum_numbers = numbered(strata);
    let width = stratum_numbers.iter().max().map_or(0, |last| last + 1);
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (row, &group) in groups.iter().enumerate() {
        members.entry(group).or_default().push(row);
    }
    if members.len() < roles.len() {
        return Err(Error::TooFewGroups {
            groups: members.len(),
            roles: roles.len(),
        });
    }
    let mut totals = vec![0.0; width];
    stratum_numbers
        .iter()
        .for_each(|&stratum| totals[stratum] += 1.0);
    let mut missing: Vec<Vec<f64>> = roles
        .iter()
        .map(|(_, share)| totals.iter().map(|total| total * share).collect())
        .collect();

    let mut order: Vec<&Vec<usize>> = members.values().collect();
    Draws::new(seed).shuffle(&mut order);
    order.sort_by_key(|rows| std::cmp::Reverse(rows.len()));
    let mut assigned = vec![Split::Train; groups.len()];
    let mut is_used = vec![false; roles.len()];
    for (place, rows) in order.iter().enumerate() {
        let mut counts = vec![0.0; width];
        rows.iter()
            .for_each(|&row| counts[stratum_numbers[row]] += 1.0);
        let unused = is_used.iter().filter(|used| !**used).count();
        let must_open = order.len() - place <= unused;
        let role = (0..roles.len())
            .filter(|&role| !must_open || !is_used[role])
            .min_by(|&a, &b| cost(&missing[a], &counts).total_cmp(&cost(&missing[b], &counts)))
            .expect("there is a role with a share, and an unused one while one must be opened");
        is_used[role] = true;
        missing[role]
            .iter_mut()
            .zip(&counts)
            .for_each(|(left, count)| *left -= count);
        rows.iter().for_each(|&row| assigned[row] = roles[role].0);
    }
    Ok(assigned)
}

/// How the squared distance from the shares changes when a role takes so many rows.
fn cost(missing: &[f64], counts: &[f64]) -> f64 {
    let changes = missing.iter().zip(counts);
    changes
        .map(|(left, count)| count * count - 2.0 * left * count)
        .sum()
}

/// Equal names get equal numbers, from 0.
pub fn numbered<T: AsRef<str>>(names: &[T]) -> Vec<usize> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    names
        .iter()
        .map(|name| {
            let next = numbers.len();
            *numbers.entry(name.as_ref()).or_insert(next)
        })
        .collect()
}

/// Groups that grow together where rows turn out to be related.
#[derive(Debug, Clone)]
pub struct Unions {
    parents: Vec<usize>,
}

impl Unions {
    pub fn new(rows: usize) -> Self {
        Self {
            parents: (0..rows).collect(),
        }
    }

    pub fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        // The lower index leads, so that groups do not depend on the order of joining.
        let (first, second) = (a.min(b), a.max(b));
        self.parents[second] = first;
    }

    /// The group of every row: the index of its first row.
    pub fn groups(mut self) -> Vec<usize> {
        (0..self.parents.len()).map(|row| self.root(row)).collect()
    }

    fn root(&mut self, row: usize) -> usize {
        let mut root = row;
        while self.parents[root] != root {
            root = self.parents[root];
        }
        let mut next = row;
        while self.parents[next] != root {
            next = std::mem::replace(&mut self.parents[next], root);
        }
        root
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHARES: SplitShares = SplitShares {
        train: 0.8,
        dev: 0.1,
        frozen: 0.1,
    };

    fn count(roles: &[Split], role: Split) -> usize {
        roles.iter().filter(|found| **found == role).count()
    }

    #[test]
    fn shares_and_strata_are_kept() {
        // 300 pairs, one row of each kind.
        let groups: Vec<usize> = (0..600).map(|row| row / 2).collect();
        let strata: Vec<String> = (0..600).map(|row| ["a", "b"][row % 2].to_owned()).collect();
        let roles = split_by_group(&groups, &strata, SHARES, 42).unwrap();
        assert_eq!(count(&roles, Split::Train), 480);
        assert_eq!(
            (count(&roles, Split::Dev), count(&roles, Split::Frozen)),
            (60, 60)
        );
        for stratum in 0..2 {
            let of: Vec<Split> = roles.iter().skip(stratum).step_by(2).copied().collect();
            assert_eq!(count(&of, Split::Frozen), 30);
        }
        assert_eq!(roles, split_by_group(&groups, &strata, SHARES, 42).unwrap());
        assert_ne!(roles, split_by_group(&groups, &strata, SHARES, 43).unwrap());
    }

    #[test]
    fn too_little_is_refused() {
        let one = vec!["x".to_owned(); 4];
        assert_eq!(split_by_group(&[], &[], SHARES, 0), Err(Error::NoRows));
        let refused = split_by_group(&[0, 0, 1, 1], &one, SHARES, 0);
        assert_eq!(
            refused,
            Err(Error::TooFewGroups {
                groups: 2,
                roles: 3
            })
        );
    }

    proptest! {
        #[test]
        fn no_group_is_ever_parted(
            groups in prop::collection::vec(0usize..40, 3..200),
            joins in prop::collection::vec((0usize..200, 0usize..200), 0..20),
            strata in prop::collection::vec(0usize..3, 200),
            dev in 0usize..5, frozen in 0usize..5, seed in any::<u64>(),
        ) {
            let mut unions = Unions::new(groups.len());
            let mut first_of = BTreeMap::new();
            for (row, group) in groups.iter().enumerate() {
                unions.join(row, *first_of.entry(group).or_insert(row));
            }
            for (a, b) in joins {
                unions.join(a % groups.len(), b % groups.len());
            }
            let joined = unions.groups();
            let strata: Vec<String> =
                strata[..groups.len()].iter().map(|stratum| stratum.to_string()).collect();
            let (dev, frozen) = (dev as f64 / 10.0, frozen as f64 / 10.0);
            let shares = SplitShares { train: 1.0 - dev - frozen, dev, frozen };
            match split_by_group(&joined, &strata, shares, seed) {
                Err(error) => {
                    let is_too_few = matches!(error, Error::TooFewGroups { .. });
                    prop_assert!(is_too_few);
                }
                Ok(roles) => {
                    for (a, group) in joined.iter().enumerate() {
                        prop_assert_eq!(roles[a], roles[*group]);
                        prop_assert_eq!(joined[first_of[&groups[a]]], *group);
                    }
                    for (share, role) in
                        [(shares.train, Split::Train), (dev, Split::Dev), (frozen, Split::Frozen)]
                    {
                        prop_assert_eq!(share > 0.0, count(&roles, role) > 0);
                    }
                }
            }
        }
    }
}
