import Testing

@testable import DESCore

@Suite("The forger")
struct ForgedContainerTests {
    @Test("with nothing changed, what the forger builds from the format is what the writer writes")
    func agrees() throws {
        // In reverse, so that no container is clustered by chance.
        for count in [3, 64, 65, 200] {
            let entries = (0..<count).map { TestEntry("n\($0)", [UInt8](repeating: 1, count: $0 % 5 + 1)) }
            let written = try TestContainer.bytes(of: entries)
            #expect(try !ContainerLayout(tail: written.span.bytes, byteCount: written.count).isClustered)
            #expect(ForgedContainer(entries).bytes() == written)
        }
    }
}
