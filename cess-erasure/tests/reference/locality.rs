//! Which losses a locally repairable code can undo, by the rank of what is left: from the equations
//! of docs/formats/erasure.md and elimination by hand, with nothing of the crate's own.

use cess_erasure::{Codec, Error, Lrc};

use crate::naive::{Matrix, inverse, mul};

fn power(base: u8, exponent: usize) -> u8 {
    (0..exponent).fold(1, |power, _| mul(power, base))
}

/// A row for each shard, of its coefficients by the data.
fn generator(lrc: Lrc) -> Matrix {
    let (data, groups, global) = (lrc.data(), lrc.local_groups(), lrc.global());
    let size = data / groups;
    let byte = |number: usize| u8::try_from(number).unwrap();
    let mut rows: Matrix =
        (0..data).map(|i| (0..data).map(|j| u8::from(i == j)).collect()).collect();
    rows.extend((0..groups).map(|g| (0..data).map(|i| u8::from(i / size == g)).collect()));
    for t in 1..=global {
        let coefficient = |i: usize| {
            if global <= 2 && size <= 15 && groups <= 17 {
                power(power(2, i / size + 17 * (i % size)), t)
            } else {
                mul(byte(data) ^ byte(i), inverse(byte(data + t) ^ byte(i)))
            }
        };
        rows.push((0..data).map(coefficient).collect());
    }
    rows
}

fn rank(mut rows: Matrix) -> usize {
    let columns = rows.first().map_or(0, Vec::len);
    let mut rank = 0;
    for column in 0..columns {
        let Some(pivot) = (rank..rows.len()).find(|&row| rows[row][column] != 0) else { continue };
        rows.swap(rank, pivot);
        let scale = inverse(rows[rank][column]);
        let pivot = rows[rank].clone();
        for row in &mut rows[rank + 1..] {
            let factor = mul(row[column], scale);
            row.iter_mut().zip(&pivot).for_each(|(x, &p)| *x ^= mul(factor, p));
        }
        rank += 1;
    }
    rank
}

/// The most that any code with these groups could do: each lost shard of a group beyond its first
/// one, and each lost global parity, takes a global parity.
fn could_be_undone(lrc: Lrc, lost: &[usize]) -> bool {
    let size = lrc.data() / lrc.local_groups();
    let groups = (0..lrc.local_groups()).map(|group| {
        let of_group = |shard: &&usize| {
            **shard / size == group && **shard < lrc.data() || **shard == lrc.data() + group
        };
        lost.iter().filter(of_group).count()
    });
    let globals = lost.iter().filter(|shard| **shard >= lrc.data() + lrc.local_groups()).count();
    globals + groups.map(|lost| lost.saturating_sub(1)).sum::<usize>() <= lrc.global()
}

/// Of all losses that could be undone: how many there are, and those that this code doesn't undo.
fn exceptions(lrc: Lrc) -> (usize, Vec<Vec<usize>>) {
    let generator = generator(lrc);
    let total = generator.len();
    let mut possible = 0;
    let mut exceptions = Vec::new();
    for set in 1u32..1 << total {
        let (lost, left): (Vec<usize>, Vec<usize>) =
            (0..total).partition(|shard| set >> shard & 1 == 1);
        if !could_be_undone(lrc, &lost) {
            continue;
        }
        possible += 1;
        if rank(left.iter().map(|&shard| generator[shard].clone()).collect()) < lrc.data() {
            exceptions.push(lost);
        }
    }
    (possible, exceptions)
}

#[test]
fn parity_of_local_codes_is_that_of_the_equations() {
    for lrc in [Lrc::SMALL, Lrc::AZURE, Lrc::CLASSIC, Lrc::WIDE, Lrc::new(20, 4, 5).unwrap()] {
        let codec = Codec::new(lrc.into());
        let generator = generator(lrc);
        for one in 0..lrc.data() {
            let data: Vec<[u8; 1]> = (0..lrc.data()).map(|i| [u8::from(i == one)]).collect();
            let mut parity = vec![[0u8; 1]; codec.geometry().parity()];
            codec.encode(&data, &mut parity).unwrap();
            let rows = generator[lrc.data()..].iter().map(|row| [row[one]]);
            assert!(parity.iter().copied().eq(rows), "{lrc}, data shard {one}");
        }
    }
}

#[test]
fn codes_of_two_global_parities_have_full_rank_after_every_loss_that_could_be_undone() {
    assert_eq!(exceptions(Lrc::SMALL).1, Vec::<Vec<usize>>::new());
    assert_eq!(exceptions(Lrc::AZURE).1, Vec::<Vec<usize>>::new());
}

/// The exceptions, one by one: the codec refuses them, and they are all.
#[test]
fn codes_of_three_global_parities_lack_rank_after_these_losses_alone() {
    let of_8 = "0 1 4 5 10, 2 3 4 5 10, 0 1 6 7 10, 2 3 6 7 10, 0 2 4 6 11, 1 3 4 6 11, \
                0 2 5 7 11, 1 3 5 7 11, 1 2 5 6 12, 0 3 5 6 12, 1 2 4 7 12, 0 3 4 7 12";
    let of_10 = "0 1 6 7 12, 0 1 8 9 12, 1 2 5 7 13, 2 3 6 7 12, 2 3 8 9 12";
    for (lrc, count, expected) in
        [(Lrc::new(8, 2, 3).unwrap(), 2267, of_8), (Lrc::CLASSIC, 4691, of_10)]
    {
        let (possible, found) = exceptions(lrc);
        assert_eq!(possible, count, "{lrc}");
        let mut expected: Vec<Vec<usize>> = expected
            .split(", ")
            .map(|loss| loss.split(' ').map(|shard| shard.parse().unwrap()).collect())
            .collect();
        let mut sorted = found.clone();
        sorted.sort();
        expected.sort();
        assert_eq!(sorted, expected, "{lrc}");
        let codec = Codec::new(lrc.into());
        for lost in &found {
            let left: Vec<usize> =
                (0..codec.geometry().total()).filter(|shard| !lost.contains(shard)).collect();
            let refused = codec.sources(&left, lost);
            assert!(matches!(refused, Err(Error::Undetermined { index }) if lost.contains(&index)));
        }
    }
}
