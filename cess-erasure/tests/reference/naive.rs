//! The code as its inventors wrote it down: a Vandermonde matrix over GF(2^8), made systematic by
//! the inverse of its top square; decoding inverts the rows of the shards that are left. Products
//! go bit by bit, no tables, no closed forms.

pub(crate) type Matrix = Vec<Vec<u8>>;

pub(crate) fn mul(mut a: u8, b: u8) -> u8 {
    let mut product = 0;
    for bit in 0..8 {
        if b >> bit & 1 == 1 {
            product ^= a;
        }
        let carry = a & 0x80 != 0;
        a <<= 1;
        if carry {
            a ^= 0x1D;
        }
    }
    product
}

pub(crate) fn inverse(a: u8) -> u8 {
    // a^254, since a^255 = 1.
    (0..254).fold(1, |power, _| mul(power, a))
}

fn vandermonde(rows: usize, columns: usize) -> Matrix {
    let row = |point: u8| {
        let powers = std::iter::successors(Some(1), |&power| Some(mul(power, point)));
        powers.take(columns).collect()
    };
    (0..=255).take(rows).map(row).collect()
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let entry = |row: &[u8], c: usize| row.iter().zip(b).fold(0, |sum, (&x, r)| sum ^ mul(x, r[c]));
    a.iter().map(|row| (0..b[0].len()).map(|c| entry(row, c)).collect()).collect()
}

/// Gauss-Jordan.
fn invert(mut m: Matrix) -> Matrix {
    let n = m.len();
    for (i, row) in m.iter_mut().enumerate() {
        row.extend((0..n).map(|j| u8::from(i == j)));
    }
    for i in 0..n {
        let pivot = (i..n).find(|&r| m[r][i] != 0).expect("any square of the code is invertible");
        m.swap(i, pivot);
        let scale = inverse(m[i][i]);
        m[i].iter_mut().for_each(|x| *x = mul(*x, scale));
        let pivot_row = m[i].clone();
        for (_, row) in m.iter_mut().enumerate().filter(|(r, _)| *r != i) {
            let factor = row[i];
            row.iter_mut().zip(&pivot_row).for_each(|(x, &p)| *x ^= mul(factor, p));
        }
    }
    m.into_iter().map(|row| row[n..].to_vec()).collect()
}

pub(crate) fn generator(data: usize, total: usize) -> Matrix {
    let v = vandermonde(total, data);
    let top = invert(v[..data].to_vec());
    product(&v, &top)
}

pub(crate) fn encode(data: &Matrix, parity: usize) -> Matrix {
    let generator = generator(data.len(), data.len() + parity);
    product(&generator[data.len()..].to_vec(), data)
}

/// All shards, from as many as there are data shards.
pub(crate) fn rebuild(present: &[(usize, &[u8])], data: usize, total: usize) -> Matrix {
    let generator = generator(data, total);
    let rows = present.iter().map(|(index, _)| generator[*index].clone()).collect();
    let shards = present.iter().map(|(_, shard)| shard.to_vec()).collect();
    product(&generator, &product(&invert(rows), &shards))
}
