//! The order of a line's keys. Some writers shuffle it with every line, so it is kept as the
//! number of the permutation against the order first seen, which is 0 where nothing is shuffled.

/// Lines with more keys keep their text when their order differs.
pub const MAX_KEYS: usize = 256;

/// How many 64-bit words number the permutations of `keys` keys.
pub fn words(keys: usize) -> usize {
    if !(2..=MAX_KEYS).contains(&keys) {
        return 0;
    }
    let mut words = 1;
    let mut product = 1u64;
    for radix in (2..=keys as u64).rev() {
        match product.checked_mul(radix) {
            Some(more) => product = more,
            None => {
                words += 1;
                product = radix;
            }
        }
    }
    words
}

/// Appends the number of the permutation that makes `order` out of `base`; both hold the same
/// keys, each once.
pub fn number(base: &[u32], order: &[u32], out: &mut Vec<u64>) {
    let count = words(base.len());
    if count == 0 {
        return;
    }
    let first = out.len();
    out.resize(first + count, 0);
    if base == order {
        return;
    }
    let mut left = base.to_vec();
    let (mut word, mut product) = (first, 1u64);
    for key in &order[..order.len() - 1] {
        let radix = left.len() as u64;
        let digit = left.iter().position(|other| other == key).unwrap_or(0);
        left.remove(digit);
        if product.checked_mul(radix).is_none() {
            word += 1;
            product = 1;
        }
        out[word] += product * digit as u64;
        product *= radix;
    }
}

/// The keys of `base` in the order that `words` number.
pub fn order(base: &[u32], words: &[u64], out: &mut Vec<u32>) {
    out.clear();
    if words.iter().all(|word| *word == 0) {
        out.extend_from_slice(base);
        return;
    }
    let mut left = base.to_vec();
    let mut rest = words.iter();
    let (mut word, mut product) = (rest.next().copied().unwrap_or(0), 1u64);
    while left.len() > 1 {
        let radix = left.len() as u64;
        if product.checked_mul(radix).is_none() {
            word = rest.next().copied().unwrap_or(0);
            product = 1;
        }
        let digit = (word % radix) as usize;
        word /= radix;
        product = product.saturating_mul(radix);
        out.push(left.remove(digit));
    }
    out.extend(left);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_order_comes_back(
            (base, shuffled) in (0usize..80).prop_flat_map(|count| {
                let keys: Vec<u32> = (0..count as u32).map(|key| key * 7 % 1009).collect();
                (Just(keys.clone()), Just(keys).prop_shuffle())
            })
        ) {
            let mut words = Vec::new();
            number(&base, &shuffled, &mut words);
            prop_assert_eq!(words.len(), super::words(base.len()));
            let mut again = Vec::new();
            order(&base, &words, &mut again);
            prop_assert_eq!(again, shuffled);
        }

        #[test]
        fn any_words_give_some_order(count in 0u32..300, words: Vec<u64>) {
            let base: Vec<u32> = (0..count).collect();
            let mut found = Vec::new();
            order(&base, &words, &mut found);
            found.sort_unstable();
            prop_assert_eq!(found, base);
        }
    }

    #[test]
    fn eight_keys_need_one_word_and_none_where_nothing_can_be_shuffled() {
        assert_eq!([0, 1, 8, 20, 21, 256].map(words)[..5], [0, 0, 1, 1, 2]);
        assert!(words(256) < 40 && words(257) == 0);
        let mut found = Vec::new();
        number(&[1, 2, 3], &[1, 2, 3], &mut found);
        assert_eq!(found, [0]);
    }
}
