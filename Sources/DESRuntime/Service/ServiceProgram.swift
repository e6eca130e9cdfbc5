internal import CoreMetrics
internal import DESCore
internal import Glibc
internal import Logging
public import ServiceLifecycle
internal import UnixSignals

/// Runs the services of a program until a signal ends them.
public enum ServiceProgram {
    /// For `--help`.
    public static let exitStatuses = ExitStatus.tableOfServices

    /// Reads the settings, starts what `services` gives, in that order, and ends it in the opposite order on SIGTERM or
    /// SIGINT. A second signal ends the process at once. Does not return.
    /// - Parameters:
    ///   - flags: by key of a setting, as they were given on the command line.
    public static func run(
        _ program: String, _ options: ServiceOptions, settings: [any SettingDeclaration],
        flags: [String: (flag: String, text: String?)],
        services: @Sendable (ServiceRuntime) async throws -> [any Service]
    ) async -> Never {
        // Whoever reads our output or sits at the other end of a socket may go; write(2) says so.
        signal(SIGPIPE, SIG_IGN)
        DescriptorLimit.raise()  // a connection each
        let configuration: Configuration
        do {
            configuration = try options.configuration(settings + Settings.service, flags: flags)
        } catch {
            for problem in error.problems { write("\(program): \(problem)\n", to: STDERR_FILENO) }
            exit(ExitStatus.configuration.rawValue)
        }
        if options.printConfig {
            let isWritten = write(configuration.printed, to: STDOUT_FILENO)
            exit((isWritten ? ExitStatus.done : .failed).rawValue)
        }
        let log: LogWriter
        do { log = try LogWriter() } catch {
            write("\(program): \(error)\n", to: STDERR_FILENO)
            exit(ExitStatus.failed.rawValue)
        }
        let level = configuration[Settings.logLevel]
        LoggingSystem.bootstrap { JSONLogHandler(label: $0, level: level, writer: log) }
        let runtime = ServiceRuntime(program: program, configuration: configuration, logger: Logger(label: program))
        MetricsSystem.bootstrap(runtime.metrics)
        let status = await run(services, runtime, log)
        log.flush()
        exit(status.rawValue)
    }

    private static func run(
        _ services: @Sendable (ServiceRuntime) async throws -> [any Service], _ runtime: ServiceRuntime,
        _ log: LogWriter
    ) async -> ExitStatus {
        do {
            let services = try await services(runtime)
            var silent = Logger(label: "lifecycle")
            silent.logLevel = .critical
            var configuration = ServiceGroupConfiguration(
                services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
                logger: silent)
            configuration.maximumGracefulShutdownDuration = runtime.configuration[Settings.drainTimeout]
            let group = ServiceGroup(configuration: configuration)
            let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
            let ending = Monitor<ContinuousClock.Instant?>(nil)
            let watch = Task { await end(group, signals, runtime, log, ending) }
            defer { watch.cancel() }
            try await group.run()
            let limit = runtime.configuration[Settings.drainTimeout]
            if let start = ending.withLock({ $0 }), ContinuousClock.now - start >= limit {
                runtime.logger.warning("service.cut", metadata: ["after": .string("\(limit)")])
            }
            runtime.logger.info("service.stopped")
            return .done
        } catch let error as ConfigurationError {
            for problem in error.problems {
                runtime.logger.critical("service.configuration", metadata: ["error": .string(problem)])
            }
            return .configuration
        } catch {
            let error = error as? DESError ?? DESError(.invalidArgument, "\(error)")
            runtime.logger.critical("service.failed", metadata: ["error": .string(error.description)])
            switch error.code {
            case .conflict: return .conflict
            case .unavailable: return .unavailable
            default: return .failed
            }
        }
    }

    /// What has not ended so long after it was cut will not.
    private static let hangTime = Duration.seconds(2)

    /// Waits for signals: the first drains, the second ends the process. `ending`: since when the services end.
    private static func end(
        _ group: ServiceGroup, _ signals: UnixSignalsSequence, _ runtime: ServiceRuntime, _ log: LogWriter,
        _ ending: Monitor<ContinuousClock.Instant?>
    ) async {
        var isEnding = false
        for await signal in signals {
            let number = signal == .sigint ? SIGINT : SIGTERM
            if isEnding {
                runtime.logger.warning("service.killed", metadata: ["signal": .stringConvertible(Int(number))])
                // No handler of exit(3) may wait for what hangs; nor may a log that nobody reads.
                log.flush(milliseconds: 100)
                _exit(128 + number)
            }
            isEnding = true
            runtime.logger.info("service.stopping", metadata: ["signal": .stringConvertible(Int(number))])
            runtime.health.drain()
            let delay = runtime.configuration[Settings.drainDelay]
            Task {
                if delay > .zero { try? await Task.sleep(for: delay) }
                await runtime.farewell.run()
                ending.withLock { $0 = .now }
                await group.triggerGracefulShutdown()
                // What was cut ends soon, unless it waits for a disk or a server that hangs, and knows no end to that.
                try? await Task.sleep(for: runtime.configuration[Settings.drainTimeout] + hangTime)
                runtime.logger.critical("service.hung", metadata: ["advice": "a disk or a server does not answer"])
                log.flush(milliseconds: 100)
                _exit(ExitStatus.failed.rawValue)
            }
        }
    }

    /// Before there is a log. Whether all was written.
    @discardableResult
    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
