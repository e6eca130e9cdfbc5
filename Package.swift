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
        .executable(name: "des", targets: ["des"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
    ],
    targets: [
        .target(name: "CDESCore", linkerSettings: [.linkedLibrary("crypto")]),
        .target(name: "DESCore", dependencies: ["CDESCore"], swiftSettings: settings),
        .executableTarget(
            name: "des",
            dependencies: ["DESCore", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Sources/Commands/des",
            swiftSettings: settings
        ),
        .testTarget(name: "DESCoreTests", dependencies: ["DESCore", "CDESCore"], swiftSettings: settings),
        .testTarget(name: "DESCommandTests", dependencies: ["des", "DESCore"], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
