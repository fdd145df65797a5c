//! What the figures were taken on.

use std::fs;

/// One line: the CPU's name, those of its features that code here chooses by, cores and load.
pub(crate) fn describe() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let name = cpu_name(&info).unwrap_or(std::env::consts::ARCH);
    let load = load.split(' ').next().filter(|word| !word.is_empty()).unwrap_or("unknown");
    format!("CPU {name} features={} threads=1 cores={cores} load={load}", features().join(","))
}

fn cpu_name(info: &str) -> Option<&str> {
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim())
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    macro_rules! detected {
        ($($name:tt)*) => {
            [$(($name, std::arch::is_x86_feature_detected!($name))),*]
        };
    }
    detected!("ssse3" "avx2" "adx" "bmi2" "avx512f" "avx512bw" "avx512ifma" "avx512vbmi" "gfni")
        .into_iter()
        .filter_map(|(name, there)| there.then_some(name))
        .collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn features() -> Vec<&'static str> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_is_named_as_the_system_names_it() {
        let info = "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nflags\t: fpu\n";
        assert_eq!(cpu_name(info), Some("Some CPU @ 2 GHz"));
        assert_eq!(cpu_name("processor\t: 0\n"), None);
    }

    #[test]
    fn the_line_has_each_part_once() {
        let line = describe();
        assert!(line.starts_with("CPU ") && !line.contains('\n'), "{line}");
        for part in [" features=", " threads=1 ", " cores=", " load="] {
            assert_eq!(line.matches(part).count(), 1, "{part} in {line}");
        }
    }
}
