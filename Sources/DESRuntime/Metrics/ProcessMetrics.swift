internal import DESCore
internal import Glibc

/// What the kernel knows of this process.
enum ProcessMetrics {
    static func register(in registry: MetricRegistry) {
        registry.observe(MetricCatalog.processCPU) {
            var usage = rusage()
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            return seconds(usage.ru_utime) + seconds(usage.ru_stime)
        }
        registry.observe(MetricCatalog.processResident) {
            Double(number(1, in: "/proc/self/statm") ?? 0) * Double(sysconf(Int32(_SC_PAGESIZE)))
        }
        registry.observe(MetricCatalog.processDescriptors) { Double(descriptorCount()) }
        registry.observe(MetricCatalog.processDescriptorsMax) {
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            return Double(limit.rlim_cur)
        }
        let start = startTime()
        registry.observe(MetricCatalog.processStart) { start }
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    /// One of the numbers of a small file of /proc.
    private static func number(_ place: Int, in path: String) -> Int? {
        guard let bytes = try? SmallFile.contents(of: path) else { return nil }
        // The name of the program, in brackets, may have blanks.
        let text = String(decoding: bytes, as: UTF8.self).split(separator: ") ").last ?? ""
        let fields = text.split(separator: " ")
        return fields.indices.contains(place) ? Int(fields[place]) : nil
    }

    private static func descriptorCount() -> Int {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return count - 3  // `.`, `..` and the directory itself
    }

    /// Ticks since the machine was started are the 22nd field of stat(5), the 20th after the name.
    private static func startTime() -> Double {
        let ticks = Double(number(19, in: "/proc/self/stat") ?? 0) / Double(sysconf(Int32(_SC_CLK_TCK)))
        let lines = (try? SmallFile.contents(of: "/proc/stat")).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let boot = lines.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) }
        return (boot ?? 0) + ticks
    }
}
