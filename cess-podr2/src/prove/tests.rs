use super::*;

/// `Q (Z - z) + y`, multiplied out.
fn multiply(quotient: &[Fr], z: &Fr, y: &Fr) -> Vec<Fr> {
    let mut out = vec![Fr::ZERO; quotient.len() + 1];
    for (j, q) in quotient.iter().enumerate() {
        out[j + 1] = out[j + 1].add(q);
        out[j] = out[j].add(&q.mul(z).neg());
    }
    out[0] = out[0].add(y);
    out
}

#[test]
fn division_undoes_multiplication_at_any_point() {
    let top = Fr::one().neg();
    for len in [1, 2, 3, 64] {
        let m: Vec<Fr> = (0..len).map(|j| Fr::from_limbs([j, j * j, !j, j << 40])).collect();
        for z in [Fr::ZERO, Fr::one(), top, Fr::from_u128(12345), m[m.len() - 1]] {
            let mut quotient = m.clone();
            let y = divide(&mut quotient, &z);
            assert_eq!(multiply(&quotient, &z, &y), m);
        }
    }
}

#[test]
fn nothing_divides_to_nothing() {
    let mut empty = Vec::new();
    assert_eq!(divide(&mut empty, &Fr::one()), Fr::ZERO);
    assert!(empty.is_empty());
}
