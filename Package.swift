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
        .library(name: "DESCatalog", targets: ["DESCatalog"]),
        // For the benchmarks, which are a package of their own.
        .library(name: "TestServers", targets: ["TestServers"]),
        .executable(name: "des", targets: ["des"]),
        .executable(name: "des-assign", targets: ["des-assign"]),
        .executable(name: "des-marker", targets: ["des-marker"]),
        .executable(name: "des-packer", targets: ["des-packer"]),
        .executable(name: "des-admin", targets: ["des-admin"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.9.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
        // Without its traits it needs no ICU and no swift-configuration.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
    ],
    targets: [
        .target(name: "CDESCore", linkerSettings: [.linkedLibrary("crypto")]),
        .target(name: "DESCore", dependencies: ["CDESCore"], swiftSettings: settings),
        .target(name: "CDESStore", linkerSettings: [.linkedLibrary("curl"), .linkedLibrary("expat")]),
        .target(name: "DESStore", dependencies: ["DESCore", "CDESCore", "CDESStore"], swiftSettings: settings),
        .systemLibrary(name: "CHiredis"),
        .target(name: "DESCache", dependencies: ["DESCore", "CHiredis"], swiftSettings: settings),
        .systemLibrary(name: "CPostgreSQL", pkgConfig: "libpq"),
        .systemLibrary(name: "CSQLite"),
        .target(
            name: "DESCatalog", dependencies: ["DESCore", "DESRuntime", "CPostgreSQL", "CSQLite"],
            resources: [
                .embedInCode("Migrations/V0001__catalog_postgres.sql"),
                .embedInCode("Migrations/V0001__catalog_sqlite.sql"),
                .embedInCode("Migrations/V0002__packing_postgres.sql"),
                .embedInCode("Migrations/V0002__packing_sqlite.sql"),
            ],
            swiftSettings: settings),
        .systemLibrary(name: "CYAML"),
        .target(
            name: "DESRuntime",
            dependencies: [
                "DESCore", "CDESCore", "CYAML",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .target(
            name: "DESAssign",
            dependencies: [
                "DESCore", "DESRuntime", .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("openapi.json")],
            swiftSettings: settings),
        .executableTarget(
            name: "des-assign",
            dependencies: [
                "DESAssign", "DESRuntime", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/Commands/des-assign",
            swiftSettings: settings),
        .target(
            name: "DESMarker",
            dependencies: [
                "DESCatalog", "DESCore", "DESRuntime",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "des-marker",
            dependencies: [
                "DESMarker", "DESRuntime", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/Commands/des-marker",
            swiftSettings: settings),
        .target(
            name: "DESPacker",
            dependencies: [
                "DESCatalog", "DESCore", "DESRuntime", "DESStore",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "des-packer",
            dependencies: [
                "DESPacker", "DESRuntime", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/Commands/des-packer",
            swiftSettings: settings),
        .target(
            name: "DESDoctor", dependencies: ["DESCatalog", "DESCore", "DESStore"], swiftSettings: settings),
        .target(
            name: "DESConsole",
            dependencies: ["DESCore", "DESStore", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: settings),
        .executableTarget(
            name: "des-admin",
            dependencies: [
                "DESCatalog", "DESConsole", "DESCore", "DESDoctor", "DESRuntime", "DESStore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/Commands/des-admin",
            swiftSettings: settings),
        .executableTarget(
            name: "des",
            dependencies: [
                "DESConsole", "DESCore", "DESStore", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
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
            name: "DESCatalogTests", dependencies: ["DESCatalog", "DESCore", "DESRuntime", "TestServers"],
            swiftSettings: settings),
        .testTarget(
            name: "DESDoctorTests",
            dependencies: ["DESDoctor", "DESCatalog", "DESCore", "DESStore", "TestServers"], swiftSettings: settings),
        .testTarget(
            name: "DESMarkerTests",
            dependencies: ["DESMarker", "DESCatalog", "DESCore", "DESRuntime", "TestServers", "des-marker"],
            swiftSettings: settings),
        .testTarget(
            name: "DESPackerTests",
            dependencies: [
                "DESPacker", "DESCatalog", "DESCore", "DESRuntime", "DESStore", "TestServers", "des-packer",
                "des-marker",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "DESAssignTests", dependencies: ["DESAssign", "DESRuntime", "DESCore", "TestServers", "des-assign"],
            exclude: ["schemathesis.toml"], swiftSettings: settings),
        .testTarget(
            name: "DESRuntimeTests",
            dependencies: [
                "DESRuntime", "DESCore", "TestServers",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "DESCommandTests", dependencies: ["des", "DESConsole", "DESCore", "TestServers"],
            swiftSettings: settings),
        .testTarget(
            name: "DESAdminTests",
            dependencies: ["DESCatalog", "DESCore", "TestServers", "des", "des-admin", "des-marker", "des-packer"],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
