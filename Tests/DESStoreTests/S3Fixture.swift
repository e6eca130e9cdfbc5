import DESCore
import DESStore
import TestServers

extension S3Server {
    /// A bucket of this server, as the command line would reach it, straight or through a proxy.
    func store(
        _ bucket: String, through proxy: FaultProxy? = nil, options: S3Store.Options = S3Store.Options(),
        secretKey: String? = nil
    ) async throws -> S3Store {
        try await S3Store.connect(
            bucket: bucket,
            environment: Environment([
                "AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": secretKey ?? self.secretKey,
                "AWS_ENDPOINT_URL": proxy?.endpoint ?? endpoint, "AWS_EC2_METADATA_DISABLED": "true",
            ]), options: options)
    }
}

extension RetryPolicy {
    /// Repeats at once.
    static let atOnce = RetryPolicy(baseDelay: .zero, delayMax: .zero)
}

/// A plain v1 container: one without TAIL.
enum PlainSample {
    static var name: EntryName { get throws { try EntryName("object-7") } }

    /// `count` entries in any order.
    static func bytes(_ count: Int) throws -> [UInt8] {
        let sink = MemorySink()
        var writer = try ContainerWriter(to: sink)
        for number in 0..<count {
            try writer.append(EntryName("object-\(number)"), body: [UInt8(truncatingIfNeeded: number)].span.bytes)
        }
        _ = try writer.seal()
        return try ContainerLayout.withoutTail(sink.bytes)
    }
}

extension ContainerLayout {
    /// The container as an earlier writer leaves it: INDEX, then a FOOTER whose reserved bytes are zero.
    static func withoutTail(_ bytes: [UInt8]) throws -> [UInt8] {
        let tail = Array(bytes.suffix(Limits.tailReadByteCount))
        let layout = try ContainerLayout(tail: tail.span.bytes, byteCount: bytes.count)
        var footer = Array(bytes[layout.tail.upperBound...])
        footer.replaceSubrange(9..<16, with: [UInt8](repeating: 0, count: 7))
        return bytes[..<layout.tail.lowerBound] + footer
    }
}

/// A clustered container with bodies that can be computed from their names.
enum SampleContainer {
    static func name(_ number: Int) throws -> EntryName { try EntryName("day/object-\(number).bin") }

    static func body(_ number: Int) -> [UInt8] {
        let size = number % 97 == 0 ? 0 : 64 << (number * 7 % 8)
        return (0..<size).map { UInt8(truncatingIfNeeded: ($0 &* 31) ^ number ^ (number >> 8)) }
    }

    /// `count` entries in the order of their keys.
    static func bytes(_ count: Int) throws -> [UInt8] {
        let sink = MemorySink()
        var writer = try ContainerWriter(to: sink)
        let names = try (0..<count).map { (number: $0, name: try name($0)) }
        for (number, name) in names.sorted(by: { ($0.name.key, $0.name) < ($1.name.key, $1.name) }) {
            try writer.append(name, body: body(number).span.bytes)
        }
        guard try writer.seal().isClustered else { throw DESError(.corrupt, "the sample is not clustered") }
        return sink.bytes
    }
}
