import DESCore
import Dispatch

/// Opens any bytes as a container and does everything a reader can. Wrong bytes may only give an error; what was handed
/// out must be inside the input, and what the verifier calls clean must read without one.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzReader(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let done = DispatchSemaphore(value: 0)
    Task.detached {
        await exercise(resealed(bytes))
        await exercise(bytes)
        done.signal()
    }
    done.wait()
    return 0
}

private func exercise(_ bytes: [UInt8]) async {
    let source = MemoryByteSource(bytes)
    var findings = 0
    _ = try? await Verifier.verify(source) { _ in findings += 1 }
    guard let reader = try? await ContainerReader(source), let index = try? await reader.index() else {
        precondition(findings > 0, "a container that cannot be read is not clean")
        return
    }
    for entry in index {
        do {
            guard let found = try await reader.find(entry.name) else {
                precondition(findings > 0, "a clean container has a name that is not found")
                continue
            }
            let body = try await reader.body(of: found)
            precondition(body.count == found.location.body.count)
            _ = try await reader.metadata(of: found)
        } catch let error as DESError {
            precondition(findings > 0 || error.code == .unsupported || error.code == .notFound, "clean, but: \(error)")
        } catch {
            preconditionFailure("not a DESError: \(error)")
        }
    }
    _ = try? await reader.bodies(of: index.map(\.name)) { entry, body in
        precondition(body.byteCount == entry.location.body.count)
    }
    _ = try? await reader.find(EntryName("no such name"))
}

/// The input with the checksum of TRAILER and FOOTER made right, so that mutations get past it.
private func resealed(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.count >= 200 else { return bytes }
    var bytes = bytes
    let trailer = bytes.count - 200
    var crc = CRC32C()
    crc.update(bytes.span.bytes.extracting(trailer..<trailer + 124))
    crc.update(bytes.span.bytes.extracting(trailer + 128..<bytes.count))
    for byte in 0..<4 { bytes[trailer + 124 + byte] = UInt8(truncatingIfNeeded: crc.value >> UInt32(8 * byte)) }
    return bytes
}
