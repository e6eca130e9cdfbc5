import DESCore
import Dispatch

/// Takes the input as a list of names, metadata and bodies, writes them, and reads everything back.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzWriter(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    var input = Input(Array(UnsafeBufferPointer(start: start, count: count)))
    let done = DispatchSemaphore(value: 0)
    Task.detached {
        do {
            try await roundTrip(&input)
        } catch {
            preconditionFailure("\(error)")
        }
        done.signal()
    }
    done.wait()
    return 0
}

private func roundTrip(_ input: inout Input) async throws {
    let sink = MemorySink()
    var writer = try ContainerWriter(to: sink)
    var model: [EntryName: [UInt8]] = [:]
    while let name = input.piece(), let body = input.piece() {
        guard let name = EntryName(name.span.bytes) else { continue }
        do {
            try writer.append(name, meta: { $0.set("note", name.string) }, body: body.span.bytes)
            precondition(name.pathFault == nil && model[name] == nil, "\(name.quoted) must be refused")
            model[name] = body
        } catch let error as DESError {
            precondition(
                error.code == .invalidArgument && name.pathFault != nil
                    || error.code == .conflict && model[name] != nil, "\(error)")
        }
    }
    let summary = try writer.seal()
    precondition(summary.entryCount == model.count && summary.byteCount == sink.bytes.count)

    let source = MemoryByteSource(sink.bytes)
    _ = try await Verifier.verify(source) { preconditionFailure("\($0)") }
    let reader = try await ContainerReader(source)
    for (name, body) in model {
        guard let entry = try await reader.find(name) else { preconditionFailure("\(name.quoted) is lost") }
        let found = try await reader.body(of: entry)
        precondition(found == body)
        let meta = try await reader.metadata(of: entry)
        precondition(meta.size == body.count && meta.json["note"]?.stringValue == name.string)
    }
}

/// Cuts the input into pieces: a length byte, then that many bytes.
private struct Input {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func piece() -> [UInt8]? {
        guard let count = rest.popFirst() else { return nil }
        let piece = Array(rest.prefix(Int(count)))
        rest = rest.dropFirst(piece.count)
        return piece
    }
}
