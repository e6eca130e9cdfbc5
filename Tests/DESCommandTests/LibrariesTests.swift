import TestServers
import Testing

/// What `des` needs to start: each library costs part of a millisecond, a database or Arrow many.
@Suite("Libraries of des")
struct LibrariesTests {
    @Test("libcurl, expat and libcrypto, the C library and Swift's own, and nothing else")
    func needed() async throws {
        let output = try await Program.check("readelf", ["--dynamic", "--wide", DESProgram.path])
        let names = output.split(separator: "\n").filter { $0.contains("(NEEDED)") }
            .compactMap { $0.split(separator: "[").last?.split(separator: "]").first }
        let ours: Set = ["libcurl.so.4", "libexpat.so.1", "libcrypto.so.3"]
        let others = names.filter { !ours.contains(String($0)) }
        #expect(ours.isSubset(of: names.map(String.init)), "\(names)")
        // Debug builds have Swift's libraries beside them; the release has them inside. FoundationEssentials comes with the parser
        // of arguments; Foundation itself would bring 45 MB of ICU.
        let system = [
            "libFoundationEssentials.", "libc.", "libm.", "libgcc_s.", "libstdc++.", "libswift", "lib_", "libdispatch.",
            "libBlocksRuntime.",
            "ld-linux",
        ]
        for name in others { #expect(system.contains { name.hasPrefix($0) }, "\(name)") }
    }
}
