import DESCatalog
import DESCore

/// The lines of a file, as rows.
struct RecordSource<Format: RecordFormat>: ImportSource {
    var name: String { file.name }

    private let file: InputFile
    private let place: String
    private let stopsAtProblem: Bool
    private var format: Format
    /// What was read and not taken yet: from `start` on.
    private var buffer: [UInt8] = []
    private var start = 0
    /// Of the byte at `start`.
    private var position: FilePosition
    private var hasBegun = false
    private var isAtEnd = false
    private var isInterrupted = false
    /// A record was longer than may be: what is left of its line is passed over.
    private var isSkipping = false

    init(_ file: InputFile, _ format: Format, place: String, stopsAtProblem: Bool) {
        (self.file, self.place, self.stopsAtProblem) = (file, place, stopsAtProblem)
        self.format = format
        position = FilePosition(offset: 0, line: 1, version: file.version)
    }

    mutating func resume(at text: String) async throws -> String? {
        guard let found = FilePosition(text, of: file.version) else { return nil }
        // The names of the columns are at the start.
        try await begin()
        if found.offset > position.offset {
            (buffer, start, isAtEnd) = ([], 0, false)
            position = found
        }
        return "line \(position.line), byte \(position.offset)"
    }

    mutating func next(_ countMax: Int) async throws -> ImportBatch? {
        try await begin()
        var batch = ImportBatch()
        while !isInterrupted {
            let isFull = takeWhole(&batch, countMax)
            if isFull || (start == buffer.count && isAtEnd) { break }
            try await fill()
        }
        // What came through a pipe before a signal cannot be read again.
        guard batch.readCount > 0 else { return nil }
        batch.position = position.text
        return batch
    }

    /// Reads what comes before the first record.
    private mutating func begin() async throws {
        if hasBegun { return }
        hasBegun = true
        repeat { try await fill() } while !isAtEnd && !isInterrupted && buffer.count < 3
        // A mark that some programs write before UTF-8.
        if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { advance(to: 3) }
        while format.needsHeader, !isInterrupted {
            let bytes = buffer
            do throws(RowProblem) {
                if let taken = try format.takeHeader(bytes.span.extracting(start...), isAtEnd: isAtEnd) {
                    position.line += taken.lineCount
                    advance(to: start + taken.byteCount)
                    return
                }
            } catch {
                throw DESError(.invalidArgument, error.message, place: "\(place):\(position.line)")
            }
            guard buffer.count - start < Record.byteCountMax else {
                throw DESError(.invalidArgument, "the header does not end", place: "\(place):1")
            }
            try await fill()
        }
    }

    /// Takes the records that are whole.
    /// - Returns: whether the batch is full.
    private mutating func takeWhole(_ batch: inout ImportBatch, _ countMax: Int) -> Bool {
        let bytes = buffer  // the same, for as long as it is read
        while start < bytes.count {
            guard batch.readCount < countMax, batch.byteCount < ImportBatch.byteCountMax else { return true }
            if isSkipping {
                skipLine()
                continue
            }
            let record = format.take(bytes.span.extracting(start...), isAtEnd: isAtEnd)
            switch record.content {
            case .incomplete:
                guard isAtEnd || buffer.count - start > Record.byteCountMax else { return false }
                // It never ends. What follows its first line may be right.
                if stops(&batch, isAtEnd ? record.whyUnended : "a line of more than 16 MiB") { return true }
                isSkipping = true
                continue
            case .blank: break
            case .problem(let message): if stops(&batch, message) { return true }
            case .file(let file):
                batch.files.append(file)
                batch.lines.append(position.line)
            }
            batch.byteCount += record.byteCount
            position.line += record.lineCount
            advance(to: start + record.byteCount)
        }
        return batch.readCount >= countMax
    }

    /// Notes a problem.
    /// - Returns: whether that is the end: the line stays to be read.
    private mutating func stops(_ batch: inout ImportBatch, _ message: String) -> Bool {
        batch.problems.append(ImportBatch.Problem(place: "\(place):\(position.line)", message: message))
        return stopsAtProblem
    }

    private mutating func skipLine() {
        let end = buffer[start...].firstIndex(of: UInt8(ascii: "\n"))
        advance(to: end.map { $0 + 1 } ?? buffer.count)
        if end != nil {
            position.line += 1
            isSkipping = false
        }
    }

    private mutating func advance(to end: Int) {
        position.offset += end - start
        start = end
    }

    /// Reads more.
    private mutating func fill() async throws {
        if isAtEnd { return }
        let end = position.offset + buffer.count - start
        guard let piece = try await file.read(at: end) else {
            isInterrupted = true
            return
        }
        isAtEnd = piece.isEmpty
        if start == buffer.count { buffer = piece } else { buffer = Array(buffer[start...]) + piece }
        start = 0
    }
}
