import DESCore
import Glibc

/// `des-bench DES local|s3|services|catalog|packer OUT.md` measures a part and writes its table. `des-bench loop NAME ARGUMENT…` runs one loop in a
/// process of its own, so that its memory is its own, and prints one number a line.
@main
enum DESBench {
    static func main() async throws {
        let arguments = CommandLine.arguments
        if arguments.count >= 3, arguments[1] == "loop" {
            try await Loop.run(arguments[2], Array(arguments[3...]))
        } else if arguments.count == 4, arguments[2] == "local" {
            try Suite(des: arguments[1]).run(writingTo: arguments[3])
        } else if arguments.count == 4, arguments[2] == "s3" {
            try await StorageSuite.run(des: arguments[1], writingTo: arguments[3])
        } else if arguments.count == 4, arguments[2] == "services" {
            try await ServiceSuite.run(des: arguments[1], writingTo: arguments[3])
        } else if arguments.count == 4, arguments[2] == "catalog" {
            try await CatalogSuite.run(des: arguments[1], writingTo: arguments[3])
        } else if arguments.count == 4, arguments[2] == "packer" {
            try await PackerSuite.run(des: arguments[1], writingTo: arguments[3])
        } else {
            note("usage: des-bench DES local|s3|services|catalog|packer OUT.md")
            exit(64)
        }
    }
}
