//! Codes over GF(2^8) whose shards are sums of multiples of the data.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use crate::cache::{Cache, Plan};
use crate::engine::Kernel;
use crate::interpolation::Coefficients;
use crate::span::Span;
use crate::{Engine, Error, Geometry, lrc};

/// The coefficients of one geometry, prepared for one engine.
#[derive(Debug)]
pub(crate) struct MatrixCode {
    geometry: Geometry,
    engine: Engine,
    rows: Rows,
    parity: Kernel,
    plans: Cache,
    updates: Cache,
}

/// How the shards follow from the data.
#[derive(Debug)]
enum Rows {
    /// Shard `i` is the value at point `i` of the polynomial through the data.
    Points,
    /// A row for each shard.
    Generator(Vec<Vec<u8>>),
}

impl MatrixCode {
    pub(crate) fn new(geometry: Geometry, engine: Engine) -> Self {
        let (rows, parity) = match geometry.lrc() {
            None => {
                let points: Vec<u8> = (0..=u8::MAX).take(geometry.total()).collect();
                let (data, parity) = points.split_at(geometry.data());
                (Rows::Points, Coefficients::interpolation(data, parity))
            }
            Some(lrc) => {
                let parity = lrc.parity_rows();
                (Rows::Generator(lrc::generator(&parity)), parity)
            }
        };
        let parity = Kernel::new(engine, &parity);
        Self { geometry, engine, rows, parity, plans: Cache::default(), updates: Cache::default() }
    }

    /// What makes all parity shards of all data shards.
    pub(crate) fn parity(&self) -> &Kernel {
        &self.parity
    }

    /// What adds to the parity shards that a data shard has a part in when it changes: of its old
    /// and its new content.
    pub(crate) fn update(&self, index: usize) -> Result<Arc<Plan>, Error> {
        self.updates.get((vec![index], Vec::new()), |_| {
            let column = self.parity_column(index);
            let changed = column.iter().enumerate().filter(|(_, c)| **c != 0);
            let used = changed.map(|(parity, _)| parity).collect();
            let rows = column.iter().filter(|c| **c != 0).flat_map(|&c| [c, c]).collect();
            let kernel = Kernel::new(self.engine, &Coefficients::new(2, rows));
            Ok(Plan { used, kernel })
        })
    }

    fn parity_column(&self, index: usize) -> Vec<u8> {
        match &self.rows {
            Rows::Points => {
                let points: Vec<u8> = (0..=u8::MAX).take(self.geometry.total()).collect();
                let (data, parity) = points.split_at(self.geometry.data());
                Coefficients::interpolation(data, parity).rows().map(|row| row[index]).collect()
            }
            Rows::Generator(rows) => {
                rows[self.geometry.data()..].iter().map(|row| row[index]).collect()
            }
        }
    }

    /// Whether every shard follows from those available.
    pub(crate) fn check_complete(&self, available: &[usize]) -> Result<(), Error> {
        let lost: Vec<usize> = match &self.rows {
            Rows::Points => Vec::new(),
            Rows::Generator(_) => {
                (0..self.geometry.data()).filter(|index| !available.contains(index)).collect()
            }
        };
        self.choose(available, &lost).map(drop)
    }

    /// The number of plans that are kept, and their bytes.
    #[cfg(all(test, feature = "std"))]
    pub(crate) fn kept(&self) -> (usize, usize) {
        self.plans.usage()
    }

    /// The shards that are read, rising. Indexes must be of shards, and none in both lists.
    pub(crate) fn sources(
        &self,
        available: &[usize],
        wanted: &[usize],
    ) -> Result<Vec<usize>, Error> {
        self.choose(available, wanted).map(|(used, _)| used)
    }

    /// How the shards `wanted`, rising, are computed of some of those available.
    pub(crate) fn plan(&self, available: &[usize], wanted: Vec<usize>) -> Result<Arc<Plan>, Error> {
        // Of the points, only those that are used tell plans apart.
        let mut from = match &self.rows {
            Rows::Points => first(self.geometry, available)?,
            Rows::Generator(_) => available.to_vec(),
        };
        from.sort_unstable();
        self.plans.get((from, wanted), |(from, wanted)| {
            let (used, coefficients) = self.choose(from, wanted)?;
            Ok(Plan { used, kernel: Kernel::new(self.engine, &coefficients) })
        })
    }

    fn choose(
        &self,
        available: &[usize],
        wanted: &[usize],
    ) -> Result<(Vec<usize>, Coefficients), Error> {
        match &self.rows {
            Rows::Points => {
                let used = first(self.geometry, available)?;
                let points: Vec<u8> = (0..=u8::MAX).take(self.geometry.total()).collect();
                let of =
                    |indexes: &[usize]| indexes.iter().map(|i| points[*i]).collect::<Vec<u8>>();
                let coefficients = Coefficients::interpolation(&of(&used), &of(wanted));
                Ok((used, coefficients))
            }
            Rows::Generator(rows) => {
                let (used, coefficients) = express(rows, available, wanted)?;
                Ok((used, coefficients))
            }
        }
    }
}

/// As many of these shards as there is data: data first, then in the order given; rising.
pub(crate) fn first(geometry: Geometry, available: &[usize]) -> Result<Vec<usize>, Error> {
    let (have, need) = (available.len(), geometry.data());
    if have < need {
        return Err(Error::NotEnoughShards { have, need });
    }
    let (data, parity): (Vec<usize>, Vec<usize>) =
        available.iter().partition(|index| **index < need);
    let mut used: Vec<usize> = data.into_iter().chain(parity).take(need).collect();
    used.sort_unstable();
    Ok(used)
}

/// The rows `wanted` as sums of multiples of those available; which are used, rising.
///
/// Rows are tried in the order of their numbers, so data comes before local parities and these
/// before global ones, and the sum that is found has a local repair's members only, if there is one.
fn express(
    rows: &[Vec<u8>],
    available: &[usize],
    wanted: &[usize],
) -> Result<(Vec<usize>, Coefficients), Error> {
    let data = rows.first().map_or(0, Vec::len);
    let mut available = available.to_vec();
    available.sort_unstable();
    let mut span = Span::new(data);
    for &index in &available {
        span.add(index, &rows[index]);
    }
    let mut sums = Vec::with_capacity(wanted.len());
    for &index in wanted {
        match span.express(&rows[index]) {
            Some(parts) => sums.push(parts),
            None if available.len() < data => {
                return Err(Error::NotEnoughShards { have: available.len(), need: data });
            }
            None => return Err(Error::Undetermined { index }),
        }
    }
    let has_part = |at: &usize| sums.iter().any(|parts| parts[*at] != 0);
    let kept: Vec<usize> = (0..span.members().len()).filter(has_part).collect();
    let used = kept.iter().map(|at| span.members()[*at]).collect();
    let rows = sums.iter().flat_map(|parts| kept.iter().map(|at| parts[*at])).collect();
    Ok((used, Coefficients::new(kept.len().max(1), rows)))
}
