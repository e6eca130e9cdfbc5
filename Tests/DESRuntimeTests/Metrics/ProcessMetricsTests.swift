import DESCore
import Glibc
import Logging
import Testing

@testable import DESRuntime

/// Each in a process of its own: the other tests open files and use memory too.
@Suite("Metrics of the process")
struct ProcessMetricsTests {
    @Test("descriptors that are opened and closed are counted, and as many as may be")
    func descriptors() async {
        await #expect(processExitsWith: .success) {
            let before = value(MetricCatalog.processDescriptors)
            let opened = (0..<10).map { _ in dup(0) }
            let during = value(MetricCatalog.processDescriptors)
            for descriptor in opened { close(descriptor) }
            let after = value(MetricCatalog.processDescriptors)
            // Those of this process, and no more: 0, 1, 2 and a few of the testing library.
            let entries = (0..<1_024).count { fcntl($0, F_GETFD) >= 0 }
            require(before >= 3 && during == before + 10 && after == before && Int(after) == entries)

            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = 123
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            require(value(MetricCatalog.processDescriptorsMax) == 123)
        }
    }

    @Test("memory that is used is counted in bytes, time of processors in seconds")
    func usage() async {
        await #expect(processExitsWith: .success) {
            let before = value(MetricCatalog.processResident)
            let byteCount = 64 << 20
            let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 4_096)
            memset(memory, 1, byteCount)
            let after = value(MetricCatalog.processResident)
            require(before > 1e6 && after - before > 60e6 && after - before < 256e6)

            // A minute of wall clock cannot pass in less than so much work, whatever the machine.
            let start = value(MetricCatalog.processCPU)
            var usage = rusage()
            repeat {
                memset(memory, 2, byteCount)
                getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            } while Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) < start + 1
            require(value(MetricCatalog.processCPU) >= start + 1)
            require(value(MetricCatalog.processCPU) < start + 600)
        }
    }

    @Test("the process started when it started")
    func start() async {
        let before = time(nil)
        await #expect(processExitsWith: .success) { [before = before as Int] in
            let start = value(MetricCatalog.processStart)
            // The kernel says when the machine started in whole seconds.
            require(start >= Double(before) - 2 && start <= Double(time(nil)) + 2)
        }
    }

    @Test("a program says what it is and which version")
    func buildInfo() throws {
        let configuration = try Given().configuration()
        let runtime = ServiceRuntime(program: "des-test", configuration: configuration, logger: .init(label: "test"))
        let sample = "\ndes_build_info{program=\"des-test\",version=\"\(DESVersion.text)\"} 1\n"
        #expect(runtime.metrics.text.contains(sample))
        #expect(runtime.metrics.text.contains("\nprocess_open_fds "))
    }
}

/// The value of a metric now.
private func value(_ metric: Metric) -> Double {
    let registry = MetricRegistry()
    ProcessMetrics.register(in: registry)
    let line = registry.text.split(separator: "\n").first { $0.hasPrefix("\(metric.name) ") }
    return line.flatMap { Double($0.dropFirst(metric.name.utf8.count + 1)) } ?? .nan
}

/// Ends the process of a test if this does not hold.
private func require(_ isFulfilled: Bool, line: Int = #line) {
    if isFulfilled { return }
    print("line \(line)")
    exit(1)
}
