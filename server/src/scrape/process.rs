//! What the system knows of this process, under the names that all programs have for it. Nothing where the system is not Linux.

use prometheus_client::registry::Registry;

#[cfg(target_os = "linux")]
pub(super) fn registry() -> Registry {
    use prometheus_client::metrics::counter::ConstCounter;
    use prometheus_client::metrics::gauge::ConstGauge;
    use prometheus_client::registry::Unit;

    let mut registry = Registry::with_prefix("process");
    let Ok(process) = procfs::process::Process::myself() else { return registry };
    if let Ok(stat) = process.stat() {
        let cpu = (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64;
        let help = "Time of processors that was used";
        registry.register_with_unit("cpu", help, Unit::Seconds, ConstCounter::new(cpu));
        let resident = ConstGauge::new((stat.rss * procfs::page_size()) as f64);
        registry.register_with_unit("resident_memory", "Memory in use", Unit::Bytes, resident);
        let help = "Memory that was asked for";
        registry.register_with_unit("virtual_memory", help, Unit::Bytes, ConstGauge::new(stat.vsize as f64));
        registry.register("threads", "Threads", ConstGauge::new(stat.num_threads));
        if let Ok(boot) = procfs::boot_time_secs() {
            let began = boot as f64 + stat.starttime as f64 / procfs::ticks_per_second() as f64;
            let began = ConstGauge::new(began);
            registry.register_with_unit("start_time", "When it began, since 1970", Unit::Seconds, began);
        }
    }
    if let Ok(count) = process.fd_count() {
        registry.register("open_fds", "Open files and sockets", ConstGauge::new(count as f64));
    }
    let limit = process.limits().ok().map(|limits| limits.max_open_files.soft_limit);
    if let Some(procfs::process::LimitValue::Value(most)) = limit {
        registry.register("max_fds", "Most open files and sockets", ConstGauge::new(most as f64));
    }
    registry
}

#[cfg(not(target_os = "linux"))]
pub(super) fn registry() -> Registry {
    Registry::default()
}
