// swift-tools-version:6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "des",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "DESCore", targets: ["DESCore"]),
        .library(name: "DESStore", targets: ["DESStore"]),
        .library(name: "DESCache", targets: ["DESCache"]),
        // For the benchmarks, which are a package of their own.
        .library(name: "TestServers", targets: ["TestServers"]),
        .executable(name: "des", targets: ["des"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
    ],
    targets: [
        .target(name: "CDESCore", linkerSettings: [.linkedLibrary("crypto")]),
        .target(name: "DESCore", dependencies: ["CDESCore"], swiftSettings: settings),
        .target(name: "CDESStore", linkerSettings: [.linkedLibrary("curl"), .linkedLibrary("expat")]),
        .target(name: "DESStore", dependencies: ["DESCore", "CDESCore", "CDESStore"], swiftSettings: settings),
        .systemLibrary(name: "CHiredis"),
        .target(name: "DESCache", dependencies: ["DESCore", "CHiredis"], swiftSettings: settings),
        .executableTarget(
            name: "des",
            dependencies: ["DESCore", "DESStore", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Sources/Commands/des",
            swiftSettings: settings
        ),
        .testTarget(name: "DESCoreTests", dependencies: ["DESCore", "CDESCore"], swiftSettings: settings),
        .target(name: "TestServers", dependencies: ["DESCore"], path: "Tests/TestServers", swiftSettings: settings),
        .testTarget(
            name: "DESStoreTests", dependencies: ["DESStore", "DESCore", "TestServers"], swiftSettings: settings),
        .testTarget(
            name: "DESCacheTests", dependencies: ["DESCache", "DESStore", "DESCore", "TestServers"],
            swiftSettings: settings),
        .testTarget(
            name: "DESCommandTests", dependencies: ["des", "DESCore", "TestServers"], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
