import Testing

/// Files of the project that tests read, and the Python programs among them.
enum Repository {
    /// The directory that holds Package.swift.
    static let path = #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }

    static let vectors = path + "/docs/vectors"

    /// The independent reader of version 1.
    static func v1Reader(_ arguments: String...) throws -> Command.Result {
        try Command.tool(.python3, ["-ISB", path + "/Tests/Interop/v1_reader.py"] + arguments).run()
    }

    /// Runs a Python program that writes containers with the independent writer, `docs/vectors/writer.py`, whose names
    /// are all imported. `put(name, container)` writes one to `directory`.
    static func forge(in directory: TemporaryDirectory, _ program: String) throws {
        let prelude = """
            import sys, os
            sys.path.insert(0, \(vectors.debugDescription))
            from writer import *
            def put(name, container):
                with open(name, "wb") as file: file.write(container.bytes)

            """
        let result = try Command.tool(.python3, ["-ISBc", prelude + program], in: directory.path).run()
        try #require(result.status == 0, "\(result)")
    }
}
