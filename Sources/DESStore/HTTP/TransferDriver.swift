import CDESStore
import DESCore
import Synchronization

/// The thread that owns every handle of libcurl, and the queue of what others want of it.
final class TransferDriver: @unchecked Sendable {  // all but `commands` belongs to the thread
    private enum Command {
        case start(Transfer)
        case cancel(Transfer)
        case stop
    }

    private let options: HTTPClient.Options
    private let commands = Mutex<[Command]>([])
    private let multi: UnsafeMutableRawPointer?
    private var idle: [UnsafeMutableRawPointer] = []
    private var active: [UnsafeMutableRawPointer: Transfer] = [:]

    /// Once for the process, before the first handle is made.
    private static let global: Void = { curl_global_init(Int(CURL_GLOBAL_DEFAULT)) }()

    init(_ options: HTTPClient.Options) throws {
        self.options = options
        _ = TransferDriver.global
        multi = curl_multi_init()
        des_curl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, options.connectionCountMax)
        des_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, options.connectionCountMax)
        try startThread { self.run() }
    }

    // Not at the end of `run`: whoever posts a command may not have woken `multi` yet.
    deinit {
        for easy in idle { curl_easy_cleanup(easy) }
        curl_multi_cleanup(multi)
    }

    func start(_ transfer: Transfer, _ continuation: CheckedContinuation<HTTPResponse, any Error>) {
        transfer.continuation = continuation
        post(.start(transfer))
    }

    func cancel(_ transfer: Transfer) {
        transfer.isCancelled.store(true, ordering: .releasing)
        post(.cancel(transfer))
    }

    /// Ends the thread; no transfer is at work any more.
    func stop() { post(.stop) }

    private func post(_ command: Command) {
        commands.withLock { $0.append(command) }
        curl_multi_wakeup(multi)
    }

    private func run() {
        var isStopped = false
        while !isStopped {
            for command in commands.withLock({ commands in
                let taken = commands
                commands.removeAll(keepingCapacity: true)
                return taken
            }) {
                switch command {
                case .start(let transfer): begin(transfer)
                case .cancel(let transfer): end(transfer)
                case .stop: isStopped = true
                }
            }
            var runningCount: Int32 = 0
            curl_multi_perform(multi, &runningCount)
            finishDone()
            if !isStopped { curl_multi_poll(multi, nil, 0, TransferDriver.pollMilliseconds, nil) }
        }
    }

    /// A command wakes the poll, libcurl's own timers shorten it.
    private static let pollMilliseconds: Int32 = 60_000

    private func begin(_ transfer: Transfer) {
        if transfer.isCancelled.load(ordering: .acquiring) { return transfer.resume(.failure(CancellationError())) }
        guard let easy = idle.popLast() ?? curl_easy_init() else {
            return transfer.resume(.failure(DESError(.unavailable, "libcurl has no handle")))
        }
        transfer.configure(easy, options)
        active[easy] = transfer
        let code = curl_multi_add_handle(multi, easy)
        if code != CURLM_OK {
            release(easy)
            transfer.resume(.failure(DESError(.unavailable, String(cString: curl_multi_strerror(code)))))
        }
    }

    private func end(_ transfer: Transfer) {
        guard let easy = active.first(where: { $0.value === transfer })?.key else { return }
        curl_multi_remove_handle(multi, easy)
        release(easy)
        transfer.resume(.failure(CancellationError()))
    }

    private func finishDone() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let result = des_curl_message_result(message)
            let status = des_curl_get_long(easy, CURLINFO_RESPONSE_CODE)
            curl_multi_remove_handle(multi, easy)
            let transfer = active[easy]
            release(easy)
            transfer?.finish(result, status: status)
        }
    }

    /// Takes the handle back; its connection stays with `multi`.
    private func release(_ easy: UnsafeMutableRawPointer) {
        active[easy] = nil
        curl_easy_reset(easy)
        if idle.count < options.connectionCountMax { idle.append(easy) } else { curl_easy_cleanup(easy) }
    }
}
